"""How much one source may ask for: limits in virtual time, and what a dispatch makes of them."""

import pytest

from sip.events import IncomingInvite, IncomingRequest
from sip.message import Response
from sip.source_limits import BURST, SourceLimits, Verdict, source_network
from tests.testkit.sip_messages import request
from tests.testkit.wire import Phone

FLOODER, NEIGHBOUR = "192.0.2.66", "192.0.2.67"


def flood(limits: SourceLimits, rate: int, seconds: int, host: str = FLOODER) -> dict[Verdict, int]:
    verdicts = [limits.judge(host, number / rate) for number in range(rate * seconds)]
    return {verdict: verdicts.count(verdict) for verdict in Verdict}


def test_without_a_rate_everything_is_served():
    assert flood(SourceLimits(), 5000, 2)[Verdict.SERVED] == 10_000


def test_a_source_within_its_rate_never_notices():
    assert flood(SourceLimits(200), 200, 30)[Verdict.SERVED] == 6000


def test_a_flood_is_served_at_the_rate_refused_at_the_rate_and_ignored_beyond():
    limits = SourceLimits(200)
    counted = flood(limits, 5000, 10)
    expected = 200 * (10 + BURST)
    assert counted[Verdict.SERVED] == pytest.approx(expected, rel=0.01)
    assert counted[Verdict.REFUSED] == pytest.approx(expected, rel=0.01)
    assert (limits.refused, limits.ignored) == (counted[Verdict.REFUSED], counted[Verdict.IGNORED])


def test_what_a_source_asks_in_all_its_dialogs_is_counted_apart_from_what_it_begins():
    limits = SourceLimits(10, trusts=lambda host: host == NEIGHBOUR)
    served = sum(limits.serves_within(FLOODER, number / 1000) for number in range(1000))
    assert served == pytest.approx(10 * (1 + BURST), abs=1)
    assert limits.judge(FLOODER, 1.0) is Verdict.SERVED
    assert all(limits.serves_within(NEIGHBOUR, 1.0) for _ in range(1000))


def test_a_flood_costs_its_neighbour_nothing():
    limits = SourceLimits(10)
    flood(limits, 1000, 2)
    assert limits.judge(NEIGHBOUR, 2.0) is Verdict.SERVED


def test_a_source_that_stops_is_served_again():
    limits = SourceLimits(10)
    flood(limits, 1000, 2)
    limits.judge(FLOODER, 2.0)
    assert limits.judge(FLOODER, 2.0) is not Verdict.SERVED
    assert limits.judge(FLOODER, 2.2) is Verdict.SERVED


def test_a_trusted_source_has_no_limit():
    limits = SourceLimits(10, trusts=lambda host: host == FLOODER)
    assert flood(limits, 1000, 2)[Verdict.SERVED] == 2000
    assert all(limits.may_refuse(FLOODER, 2.0) for _ in range(1000))


def test_a_flood_from_many_addresses_costs_a_bounded_memory():
    limits = SourceLimits(10, remembered=100)
    for number in range(1000):
        limits.judge(f"10.0.{number >> 8}.{number & 255}", 0.0)
    assert len(limits._sources) == 100


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2::3", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no:address", "no:address"),
    ],
)
def test_an_ipv6_source_is_its_network(host, network):
    assert source_network(host) == network


def numbered(method: str, number: int) -> object:
    via = f"SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-{number};rport"
    return request(method, headers={"Via": via, "Call-ID": f"call-{number}"})


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER"])
def test_requests_beyond_the_rate_are_answered_503_without_state_and_then_not_at_all(method):
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", sources=SourceLimits(2))
    for number in range(20):
        bob.receive(numbered(method, number), 1.0)  # type: ignore[arg-type]
    kind = IncomingInvite if method == "INVITE" else IncomingRequest
    assert len(bob.all(kind)) == 4
    refusals = [one for one in bob.take() if isinstance(one, Response) and one.status == 503]
    assert len(refusals) == 4
    assert all(int(one.headers.get("Retry-After") or 0) > 0 for one in refusals)
    assert bob.endpoint.statistics().server_transactions == 4
    assert bob.endpoint.statistics().source_ignored == 12


def test_the_end_of_a_call_is_never_limited_by_source():
    limits = SourceLimits(1)
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", sources=limits)
    for number in range(50):
        limits.judge("192.0.2.10", number * 1e-3)
    invite = numbered("INVITE", 1)
    bob.receive(invite, 3.0)  # type: ignore[arg-type]
    session = bob.one(IncomingInvite).session
    session.answer(3.0, b"answer")
    answer = next(one for one in bob.take() if isinstance(one, Response) and one.status == 200)
    for number in range(50):
        limits.judge("192.0.2.10", 3.0 + number * 1e-3)
    bye = request(
        "BYE",
        headers={
            "To": answer.headers.get("To"),
            "Call-ID": "call-1",
            "Via": "SIP/2.0/UDP a;branch=z9hG4bK-b",
        },
        cseq=2,
    )
    bob.receive(bye, 3.1)
    assert [one.status for one in bob.take() if isinstance(one, Response)] == [200]


def test_refusals_of_what_is_no_sound_request_are_limited_too():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", sources=SourceLimits(2))
    for _ in range(20):
        bob.receive(request("OPTIONS", headers={"Require": "nothing-we-know"}), 1.0)
    assert len(bob.take()) == 4


def test_a_flood_is_dropped_unread_and_what_belongs_to_calls_is_read_all_the_same():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", sources=SourceLimits(2))
    for number in range(20):
        bob.receive(numbered("INVITE", number), 1.0)  # type: ignore[arg-type]
    read = bob.endpoint.statistics().messages_received
    assert read == 8
    bob.receive(numbered("BYE", 99), 1.0)  # type: ignore[arg-type]
    assert bob.endpoint.statistics().messages_received == read + 1
