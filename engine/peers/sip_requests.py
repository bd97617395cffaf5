"""Requests of ours outside calls, as something to await: OPTIONS, REGISTER and the like."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import NoAnswer
from sip.challenges import ChallengeAnswers
from sip.endpoint import SipEndpoint
from sip.events import RequestAnswered, RequestTimedOut
from sip.flow import Flow, Route
from sip.header_values import NameAddr
from sip.message import Request, Response
from sip.transaction.layer import ClientEntry
from sip.transport.stack import SipStack


@dataclass(frozen=True, slots=True)
class Answer:
    """A final response, and the flow it came along."""

    response: Response
    flow: Flow


class SipRequests:
    """Sends requests and wakes who waits for the answer. Feed it the endpoint's events without a session."""

    def __init__(self, stack: SipStack, endpoint: SipEndpoint) -> None:
        self.stack = stack
        self.endpoint = endpoint
        self._waiting: dict[ClientEntry, asyncio.Future[Answer]] = {}

    async def ask(self, request: Request, route: Route) -> Answer:
        """Send a request and return the final response; raises :class:`engine.errors.NoAnswer`.

        That takes at most 32 s, Timer F. Who stops waiting leaves the transaction to its end.
        """
        entry = self.endpoint.send_request(self.stack.now(), request, route)
        self._waiting[entry] = asyncio.get_running_loop().create_future()
        self.stack.settle()
        try:
            return await self._waiting[entry]
        finally:
            del self._waiting[entry]

    async def ask_as(self, request: Request, route: Route, answers: ChallengeAnswers | None) -> Answer:
        """Ask, and answer the challenges of who was asked; raises :class:`engine.errors.NoAnswer`.

        One that comes from elsewhere is not answered: a realm proves nothing about who names it.
        """
        if answers is not None:
            answers.begin(request)
        asked = route.remote[0] if isinstance(route, Flow) else route.host
        while True:
            answer = await self.ask(request, route)
            if answers is None or answer.flow.remote[0] != asked:
                return answer
            again = answers.answer(request, answer.response)
            if again is None:
                return answer
            request = again

    async def options(self, uri: str, route: Route, routes: Sequence[NameAddr] = ()) -> Answer:
        """Ask whether somebody is there (RFC 3261 section 11), by the proxies in ``routes``."""
        ours = self.endpoint.contact(route)
        by_way_of = [("Route", str(proxy)) for proxy in routes]
        fields = [*by_way_of, ("From", ours), ("To", f"<{uri}>")]
        return await self.ask(Request("OPTIONS", uri, fields), route)

    def receive(self, event: RequestAnswered | RequestTimedOut) -> None:
        """Take what became of a request."""
        waiting = self._waiting.get(event.transaction)
        if waiting is None or waiting.done():
            return
        if isinstance(event, RequestTimedOut):
            waiting.set_exception(NoAnswer(f"{event.transaction.route}: {event.cause.value}"))
        elif event.response.status >= 200:
            assert event.transaction.flow is not None, "a response came along a flow"
            waiting.set_result(Answer(event.response, event.transaction.flow))
