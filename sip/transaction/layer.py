"""The transaction layer: it finds the transaction of each message and carries out what transactions ask.

RFC 3261 section 17; which message belongs where is :mod:`sip.transaction.matching`'s business, what happens
next that of the four machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from sip.flow import Flow, Place, Route, goes_along, place_of
from sip.headers import Headers
from sip.message import Request, Response
from sip.outbox import Outbox
from sip.response_route import sent_by
from sip.timers import Schedule, TimerValues
from sip.transaction.client import ClientTransaction
from sip.transaction.effects import Effect, Ended, EndReason, PassUp, Send
from sip.transaction.invite_client import InviteClientTransaction
from sip.transaction.invite_server import InviteServerTransaction
from sip.transaction.matching import TransactionKey, client_key, merged_key, response_key, server_key
from sip.transaction.server import ServerTransaction


class ClientUser(Protocol):
    """Who is told what happens to a client transaction."""

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Take a response; for INVITE each 2xx, also repeated ones."""

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """Learn that no final response will come."""


class ServerUser(Protocol):
    """Who is told what happens to an INVITE server transaction after the request itself."""

    def receive_ack(self, ack: Request, now: float) -> None:
        """Take an ACK of a 2xx that came with the INVITE's own branch, as RFC 2543 clients send it."""

    def receive_cancel(self, invite: ServerEntry, cancel: Request, now: float) -> None:
        """Take the CANCEL of the INVITE; 200 to it is already queued."""


