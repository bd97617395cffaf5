"""What holds for the transactions whatever happens to them, and in whatever order."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.timers import TimerValues
from sip.transaction.client import ClientTransaction
from sip.transaction.effects import Effect, Ended, PassUp, Send
from sip.transaction.invite_client import InviteClientTransaction
from sip.transaction.invite_server import InviteServerTransaction
from sip.transaction.server import ServerTransaction
from tests.testkit.sip_messages import request, response

INVITE = request("INVITE")
ACK = request("ACK")
OPTIONS = request("OPTIONS")

Machine = Any
Step = tuple[str, int | float]

client_steps = st.one_of(
    st.tuples(st.just("response"), st.sampled_from([100, 180, 200, 202, 302, 404, 486, 503, 603])),
    st.tuples(st.just("error"), st.just(0)),
    st.tuples(st.just("wait"), st.floats(0.0, 40.0)),
)
server_steps = st.one_of(
    st.tuples(st.just("respond"), st.sampled_from([100, 180, 200, 486])),
    st.tuples(st.just("request"), st.just(0)),
    st.tuples(st.just("ack"), st.just(0)),
    st.tuples(st.just("error"), st.just(0)),
    st.tuples(st.just("wait"), st.floats(0.0, 40.0)),
)


def play(machine: Machine, started: list[Effect], steps: list[Step], invite: bool) -> list[Effect]:
    """Do the steps, each at its time, and return everything the machine asked."""
    effects, now = list(started), 0.0
    of = INVITE if invite else OPTIONS
    for what, value in steps:
        if what == "wait":
            now += value
            effects += machine.handle_timers(now)
        elif what == "response":
            effects += machine.receive_response(response(int(value), to=of), now)
        elif what == "respond":
            effects += machine.respond(response(int(value), to=of), now) if invite or value >= 200 else []
        elif what == "request":
            effects += machine.receive_request(of, now)
        elif what == "ack":
            effects += machine.receive_request(ACK, now) if invite else []
        else:
            effects += machine.receive_transport_error(now)
    return effects


def ends_once_and_last(machine: Machine, effects: list[Effect]) -> None:
    ends = [place for place, effect in enumerate(effects) if isinstance(effect, Ended)]
    assert ends in ([], [len(effects) - 1])
    assert machine.state.value == "Terminated" or not ends
    if ends:
        assert machine.next_deadline() is None


@pytest.mark.parametrize("reliable", [False, True])
@pytest.mark.parametrize(("make", "invite"), [(InviteClientTransaction, True), (ClientTransaction, False)])
@given(steps=st.lists(client_steps, max_size=25))
def test_a_client_transaction_ends_at_most_once_and_last(
    make: Callable[..., Machine], invite: bool, reliable: bool, steps: list[Step]
) -> None:
    machine = make(INVITE if invite else OPTIONS, reliable=reliable, values=TimerValues())
    effects = play(machine, machine.start(0.0), steps, invite)
    ends_once_and_last(machine, effects)
    finals = [
        effect
        for effect in effects
        if isinstance(effect, PassUp) and effect.message.status >= (300 if invite else 200)  # type: ignore[union-attr]
    ]
    assert len(finals) <= 1


@pytest.mark.parametrize("reliable", [False, True])
@pytest.mark.parametrize(("make", "invite"), [(InviteServerTransaction, True), (ServerTransaction, False)])
@given(steps=st.lists(server_steps, max_size=25))
def test_a_server_transaction_ends_at_most_once_and_last(
    make: Callable[..., Machine], invite: bool, reliable: bool, steps: list[Step]
) -> None:
    machine = make(INVITE if invite else OPTIONS, reliable=reliable, values=TimerValues())
    effects = play(machine, [] if invite else machine.start(0.0), steps, invite)
    ends_once_and_last(machine, effects)
    finals = {
        effect.message.status  # type: ignore[union-attr]
        for effect in effects
        if isinstance(effect, Send) and effect.message.status >= 200  # type: ignore[union-attr]
    }
    assert len(finals) <= 1


@pytest.mark.parametrize("make", [InviteClientTransaction, ClientTransaction])
@given(steps=st.lists(client_steps, max_size=25))
def test_a_client_transaction_never_sends_after_it_ended(
    make: Callable[..., Machine], steps: list[Step]
) -> None:
    invite = make is InviteClientTransaction
    machine = make(INVITE if invite else OPTIONS, reliable=False, values=TimerValues())
    play(machine, machine.start(0.0), steps, invite)
    if machine.state.value == "Terminated":
        assert play(machine, [], steps, invite) == []
