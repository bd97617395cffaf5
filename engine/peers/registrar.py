"""Where clients can be reached: REGISTER, and OPTIONS that find out who is gone (RFC 3261 section 10.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from email.utils import formatdate
from typing import Any, Protocol

from engine.errors import NoAnswer, StoreError
from engine.exchange.authentication import Authenticated, Authenticator, Challenged, Denied
from engine.peers.binding_routes import Resolve, routes_to
from engine.peers.clients import ClientDirectory
from engine.peers.sip_requests import SipRequests
from engine.reporting import log
from engine.store.registrations import new_identity
from sip.bindings import Binding, Bindings, Change, RegistrationPolicy, contact_fields
from sip.errors import PeerError, RegistrationRefused
from sip.events import IncomingRequest
from sip.flow import Destination, Flow
from sip.message import Request
from sip.timers import Schedule, earliest
from sip.transport.websocket import WebSocketTransport
from sip.uri import SipUri

NOBODY = ".invalid"
"""The top-level domain that has no addresses (RFC 2606)."""
_THERE = frozenset({401, 403, 405, 407, 415, 420, 480, 486, 501, 600, 603})
"""What a phone answers to OPTIONS that is there all the same: busy, not to be disturbed, or too simple."""
Key = tuple[str, str]
"""Login and identity of a binding."""


class BindingStore(Protocol):
    """What keeps bindings over a restart: :class:`engine.store.registrations.StoredRegistrations`."""

    async def keep(self, login: str, bindings: tuple[Binding, ...], now: float) -> None: ...

    async def forget(self, bindings: tuple[Binding, ...]) -> None: ...

    async def load(self, now: float) -> list[tuple[str, Binding]]: ...


class Registrar:
    """Binds clients' logins to the places they register from.

    The address-of-record of a client is its login, whatever host the URI names: there is one realm. Each
    contact is sent OPTIONS every ``ping_interval`` seconds, which also keeps its way through a NAT open; one
    that does not answer, or answers with an error, is removed (rcml.md section 8). 0 sends none.
    """

    def __init__(
        self,
        requests: SipRequests,
        authenticator: Authenticator,
        clients: ClientDirectory,
        store: BindingStore,
        *,
        policy: RegistrationPolicy | None = None,
        resolve: Resolve,
        ping_interval: float = 60.0,
    ) -> None:
        """``resolve`` looks up the proxies that a Path names."""
        self.on_removed: Callable[[str, Binding], None] | None = None
        """Called with each binding that expired or did not answer, for the calls that go there."""
        self._requests = requests
        self._authenticator = authenticator
        self._clients = clients
        self._store = store
        self._resolve = resolve
        self._ping_interval = ping_interval
        self._bindings = Bindings(policy or RegistrationPolicy(), new_identity)
        self._pings: Schedule[Key] = Schedule()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take up the bindings of an earlier process."""
        now = self._now
        for login, binding in await self._store.load(now):
            if self._clients.enabled(login):
                self._bindings.restore(login, binding)
                self._plan_ping(login, binding, now)
        self._arm()

    async def stop(self) -> None:
        """Stop timers and what is under way; the bindings stay in the store."""
        if self._timer is not None:
            self._timer.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def contacts(self, login: str) -> list[Binding]:
        """Return where a client can be reached now: the most preferred first, then the newest."""
        if not self._clients.enabled(login):
            return []
        return list(self._bindings.contacts(login, self._now))

    def knows(self, flow: Flow) -> bool:
        """Tell whether a client registered from where this flow comes."""
        return self._bindings.knows(flow)

    def statistics(self) -> dict[str, float]:
        """Return the figures for ``/metrics``."""
        return {
            "clients": len(self._bindings.records()),
            "contacts": len(self._bindings),
            "authentication_failures_total": self._authenticator.failures,
            "sources_banned": self._authenticator.bans.count(self._now),
        }

    def place_of(self, uri: SipUri, _transport: str) -> Destination | None:
        """Return where a page is connected now whose URI names nobody (``.invalid``, RFC 7118 section 5).

        It registered anew, perhaps, since a call of it began: what is sent in that call goes there.
        """
        if not uri.address.lower().endswith(NOBODY):
            return None
        flow = self._bindings.flow_of(uri)
        return None if flow is None else Destination(flow.transport, *flow.remote)

    def flow_closed(self, flow: Flow) -> None:
        """Remove what was registered along a WebSocket that is gone: it was the only way there (RFC 7118 5).

        A call that went along it goes on: the page may be connecting anew, and its sound goes another way.
        """
        if flow.transport in WebSocketTransport.names and self._bindings.knows(flow):
            for login, binding in self._bindings.of_flow(flow):
                if not binding.path:
                    self._bindings.remove(login, binding.identity)
                    self._forgotten(login, binding, "its WebSocket is closed")
            self._arm()

    def drop_closed(self) -> None:
        """Remove the bindings of clients that were closed or deleted."""
        for login in self._bindings.records():
            if not self._clients.enabled(login):
                for binding in self._bindings.contacts(login, self._now):
                    self._remove(login, binding, "the client is closed")
        self._arm()

    def receive(self, event: IncomingRequest) -> None:
        """Answer a REGISTER."""
        request, now = event.request, self._now
        try:
            login = _login(request)
            verdict = self._authenticator.check(request, event.flow.remote[0], login, now)
            match verdict:
                case Challenged(fields):
                    self._reply(event, 401, fields)
                case Denied(reason):
                    self._log_refusal(event, 403, reason)
                    self._reply(event, 403)
                case Authenticated():
                    self._register(login, event, now)
        except PeerError as refusal:
            fields = refusal.headers if isinstance(refusal, RegistrationRefused) else ()
            self._log_refusal(event, refusal.status, str(refusal))
            self._reply(event, refusal.status, fields)

    def _register(self, login: str, event: IncomingRequest, now: float) -> None:
        change = self._bindings.register(login, event.request, event.flow, now)
        for binding in change.bound:
            self._plan_ping(login, binding, now)
        self._arm()
        if change == Change():
            self._accept(login, event, change)
        else:
            self._begin(self._keep_and_accept(login, event, change))

    async def _keep_and_accept(self, login: str, event: IncomingRequest, change: Change) -> None:
        """Answer once the change is stored: what we answered 200 to survives a ``kill -9``.

        When it cannot be stored the phone is told to come again, and stays reachable meanwhile.
        """
        try:
            if change.bound:
                await self._store.keep(login, change.bound, self._now)
            if change.removed:
                await self._store.forget(change.removed)
        except StoreError as error:
            log.get("registrar").error("registration.not_stored", login=login, error=str(error))
            self._reply(event, 500, (("Retry-After", "10"),))
        else:
            self._accept(login, event, change)
        self._requests.stack.settle()

    def _accept(self, login: str, event: IncomingRequest, change: Change) -> None:
        now = self._now
        fields = contact_fields(self._bindings.contacts(login, now), now)
        if change.bound:
            fields.append(("Expires", str(change.bound[0].remaining(now))))
        elif change.removed:
            fields.append(("Expires", "0"))
        log.get("registrar").info(
            "registered",
            login=login,
            source=str(event.flow),
            bound=len(change.bound),
            gone=len(change.removed),
        )
        if "path" in event.request.supported:
            # Who does not know the header is not troubled by it (RFC 3327 section 5.3).
            fields += [("Path", str(hop)) for hop in event.request.paths]
        self._reply(event, 200, (*fields, ("Date", formatdate(usegmt=True))))

    def _reply(self, event: IncomingRequest, status: int, fields: tuple[tuple[str, str], ...] = ()) -> None:
        self._requests.endpoint.reply(self._now, event.transaction, status, headers=fields)

    def _log_refusal(self, event: IncomingRequest, status: int, reason: str) -> None:
        log.get("registrar").info(
            "registration.refused", status=status, reason=reason, source=str(event.flow)
        )

    def _plan_ping(self, login: str, binding: Binding, now: float) -> None:
        if self._ping_interval:
            self._pings.set((login, binding.identity), now + self._ping_interval)

    def _wake(self) -> None:
        now = self._now
        self._timer = None
        expired = self._bindings.handle_timers(now)
        for login, binding in expired:
            self._gone(login, binding, "expired")
        while (due := self._pings.pop_due(now)) is not None:
            binding_due = self._find(due)
            if binding_due is not None:
                self._begin(self._ping(due, binding_due))
        self._arm()

    async def _ping(self, key: Key, binding: Binding) -> None:
        login, _ = key
        fault = await self._fault(binding)
        if self._find(key) != binding:
            return  # refreshed or removed meanwhile
        if fault is None:
            self._plan_ping(login, binding, self._now)
        else:
            self._remove(login, binding, fault)
        self._arm()

    async def _fault(self, binding: Binding) -> str | None:
        """Return why a contact cannot be reached, or None when it can."""
        routes = await routes_to(binding, self._resolve)
        if not routes:
            return f"{binding.next_hop} has no address, and the way it came is gone"
        target, by_way_of = binding.target_and_routes
        try:
            answer = await self._requests.options(str(target), routes[0], by_way_of)
        except NoAnswer as error:
            return str(error)
        status = answer.response.status
        return f"answered OPTIONS with {status}" if status > 400 and status not in _THERE else None

    def _remove(self, login: str, binding: Binding, reason: str) -> None:
        if self._bindings.remove(login, binding.identity) is not None:
            self._gone(login, binding, reason)

    def _gone(self, login: str, binding: Binding, reason: str) -> None:
        self._forgotten(login, binding, reason)
        if self.on_removed is not None:
            self.on_removed(login, binding)

    def _forgotten(self, login: str, binding: Binding, reason: str) -> None:
        self._pings.set((login, binding.identity), None)
        log.get("registrar").info(
            "registration.removed", login=login, contact=str(binding.uri), reason=reason
        )
        self._begin(self._forget(binding))

    async def _forget(self, binding: Binding) -> None:
        try:
            await self._store.forget((binding,))
        except StoreError as error:
            # It expires in the store by itself; until then a restart would ping it and remove it again.
            log.get("registrar").warning("registration.not_forgotten", error=str(error))

    def _find(self, key: Key) -> Binding | None:
        login, identity = key
        live = self._bindings.contacts(login, self._now)
        return next((binding for binding in live if binding.identity == identity), None)

    @property
    def _now(self) -> float:
        return self._requests.stack.now()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadline = earliest(self._bindings.next_deadline(), self._pings.next_deadline())
        loop = asyncio.get_running_loop()
        self._timer = None if deadline is None else loop.call_at(deadline, self._wake)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _login(request: Request) -> str:
    """Return the user part of the address-of-record, escapes undone (10.3 step 5)."""
    uri = request.to.uri
    if not isinstance(uri, SipUri) or not uri.username:
        raise PeerError(f"To {uri}: write sip:login@host", 400)
    return uri.username
