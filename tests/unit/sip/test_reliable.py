"""Reliable provisional responses end to end: RFC 3262."""

from typing import Any

import pytest

from sip.endpoint_config import EndpointConfig
from sip.errors import UsageError
from sip.events import (
    Acknowledged,
    EndCause,
    IncomingInvite,
    OfferAnswered,
    OfferReceived,
    Provisional,
    Rejected,
    SessionEnded,
)
from sip.message import Request, Response
from sip.reliable import ReliableOrder
from sip.session_state import Exchange
from tests.testkit.ladder import drawn
from tests.testkit.wire import Phone, two_phones

UNRELIABLE = EndpointConfig(reliable_provisional=False)


def early_media(phone: Phone, event: object) -> None:
    """Answer early with 183, and leave the rest to the test."""
    if isinstance(event, IncomingInvite):
        event.session.progress(phone.now, 183, b"early answer")


def test_a_183_with_a_body_is_acknowledged_and_the_200_has_none():
    alice, bob, wire = two_phones(callee=early_media)
    alice.call()
    wire.run(1.0)
    bob.session.answer(wire.now, b"the same answer")
    wire.run(60.0)
    assert wire.ladder == drawn(
        """
        0.00  INVITE      --->
        0.05  100         <---
        0.05  183         <---
        0.10  PRACK       --->
        0.15  200 (PRACK) <---
        1.00  200         <---
        1.05  ACK         --->
        """
    )
    early, final = (
        one
        for one in bob.sent
        if isinstance(one, Response) and one.cseq.method == "INVITE" and one.status > 100
    )
    assert "100rel" in early.require
    assert (early.body, final.body) == (b"early answer", b"")
    assert alice.one(Provisional).response.body == b"early answer"
    assert alice.session.exchange is bob.session.exchange is Exchange.NONE


@pytest.mark.parametrize("who", ["caller_config", "callee_config"])
def test_without_100rel_on_both_sides_a_183_is_sent_once(who):
    settings: dict[str, Any] = {who: UNRELIABLE}
    alice, bob, wire = two_phones(callee=early_media, **settings)
    alice.call()
    wire.run(30.0)
    assert [what for _, what in wire.steps] == ["INVITE", "100", "183"]
    bob.session.answer(wire.now, b"the answer")
    wire.run(60.0)
    assert alice.session.remote_description == b"the answer"


def test_an_unacknowledged_183_is_repeated_with_doubling_intervals_and_ends_the_call():
    alice, bob, wire = two_phones(callee=early_media, lose=range(2, 1000))
    alice.call()
    wire.run(100.0)
    sent = [round(one.at - 0.05, 2) for one in wire.log if one.what == "183"]
    assert sent == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert next(round(one.at, 2) for one in wire.log if one.what == "504") == 32.05
    assert bob.one(SessionEnded).cause is EndCause.TIMEOUT


def test_a_repeated_183_is_heard_once_and_acknowledged_once():
    alice, _, wire = two_phones(callee=early_media, lose={3})
    alice.call()
    wire.run(30.0)
    assert [what for _, what in wire.steps[2:]] == ["183", "PRACK (lost)", "183", "PRACK", "200 (PRACK)"]
    assert len(alice.all(Provisional)) == 1


def test_a_200_waits_for_the_prack_of_a_description():
    alice, bob, wire = two_phones(callee=early_media, lose={3})
    alice.call()
    wire.run(0.2)
    bob.session.answer(wire.now, b"answer")
    wire.run(30.0)
    assert [what for _, what in wire.steps[2:]] == [
        *("183", "PRACK (lost)", "183", "PRACK", "200 (PRACK)", "200", "ACK")
    ]


def test_reliable_responses_go_one_after_another():
    def script(phone, event):
        if isinstance(event, IncomingInvite):
            event.session.progress(phone.now, 183, b"early answer")
            event.session.progress(phone.now, 183, b"early answer")

    alice, _, wire = two_phones(callee=script)
    alice.call()
    wire.run(30.0)
    assert [what for _, what in wire.steps[2:]] == [
        *("183", "PRACK", "200 (PRACK)", "183", "PRACK", "200 (PRACK)")
    ]
    first, second = (event.response.rseq for event in alice.all(Provisional))
    assert second == (first or 0) + 1


def test_a_caller_that_requires_100rel_gets_even_180_reliably():
    def script(phone, event):
        if isinstance(event, IncomingInvite):
            event.session.ring(phone.now)

    alice, _, wire = two_phones(callee=script)
    alice.call(headers=[("Require", "100rel")])
    wire.run(10.0)
    assert [what for _, what in wire.steps[2:]] == ["180", "PRACK", "200 (PRACK)"]


def test_an_offer_in_a_183_is_answered_in_the_prack():
    def caller(phone, event):
        if isinstance(event, OfferReceived):
            event.session.accept_offer(phone.now, b"our answer")

    alice, bob, wire = two_phones(callee=early_media, caller=caller)
    alice.call(body=None)
    wire.run(1.0)
    assert alice.names() == ["Provisional", "OfferReceived"]
    assert bob.one(OfferAnswered).body == b"our answer"
    bob.session.answer(wire.now, b"ignored")
    wire.run(10.0)
    assert bob.one(Acknowledged).body == b""
    assert alice.session.exchange is bob.session.exchange is Exchange.NONE


