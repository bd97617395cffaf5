"""Carries a text to its recipient: by SIP MESSAGE (RFC 3428), or to a number that is hosted here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from engine import ids
from engine.dialling.reach import Place, Reach, Unreachable, Way
from engine.errors import NoAnswer
from engine.exchange.routing import Application
from engine.messages.text import NOT_REACHED, Carried, Text
from engine.peers.sip_requests import SipRequests
from engine.store import MessageStatus
from rcml.dialling import ClientTarget, NumberTarget, Recipient
from sip.challenges import ChallengeAnswers
from sip.message import Request
from sip.transport import local

NOT_ANSWERED = 30003
REFUSED = 30008


Arrival = Callable[[Application, str, Text], Awaitable[Carried]]
"""Takes a text to a number that is hosted here: its application, the number as it was written, the text."""


class TextCarrier:
    """Sends texts to clients, SIP addresses and numbers.

    ``is_client`` tells whether a login is a client's: a number that is one, is that client. ``arrive`` is
    given what is for a number that is hosted here. ``stop`` ends what is under way.
    """

    def __init__(
        self, requests: SipRequests, reach: Reach, is_client: Callable[[str], bool], arrive: Arrival
    ) -> None:
        self._requests = requests
        self._reach = reach
        self._is_client = is_client
        self._arrive = arrive
        self._attempts: set[asyncio.Task[Carried]] = set()

    async def carry(self, target: Recipient, text: Text) -> Carried:
        """Send to every place of the recipient, and return as soon as one took it or all have not."""
        if isinstance(target, NumberTarget) and self._is_client(target.number):
            target = ClientTarget(login=target.number, headers=target.headers)
        try:
            places = await self._reach.find(target, text.from_)
        except Unreachable as error:
            return Carried(MessageStatus.FAILED, NOT_REACHED, str(error))
        to_a_phone = not isinstance(target, NumberTarget)
        waiting = {self._begin(self._to(place, text, to_a_phone=to_a_phone)) for place in places}
        last = Carried(MessageStatus.FAILED, NOT_REACHED, "there is no way to it")
        while waiting:
            # Who takes it later has it too: those attempts go on.
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                last = attempt.result()
                if last.status is not MessageStatus.FAILED:
                    return last
        return last

    async def stop(self) -> None:
        """Give up what is under way."""
        for attempt in self._attempts:
            attempt.cancel()
        await asyncio.gather(*self._attempts, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, Carried]) -> asyncio.Task[Carried]:
        attempt = asyncio.get_running_loop().create_task(work)
        self._attempts.add(attempt)
        attempt.add_done_callback(self._attempts.discard)
        return attempt

    async def _to(self, place: Place, text: Text, *, to_a_phone: bool) -> Carried:
        """Try the ways to a place one after another; one that fails (5xx, no answer) leads to the next."""
        failed = Carried(MessageStatus.FAILED, NOT_REACHED, "there is no way to it")
        for way in place.ways:
            if way.route == local.CALLING:
                assert way.application is not None, "a number that reads no texts is not reached by them"
                return await self._arrive(way.application, place.to_user, text)
            try:
                answer = await self._requests.ask_as(self._request(way, text), way.route, _answers(way))
            except NoAnswer as error:
                failed = Carried(MessageStatus.FAILED, NOT_ANSWERED, str(error))
                continue
            response = answer.response
            if response.status < 300:
                # 202 says that somebody keeps it for the recipient (RFC 3428 section 7).
                has_it = to_a_phone and response.status == 200
                taken = MessageStatus.DELIVERED if has_it else MessageStatus.SENT
                return Carried(taken, sip_status=response.status)
            what = f"{way.route} answered {response.status} {response.reason}"
            failed = Carried(MessageStatus.FAILED, REFUSED, what, response.status)
            if not 500 <= response.status < 600:
                break
        return failed

    def _request(self, way: Way, text: Text) -> Request:
        fields = [("To", f"<{way.request_uri}>"), *self._reach.identity(way, text.from_)]
        fields += [*way.by_way_of, *way.headers, *text.headers, ("Content-Type", text.content_type)]
        return Request("MESSAGE", way.request_uri, fields, text.body)


def _answers(way: Way) -> ChallengeAnswers | None:
    return ChallengeAnswers(way.login, ids.new_tag) if way.login is not None else None
