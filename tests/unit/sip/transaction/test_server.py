"""The non-INVITE server transaction against Figure 8 of RFC 3261 and RFC 4320."""

from itertools import product

import pytest

from sip.errors import UsageError
from sip.message import Response
from sip.timers import TimerValues
from sip.transaction.effects import Ended, EndReason, Send
from sip.transaction.server import TRANSITIONS, Event, ServerTransaction, State
from tests.testkit.sip_messages import request, response
from tests.testkit.virtual_time import advance

OPTIONS = request("OPTIONS")
TRYING = Response.answer(OPTIONS, 100)
OK = response(200, to=OPTIONS)
LATER = response(404, to=OPTIONS)

COMPLETED = Ended(EndReason.COMPLETED)
TIMEOUT = Ended(EndReason.TIMEOUT)
UNREACHABLE = Ended(EndReason.TRANSPORT_ERROR)

DROPPED = {
    # Nothing was sent yet, so there is nothing to repeat and nothing that could fail.
    (State.TRYING, Event.REQUEST),
    (State.TRYING, Event.TRANSPORT_ERROR),
    (State.TRYING, Event.TIMER_J),
    (State.PROCEEDING, Event.LATE_TRYING),
    (State.PROCEEDING, Event.TIMER_J),
    # The first final response decided.
    (State.COMPLETED, Event.FINAL),
    (State.COMPLETED, Event.LATE_TRYING),
    (State.COMPLETED, Event.EXPIRY),
    *product([State.TERMINATED], Event),
}


def in_state(state: State, *, reliable: bool = False) -> ServerTransaction:
    tx = ServerTransaction(OPTIONS, reliable=reliable, values=TimerValues())
    assert tx.start(0.0) == []
    if state is State.PROCEEDING:
        assert tx.handle_timers(3.5) == [Send(TRYING)]
    elif state is State.COMPLETED:
        tx.respond(OK, 0.0)
    elif state is State.TERMINATED:
        tx.respond(OK, 0.0)
        tx.receive_transport_error(0.0)
    assert tx.state is state
    return tx


def test_every_pair_of_state_and_event_is_decided():
    assert set(TRANSITIONS) | DROPPED == set(product(State, Event))
    assert not set(TRANSITIONS) & DROPPED


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        (State.TRYING, State.COMPLETED, [Send(OK)]),
        (State.PROCEEDING, State.COMPLETED, [Send(OK)]),
        (State.TERMINATED, State.TERMINATED, []),
    ],
)
def test_the_final_response_follows_its_arrow(before, after, effects):
    tx = in_state(before)
    assert tx.respond(OK, 4.0) == effects
    assert tx.state is after


@pytest.mark.parametrize(
    ("state", "effects"),
    [
        (State.TRYING, []),
        (State.PROCEEDING, [Send(TRYING)]),
        (State.COMPLETED, [Send(OK)]),
        (State.TERMINATED, []),
    ],
)
def test_a_repeated_request_gets_the_latest_response(state, effects):
    tx = in_state(state)
    assert tx.receive_request(OPTIONS, 4.0) == effects
    assert tx.state is state


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        (State.TRYING, State.TRYING, []),
        (State.PROCEEDING, State.TERMINATED, [UNREACHABLE]),
        (State.COMPLETED, State.TERMINATED, [UNREACHABLE]),
        (State.TERMINATED, State.TERMINATED, []),
    ],
)
def test_a_transport_error_follows_its_arrow(before, after, effects):
    tx = in_state(before)
    assert tx.receive_transport_error(4.0) == effects
    assert tx.state is after


def test_a_second_final_response_is_dropped():
    tx = in_state(State.COMPLETED)
    assert tx.respond(LATER, 1.0) == []
    assert tx.receive_request(OPTIONS, 2.0) == [Send(OK)]


@pytest.mark.parametrize("status", [100, 183, 408])
@pytest.mark.parametrize("state", [State.TRYING, State.PROCEEDING])
def test_the_tu_can_send_neither_provisional_responses_nor_408(state, status):
    tx = in_state(state)
    with pytest.raises(UsageError, match="RFC 4320"):
        tx.respond(response(status, to=OPTIONS), 1.0)
    assert tx.state is state


@pytest.mark.parametrize("reliable", [False, True])
def test_a_slow_tu_makes_one_late_100_and_never_408(reliable):
    tx = in_state(State.TRYING, reliable=reliable)
    assert advance(tx, until=100.0) == [(3.5, Send(TRYING)), (32.0, TIMEOUT)]
    assert tx.state is State.TERMINATED


def test_a_request_nobody_answers_ends_in_silence_if_even_the_100_came_late():
    tx = in_state(State.TRYING)
    assert tx.handle_timers(40.0) == [Send(TRYING), TIMEOUT]
    assert tx.state is State.TERMINATED


def test_expiry_ends_a_transaction_that_is_still_trying():
    tx = ServerTransaction(OPTIONS, reliable=False, values=TimerValues(t1=0.5, t2=64.0))
    tx.start(0.0)
    assert advance(tx, until=100.0) == [(32.0, TIMEOUT)]
    assert tx.state is State.TERMINATED


@pytest.mark.parametrize("before", [State.TRYING, State.PROCEEDING])
def test_completed_repeats_the_response_for_64_t1(before):
    tx = in_state(before)
    tx.respond(OK, 2.0 if before is State.TRYING else 4.0)
    assert tx.next_deadline() == (34.0 if before is State.TRYING else 36.0)
    assert tx.receive_request(OPTIONS, 33.9) == [Send(OK)]
    assert [effect for _, effect in advance(tx, until=100.0)] == [COMPLETED]
    assert tx.state is State.TERMINATED


@pytest.mark.parametrize("before", [State.TRYING, State.PROCEEDING])
def test_over_a_reliable_transport_completed_ends_at_once(before):
    tx = in_state(before, reliable=True)
    tx.respond(OK, 4.0)
    assert advance(tx, until=100.0) == [(4.0, COMPLETED)]