def test_refusing_an_offer_in_a_183_gives_up_the_call():
    def caller(phone, event):
        if isinstance(event, OfferReceived):
            event.session.refuse_offer(phone.now)

    alice, bob, wire = two_phones(callee=early_media, caller=caller)
    alice.call(body=None)
    wire.run(60.0)
    assert [what for _, what in wire.steps[2:]] == [
        *("183", "PRACK", "CANCEL", "200 (PRACK)", "200 (CANCEL)", "487", "ACK")
    ]
    assert alice.one(SessionEnded).cause is bob.one(SessionEnded).cause is EndCause.CANCELLED


def test_an_offer_of_ours_never_travels_unreliably():
    alice, bob, wire = two_phones(callee=early_media, caller_config=UNRELIABLE)
    alice.call(body=None)
    wire.run(1.0)
    assert alice.one(Provisional).response.body == b""
    bob.session.answer(wire.now, b"our offer")
    wire.run(2.0)
    assert alice.one(OfferReceived).body == b"our offer"


def prack(phone: Phone, rack: str, body: bytes = b"", number: int = 50) -> Request:
    request = phone.session.usage.request("PRACK", body=body, headers=[("RAck", rack)])
    request.headers.insert_first("Via", f"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKp{number}")
    request.headers.set("CSeq", f"{number} PRACK")
    return request


def test_a_prack_that_fits_no_response_gets_481():
    alice, bob, wire = two_phones(callee=early_media)
    alice.call()
    wire.run(1.0)
    bob.receive(prack(alice, "99 1 INVITE"), wire.now)
    answer = bob.take()[-1]
    assert isinstance(answer, Response)
    assert answer.status == 481


def test_a_prack_may_carry_a_new_offer():
    alice, bob, wire = two_phones(callee=early_media, lose={3, 5, 6, 7})
    alice.call()
    wire.run(0.2)
    early = next(one for one in bob.sent if isinstance(one, Response) and one.status == 183)
    bob.receive(prack(alice, f"{early.rseq} 1 INVITE", b"another offer"), wire.now)
    assert bob.one(OfferReceived).method == "PRACK"
    bob.session.accept_offer(wire.now, b"another answer")
    answer = bob.take()[-1]
    assert isinstance(answer, Response)
    assert (answer.status, answer.body) == (200, b"another answer")


def test_a_refusal_does_not_wait_for_prack():
    alice, bob, wire = two_phones(callee=early_media, lose={3})
    alice.call()
    wire.run(0.2)
    bob.session.reject(wire.now, 486)
    wire.run(60.0)
    refused = alice.one(Rejected).response
    assert refused is not None
    assert refused.status == 486
    assert bob.endpoint.next_deadline() is None


@pytest.mark.parametrize(("numbers", "taken"), [([5, 6, 7], [5, 6, 7]), ([5, 5, 7, 6], [5, 6])])
def test_numbers_are_taken_in_order(numbers, taken):
    order = ReliableOrder()
    assert [number for number in numbers if order.is_next(number)] == taken


def test_ringing_is_repeated_every_minute():
    def script(phone, event):
        if isinstance(event, IncomingInvite):
            event.session.ring(phone.now)

    alice, _, wire = two_phones(callee=script)
    alice.call()
    wire.run(200.0)
    assert [(round(at, 2), what) for at, what in wire.steps[2:]] == [
        (0.05, "180"),
        (60.05, "180"),
        (120.05, "180"),
        (180.05, "180"),
    ]


def test_an_offer_in_a_prack_before_ours_is_answered_is_refused():
    def script(phone, event):
        if isinstance(event, IncomingInvite):
            event.session.ring(phone.now)

    alice, bob, wire = two_phones(callee=script, lose={3, 4, 5, 6})
    alice.call(headers=[("Require", "100rel")])
    wire.run(0.2)
    early = next(one for one in bob.sent if isinstance(one, Response) and one.status == 180)
    bob.receive(prack(alice, f"{early.rseq} 1 INVITE", b"another offer"), wire.now)
    answer = bob.take()[-1]
    assert isinstance(answer, Response)
    assert answer.status == 488
    assert not bob.all(OfferReceived)


@pytest.mark.parametrize("rack", ["{} 2 INVITE", "{} 1 OPTIONS"])
def test_a_prack_of_another_request_gets_481(rack):
    alice, bob, wire = two_phones(callee=early_media, lose={3})
    alice.call()
    wire.run(0.2)
    early = next(one for one in bob.sent if isinstance(one, Response) and one.status == 183)
    bob.receive(prack(alice, rack.format(early.rseq)), wire.now)
    answer = bob.take()[-1]
    assert isinstance(answer, Response)
    assert answer.status == 481


@pytest.mark.parametrize("status", [100, 99, 200, 300])
def test_a_provisional_response_is_101_to_199(status):
    _, bob, wire = two_phones()
    wire.left.call()  # type: ignore[attr-defined]
    wire.run(0.2)
    with pytest.raises(UsageError, match="101 to 199"):
        bob.session.ring(wire.now, status=status)


@pytest.mark.parametrize("status", [183, 200, 299, 700])
def test_a_refusal_is_300_to_699(status):
    _, bob, wire = two_phones()
    wire.left.call()  # type: ignore[attr-defined]
    wire.run(0.2)
    with pytest.raises(UsageError, match="300 to 699"):
        bob.session.reject(wire.now, status)
