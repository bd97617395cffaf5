"""Telephones that come and go by the thousand: our own SIP stack signals, an RTP peer speaks on a lossy path.

The other tests have outside peers for every call; here it is about what thousands of calls leave behind.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.events import Answered, IncomingInvite, IncomingRequest, OfferReceived, SessionEnded, SipEvent
from sip.flow import Destination
from sip.invite_session import InviteSession
from sip.transport.stack import SipStack
from tests.testkit.impairment import ImpairedPath, Impairments
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_text import Offer, audio_of

LOSS = Impairments(loss=0.01)


class LossyVoice(RtpPeer):
    """An RTP endpoint of whose packets one in a hundred never arrives."""

    def __init__(self, payload_type: int, telephone_event: int | None) -> None:
        super().__init__(payload_type, telephone_event)
        self._path = ImpairedPath(LOSS, seed=secrets.randbits(32))

    def send_raw(self, datagram: bytes) -> None:
        if self._path.arrivals(0.0):
            super().send_raw(datagram)


@dataclass
class Line:
    """One call, made or taken."""

    session: InviteSession
    voice: LossyVoice
    up: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def answered(self, within: float = 15.0) -> Self:
        """Wait until the call is up; what ended before that is an error."""
        async with asyncio.timeout(within):
            await self.up.wait()
        assert not self.over.is_set(), "the call ended before it was up"
        return self

    async def ended(self, within: float = 15.0) -> None:
        async with asyncio.timeout(within):
            await self.over.wait()


class Telephones:
    """All telephones share a socket for SIP; each call has one of its own for RTP. See :func:`telephones`."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = Destination("UDP", *server)
        self._endpoint = SipEndpoint(EndpointConfig(), lambda: secrets.token_hex(8))
        self._stack = SipStack(self._endpoint, self._on_event)
        self._lines: dict[InviteSession, Line] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self.uri = ""
        """Where the telephones that answer can be called."""

    async def open(self) -> None:
        host, port = await self._stack.listen("udp:127.0.0.1:0")
        self.uri = f"sip:callee@{host}:{port}"

    async def close(self) -> None:
        for line in self._lines.values():
            line.voice.close()
        for task in self._answering:
            task.cancel()
        await self._stack.close()

    async def call(self, user: str) -> Line:
        """Call a number of the server; returns when the INVITE has left."""
        voice = await LossyVoice.open()
        session = self._endpoint.invite(
            self._stack.now(),
            request_uri=f"sip:{user}@{self._server.host}:{self._server.port}",
            from_="<sip:soak@127.0.0.1>",
            to=f"<sip:{user}@127.0.0.1>",
            destination=self._server,
            body=str(Offer(voice.port)).encode(),
        )
        line = self._lines[session] = Line(session, voice)
        self._stack.settle()
        return line

    async def hang_up(self, line: Line) -> None:
        """End a call, or cancel it when it is not up, and wait for the end."""
        if not line.over.is_set():
            line.session.hang_up(self._stack.now())
            self._stack.settle()
        await line.ended()

    def _on_event(self, event: SipEvent) -> None:
        if isinstance(event, IncomingInvite):
            task = asyncio.ensure_future(self._answer(event.session))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif isinstance(event, IncomingRequest):
            self._endpoint.reply(self._stack.now(), event.transaction, 200)
        elif isinstance(event, OfferReceived):
            event.session.accept_offer(self._stack.now(), self._description(self._lines[event.session]))
        elif isinstance(event, Answered):
            line = self._lines[event.session]
            self._speak(line, event.response.body)
            line.up.set()
        elif isinstance(event, SessionEnded) and (ended := self._lines.pop(event.session, None)):
            ended.voice.close()
            ended.over.set()
            ended.up.set()

    async def _answer(self, session: InviteSession) -> None:
        """Take a call, speak, and hang up after two seconds unless the other side was first."""
        line = self._lines[session] = Line(session, await LossyVoice.open())
        session.answer(self._stack.now(), self._description(line))
        self._stack.settle()
        self._speak(line, session.offer_body or b"")
        with suppress(TimeoutError):
            await line.ended(2.0)
        await self.hang_up(line)

    @staticmethod
    def _speak(line: Line, description: bytes) -> None:
        media = audio_of(description.decode())
        line.voice.telephone_event = media.telephone_event
        line.voice.connect(media.host, media.port)

    @staticmethod
    def _description(line: Line) -> bytes:
        return str(Offer(line.voice.port, payload_types=(0,))).encode()


@asynccontextmanager
async def telephones(server: tuple[str, int]) -> AsyncIterator[Telephones]:
    """Open telephones that call ``server``."""
    opened = Telephones(server)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()
