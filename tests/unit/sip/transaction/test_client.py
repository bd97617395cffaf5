"""The non-INVITE client transaction against Figure 6 of RFC 3261."""

from itertools import product

import pytest

from sip.timers import TimerValues
from sip.transaction.client import TRANSITIONS, ClientTransaction, Event, State
from sip.transaction.effects import Ended, EndReason, PassUp, Send
from tests.testkit.sip_messages import request, response
from tests.testkit.virtual_time import advance

OPTIONS = request("OPTIONS")
TRYING = response(100, to=OPTIONS)
OK = response(200, to=OPTIONS)
NOT_FOUND = response(404, to=OPTIONS)

COMPLETED = Ended(EndReason.COMPLETED)
TIMEOUT = Ended(EndReason.TIMEOUT)
UNREACHABLE = Ended(EndReason.TRANSPORT_ERROR)

DROPPED = {
    (State.TRYING, Event.TIMER_K),
    (State.PROCEEDING, Event.TIMER_K),
    # The answer is here: repetitions and trouble no longer matter.
    (State.COMPLETED, Event.PROVISIONAL),
    (State.COMPLETED, Event.FINAL),
    (State.COMPLETED, Event.TIMER_E),
    (State.COMPLETED, Event.TIMER_F),
    (State.COMPLETED, Event.TRANSPORT_ERROR),
    *product([State.TERMINATED], Event),
}


def started(*, reliable: bool = False) -> ClientTransaction:
    tx = ClientTransaction(OPTIONS, reliable=reliable, values=TimerValues())
    assert tx.start(0.0) == [Send(OPTIONS)]
    return tx


def in_state(state: State, *, reliable: bool = False) -> ClientTransaction:
    tx = started(reliable=reliable)
    if state is State.PROCEEDING:
        tx.receive_response(TRYING, 0.1)
    elif state is State.COMPLETED:
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
        (State.TRYING, TRYING, State.PROCEEDING, [PassUp(TRYING)]),
        (State.TRYING, OK, State.COMPLETED, [PassUp(OK)]),
        (State.TRYING, NOT_FOUND, State.COMPLETED, [PassUp(NOT_FOUND)]),
        (State.PROCEEDING, TRYING, State.PROCEEDING, [PassUp(TRYING)]),
        (State.PROCEEDING, OK, State.COMPLETED, [PassUp(OK)]),
        (State.PROCEEDING, NOT_FOUND, State.COMPLETED, [PassUp(NOT_FOUND)]),
        (State.COMPLETED, TRYING, State.COMPLETED, []),
        (State.COMPLETED, OK, State.COMPLETED, []),
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
        (State.TRYING, State.TERMINATED, [UNREACHABLE]),
        (State.PROCEEDING, State.TERMINATED, [UNREACHABLE]),
        (State.COMPLETED, State.COMPLETED, []),
        (State.TERMINATED, State.TERMINATED, []),
    ],
)
def test_a_transport_error_follows_its_arrow(before, after, effects):
    tx = in_state(before)
    assert tx.receive_transport_error(0.2) == effects
    assert tx.state is after


def test_unanswered_request_is_resent_until_timer_f():
    tx = started()
    happened = advance(tx, until=100.0)
    assert [at for at, effect in happened if effect == Send(OPTIONS)] == [
        *(0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
    ]
    assert happened[-1] == (32.0, TIMEOUT)
    assert tx.state is State.TERMINATED


def test_timer_e_leaves_the_transaction_trying():
    tx = started()
    assert tx.handle_timers(0.5) == [Send(OPTIONS)]
    assert tx.state is State.TRYING


def test_after_a_provisional_response_the_request_is_resent_every_t2():
    tx = in_state(State.PROCEEDING)
    happened = advance(tx, until=100.0)
    assert [at for at, effect in happened if effect == Send(OPTIONS)] == [
        *(0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5)
    ]
    assert happened[-1] == (32.0, TIMEOUT)
    assert tx.state is State.TERMINATED


def test_timer_e_leaves_the_transaction_proceeding():
    tx = in_state(State.PROCEEDING)
    assert tx.handle_timers(0.5) == [Send(OPTIONS)]
    assert tx.state is State.PROCEEDING


def test_over_a_reliable_transport_the_request_is_sent_once():
    assert advance(started(reliable=True), until=100.0) == [(32.0, TIMEOUT)]


@pytest.mark.parametrize("before", [State.TRYING, State.PROCEEDING])
def test_completed_absorbs_repetitions_for_t4(before):
    tx = in_state(before)
    tx.receive_response(OK, 1.0)
    assert tx.next_deadline() == 6.0
    assert advance(tx, until=100.0) == [(6.0, COMPLETED)]
    assert tx.state is State.TERMINATED


@pytest.mark.parametrize("before", [State.TRYING, State.PROCEEDING])
def test_over_a_reliable_transport_completed_ends_at_once(before):
    tx = in_state(before, reliable=True)
    tx.receive_response(OK, 1.0)
    assert advance(tx, until=100.0) == [(1.0, COMPLETED)]
