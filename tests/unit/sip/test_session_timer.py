"""Session timers: RFC 4028."""

import pytest

from sip.endpoint_config import EndpointConfig
from sip.events import EndCause, IncomingInvite, OfferReceived, Rejected, SessionEnded
from sip.header_values import SessionExpires
from sip.message import Request, Response
from sip.session_timer import SessionTimer, answer_timer, offer_timer, too_small
from tests.testkit.sip_messages import request, response
from tests.testkit.sip_scripts import answering
from tests.testkit.wire import Phone, Wire, two_phones

CONFIG = EndpointConfig()
OFF = EndpointConfig(session_expires=0)


def asking(interval: str | None, supported: str | None = "timer", min_se: str | None = None) -> Request:
    return request(headers={"Session-Expires": interval, "Supported": supported, "Min-SE": min_se})


@pytest.mark.parametrize(
    ("interval", "supported", "min_se", "says", "requires", "we_refresh"),
    [
        ("1800", "timer", None, "1800;refresher=uac", True, False),
        ("1800;refresher=uac", "timer", None, "1800;refresher=uac", True, False),
        ("1800;refresher=uas", "timer", None, "1800;refresher=uas", False, True),
        ("7200", "timer", None, "1800;refresher=uac", True, False),
        ("7200", "timer", "3600", "3600;refresher=uac", True, False),
        ("600", "timer", None, "600;refresher=uac", True, False),
        # A proxy asked for a UAC that cannot: the work is ours.
        ("600", None, None, "600;refresher=uas", False, True),
        ("600;refresher=uac", None, None, "600;refresher=uas", False, True),
        # Nobody asked, but the UAC can.
        (None, "timer", None, "1800;refresher=uas", False, True),
    ],
)
def test_a_uas_decides_by_table_2(interval, supported, min_se, says, requires, we_refresh):
    decided = answer_timer(asking(interval, supported, min_se), CONFIG, 10.0)
    fields = dict(decided.headers)
    assert fields["Session-Expires"] == says
    assert ("Require" in fields) is requires
    assert decided.timer is not None
    assert decided.timer.refresher is we_refresh
    assert str(decided.timer.interval) == says.partition(";")[0]


@pytest.mark.parametrize(("asked", "config"), [(asking(None, None), CONFIG), (asking("1800"), OFF)])
def test_no_timer_when_neither_wants_one(asked, config):
    decided = answer_timer(asked, config, 0.0)
    assert (decided.timer, decided.headers) == (None, ())


def test_the_refresher_refreshes_at_half_time_and_both_end_early():
    timer = SessionTimer(1800, True, 100.0)
    assert (timer.refresh_at, timer.expires_at) == (1000.0, 1868.0)
    assert SessionTimer(90, False, 100.0).refresh_at is None
    assert SessionTimer(90, False, 100.0).expires_at == 160.0


@pytest.mark.parametrize(
    ("asked", "config", "small"),
    [
        (asking("60"), CONFIG, True),
        (asking("90"), CONFIG, False),
        (asking("300"), EndpointConfig(minimum_session_expires=600), True),
        # Who does not know the extension cannot raise it, so a 422 would only lose the call.
        (asking("60", None), CONFIG, False),
        (asking("60"), OFF, False),
    ],
)
def test_only_who_can_raise_the_interval_is_told_to(asked, config, small):
    assert too_small(asked, config) is small


def test_an_offer_of_a_timer():
    assert offer_timer(CONFIG) == [("Session-Expires", "1800")]
    assert offer_timer(CONFIG, minimum_seen=3600) == [("Session-Expires", "3600"), ("Min-SE", "3600")]
    assert offer_timer(OFF) == []


def test_a_uas_answers_422_below_its_minimum_and_the_uac_asks_again():
    small = EndpointConfig(session_expires=100)
    strict = EndpointConfig(minimum_session_expires=600)
    alice, bob, wire = two_phones(caller_config=small, callee_config=strict, callee=answering())
    alice.call()
    wire.run(1.0)
    assert [what for _, what in wire.steps] == ["INVITE", "422", "ACK", "INVITE", "100", "200", "ACK"]
    invites = [one for one in alice.sent if isinstance(one, Request) and one.method == "INVITE"]
    assert [str(one.session_expires) for one in invites] == ["100", "600"]
    assert [one.cseq.number for one in invites] == [1, 2]
    assert invites[0].call_id == invites[1].call_id
    assert invites[1].min_se == 600
    assert alice.names() == ["Answered"]
    assert bob.names() == ["IncomingInvite", "Acknowledged"]


def test_a_peer_that_always_says_422_refuses_the_call():
    def stubborn(phone, event):
        if isinstance(event, IncomingInvite):
            event.session.reject(phone.now, 422, headers=[("Min-SE", "5000")])

    alice, _, wire = two_phones(callee=stubborn)
    alice.call()
    wire.run(60.0)
    refused = alice.one(Rejected).response
    assert refused is not None
    assert refused.status == 422
    assert sum(what == "INVITE" for _, what in wire.steps) == 4


