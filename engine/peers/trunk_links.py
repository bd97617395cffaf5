"""Keeps contact with the trunks: registers where a trunk wants it, asks with OPTIONS whether it is there."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from engine import ids
from engine.errors import NoAnswer
from engine.exchange.trunks import Trunk, came_from
from engine.peers.sip_requests import Answer, SipRequests
from engine.reporting import log
from engine.reporting.metrics import Metrics
from sip.challenges import Login
from sip.flow import Destination
from sip.message import Request
from sip.registration import Registration, RegistrationTarget
from sip.uri import SipUri

SILENCE_REMEMBERED = 60.0
"""Seconds for which a trunk that left an INVITE without any response is tried last; an answer to OPTIONS ends
them."""

FAREWELL = 2.0
"""Seconds that a stop waits for the answer to an unregister."""

Resolve = Callable[[SipUri], Awaitable[list[Destination]]]


class TrunkLink:
    """Contact with one trunk: ``reachable`` until it leaves OPTIONS unanswered, and for a while an INVITE."""

    def __init__(self, trunk: Trunk, requests: SipRequests, resolve: Resolve, ping_interval: float) -> None:
        self.trunk = trunk
        self.up = True
        self._silent_until = 0.0
        self._requests = requests
        self._resolve = resolve
        self._ping_interval = ping_interval
        self._registration = self._make_registration() if trunk.register else None
        self._log = log.get("trunk").bind(trunk=trunk.name)

    @property
    def reachable(self) -> bool:
        """Whether the trunk answers, as far as we know."""
        return self.up and self._now >= self._silent_until

    def was_silent(self) -> None:
        """Take note that an INVITE to the trunk got no response."""
        self._silent_until = self._now + SILENCE_REMEMBERED
        self._log.warning("trunk.silent", tried_last_for=SILENCE_REMEMBERED)

    @property
    def registered(self) -> bool:
        """Whether the trunk holds our contact."""
        return self._registration is not None and self._registration.registered(self._now)

    async def run(self) -> None:
        """Keep contact until cancelled, then unregister."""
        try:
            async with asyncio.TaskGroup() as tasks:
                if self._registration is not None:
                    tasks.create_task(self._keep_registered(self._registration))
                if self._ping_interval:
                    tasks.create_task(self._keep_asking())
        finally:
            if self._registration is not None:
                await self._unregister(self._registration)

    async def _keep_registered(self, registration: Registration) -> None:
        request: Request | None = registration.start(self._now)
        while True:
            await self._carry_out(registration, request)
            state, status = registration.state.value, registration.last_status
            self._log.info("trunk.registration", state=state, status=status)
            deadline = registration.next_deadline()
            assert deadline is not None, "a registration always refreshes or tries again"
            await asyncio.sleep(deadline - self._now)
            request = registration.handle_timers(self._now)

    async def _unregister(self, registration: Registration) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self._carry_out(registration, registration.stop(self._now))

    async def _carry_out(self, registration: Registration, request: Request | None) -> None:
        """Send what the registration wants sent until it wants nothing more for now."""
        while request is not None:
            try:
                answer = await self._ask(request)
            except (NoAnswer, OSError) as error:
                self._log.warning("trunk.no_answer", method=request.method, error=str(error))
                registration.request_failed(self._now)
                return
            request = registration.receive_response(answer.response, self._now)

    async def _keep_asking(self) -> None:
        uri = str(self.trunk.uri)
        while True:
            fault = None
            try:
                ours = f"<{self.trunk.record()}>"
                answer = await self._ask(Request("OPTIONS", uri, [("From", ours), ("To", f"<{uri}>")]))
                if answer.response.status in (408, 503):
                    fault = f"answered {answer.response.status}"
            except (NoAnswer, OSError) as error:
                fault = str(error)
            if fault is None:
                self._silent_until = 0.0
            if self.up is not (fault is None):
                self.up = fault is None
                self._log.warning("trunk.up" if self.up else "trunk.down", fault=fault)
            await asyncio.sleep(self._ping_interval)

    async def _ask(self, request: Request) -> Answer:
        """Send a request to the trunk's places one after another until one answers (RFC 3263 section 4.3).

        An answer from elsewhere counts as none: it could be a challenge meant to get at the password.
        """
        destinations = await self._resolve(self.trunk.uri)
        last: Answer | None = None
        fault = f"{self.trunk.uri} leads nowhere"
        for destination in destinations:
            again = Request(request.method, request.uri_text, request.headers.copy(), request.body)
            try:
                last = await self._requests.ask(again, destination)
            except NoAnswer as error:
                fault = str(error)
                continue
            if not came_from(last.flow, destinations):
                raise NoAnswer(f"{destination} was asked, and {last.flow} answered")
            if last.response.status != 503:
                break
        if last is None:
            raise NoAnswer(fault)
        return last

    def _make_registration(self) -> Registration:
        trunk = self.trunk
        login = trunk.login or Login("", "")
        transport = trunk.uri.transport or ("TLS" if trunk.uri.secure else "UDP")
        # Only the transport counts: it says at which of our addresses we are reached.
        towards = Destination(transport, trunk.uri.address, trunk.uri.port or 5060)
        target = RegistrationTarget(
            registrar=str(replace(trunk.uri, user=None, password=None, headers=())),
            record=str(trunk.record()),
            contact=self._requests.endpoint.contact(towards, login.username or None, secure=trunk.uri.secure),
            expires=trunk.register_expires,
        )
        return Registration(target, login, ids.new_tag, spread=random.random)

    @property
    def _now(self) -> float:
        return self._requests.stack.now()


class TrunkLinks:
    """The links of all trunks, started and stopped as trunks come and go."""

    def __init__(
        self, requests: SipRequests, resolve: Resolve, metrics: Metrics, ping_interval: float
    ) -> None:
        self._requests = requests
        self._resolve = resolve
        self._metrics = metrics
        self._ping_interval = ping_interval
        self._links: dict[str, tuple[TrunkLink, asyncio.Task[None]]] = {}

    def is_up(self, name: str) -> bool:
        """Tell whether a trunk answers, as far as we know."""
        found = self._links.get(name)
        return found is None or found[0].reachable

    def is_registered(self, name: str) -> bool | None:
        """Tell whether a trunk holds our contact; None for one that wants none."""
        found = self._links.get(name)
        return found[0].registered if found is not None and found[0].trunk.register else None

    def was_silent(self, name: str) -> None:
        """Take note that an INVITE to a trunk got no response."""
        if name in self._links:
            self._links[name][0].was_silent()

    async def update(self, trunks: Iterable[Trunk]) -> None:
        """Have a link for each of these trunks and for no other; what did not change goes on undisturbed."""
        wanted = {trunk.name: trunk for trunk in trunks}
        gone = [name for name, (link, _) in self._links.items() if wanted.get(name) != link.trunk]
        await asyncio.gather(*(self._end(name) for name in gone))
        for name, trunk in wanted.items():
            if name not in self._links:
                self._begin(trunk)

    async def stop(self) -> None:
        """End every link."""
        await self.update(())

    def _begin(self, trunk: Trunk) -> None:
        link = TrunkLink(trunk, self._requests, self._resolve, self._ping_interval)
        self._links[trunk.name] = link, asyncio.get_running_loop().create_task(link.run())
        self._metrics.trunk_up.labels(trunk.name).set_function(lambda: link.reachable)
        if trunk.register:
            self._metrics.trunk_registered.labels(trunk.name).set_function(lambda: link.registered)

    async def _end(self, name: str) -> None:
        link, task = self._links.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self._metrics.trunk_up.remove(name)
        if link.trunk.register:
            self._metrics.trunk_registered.remove(name)