class Unobserved:
    """Takes the response to a request whose outcome changes nothing."""

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Drop it."""

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """Drop it."""


UNOBSERVED: Final = Unobserved()


@dataclass(frozen=True, slots=True)
class Fallback:
    """How a request is sent when the stream its size asks for cannot be had (RFC 3261 section 18.1.1)."""

    request: Request
    """The same with a Via, and a branch, of its own."""
    route: Route


class ClientEntry:
    """A request of ours on its way: the transaction, where it is sent, who waits for the answer."""

    __slots__ = ("acknowledgement", "answered", "fallback", "flow", "key", "machine", "route", "user")

    def __init__(
        self,
        key: TransactionKey,
        machine: ClientTransaction | InviteClientTransaction,
        route: Route,
        user: ClientUser,
    ) -> None:
        self.key = key
        self.machine = machine
        self.route = route
        self.user = user
        self.fallback: Fallback | None = None
        self.answered = False
        """A final response was passed up."""
        self.flow: Flow | None = None
        """Where the last response came from."""
        self.acknowledgement: Request | None = None
        """The ACK of the 2xx, kept by the user for each repetition of it."""

    @property
    def request(self) -> Request:
        return self.machine.request


class ServerEntry:
    """A request of a peer being answered: the transaction, the way back, the To tag of our responses."""

    __slots__ = ("answered", "echoed", "flow", "key", "machine", "merged", "port", "route", "to_tag", "user")

    def __init__(
        self,
        key: TransactionKey,
        merged: TransactionKey | None,
        machine: ServerTransaction | InviteServerTransaction,
        flow: Flow,
        route: Route,
        to_tag: str,
    ) -> None:
        self.key = key
        self.merged = merged
        self.machine = machine
        self.flow = flow
        self.route = route
        """Where responses go; the flow unless the Via says otherwise or the stream is gone."""
        self.port = machine.request.via.port
        """Where its Via says that the peer listens."""
        self.to_tag = to_tag
        self.answered = False
        """A final response was sent."""
        self.user: ServerUser | None = None
        self.echoed: Headers | None = None
        """What every response repeats of the request, once one was built."""

    @property
    def request(self) -> Request:
        return self.machine.request

    def settle(self, sent: bytes) -> None:
        """Keep no more of an answered request than its repetitions need: the response, as octets.

        A busy server keeps tens of thousands of answered transactions; every object in them would be looked
        at by each full garbage collection, which cost a third of a call.
        """
        self.answered = True
        self.machine.settle(sent)
        self.echoed = None


Entry: TypeAlias = ClientEntry | ServerEntry


class TransactionLayer:
    """Every running transaction of an endpoint, and their timers."""

    def __init__(self, values: TimerValues, outbox: Outbox) -> None:
        self._values = values
        self._outbox = outbox
        self._clients: dict[TransactionKey, ClientEntry] = {}
        self._servers: dict[TransactionKey, ServerEntry] = {}
        self._merged: dict[TransactionKey, TransactionKey] = {}
        self._of_place: dict[Place, dict[Entry, None]] = {}
        """The transactions of each peer: what happens to one must not cost a look at those of all."""
        self._schedule: Schedule[Entry] = Schedule()
        self.retransmissions_absorbed = 0
        self.timeouts = 0
        self.transport_errors = 0

    @property
    def client_count(self) -> int:
        return len(self._clients)

    @property
    def server_count(self) -> int:
        return len(self._servers)

    def absorb(self, entry: ServerEntry, request: Request, now: float) -> None:
        """Give a request to the transaction that it repeats or acknowledges."""
        if request.method != "ACK":
            self.retransmissions_absorbed += 1
        self._carry_out(entry, entry.machine.receive_request(request, now), now)

    def is_merged(self, request: Request) -> bool:
        """Tell whether a copy of this request came another way (RFC 3261 section 8.2.2.2)."""
        return merged_key(request) in self._merged

    def server(self, key: TransactionKey) -> ServerEntry | None:
        """Return the server transaction that has ``key``."""
        return self._servers.get(key)

    def accept(self, request: Request, flow: Flow, route: Route, to_tag: str, now: float) -> ServerEntry:
        """Start the server transaction of a new request. An INVITE is answered 100 at once (17.2.1)."""
        key, merged = server_key(request), merged_key(request)
        kind = InviteServerTransaction if request.method == "INVITE" else ServerTransaction
        machine = kind(request, reliable=flow.is_reliable, values=self._values)
        entry = ServerEntry(key, merged, machine, flow, route, to_tag)
        self._servers[key] = entry
        self._place(entry)
        if merged is not None:
            self._merged[merged] = key
        if isinstance(machine, InviteServerTransaction):
            effects = machine.respond(Response.answer(request, 100), now)
        else:
            effects = machine.start(now)
        self._carry_out(entry, effects, now)
        return entry

    def respond(self, entry: ServerEntry, response: Response, now: float) -> None:
        """Send a response; one that comes after a final response is dropped, as the machines say."""
        self._carry_out(entry, entry.machine.respond(response, now), now)

    def start(
        self,
        request: Request,
        route: Route,
        user: ClientUser,
        now: float,
        *,
        fallback: Fallback | None = None,
    ) -> ClientEntry:
        """Send a request whose Via is complete, and wait for the answer."""
        entry = ClientEntry(_key(request), self._client(request, route), route, user)
        entry.fallback = fallback
        self._begin(entry, now)
        return entry

    def _client(self, request: Request, route: Route) -> ClientTransaction | InviteClientTransaction:
        kind = InviteClientTransaction if request.method == "INVITE" else ClientTransaction
        return kind(request, reliable=route.is_reliable, values=self._values)

    def _begin(self, entry: ClientEntry, now: float) -> None:
        self._clients[entry.key] = entry
        self._place(entry)
        self._carry_out(entry, entry.machine.start(now), now)

    def _fall_back(self, entry: ClientEntry, fallback: Fallback, now: float) -> None:
        """Send the request another way; whoever waits for the answer need not know."""
        entry.fallback = None
        entry.key, entry.route = _key(fallback.request), fallback.route
        entry.machine = self._client(fallback.request, fallback.route)
        self._begin(entry, now)

    def awaits(self, branch: str, method: str) -> bool:
        """Tell whether a request of ours waits for responses with this branch and method."""
        return client_key(branch, method) in self._clients

    def receive_response(self, response: Response, flow: Flow, now: float) -> bool:
        """Give a response to the transaction that waits for it; False when there is none."""
        entry = self._clients.get(response_key(response))
        if entry is None:
            return False
        entry.flow = flow
        self._carry_out(entry, entry.machine.receive_response(response, now), now)
        return True

    def abandon(self, entry: ClientEntry) -> None:
        """Forget a client transaction without a word to anyone (RFC 3261 section 9.1, last paragraph)."""
        self._forget(entry)
        entry.user = UNOBSERVED

    def fail(self, route: Route, now: float) -> None:
        """Tell every transaction that uses a route that its message could not be sent."""
        for entry in self._along(route):
            self._carry_out(entry, entry.machine.receive_transport_error(now), now)

    def close(self, flow: Flow, now: float) -> None:
        """Learn that a stream is gone: requests on it failed; responses go where their Via says (18.2.2)."""
        for entry in self._along(flow):
            if isinstance(entry, ClientEntry):
                self._carry_out(entry, entry.machine.receive_transport_error(now), now)
            elif entry.route == flow:
                self._displace(entry)
                entry.route = sent_by(entry.port, flow)
                self._place(entry)

    def _along(self, route: Route) -> list[Entry]:
        """Return the transactions that use a route, the requests of ours first."""
        found = [entry for entry in self._of_place.get(place_of(route), ()) if goes_along(entry.route, route)]
        return sorted(found, key=lambda entry: isinstance(entry, ServerEntry))

    def _place(self, entry: Entry) -> None:
        self._of_place.setdefault(place_of(entry.route), {})[entry] = None

    def _displace(self, entry: Entry) -> None:
        place = place_of(entry.route)
        entries = self._of_place.get(place)
        if entries is not None:
            entries.pop(entry, None)
            if not entries:
                del self._of_place[place]

    def next_deadline(self) -> float | None:
        """Return when :meth:`handle_timers` must be called."""
        return self._schedule.next_deadline()

    def handle_timers(self, now: float) -> None:
        """Fire every timer that is due."""
        while (entry := self._schedule.pop_due(now)) is not None:
            self._carry_out(entry, entry.machine.handle_timers(now), now)

    def _carry_out(self, entry: Entry, effects: list[Effect], now: float) -> None:
        """Do what a machine asked. The deadline is noted first: who is told something may act at once."""
        if not (effects and isinstance(effects[-1], Ended)):
            self._schedule.set(entry, entry.machine.next_deadline())
        for effect in effects:
            if isinstance(effect, Send):
                self._send(entry, effect.message, now)
            elif isinstance(effect, PassUp):
                self._pass_up(entry, effect.message, now)
            elif isinstance(effect, Ended):
                self._ended(entry, effect.reason, now)
            else:
                # RFC 6026 keeps the transaction; the peer's timers, or ours for a 2xx, decide what follows.
                self.transport_errors += 1

    def _send(self, entry: Entry, message: Request | Response | bytes, now: float) -> None:
        if isinstance(message, bytes):
            self._outbox.repeat(message, entry.route, now)
            return
        sent = self._outbox.send(message, entry.route, now)
        if isinstance(entry, ServerEntry) and isinstance(message, Response) and message.status >= 200:
            entry.settle(sent)

    def _pass_up(self, entry: Entry, message: Request | Response, now: float) -> None:
        if isinstance(entry, ClientEntry):
            assert isinstance(message, Response)
            entry.answered = entry.answered or message.status >= 200
            entry.user.receive_response(entry, message, now)
            if message.status >= 300 or (entry.answered and isinstance(entry.machine, ClientTransaction)):
                # Nothing more is told of it, and who was told need not be kept as long as it absorbs.
                entry.user = UNOBSERVED
        elif entry.user is not None:
            assert isinstance(message, Request)
            entry.user.receive_ack(message, now)

    def _ended(self, entry: Entry, reason: EndReason, now: float) -> None:
        self._forget(entry)
        if reason is EndReason.TIMEOUT:
            self.timeouts += 1
        if isinstance(entry, ServerEntry):
            return
        failed = reason is EndReason.TRANSPORT_ERROR and not entry.answered and entry.flow is None
        if failed and entry.fallback is not None:
            self._fall_back(entry, entry.fallback, now)
            return
        # Who waits for the answer often has the entry too: a circle, if the entry kept him.
        user, entry.user = entry.user, UNOBSERVED
        if not entry.answered:
            user.client_failed(entry, reason, now)

    def _forget(self, entry: Entry) -> None:
        self._schedule.set(entry, None)
        self._displace(entry)
        if isinstance(entry, ClientEntry):
            self._clients.pop(entry.key, None)
            return
        self._servers.pop(entry.key, None)
        if entry.merged is not None and self._merged.get(entry.merged) == entry.key:
            del self._merged[entry.merged]


def _key(request: Request) -> TransactionKey:
    branch = request.via.branch
    assert branch is not None, "a request of ours always has a branch"
    return client_key(branch, request.method)
