"""The UAS of an INVITE: CANCEL and its races, BYE before the answer, Expires (RFC 3261)."""

from sip.events import (
    EndCause,
    Rejected,
    RemoteCancelled,
    SessionEnded,
)
from sip.message import Request, Response
from sip.session_state import SessionState
from tests.testkit.ladder import drawn
from tests.testkit.sip_scripts import answering, ringing
from tests.testkit.wire import Phone, two_phones


def requests(phone: Phone, method: str) -> list[Request]:
    """What a phone sent of one method."""
    return [one for one in phone.sent if isinstance(one, Request) and one.method == method]


def test_a_cancel_ends_a_ringing_call():
    alice, bob, wire = two_phones(callee=ringing)
    session = alice.call()
    wire.run(1.0)
    session.hang_up(wire.now, [("Reason", 'SIP;cause=200;text="Call completed elsewhere"')])
    wire.run(60.0)
    assert wire.ladder == drawn(
        """
        0.00  INVITE       --->
        0.05  100          <---
        0.05  180          <---
        1.00  CANCEL       --->
        1.05  200 (CANCEL) <---
        1.05  487          <---
        1.10  ACK          --->
        """
    )
    assert alice.names() == ["Provisional", "SessionEnded"]
    assert bob.names() == ["IncomingInvite", "RemoteCancelled", "SessionEnded"]
    assert alice.one(SessionEnded).cause is bob.one(SessionEnded).cause is EndCause.CANCELLED
    assert bob.one(RemoteCancelled).request.reasons[0].cause == 200


def test_a_cancel_waits_for_the_first_provisional_response():
    alice, bob, wire = two_phones(callee=ringing, lose={1, 2})
    session = alice.call()
    wire.run(0.3)
    session.hang_up(wire.now)
    wire.run(60.0)
    assert wire.ladder == drawn(
        """
        0.00  INVITE       --->
        0.05  100          <--x
        0.05  180          <--x
        0.50  INVITE       --->
        0.55  180          <---
        0.60  CANCEL       --->
        0.65  200 (CANCEL) <---
        0.65  487          <---
        0.70  ACK          --->
        """
    )
    assert alice.names() == ["SessionEnded"]
    assert bob.one(SessionEnded).cause is EndCause.CANCELLED


def test_a_cancel_that_crosses_the_answer_ends_in_ack_and_bye():
    alice, bob, wire = two_phones(callee=ringing)
    session = alice.call()
    wire.run(1.0)
    session.hang_up(wire.now)
    bob.session.answer(wire.now, b"answer")
    wire.run(60.0)
    assert wire.ladder == drawn(
        """
        0.00  INVITE       --->
        0.05  100          <---
        0.05  180          <---
        1.00  CANCEL       --->
        1.00  200          <---
        1.05  200 (CANCEL) <---
        1.05  ACK          --->
        1.05  BYE          --->
        1.10  200 (BYE)    <---
        """
    )
    assert alice.names() == ["Provisional", "SessionEnded"]
    assert alice.one(SessionEnded).cause is EndCause.CANCELLED
    assert bob.names() == ["IncomingInvite", "Acknowledged", "SessionEnded"]


def test_a_cancelled_invite_without_a_final_response_is_given_up():
    alice, _, wire = two_phones(callee=ringing, lose=range(3, 1000))
    session = alice.call()
    wire.run(1.0)
    session.hang_up(wire.now)
    wire.run(100.0)
    assert alice.one(SessionEnded).cause is EndCause.CANCELLED
    assert alice.endpoint.statistics().client_transactions == 0


def test_a_cancel_of_nothing_is_answered_481():
    alice, bob, wire = two_phones(callee=answering())
    alice.call()
    wire.run(1.0)
    invite = requests(alice, "INVITE")[0]
    stray = Request("CANCEL", invite.uri_text, invite.headers.copy())
    stray.headers.set("CSeq", "1 CANCEL")
    stray.headers.set("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnobody")
    bob.receive(stray, wire.now)
    (answer,) = bob.take()
    assert isinstance(answer, Response)
    assert answer.status == 481


def test_a_bye_in_an_early_dialog_refuses_the_invite():
    alice, bob, wire = two_phones(callee=ringing)
    alice.call()
    wire.run(1.0)
    _dialog, bye = alice.session.usage.dialog.request("BYE")  # type: ignore[union-attr]
    bye.headers.insert_first("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKearlybye")
    bob.receive(bye, wire.now)
    wire.run(60.0)
    assert bob.names() == ["IncomingInvite", "SessionEnded"]
    assert bob.one(SessionEnded).cause is EndCause.BYE
    assert [passed.what for passed in wire.log[3:]] == ["200 (BYE)", "487", "ACK"]


def test_hanging_up_an_unanswered_incoming_call_refuses_it():
    alice, bob, wire = two_phones(callee=ringing)
    alice.call()
    wire.run(1.0)
    bob.session.hang_up(wire.now)
    wire.run(60.0)
    refused = alice.one(Rejected).response
    assert refused is not None
    assert refused.status == 480


def test_an_invite_is_refused_when_its_expires_has_passed():
    alice, bob, wire = two_phones(callee=ringing)
    alice.call(headers=[("Expires", "20")])
    wire.run(60.0)
    assert (20.05, "487") in wire.steps
    assert bob.one(SessionEnded).cause is EndCause.TIMEOUT


def test_an_answer_in_time_outlives_the_expires_of_the_invite():
    alice, bob, wire = two_phones(callee=answering())
    alice.call(headers=[("Expires", "20")])
    wire.run(60.0)
    assert bob.session.state is SessionState.CONFIRMED
