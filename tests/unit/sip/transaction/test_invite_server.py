"""The INVITE server transaction against Figure 7 of RFC 3261 as RFC 6026 redraws it."""

from itertools import product

import pytest

from sip.timers import TimerValues
from sip.transaction.effects import Ended, EndReason, PassUp, Report, Send
from sip.transaction.invite_server import TRANSITIONS, Event, InviteServerTransaction, State
from tests.testkit.sip_messages import request, response
from tests.testkit.virtual_time import advance

INVITE = request("INVITE")
ACK = request("ACK")
TRYING = response(100, to=INVITE)
RINGING = response(180, to=INVITE)
OK = response(200, to=INVITE)
BUSY = response(486, to=INVITE)

COMPLETED = Ended(EndReason.COMPLETED)
TIMEOUT = Ended(EndReason.TIMEOUT)
TROUBLE = Report(EndReason.TRANSPORT_ERROR)

_STRAY_TIMERS = {
    State.PROCEEDING: (Event.TIMER_G, Event.TIMER_H, Event.TIMER_I, Event.TIMER_L),
    State.COMPLETED: (Event.TIMER_I, Event.TIMER_L),
    State.CONFIRMED: (Event.TIMER_G, Event.TIMER_H, Event.TIMER_L),
    State.ACCEPTED: (Event.TIMER_G, Event.TIMER_H, Event.TIMER_I),
}
DROPPED = {
    *((state, timer) for state, timers in _STRAY_TIMERS.items() for timer in timers),
    # An ACK before any final response acknowledges nothing.
    (State.PROCEEDING, Event.ACK),
    # The first final response decided; the transaction user's later ones are dropped.
    *product([State.COMPLETED, State.CONFIRMED], [Event.PROVISIONAL, Event.SUCCESS, Event.FAILURE]),
    *product([State.ACCEPTED], [Event.PROVISIONAL, Event.FAILURE]),
    # Confirmed and Accepted absorb what is repeated.
    (State.CONFIRMED, Event.INVITE),
    (State.CONFIRMED, Event.ACK),
    (State.CONFIRMED, Event.TRANSPORT_ERROR),
    (State.ACCEPTED, Event.INVITE),
    *product([State.TERMINATED], Event),
}


def in_state(state: State, *, reliable: bool = False) -> InviteServerTransaction:
    tx = InviteServerTransaction(INVITE, reliable=reliable, values=TimerValues())
    if state is State.ACCEPTED:
        tx.respond(OK, 0.0)
    elif state is not State.PROCEEDING:
        tx.respond(BUSY, 0.0)
        if state is State.CONFIRMED:
            tx.receive_request(ACK, 0.0)
        elif state is State.TERMINATED:
            tx.handle_timers(32.0)
            tx.handle_timers(32.0)
    assert tx.state is state
    return tx


def test_every_pair_of_state_and_event_is_decided():
    assert set(TRANSITIONS) | DROPPED == set(product(State, Event))
    assert not set(TRANSITIONS) & DROPPED


@pytest.mark.parametrize(
    ("before", "message", "after", "effects"),
    [
        (State.PROCEEDING, TRYING, State.PROCEEDING, [Send(TRYING)]),
        (State.PROCEEDING, RINGING, State.PROCEEDING, [Send(RINGING)]),
        (State.PROCEEDING, OK, State.ACCEPTED, [Send(OK)]),
        (State.PROCEEDING, BUSY, State.COMPLETED, [Send(BUSY)]),
        (State.COMPLETED, RINGING, State.COMPLETED, []),
        (State.COMPLETED, OK, State.COMPLETED, []),
        (State.COMPLETED, BUSY, State.COMPLETED, []),
        (State.CONFIRMED, OK, State.CONFIRMED, []),
        (State.ACCEPTED, OK, State.ACCEPTED, [Send(OK)]),
        (State.ACCEPTED, RINGING, State.ACCEPTED, []),
        (State.ACCEPTED, BUSY, State.ACCEPTED, []),
        (State.TERMINATED, OK, State.TERMINATED, []),
    ],
)
def test_a_response_of_the_tu_follows_its_arrow(before, message, after, effects):
    tx = in_state(before)
    assert tx.respond(message, 0.2) == effects
    assert tx.state is after


