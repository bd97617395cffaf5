"""Transactions over a wire that loses packets: every pattern of losses among the first seven."""

from collections.abc import Callable
from itertools import chain, combinations

import pytest

from sip.message import Request, Response
from sip.timers import TimerValues
from sip.transaction.client import ClientTransaction
from sip.transaction.effects import Effect, Ended, EndReason, PassUp, Send
from sip.transaction.invite_client import InviteClientTransaction
from sip.transaction.invite_server import InviteServerTransaction
from sip.transaction.server import ServerTransaction
from tests.testkit.sip_messages import request, response
from tests.testkit.wire import Wire

FIRST_SEVEN = range(7)
PATTERNS = [
    frozenset(lost) for lost in chain.from_iterable(combinations(FIRST_SEVEN, count) for count in range(8))
]
ALL_SEVEN = frozenset(FIRST_SEVEN)

INVITE = request("INVITE")
BUSY = response(486, to=INVITE)
OPTIONS = request("OPTIONS")
OK = response(200, to=OPTIONS)


class ClientSide:
    """A client transaction as the left end of a wire."""

    def __init__(self, machine: ClientTransaction | InviteClientTransaction) -> None:
        self.machine = machine
        self.passed_up: list[Response] = []
        self.ends: list[EndReason] = []
        self._outgoing: list[Request | Response] = []
        self.note(machine.start(0.0))

    def receive(self, message: Request | Response, now: float) -> None:
        assert isinstance(message, Response)
        self.note(self.machine.receive_response(message, now))

    def note(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                assert not isinstance(effect.message, bytes), "nothing was settled"
                self._outgoing.append(effect.message)
            elif isinstance(effect, PassUp):
                assert isinstance(effect.message, Response)
                self.passed_up.append(effect.message)
            elif isinstance(effect, Ended):
                self.ends.append(effect.reason)

    def take(self) -> list[Request | Response]:
        taken, self._outgoing = self._outgoing, []
        return taken

    def next_deadline(self) -> float | None:
        return self.machine.next_deadline()

    def handle_timers(self, now: float) -> None:
        self.note(self.machine.handle_timers(now))


class ServerSide:
    """A server, whose transaction user answers a new request at once, as the right end."""

    def __init__(
        self, make: Callable[[], ServerTransaction | InviteServerTransaction], answer: Response
    ) -> None:
        self._make = make
        self._answer = answer
        self.machine: ServerTransaction | InviteServerTransaction | None = None
        self.requests = 0
        self.ends: list[EndReason] = []
        self._outgoing: list[Request | Response] = []

    def receive(self, message: Request | Response, now: float) -> None:
        assert isinstance(message, Request)
        if self.machine is not None:
            self._note(self.machine.receive_request(message, now))
            return
        self.requests += 1
        self.machine = self._make()
        if isinstance(self.machine, ServerTransaction):
            self._note(self.machine.start(now))
        self._note(self.machine.respond(self._answer, now))

    def _note(self, effects: list[Effect]) -> None:
        sent = [effect.message for effect in effects if isinstance(effect, Send)]
        self._outgoing += [message for message in sent if not isinstance(message, bytes)]
        self.ends += [effect.reason for effect in effects if isinstance(effect, Ended)]

    def take(self) -> list[Request | Response]:
        taken, self._outgoing = self._outgoing, []
        return taken

    def next_deadline(self) -> float | None:
        return self.machine.next_deadline() if self.machine is not None else None

    def handle_timers(self, now: float) -> None:
        assert self.machine is not None
        self._note(self.machine.handle_timers(now))


def invite_wire(lose: frozenset[int]) -> tuple[ClientSide, ServerSide, Wire]:
    values = TimerValues()
    client = ClientSide(InviteClientTransaction(INVITE, reliable=False, values=values))
    server = ServerSide(lambda: InviteServerTransaction(INVITE, reliable=False, values=values), BUSY)
    return client, server, Wire(client, server, lose=lose)


def options_wire(lose: frozenset[int]) -> tuple[ClientSide, ServerSide, Wire]:
    values = TimerValues()
    client = ClientSide(ClientTransaction(OPTIONS, reliable=False, values=values))
    server = ServerSide(lambda: ServerTransaction(OPTIONS, reliable=False, values=values), OK)
    return client, server, Wire(client, server, lose=lose)


def test_a_refused_invite_recovers_from_two_losses():
    client, _, wire = invite_wire(frozenset({0, 2}))
    wire.run()
    assert wire.steps == [
        (0.0, "INVITE (lost)"),
        (0.5, "INVITE"),
        (0.55, "486 (lost)"),
        (1.05, "486"),
        (1.1, "ACK"),
    ]
    assert [passed.status for passed in client.passed_up] == [486]


def test_a_lost_ack_is_repeated_for_a_repeated_failure():
    _, server, wire = invite_wire(frozenset({2}))
    wire.run()
    assert wire.steps == [(0.0, "INVITE"), (0.05, "486"), (0.1, "ACK (lost)"), (0.55, "486"), (0.6, "ACK")]
    assert server.ends == [EndReason.COMPLETED]


@pytest.mark.parametrize("lose", [lost for lost in PATTERNS if lost != ALL_SEVEN], ids=sorted)
def test_an_invite_survives_every_loss_among_the_first_seven_packets(lose):
    client, server, wire = invite_wire(lose)
    wire.run()
    assert [passed.status for passed in client.passed_up] == [486]
    assert client.ends == server.ends == [EndReason.COMPLETED]
    assert server.requests == 1
    assert client.next_deadline() is server.next_deadline() is None


def test_an_invite_that_is_lost_seven_times_times_out():
    client, server, wire = invite_wire(ALL_SEVEN)
    wire.run()
    assert {what for _, what in wire.steps} == {"INVITE (lost)"}
    assert client.passed_up == []
    assert client.ends == [EndReason.TIMEOUT]
    assert server.requests == 0


@pytest.mark.parametrize("lose", PATTERNS, ids=sorted)
def test_a_request_survives_every_loss_among_the_first_seven_packets(lose):
    client, server, wire = options_wire(lose)
    wire.run()
    assert [passed.status for passed in client.passed_up] == [200]
    assert client.ends == server.ends == [EndReason.COMPLETED]
    assert server.requests == 1
    assert client.next_deadline() is server.next_deadline() is None
