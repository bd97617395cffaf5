"""Whole sessions over a virtual wire: set-up, end and what goes wrong between."""

from itertools import chain, combinations

import pytest

from sip.errors import UsageError
from sip.events import (
    Acknowledged,
    Answered,
    EndCause,
    IncomingInvite,
    InDialogRequest,
    Rejected,
    SessionEnded,
)
from sip.message import Request
from sip.session_state import SessionState
from tests.testkit.ladder import drawn
from tests.testkit.sip_scripts import answering
from tests.testkit.wire import Phone, two_phones

PATTERNS = [frozenset(lost) for lost in chain.from_iterable(combinations(range(7), n) for n in range(7))]


def requests(phone: Phone, method: str) -> list[Request]:
    """What a phone sent of one method."""
    return [one for one in phone.sent if isinstance(one, Request) and one.method == method]


def test_a_call_from_ringing_to_bye():
    alice, bob, wire = two_phones(callee=answering(ring=True))
    session = alice.call()
    wire.run(1.0)
    session.hang_up(wire.now)
    wire.run(60.0)
    assert wire.ladder == drawn(
        """
        0.00  INVITE    --->
        0.05  100       <---
        0.05  180       <---
        0.05  200       <---
        0.10  ACK       --->
        1.00  BYE       --->
        1.05  200 (BYE) <---
        """
    )
    assert alice.names() == ["Provisional", "Answered", "SessionEnded"]
    assert bob.names() == ["IncomingInvite", "Acknowledged", "SessionEnded"]
    assert alice.one(SessionEnded).cause is EndCause.LOCAL
    assert bob.one(SessionEnded).cause is EndCause.BYE


def test_the_bodies_of_offer_and_answer_arrive():
    alice, bob, wire = two_phones(callee=answering(b"the answer"))
    alice.call(b"the offer")
    wire.run(1.0)
    assert bob.one(IncomingInvite).session.offer_body == b"the offer"
    assert alice.one(Answered).response.body == b"the answer"
    assert alice.session.remote_description == b"the answer"
    assert bob.one(Acknowledged).body == b""


def test_nothing_is_left_after_a_call():
    alice, bob, wire = two_phones(callee=answering())
    alice.call()
    wire.run(1.0)
    bob.session.hang_up(wire.now)
    wire.run(200.0)
    for phone in (alice, bob):
        left = phone.endpoint.statistics()
        assert (left.sessions, left.dialogs, left.client_transactions, left.server_transactions) == (
            0,
            0,
            0,
            0,
        )
        assert phone.endpoint.next_deadline() is None
        assert len(phone.all(SessionEnded)) == 1


@pytest.mark.parametrize("lose", PATTERNS, ids=sorted)
def test_a_call_survives_every_loss_among_the_first_seven_packets(lose):
    alice, bob, wire = two_phones(callee=answering(ring=True), lose=lose)
    session = alice.call()
    wire.run(60.0)
    assert len(alice.all(Answered)) == len(bob.all(Acknowledged)) == 1
    session.hang_up(wire.now)
    wire.run(200.0)
    assert [phone.one(SessionEnded).cause for phone in (alice, bob)] == [EndCause.LOCAL, EndCause.BYE]
    assert alice.endpoint.next_deadline() is bob.endpoint.next_deadline() is None


def test_a_lost_ack_is_repeated_for_each_repeated_2xx():
    alice, bob, wire = two_phones(callee=answering(), lose={3})
    alice.call()
    wire.run(5.0)
    assert wire.ladder == drawn(
        """
        0.00  INVITE --->
        0.05  100    <---
        0.05  200    <---
        0.10  ACK    ---x
        0.55  200    <---
        0.60  ACK    --->
        """
    )
    assert len(alice.all(Answered)) == len(bob.all(Acknowledged)) == 1


def test_a_2xx_that_is_never_acknowledged_is_repeated_for_64_t1_and_ends_in_bye():
    _, bob, wire = two_phones(callee=answering(), lose=range(3, 1000))
    wire.left.call()  # type: ignore[attr-defined]
    wire.run(100.0)
    repeated = [round(one.at - 0.05, 2) for one in wire.log if one.what == "200" and not one.rightward]
    assert repeated == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert next(round(one.at, 2) for one in wire.log if one.what == "BYE") == 32.05
    assert bob.one(SessionEnded).cause is EndCause.NO_ACK
    assert bob.endpoint.statistics().sessions == 0


def test_an_invite_nobody_hears_is_a_rejection_by_timeout():
    alice, _, wire = two_phones(lose=range(1000))
    alice.call()
    wire.run(100.0)
    assert alice.names() == ["Rejected", "SessionEnded"]
    assert (alice.one(Rejected).response, alice.one(Rejected).cause) == (None, EndCause.TIMEOUT)


def test_a_refusal_ends_both_sides():
    def busy(phone, event):
        if isinstance(event, IncomingInvite):
            event.session.reject(phone.now, 486, headers=[("Retry-After", "60")])

    alice, bob, wire = two_phones(callee=busy)
    alice.call()
    wire.run(10.0)
    assert wire.ladder == drawn(
        """
        0.00  INVITE --->
        0.05  100    <---
        0.05  486    <---
        0.10  ACK    --->
        """
    )
    refused = alice.one(Rejected).response
    assert refused is not None
    assert (refused.status, refused.headers.get("Retry-After")) == (486, "60")
    assert alice.one(SessionEnded).cause is bob.one(SessionEnded).cause is EndCause.REJECTED