@pytest.mark.parametrize(
    ("before", "message", "after", "effects"),
    [
        (State.PROCEEDING, ACK, State.PROCEEDING, []),
        (State.COMPLETED, INVITE, State.COMPLETED, [Send(BUSY)]),
        (State.COMPLETED, ACK, State.CONFIRMED, []),
        (State.CONFIRMED, INVITE, State.CONFIRMED, []),
        (State.CONFIRMED, ACK, State.CONFIRMED, []),
        (State.ACCEPTED, INVITE, State.ACCEPTED, []),
        (State.ACCEPTED, ACK, State.ACCEPTED, [PassUp(ACK)]),
        (State.TERMINATED, INVITE, State.TERMINATED, []),
    ],
)
def test_a_request_follows_its_arrow(before, message, after, effects):
    tx = in_state(before)
    assert tx.receive_request(message, 0.2) == effects
    assert tx.state is after


def test_a_repeated_invite_gets_the_latest_provisional_response():
    tx = in_state(State.PROCEEDING)
    assert tx.receive_request(INVITE, 0.0) == []
    tx.respond(TRYING, 0.0)
    assert tx.receive_request(INVITE, 0.1) == [Send(TRYING)]
    tx.respond(RINGING, 0.2)
    assert tx.receive_request(INVITE, 0.3) == [Send(RINGING)]
    assert tx.state is State.PROCEEDING


@pytest.mark.parametrize(
    ("state", "effects"),
    [
        (State.PROCEEDING, [TROUBLE]),
        (State.COMPLETED, [TROUBLE]),
        (State.CONFIRMED, []),
        (State.ACCEPTED, [TROUBLE]),
        (State.TERMINATED, []),
    ],
)
def test_a_transport_error_is_reported_and_ends_nothing(state, effects):
    tx = in_state(state)
    assert tx.receive_transport_error(0.2) == effects
    assert tx.state is state


def test_an_unacknowledged_failure_is_resent_until_timer_h():
    tx = in_state(State.COMPLETED)
    happened = advance(tx, until=100.0)
    assert [at for at, effect in happened if effect == Send(BUSY)] == [
        *(0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
    ]
    assert happened[-1] == (32.0, TIMEOUT)
    assert tx.state is State.TERMINATED


def test_timer_g_leaves_the_transaction_completed():
    tx = in_state(State.COMPLETED)
    assert tx.handle_timers(0.5) == [Send(BUSY)]
    assert tx.state is State.COMPLETED


def test_over_a_reliable_transport_a_failure_is_sent_once():
    assert advance(in_state(State.COMPLETED, reliable=True), until=100.0) == [(32.0, TIMEOUT)]


def test_confirmed_absorbs_acks_for_t4():
    tx = in_state(State.COMPLETED)
    tx.receive_request(ACK, 1.0)
    assert tx.next_deadline() == 6.0
    assert advance(tx, until=100.0) == [(6.0, COMPLETED)]
    assert tx.state is State.TERMINATED


def test_over_a_reliable_transport_confirmed_ends_at_once():
    tx = in_state(State.COMPLETED, reliable=True)
    tx.receive_request(ACK, 1.0)
    assert advance(tx, until=100.0) == [(1.0, COMPLETED)]


@pytest.mark.parametrize("reliable", [False, True])
def test_accepted_absorbs_invites_for_64_t1(reliable):
    tx = in_state(State.PROCEEDING, reliable=reliable)
    tx.respond(OK, 1.0)
    assert tx.receive_request(INVITE, 20.0) == []
    assert advance(tx, until=100.0) == [(33.0, COMPLETED)]
    assert tx.state is State.TERMINATED


def test_an_unanswered_invite_waits_without_a_timer():
    assert in_state(State.PROCEEDING).next_deadline() is None
