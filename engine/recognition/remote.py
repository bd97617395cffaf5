"""An utterance for a recogniser behind a WebSocket."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
from aiohttp import WSMsgType

from engine.config.recognition import RecogniserEntry
from engine.recognition import messages
from engine.recognition.recogniser import Told
from engine.recognition.transcript import LONGEST, Transcript
from engine.stopping import stopped
from engine.streams.dialing import NORMAL_CLOSURES, Socket, StreamDialer, StreamRefused
from engine.streams.receiving import Received
from media.errors import RecognitionError
from media.sound import Samples
from media.speech.recognised import Recognised
from rcml.values import shortened

SETTLED_AFTER = 0.3
"""Seconds after a final transcription and the stop in which another may come; not every recogniser closes."""
MOST_WAITING = 400
"""Pieces of sound, 20 ms each, that wait for a recogniser that takes them too slowly."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long is waited for a recogniser, and how much is taken of it."""

    settled_after: float = SETTLED_AFTER
    result_within: float | None = None
    """Seconds from the end of the sound to the result; None: as its configuration says."""
    longest: int = LONGEST
    """Characters."""


CONVERSATION = Patience()


class RemoteRecognition:
    """Opens a connection for the utterance, sends it as it is spoken, and closes the connection.

    What is said while the connection is being opened waits, and is sent faster than it was spoken.
    """

    def __init__(
        self,
        entry: RecogniserEntry,
        dialer: StreamDialer,
        *,
        language: str,
        hints: tuple[str, ...],
        told: Told,
        interim: bool = True,
        patience: Patience = CONVERSATION,
    ) -> None:
        self._entry = entry
        self._dialer = dialer
        self._patience = patience
        self._start = messages.start(language, hints, interim)
        self._told = told
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._transcript = Transcript(patience.longest)
        self._room = asyncio.Event()
        self._news = asyncio.Event()
        self._stop_sent = False
        self._overflow = False
        self._running = asyncio.create_task(self._run())
        self._running.add_done_callback(lambda task: task.cancelled() or task.exception())

    def hear(self, samples: Samples) -> None:
        if self._waiting.qsize() >= MOST_WAITING:
            self._overflow = True
        else:
            self._waiting.put_nowait(samples.astype("<i2").tobytes())

    async def wait_room(self) -> None:
        """Return when more sound can be taken, or it does not matter any more."""
        while self._waiting.qsize() >= MOST_WAITING // 2 and not self._running.done():
            self._room.clear()
            room = asyncio.ensure_future(self._room.wait())
            await asyncio.wait((self._running, room), return_when=asyncio.FIRST_COMPLETED)
            room.cancel()

    def pause(self) -> None:
        """Nothing to do: the recogniser hears the pause itself."""

    async def result(self) -> Recognised:
        self._waiting.put_nowait(None)
        await self._until_settled()
        if self._running.done():
            self._running.result()
        if self._overflow:
            raise RecognitionError("it takes sound more slowly than it is spoken")
        result = self._transcript.result()
        if not (result or self._running.done() or self._transcript.settled):
            raise RecognitionError(f"it said nothing within {self._result_within:g} s of the last word")
        return result

    async def _until_settled(self) -> None:
        """Return when the recogniser has closed, seems to have said everything, or took too long."""
        clock = asyncio.get_running_loop().time
        end = clock() + self._result_within
        while not self._running.done() and (left := end - clock()) > 0:
            settled = self._transcript.settled
            self._news.clear()
            news = asyncio.ensure_future(self._news.wait())
            limit = min(left, self._patience.settled_after) if settled else left
            await asyncio.wait((self._running, news), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if settled and not news.done():
                news.cancel()
                return
            news.cancel()

    @property
    def _result_within(self) -> float:
        within = self._patience.result_within
        return self._entry.timeout if within is None else within

    async def close(self) -> None:
        await stopped(self._running)

    async def _run(self) -> None:
        """Return when the recogniser has said everything; raises :class:`RecognitionError`."""
        token = self._entry.token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            socket = await self._dialer.open_unsigned(self._entry.url, headers, self._entry.timeout)
        except StreamRefused as refused:
            raise RecognitionError(str(refused)) from refused
        sending = asyncio.ensure_future(self._send(socket))
        try:
            await self._receive(socket)
        finally:
            await stopped(sending)
            await asyncio.shield(_closed(socket))

    async def _send(self, socket: Socket) -> None:
        # A connection that breaks is told by the receiving side.
        with suppress(aiohttp.ClientError, ConnectionError):
            await socket.send_str(self._start)
            while (piece := await self._waiting.get()) is not None:
                await socket.send_bytes(piece)
                self._room.set()
            self._stop_sent = True
            await socket.send_str(messages.STOP)

    async def _receive(self, socket: Socket) -> None:
        received = Received(socket)
        while True:
            message = await received.next()
            match message.type:
                case WSMsgType.TEXT:
                    self._take(messages.read(message.data))
                case WSMsgType.BINARY:
                    raise RecognitionError(f"it sent a binary message of {len(message.data)} octets")
                case WSMsgType.ERROR:
                    raise RecognitionError(f"the connection failed: {message.data}")
                case WSMsgType.CLOSE if self._stop_sent and message.data in NORMAL_CLOSURES:
                    # Closing after the stop is how it says that there is no more.
                    return
                case _ if self._stop_sent and self._transcript.settled:
                    # However it left: the last that it said was final.
                    return
                case WSMsgType.CLOSE:
                    why = f"code {message.data} {shortened(message.extra or '')}".strip()
                    raise RecognitionError(f"it closed while the caller spoke: {why}")
                case _:
                    raise RecognitionError("the connection broke while the caller spoke")

    def _take(self, piece: messages.Transcription | None) -> None:
        if piece is None:
            return
        self._transcript.add(piece)
        self._news.set()
        if piece.words:
            self._told.partial(self._transcript.words)
        if piece.is_final and piece.words:
            self._told.phrase_ended()


async def _closed(socket: Socket) -> None:
    with suppress(aiohttp.ClientError, ConnectionError):
        await socket.close()