def test_the_callee_hangs_up():
    alice, bob, wire = two_phones(callee=answering())
    alice.call()
    wire.run(1.0)
    bob.session.hang_up(wire.now)
    wire.run(60.0)
    assert [phone.one(SessionEnded).cause for phone in (alice, bob)] == [EndCause.BYE, EndCause.LOCAL]


def test_a_bye_before_the_ack_ends_the_session_and_stops_the_2xx():
    alice, bob, wire = two_phones(callee=answering(), lose={3, 5})
    session = alice.call()
    wire.run(0.2)
    session.hang_up(wire.now)
    wire.run(100.0)
    assert wire.steps[3:6] == [(0.1, "ACK (lost)"), (0.2, "BYE"), (0.25, "200 (BYE) (lost)")]
    assert [what for _, what in wire.steps[6:]] == ["BYE", "200 (BYE)"]
    assert bob.names() == ["IncomingInvite", "SessionEnded"]
    assert bob.one(SessionEnded).cause is EndCause.BYE


def test_the_callee_may_not_say_bye_before_the_ack():
    alice, bob, wire = two_phones(callee=answering(), lose={3})
    alice.call()
    wire.run(0.2)
    bob.session.hang_up(wire.now)
    wire.run(60.0)
    assert [what for _, what in wire.steps[3:]] == ["ACK (lost)", "200", "ACK", "BYE", "200 (BYE)"]
    assert bob.one(SessionEnded).cause is EndCause.LOCAL


def test_byes_that_cross_are_both_answered_200():
    alice, bob, wire = two_phones(callee=answering())
    session = alice.call()
    wire.run(1.0)
    session.hang_up(wire.now)
    bob.session.hang_up(wire.now)
    wire.run(60.0)
    assert [what for _, what in wire.steps[4:]] == ["BYE", "BYE", "200 (BYE)", "200 (BYE)"]
    assert [phone.one(SessionEnded).cause for phone in (alice, bob)] == [EndCause.LOCAL, EndCause.LOCAL]


def test_a_bye_that_nobody_answers_leaves_nothing_behind():
    alice, _, wire = two_phones(callee=answering(), lose=range(4, 100))
    session = alice.call()
    wire.run(1.0)
    session.hang_up(wire.now)
    assert session.state is SessionState.TERMINATED
    assert alice.endpoint.next_event() is not None
    wire.run(100.0)
    assert alice.endpoint.statistics().dialogs == 0


@pytest.mark.parametrize("method", ["ring", "progress", "answer", "reject"])
def test_a_caller_cannot_answer_its_own_call(method):
    alice, _, _ = two_phones()
    session = alice.call()
    arguments = {"ring": (), "progress": (183, b"x"), "answer": (b"x",), "reject": (486,)}[method]
    with pytest.raises(UsageError, match="we began"):
        getattr(session, method)(0.0, *arguments)


@pytest.mark.parametrize("method", ["ring", "progress", "answer", "reject"])
def test_a_session_is_answered_once(method):
    alice, bob, wire = two_phones(callee=answering())
    alice.call()
    wire.run(1.0)
    arguments = {"ring": (), "progress": (183, b"x"), "answer": (b"x",), "reject": (486,)}[method]
    with pytest.raises(UsageError, match="Confirmed"):
        getattr(bob.session, method)(wire.now, *arguments)


def test_hanging_up_twice_is_once():
    alice, _bob, wire = two_phones(callee=answering())
    session = alice.call()
    wire.run(1.0)
    session.hang_up(wire.now)
    session.hang_up(wire.now)
    wire.run(60.0)
    assert len(requests(alice, "BYE")) == 1
    session.hang_up(wire.now)
    wire.run(100.0)
    assert len(requests(alice, "BYE")) == 1


def test_requests_of_the_owner_travel_in_the_dialog():
    def script(phone, event):
        answering()(phone, event)
        if isinstance(event, InDialogRequest):
            phone.endpoint.reply(phone.now, event.transaction, 202)

    alice, bob, wire = two_phones(callee=script)
    session = alice.call()
    wire.run(1.0)
    session.send_request(wire.now, "MESSAGE", b"hello", "text/plain")
    wire.run(60.0)
    assert bob.one(InDialogRequest).request.body == b"hello"
    assert alice.names()[-1] == "RequestAnswered"
    assert [what for _, what in wire.steps[4:]] == ["MESSAGE", "202 (MESSAGE)"]


@pytest.mark.parametrize("method", ["INVITE", "BYE", "ACK", "CANCEL", "PRACK"])
def test_requests_that_are_the_sessions_own_cannot_be_sent_by_hand(method):
    alice, _, wire = two_phones(callee=answering())
    session = alice.call()
    wire.run(1.0)
    with pytest.raises(UsageError, match=method):
        session.send_request(wire.now, method)
