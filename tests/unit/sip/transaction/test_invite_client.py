"""The INVITE client transaction against Figure 5 of RFC 3261 as RFC 6026 redraws it."""

from itertools import product

import pytest

from sip.message import Request
from sip.timers import TimerValues
from sip.transaction.effects import Ended, EndReason, PassUp, Send
from sip.transaction.in_transaction import acknowledgement
from sip.transaction.invite_client import TRANSITIONS, Event, InviteClientTransaction, State
from tests.testkit.sip_messages import request, response
from tests.testkit.virtual_time import advance

INVITE = request("INVITE")
RINGING = response(180, to=INVITE)
OK = response(200, to=INVITE)
BUSY = response(486, to=INVITE)
ACK = acknowledgement(INVITE, BUSY)

COMPLETED = Ended(EndReason.COMPLETED)
TIMEOUT = Ended(EndReason.TIMEOUT)
UNREACHABLE = Ended(EndReason.TRANSPORT_ERROR)

_STRAY_TIMERS = {
    State.CALLING: (Event.TIMER_D, Event.TIMER_M),
    State.PROCEEDING: (Event.TIMER_A, Event.TIMER_B, Event.TIMER_D, Event.TIMER_M),
    State.COMPLETED: (Event.TIMER_A, Event.TIMER_B, Event.TIMER_M),
    State.ACCEPTED: (Event.TIMER_A, Event.TIMER_B, Event.TIMER_D),
}
DROPPED = {
    *((state, timer) for state, timers in _STRAY_TIMERS.items() for timer in timers),
    # Nothing is being sent, so a transport error is about something else.
    (State.PROCEEDING, Event.TRANSPORT_ERROR),
    (State.ACCEPTED, Event.TRANSPORT_ERROR),
    # The first final response decided.
    (State.COMPLETED, Event.PROVISIONAL),
    (State.COMPLETED, Event.SUCCESS),
    (State.ACCEPTED, Event.PROVISIONAL),
    (State.ACCEPTED, Event.FAILURE),
    *product([State.TERMINATED], Event),
}


def started(*, reliable: bool = False, values: TimerValues | None = None) -> InviteClientTransaction:
    tx = InviteClientTransaction(INVITE, reliable=reliable, values=values or TimerValues())
    assert tx.start(0.0) == [Send(INVITE)]
    return tx


def in_state(state: State, *, reliable: bool = False) -> InviteClientTransaction:
    tx = started(reliable=reliable)
    if state is State.PROCEEDING:
        tx.receive_response(RINGING, 0.1)
    elif state is State.COMPLETED:
        tx.receive_response(BUSY, 0.1)
    elif state is State.ACCEPTED:
        tx.receive_response(OK, 0.1)
    elif state is State.TERMINATED:
        tx.receive_transport_error(0.1)
    assert tx.state is state
    return tx


def test_every_pair_of_state_and_event_is_decided():
    assert set(TRANSITIONS) | DROPPED == set(product(State, Event))
    assert not set(TRANSITIONS) & DROPPED


@pytest.mark.parametrize(
    ("before", "message", "after", "effects"),
    [
        (State.CALLING, RINGING, State.PROCEEDING, [PassUp(RINGING)]),
        (State.CALLING, OK, State.ACCEPTED, [PassUp(OK)]),
        (State.CALLING, BUSY, State.COMPLETED, [Send(ACK), PassUp(BUSY)]),
        (State.PROCEEDING, RINGING, State.PROCEEDING, [PassUp(RINGING)]),
        (State.PROCEEDING, OK, State.ACCEPTED, [PassUp(OK)]),
        (State.PROCEEDING, BUSY, State.COMPLETED, [Send(ACK), PassUp(BUSY)]),
        (State.COMPLETED, BUSY, State.COMPLETED, [Send(ACK)]),
        (State.COMPLETED, RINGING, State.COMPLETED, []),
        (State.COMPLETED, OK, State.COMPLETED, []),
        (State.ACCEPTED, OK, State.ACCEPTED, [PassUp(OK)]),
        (State.ACCEPTED, RINGING, State.ACCEPTED, []),
        (State.ACCEPTED, BUSY, State.ACCEPTED, []),
        (State.TERMINATED, OK, State.TERMINATED, []),
    ],
)
def test_a_response_follows_its_arrow(before, message, after, effects):
    tx = in_state(before)
    assert tx.receive_response(message, 0.2) == effects
    assert tx.state is after


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        (State.CALLING, State.TERMINATED, [UNREACHABLE]),
        (State.PROCEEDING, State.PROCEEDING, []),
        (State.COMPLETED, State.TERMINATED, [UNREACHABLE]),
        (State.ACCEPTED, State.ACCEPTED, []),
        (State.TERMINATED, State.TERMINATED, []),
    ],
)
def test_a_transport_error_follows_its_arrow(before, after, effects):
    tx = in_state(before)
    assert tx.receive_transport_error(0.2) == effects
    assert tx.state is after