def test_a_session_is_refreshed_by_update_at_half_time():
    alice, _bob, wire = two_phones(callee=answering())
    alice.call()
    wire.run(4000.0)
    assert [(round(at), what) for at, what in wire.steps[4:]] == [
        *((900, "UPDATE"), (900, "200 (UPDATE)"), (1800, "UPDATE"), (1800, "200 (UPDATE)")),
        *((2700, "UPDATE"), (2700, "200 (UPDATE)"), (3600, "UPDATE"), (3600, "200 (UPDATE)")),
    ]
    assert alice.names() == ["Answered"]
    refresh = next(one for one in alice.sent if isinstance(one, Request) and one.method == "UPDATE")
    assert refresh.session_expires == SessionExpires(1800, "uac")


def test_a_peer_without_update_is_refreshed_by_a_reinvite_that_changes_nothing():
    alice, bob, wire = two_phones(callee=answering())
    alice.call(b"my offer")
    wire.run(1.0)
    alice.session.peer_allows = ("INVITE", "ACK", "BYE")
    wire.forget()
    wire.run(1000.0)
    assert [what for _, what in wire.steps] == ["INVITE", "100", "200", "ACK"]
    assert bob.one(OfferReceived).body == b"my offer"
    # The answer differs from the one before, so it is news.
    assert alice.names() == ["Answered", "OfferAnswered"]


def test_a_refresh_whose_answer_changes_nothing_is_no_news():
    def same(phone, event):
        if isinstance(event, IncomingInvite):
            event.session.answer(phone.now, b"answer")
        elif isinstance(event, OfferReceived):
            event.session.accept_offer(phone.now, b"answer")

    alice, _, wire = two_phones(callee=same)
    alice.call()
    wire.run(1.0)
    alice.session.peer_allows = ()
    wire.run(1000.0)
    assert alice.names() == ["Answered"]


@pytest.mark.parametrize("silent", ["refresher", "other"])
def test_a_session_nobody_refreshes_ends_in_bye(silent):
    alice, bob, wire = two_phones(callee=answering())
    alice.call()
    wire.run(1.0)
    wire.lose = range(10_000)
    wire.run(2000.0)
    cause = (alice if silent == "refresher" else bob).one(SessionEnded).cause
    assert cause is (EndCause.TIMEOUT if silent == "refresher" else EndCause.SESSION_EXPIRED)
    byes = [round(one.at) for one in wire.log if one.what == "BYE" and not one.rightward]
    assert byes[0] == 1768


def test_the_callee_refreshes_when_the_caller_wants_it_to():
    alice, bob, wire = two_phones(callee=answering())
    alice.call(headers=[("Session-Expires", "600;refresher=uas")])
    wire.run(700.0)
    assert [(round(one.at), one.what, one.rightward) for one in wire.log[4:]] == [
        *((300, "UPDATE", False), (300, "200 (UPDATE)", True)),
        *((600, "UPDATE", False), (600, "200 (UPDATE)", True)),
    ]
    answer = next(one for one in bob.sent if isinstance(one, Response) and one.status == 200)
    assert str(answer.session_expires) == "600;refresher=uas"


def test_a_refresh_refused_422_is_repeated_with_a_longer_interval():
    alice, bob, wire = two_phones(callee=answering())
    alice.call()
    wire.run(1.0)
    wire.forget()
    strict: Phone = bob
    object.__setattr__(strict.endpoint._core.config, "minimum_session_expires", 3600)
    wire.run(1000.0)
    assert [what for _, what in wire.steps] == ["UPDATE", "422 (UPDATE)", "UPDATE", "200 (UPDATE)"]
    assert alice.session.timer is not None
    assert alice.session.timer.interval == 3600


def refresh_of(alice: Phone, wire: Wire, until: float) -> Request:
    """The refresh that a phone sends by then, on a wire that carries nothing any more."""
    wire.lose = range(10_000)
    wire.run(until)
    return next(one for one in reversed(alice.sent) if isinstance(one, Request) and one.method != "ACK")


@pytest.mark.parametrize("status", [405, 500, 501])
def test_a_peer_that_refuses_update_is_refreshed_by_a_reinvite(status):
    alice, _, wire = two_phones(callee=answering())
    alice.call(b"my offer")
    wire.run(1.0)
    update = refresh_of(alice, wire, 901.0)
    assert update.method == "UPDATE"
    alice.receive(response(status, to=update), wire.now)
    (invite,) = [one for one in alice.take() if isinstance(one, Request)]
    assert (invite.method, invite.body) == ("INVITE", b"my offer")
    alice.receive(
        response(200, body=b"answer", headers={"Session-Expires": "1800;refresher=uac"}, to=invite), wire.now
    )
    assert alice.session.timer is not None
    assert alice.session.timer.started == wire.now


def test_a_refresh_that_is_refused_is_tried_again_while_there_is_time():
    alice, _, wire = two_phones(callee=answering())
    alice.call()
    wire.run(1.0)
    alice.session.peer_allows = ()
    first = refresh_of(alice, wire, 901.0)
    alice.receive(response(503, to=first), wire.now)
    again = refresh_of(alice, wire, 935.0)
    assert (again.method, again.cseq.number) == ("INVITE", first.cseq.number + 1)
    assert alice.all(SessionEnded) == []
