"""Offers of ours: late offers, re-INVITE, UPDATE, glare (RFC 3261 section 14.1, RFC 3311, RFC 6337)."""

import pytest

from sip.endpoint_config import EndpointConfig
from sip.errors import UsageError
from sip.events import (
    Acknowledged,
    Answered,
    EndCause,
    IncomingInvite,
    OfferAnswered,
    OfferReceived,
    OfferRefused,
    SessionEnded,
)
from sip.session_state import Exchange
from tests.testkit.ladder import drawn
from tests.testkit.sip_scripts import answering, in_call, undecided
from tests.testkit.wire import two_phones

NO_TIMERS = EndpointConfig(session_expires=0)


def test_an_invite_without_an_offer_gets_ours_in_the_200_and_answers_in_the_ack():
    def script(phone, event):
        if isinstance(event, OfferReceived):
            event.session.accept_offer(phone.now, b"our answer")

    alice, bob, wire = two_phones(caller=script, callee=answering(b"their offer"))
    alice.call(body=None)
    wire.run(60.0)
    assert wire.ladder == drawn(
        """
        0.00  INVITE --->
        0.05  100    <---
        0.05  200    <---
        0.10  ACK    --->
        """
    )
    assert bob.one(IncomingInvite).session.offer_body is None
    assert alice.names() == ["Answered", "OfferReceived"]
    assert alice.one(OfferReceived).body == b"their offer"
    assert bob.one(Acknowledged).body == b"our answer"
    assert bob.one(Acknowledged).content_type == "application/sdp"
    assert alice.session.exchange is bob.session.exchange is Exchange.NONE


def test_the_ack_of_a_late_offer_waits_for_the_answer():
    alice, bob, wire = two_phones(callee=answering(b"their offer"))
    session = alice.call(body=None)
    wire.run(3.0)
    assert [what for _, what in wire.steps] == ["INVITE", "100", "200", "200", "200"]
    session.accept_offer(wire.now, b"our answer")
    wire.run(60.0)
    assert [what for _, what in wire.steps[5:]] == ["ACK"]
    assert bob.one(Acknowledged).body == b"our answer"


def test_a_late_offer_that_is_refused_ends_the_call():
    alice, bob, wire = two_phones(callee=answering(b"their offer"))
    session = alice.call(body=None)
    wire.run(0.2)
    session.refuse_offer(wire.now)
    wire.run(60.0)
    assert [what for _, what in wire.steps[3:]] == ["ACK", "BYE", "200 (BYE)"]
    assert bob.one(Acknowledged).body == b""
    assert [phone.one(SessionEnded).cause for phone in (alice, bob)] == [EndCause.LOCAL, EndCause.BYE]


def test_hanging_up_before_the_answer_to_a_late_offer_acknowledges_first():
    alice, _, wire = two_phones(callee=answering(b"their offer"))
    session = alice.call(body=None)
    wire.run(0.2)
    session.hang_up(wire.now)
    wire.run(60.0)
    assert [what for _, what in wire.steps[3:]] == ["ACK", "BYE", "200 (BYE)"]


@pytest.mark.parametrize("side", ["alice", "bob"])
def test_a_reinvite_is_offered_answered_and_acknowledged(side):
    alice, bob, wire = in_call(callee=answering(b"answer"), caller=answering(b"answer"))
    mover, other = (alice, bob) if side == "alice" else (bob, alice)
    mover.session.send_offer(wire.now, b"hold")
    wire.run(60.0)
    assert [what for _, what in wire.steps] == ["INVITE", "100", "200", "ACK"]
    assert other.one(OfferReceived).body == b"hold"
    assert mover.one(OfferAnswered).body == b"re-answer"
    assert mover.session.exchange is other.session.exchange is Exchange.NONE
    assert mover.session.remote_description == b"re-answer"
    assert other.session.remote_description == b"hold"


def test_an_update_is_offered_and_answered_without_ack():
    alice, bob, wire = in_call()
    alice.session.send_offer(wire.now, b"hold", "UPDATE")
    wire.run(60.0)
    assert [what for _, what in wire.steps] == ["UPDATE", "200 (UPDATE)"]
    assert bob.one(OfferReceived).method == "UPDATE"
    assert alice.one(OfferAnswered).body == b"re-answer"


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_offers_that_cross_are_refused_491_and_repeated(method):
    alice, bob, wire = in_call(caller=answering())
    alice.session.send_offer(wire.now, b"from alice", method)
    bob.session.send_offer(wire.now, b"from bob", method)
    wire.run(60.0)
    refused = [what for _, what in wire.steps if what.startswith("491")]
    assert len(refused) == 2
    assert alice.one(OfferReceived).body == b"from bob"
    assert bob.one(OfferReceived).body == b"from alice"
    assert len(alice.all(OfferAnswered)) == len(bob.all(OfferAnswered)) == 1
    assert not alice.all(OfferRefused)


def test_after_a_glare_who_made_the_call_id_waits_longer():
    alice, bob, wire = in_call(caller=answering())
    alice.session.send_offer(wire.now, b"from alice")
    bob.session.send_offer(wire.now, b"from bob")
    wire.run(60.0)
    again = [(one.at - 1.1, one.rightward) for one in wire.log if one.what == "INVITE"][2:]
    waits = {"alice" if rightward else "bob": wait for wait, rightward in again}
    assert 2.1 <= round(waits["alice"], 3) <= 4.0
    assert 0.0 <= round(waits["bob"], 3) <= 2.0


