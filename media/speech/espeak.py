"""espeak-ng as a speech engine: the side of our process (see :mod:`media.speech.espeak_worker`)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import numpy as np

from media.errors import SpeechError
from media.own_programs import environment
from media.sound import Samples
from media.speech import espeak_worker as wire
from media.speech.languages import espeak_voice
from media.speech.pieces import ssml_pieces, text_pieces
from media.speech.rate import RateConverter
from media.speech.turns import Turns
from media.speech.wording import Wording

FALLBACK_VOICE = "en-us"
VARIANTS = {"man": "m3", "woman": "f3"}
"""The variants of espeak-ng that carry best through a telephone."""

ATTEMPTS = 2


class _WorkerLost(Exception):
    """The process ended, or stopped answering, in the middle of a piece of text."""


class EspeakEngine:
    """Speaks with espeak-ng in ``processes`` of its own, each started when needed and again after a crash.

    A text is spoken in pieces of a few sentences, and who has heard least is served first, so that a long
    text does not hold up the others. A piece whose process is lost is asked for once more; what was
    already given on is not repeated, since the same text gives the same sound but for a sample or so.
    A process counts as lost when it is not ready ``ready_within`` seconds after its start, or makes no sound
    for ``within`` seconds.
    """

    identity = "espeak"

    def __init__(
        self,
        processes: int = 1,
        *,
        ready_within: float = 10.0,
        within: float = 10.0,
        worker_module: str = wire.__name__,
    ) -> None:
        self._places = [_Place(worker_module, ready_within, within) for _ in range(processes)]
        self._turns = Turns(self._places)

    @property
    def starts(self) -> int:
        """How many processes were started; more than there are places means that some were lost."""
        return sum(place.starts for place in self._places)

    async def warm_up(self) -> None:
        """Start all processes now, so that the first text need not wait; raises :class:`SpeechError`."""
        for place in self._places:
            try:
                await place.running_worker()
            except _WorkerLost as lost:
                raise SpeechError(f"a speech process cannot be started: {lost}") from lost

    async def speak(self, wording: Wording) -> AsyncGenerator[Samples, None]:
        voice = f"{espeak_voice(wording.language) or FALLBACK_VOICE}+{VARIANTS[wording.voice]}"
        pieces = ssml_pieces(wording.ssml) if wording.ssml else text_pieces(wording.text)
        for turn, piece in enumerate(pieces):
            place = await self._turns.take(turn)
            try:
                request = {"voice": voice, "text": piece}
                if wording.ssml:
                    request = {"voice": voice, "text": f"<speak>{piece}</speak>", "ssml": "yes"}
                async with aclosing(_speak_piece(place, request, wording.rate)) as sound:
                    async for samples in sound:
                        yield samples
            finally:
                self._turns.give(place)

    async def close(self) -> None:
        for place in self._places:
            await place.close()


async def _speak_piece(place: _Place, request: dict[str, str], rate: int) -> AsyncGenerator[Samples, None]:
    converter: RateConverter | None = None
    given = 0
    for attempt in range(1, ATTEMPTS + 1):
        passed = 0
        try:
            worker = await place.running_worker()
            converter = converter or RateConverter(worker.rate, rate)
            async with aclosing(worker.speak(request)) as sound:
                async for samples in sound:
                    fresh = samples[max(0, given - passed) :]
                    passed += len(samples)
                    given = max(given, passed)
                    yield converter.process(fresh)
            yield converter.finish()
            return
        except _WorkerLost as lost:
            if attempt == ATTEMPTS or place.closed:
                raise SpeechError(f"espeak-ng failed {attempt} times: {lost}") from lost


class _Place:
    """Where one process runs at a time."""

    def __init__(self, worker_module: str, ready_within: float, within: float) -> None:
        self._worker_module = worker_module
        self._ready_within = ready_within
        self._within = within
        self._starting = asyncio.Lock()
        self.worker: _Worker | None = None
        self.closed = False
        self.starts = 0

    async def running_worker(self) -> _Worker:
        """Return the process, a new one if the last was lost."""
        async with self._starting:
            if self.closed:
                raise SpeechError("speech is closed")
            if self.worker is None or self.worker.lost:
                if self.worker is not None:
                    await self.worker.close()
                self.starts += 1
                self.worker = await _Worker.start(self._worker_module, self._ready_within, self._within)
            return self.worker

    async def close(self) -> None:
        self.closed = True
        async with self._starting:
            if self.worker is not None:
                await self.worker.close()
                self.worker = None


class _Worker:
    """One running process, and the queues of the texts it was asked for."""

    def __init__(self, process: asyncio.subprocess.Process, within: float) -> None:
        self._process = process
        self._within = within
        self._waiting: dict[int, asyncio.Queue[tuple[bytes, bytes] | None]] = {}
        self._last_id = 0
        self._reading: asyncio.Task[None] | None = None
        self.rate = 0
        self.lost = False

    @classmethod
    async def start(cls, module: str, ready_within: float, within: float) -> _Worker:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=environment(),
            )
        except OSError as error:
            raise SpeechError(f"the speech process cannot be started: {error}") from error
        worker = cls(process, within)
        try:
            async with asyncio.timeout(ready_within):
                kind, _, payload = await worker._receive()
            if kind != wire.READY:
                raise _WorkerLost("it said something else than that it is ready")
            (worker.rate,) = wire.RATE.unpack(payload)
        except TimeoutError:
            await worker.close()
            raise _WorkerLost(f"it was not ready within {ready_within:g} seconds") from None
        except BaseException:
            await worker.close()
            raise
        worker._reading = asyncio.create_task(worker._read_all())
        return worker

    async def speak(self, request: dict[str, str]) -> AsyncGenerator[Samples, None]:
        """Yield the sound of a request at ``rate``; leaving early cancels it in the process."""
        self._last_id += 1
        request_id = self._last_id
        messages: asyncio.Queue[tuple[bytes, bytes] | None] = asyncio.Queue()
        self._waiting[request_id] = messages
        ended = False
        try:
            self._send({"id": request_id, **request})
            while not ended:
                kind, payload = await self._next(messages)
                ended = kind != wire.SOUND
                if kind == wire.FAILED:
                    raise SpeechError(payload.decode(errors="replace"))
                if kind == wire.SOUND:
                    yield np.frombuffer(payload, dtype="<i2").astype(np.int16, copy=False)
        finally:
            del self._waiting[request_id]
            if not ended:
                self._send({"cancel": request_id})

    async def _next(self, messages: asyncio.Queue[tuple[bytes, bytes] | None]) -> tuple[bytes, bytes]:
        if self.lost and messages.empty():
            raise _WorkerLost("the process ended")
        try:
            async with asyncio.timeout(self._within):
                message = await messages.get()
        except TimeoutError:
            self._kill()
            raise _WorkerLost(f"no sound came within {self._within:g} seconds") from None
        if message is None:
            raise _WorkerLost("the process ended")
        return message

    def _send(self, message: Mapping[str, object]) -> None:
        if self.lost:
            return
        assert self._process.stdin is not None
        octets = json.dumps(message).encode()
        self._process.stdin.write(wire.LENGTH.pack(len(octets)) + octets)

    async def _receive(self) -> tuple[bytes, int, bytes]:
        assert self._process.stdout is not None
        try:
            (length,) = wire.LENGTH.unpack(await self._process.stdout.readexactly(wire.LENGTH.size))
            if not wire.HEAD.size <= length <= wire.MAX_MESSAGE:
                raise _WorkerLost(f"it sent a message of {length} octets")
            message = await self._process.stdout.readexactly(length)
        except (asyncio.IncompleteReadError, OSError):
            raise _WorkerLost("the process ended") from None
        kind, request_id = wire.HEAD.unpack_from(message)
        return kind, request_id, message[wire.HEAD.size :]

    async def _read_all(self) -> None:
        try:
            while True:
                kind, request_id, payload = await self._receive()
                # Nobody waits for what was cancelled.
                if request_id in self._waiting:
                    self._waiting[request_id].put_nowait((kind, payload))
        except _WorkerLost:
            self._kill()

    def _kill(self) -> None:
        """Give the process up and tell everyone who waits for it."""
        self.lost = True
        if self._process.returncode is None:
            self._process.kill()
        for messages in self._waiting.values():
            messages.put_nowait(None)

    async def close(self) -> None:
        """End the process and wait for its end."""
        self._kill()
        if self._reading is not None:
            await self._reading
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
