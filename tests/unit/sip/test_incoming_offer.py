"""Offers of the peer: re-INVITE and UPDATE taken, refused, withdrawn (RFC 3261 section 14.2, RFC 3311)."""

from sip.events import (
    Acknowledged,
    EndCause,
    OfferAnswered,
    OfferReceived,
    OfferRefused,
    SessionEnded,
)
from sip.message import Response
from sip.session_state import Exchange, SessionState
from sip.transaction.in_transaction import cancellation
from tests.testkit.sip_scripts import answering, in_call, in_dialog, undecided
from tests.testkit.wire import two_phones


def test_a_reinvite_without_an_offer_asks_for_one():
    def script(phone, event):
        if isinstance(event, OfferReceived):
            event.session.accept_offer(phone.now, b"our answer")

    alice, bob, wire = in_call(caller=script, callee=answering(b"offer"))
    alice.session.send_offer(wire.now, b"")
    wire.run(60.0)
    assert [what for _, what in wire.steps] == ["INVITE", "100", "200", "ACK"]
    assert bob.one(OfferReceived).body is None
    assert alice.one(OfferReceived).body == b"re-offer"
    assert bob.all(Acknowledged)[-1].body == b"our answer"
    assert alice.session.exchange is bob.session.exchange is Exchange.NONE


def test_a_refused_offer_changes_nothing():
    def script(phone, event):
        undecided(phone, event)
        if isinstance(event, OfferReceived):
            event.session.refuse_offer(phone.now, 488)

    alice, bob, wire = in_call(callee=script)
    alice.session.send_offer(wire.now, b"video")
    wire.run(60.0)
    assert [what for _, what in wire.steps] == ["INVITE", "100", "488", "ACK"]
    assert alice.one(OfferRefused).status == 488
    assert alice.session.state is bob.session.state is SessionState.CONFIRMED
    assert alice.session.exchange is bob.session.exchange is Exchange.NONE


def test_an_update_during_an_undecided_offer_gets_500_and_a_time_to_wait():
    alice, bob, wire = in_call(callee=undecided)
    alice.session.send_offer(wire.now, b"first")
    wire.run(2.0)
    bob.receive(in_dialog(alice, "UPDATE", b"second"), wire.now)
    refusal = bob.take()[-1]
    assert isinstance(refusal, Response)
    assert refusal.status == 500
    assert 0 <= int(refusal.headers.get("Retry-After") or "") <= 10
    bob.session.accept_offer(wire.now, b"answer to the first")
    wire.run(60.0)
    assert alice.one(OfferAnswered).body == b"answer to the first"


def test_an_update_without_an_offer_is_answered_at_once():
    alice, bob, wire = in_call()
    alice.session.send_request(wire.now, "UPDATE")
    wire.run(60.0)
    assert [what for _, what in wire.steps] == ["UPDATE", "200 (UPDATE)"]
    assert not bob.all(OfferReceived)


def test_a_reinvite_that_is_cancelled_leaves_the_call_as_it_was():
    alice, bob, wire = in_call(callee=undecided)
    invite = in_dialog(alice, "INVITE", b"hold")
    bob.receive(invite, wire.now)
    bob.receive(cancellation(invite), wire.now)
    assert [one.status for one in bob.take() if isinstance(one, Response)] == [100, 200, 487]
    assert bob.session.exchange is Exchange.NONE
    bob.session.accept_offer(wire.now, b"too late")
    assert bob.take() == []
    assert bob.session.state is SessionState.CONFIRMED


def test_a_bye_during_a_reinvite_ends_both():
    alice, bob, wire = in_call(callee=undecided)
    alice.session.send_offer(wire.now, b"hold")
    wire.run(2.0)
    alice.session.hang_up(wire.now)
    wire.run(60.0)
    assert [what for _, what in wire.steps] == ["INVITE", "100", "BYE", "200 (BYE)", "487", "ACK"]
    assert bob.one(SessionEnded).cause is EndCause.BYE
    assert bob.endpoint.statistics().server_transactions == 0


def test_hanging_up_with_an_undecided_reinvite_refuses_it():
    alice, bob, wire = in_call(callee=undecided)
    alice.session.send_offer(wire.now, b"hold")
    wire.run(2.0)
    bob.session.hang_up(wire.now)
    wire.run(60.0)
    assert sorted(what for _, what in wire.steps) == sorted(
        ["INVITE", "100", "487", "BYE", "ACK", "200 (BYE)"]
    )
    assert alice.names()[-2:] == ["OfferRefused", "SessionEnded"]
    assert alice.one(SessionEnded).cause is EndCause.BYE


def test_an_unacknowledged_2xx_of_a_reinvite_ends_the_call():
    alice, bob, wire = in_call(callee=answering())
    wire.lose = range(3, 1000)
    alice.session.send_offer(wire.now, b"hold")
    wire.run(100.0)
    assert bob.one(SessionEnded).cause is EndCause.NO_ACK


def test_a_target_refresh_moves_the_dialog():
    alice, bob, wire = in_call()
    moved = in_dialog(alice, "INVITE", b"hold", Contact="<sip:alice@192.0.2.1:5070>")
    bob.receive(moved, wire.now)
    assert bob.session.dialog is not None
    assert str(bob.session.dialog.remote_target) == "sip:alice@192.0.2.1:5070"
    bob.take()
    bob.receive(in_dialog(alice, "UPDATE", Contact="<sip:alice@192.0.2.1:5080>"), wire.now)
    assert bob.session.dialog is not None
    assert str(bob.session.dialog.remote_target) == "sip:alice@192.0.2.1:5080"


def test_deciding_on_nothing_does_nothing():
    alice, _, wire = in_call()
    alice.session.accept_offer(wire.now, b"answer")
    alice.session.refuse_offer(wire.now)
    assert alice.take() == []


def test_the_ack_of_a_reinvite_acknowledges_the_call_too():
    alice, bob, wire = two_phones(callee=answering(), lose={3})
    alice.call()
    wire.run(0.2)
    invite = in_dialog(alice, "INVITE", b"hold")
    bob.receive(invite, wire.now)
    bob.take()
    ack = alice.session.usage.ack(invite)
    ack.headers.insert_first("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKack")
    bob.receive(ack, wire.now)
    assert bob.session.state is SessionState.CONFIRMED
    assert len(bob.all(Acknowledged)) == 1
    assert not bob.session.awaits_ack()