def test_a_2xx_to_a_reinvite_after_our_bye_is_still_acknowledged():
    alice, bob, wire = in_call(callee=undecided)
    alice.session.send_offer(wire.now, b"hold")
    wire.run(2.0)
    alice.session.hang_up(wire.now)
    bob.session.accept_offer(wire.now, b"answer")
    wire.run(60.0)
    assert [what for _, what in wire.steps[2:]] == ["BYE", "200", "200 (BYE)", "ACK"]


def test_a_reinvite_nobody_answers_ends_the_call():
    alice, _, wire = in_call(lose=range(4, 1000))
    wire.lose = range(1000)
    alice.session.send_offer(wire.now, b"hold")
    wire.run(100.0)
    assert alice.one(SessionEnded).cause is EndCause.TIMEOUT


def test_a_reinvite_answered_481_ends_the_call():
    alice, bob, wire = in_call()
    bob.session.usage.dissolve()
    alice.session.send_offer(wire.now, b"hold")
    wire.run(60.0)
    assert [what for _, what in wire.steps] == ["INVITE", "481", "ACK", "BYE", "481 (BYE)"]
    assert alice.one(SessionEnded).cause is EndCause.DIALOG_GONE


def test_an_offer_waits_for_the_one_before_it():
    alice, bob, wire = in_call()
    alice.session.send_offer(wire.now, b"hold")
    alice.session.send_offer(wire.now, b"resume")
    wire.run(60.0)
    assert [event.body for event in bob.all(OfferReceived)] == [b"hold", b"resume"]
    assert len(alice.all(OfferAnswered)) == 2


def test_a_callee_offers_anew_only_after_the_ack():
    alice, bob, wire = two_phones(callee=answering(), caller=answering(), lose={3})
    alice.call()
    wire.run(0.2)
    bob.session.send_offer(wire.now, b"hold")
    wire.run(60.0)
    assert [what for _, what in wire.steps[3:]] == ["ACK (lost)", "200", "ACK", "INVITE", "100", "200", "ACK"]


@pytest.mark.parametrize(("method", "body"), [("UPDATE", b""), ("OPTIONS", b"x")])
def test_an_offer_needs_a_method_that_can_carry_it(method, body):
    alice, _, wire = in_call()
    with pytest.raises(UsageError, match=method):
        alice.session.send_offer(wire.now, body, method)


def test_no_offer_before_there_is_a_dialog():
    alice, _, _ = two_phones()
    session = alice.call()
    with pytest.raises(UsageError, match="Calling"):
        session.send_offer(0.0, b"hold")


def test_answered_tells_of_an_answer_without_a_description():
    alice, _, wire = two_phones(callee=answering(b""))
    alice.call()
    wire.run(1.0)
    assert alice.one(Answered).response.body == b""
    assert alice.session.exchange is Exchange.NONE


def test_a_repeated_2xx_to_our_reinvite_is_acknowledged_again():
    alice, _, wire = in_call()
    wire.lose = {3}
    alice.session.send_offer(wire.now, b"hold")
    wire.run(60.0)
    assert [what for _, what in wire.steps] == ["INVITE", "100", "200", "ACK (lost)", "200", "ACK"]
    assert len(alice.all(OfferAnswered)) == 1


def test_a_newer_offer_waits_behind_a_glare():
    alice, bob, wire = in_call(caller=answering())
    alice.session.send_offer(wire.now, b"first")
    bob.session.send_offer(wire.now, b"from bob")
    wire.run(1.3)
    alice.session.send_offer(wire.now, b"newer")
    wire.run(1.31)
    assert not any(one.what == "INVITE" and one.rightward for one in wire.log[2:])
    wire.run(60.0)
    assert bob.all(OfferReceived)[-1].body == b"newer"


def test_a_peer_that_always_says_491_refuses_the_offer():
    def stubborn(phone, event):
        undecided(phone, event)
        if isinstance(event, OfferReceived):
            event.session.refuse_offer(phone.now, 491)

    alice, _, wire = in_call(callee=stubborn)
    alice.session.send_offer(wire.now, b"hold")
    wire.run(200.0)
    assert sum(what == "INVITE" for _, what in wire.steps) == 6
    assert alice.one(OfferRefused).status == 491


def test_a_session_without_a_timer_offers_none():
    alice, bob, wire = in_call(caller_config=NO_TIMERS, callee_config=NO_TIMERS)
    alice.session.send_offer(wire.now, b"hold")
    wire.run(60.0)
    assert all("Session-Expires" not in message.headers for message in (*alice.sent, *bob.sent))


def test_hanging_up_after_the_answer_but_before_the_ack_waits_even_for_a_repeated_wish():
    alice, bob, wire = two_phones(callee=answering(), lose=range(3, 1000))
    alice.call()
    wire.run(0.2)
    bob.session.hang_up(wire.now)
    bob.session.hang_up(wire.now)
    wire.run(100.0)
    assert bob.one(SessionEnded).cause is EndCause.NO_ACK