def test_unanswered_invite_is_resent_until_timer_b():
    tx = started()
    happened = advance(tx, until=100.0)
    assert [at for at, effect in happened if effect == Send(INVITE)] == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert happened[-1] == (32.0, TIMEOUT)
    assert tx.state is State.TERMINATED


def test_timer_a_leaves_the_transaction_calling():
    tx = started()
    assert tx.handle_timers(0.5) == [Send(INVITE)]
    assert tx.state is State.CALLING


def test_over_a_reliable_transport_the_invite_is_sent_once():
    assert advance(started(reliable=True), until=100.0) == [(32.0, TIMEOUT)]


def test_a_provisional_response_stops_timers_a_and_b():
    assert in_state(State.PROCEEDING).next_deadline() is None


def test_600_seconds_of_ringing_change_nothing():
    tx = in_state(State.PROCEEDING)
    assert advance(tx, until=600.0) == []
    assert tx.receive_response(OK, 600.0) == [PassUp(OK)]


@pytest.mark.parametrize("before", [State.CALLING, State.PROCEEDING])
def test_completed_absorbs_failures_for_32_seconds(before):
    tx = in_state(before)
    tx.receive_response(BUSY, 1.0)
    assert tx.next_deadline() == 33.0
    assert advance(tx, until=100.0) == [(33.0, COMPLETED)]
    assert tx.state is State.TERMINATED


def test_timer_d_is_no_shorter_when_t1_is():
    tx = started(values=TimerValues(t1=0.1))
    tx.receive_response(BUSY, 0.0)
    assert tx.next_deadline() == 32.0


@pytest.mark.parametrize("before", [State.CALLING, State.PROCEEDING])
def test_over_a_reliable_transport_completed_ends_at_once(before):
    tx = in_state(before, reliable=True)
    tx.receive_response(BUSY, 1.0)
    assert advance(tx, until=1.0) == [(1.0, COMPLETED)]


@pytest.mark.parametrize("before", [State.CALLING, State.PROCEEDING])
@pytest.mark.parametrize("reliable", [False, True])
def test_accepted_passes_on_late_2xx_for_64_t1(before, reliable):
    tx = in_state(before, reliable=reliable)
    tx.receive_response(OK, 1.0)
    assert tx.next_deadline() == 33.0
    other_branch = response(200, to=INVITE, to_tag="another-fork")
    assert tx.receive_response(other_branch, 32.9) == [PassUp(other_branch)]
    assert advance(tx, until=100.0) == [(33.0, COMPLETED)]
    assert tx.state is State.TERMINATED


def test_the_ack_repeats_the_branch_route_and_number_of_the_invite():
    invite = request("INVITE", headers={"Route": ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]}, cseq=7)
    tx = InviteClientTransaction(invite, reliable=False, values=TimerValues())
    tx.start(0.0)
    failure = response(404, to=invite, to_tag="remote")
    sent = tx.receive_response(failure, 0.1)[0]
    assert isinstance(sent, Send)
    ack = sent.message
    assert isinstance(ack, Request)
    assert ack.start_line() == "ACK sip:bob@example.org SIP/2.0"
    assert ack.via == invite.via
    assert len(ack.vias) == 1
    assert ack.routes == invite.routes
    assert ack.from_ == invite.from_
    assert ack.to.tag == "remote"
    assert (ack.call_id, str(ack.cseq), ack.max_forwards) == (invite.call_id, "7 ACK", 70)


def test_a_late_wake_up_counts_from_then():
    tx = started()
    assert tx.handle_timers(10.0) == [Send(INVITE)]
    assert tx.next_deadline() == 11.0
