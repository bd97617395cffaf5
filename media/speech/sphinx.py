"""pocketsphinx as a recogniser of phrases: the side of our process (see ``sphinx_worker``)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from media.errors import RecognitionError
from media.own_programs import environment
from media.sound import Samples
from media.speech import sphinx_worker as wire
from media.speech.recognised import Recognised

T = TypeVar("T")

ATTEMPTS = 2

LONGEST_SECONDS = 20.0
"""No phrase takes so long; longer utterances are not even tried."""


class _WorkerLost(Exception):
    """The process ended, hung, or answered garbage."""


class SphinxRecogniser:
    """Recognises English phrases in ``processes`` of its own, one utterance at a time in each.

    A process is started when it is first needed, and again after a crash. It may take
    ``ready_within`` seconds to start and ``within`` seconds to answer before it is killed and the utterance
    tried once more.
    """

    def __init__(
        self,
        processes: int = 1,
        *,
        ready_within: float = 10.0,
        within: float = 10.0,
        worker_module: str = wire.__name__,
    ) -> None:
        self._places = [_Place(worker_module, ready_within, within) for _ in range(processes)]
        self._free: asyncio.LifoQueue[_Place] = asyncio.LifoQueue()
        for place in self._places:
            self._free.put_nowait(place)
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def starts(self) -> int:
        """How many processes were started; more than there are places means that some were lost."""
        return sum(place.starts for place in self._places)

    def prepare(self) -> None:
        """See to it that a process is ready soon; one that cannot be started is tried again when needed."""
        if not self._free.empty() and not self._closed:
            self._run(self._free.get_nowait(), _Place.ready)

    async def recognise(self, utterance: Samples, phrases: Sequence[str]) -> Recognised:
        """Return which of ``phrases`` was said, or yes, no or digits when there are none.

        Raises :class:`RecognitionError`.
        """
        if len(utterance) > LONGEST_SECONDS * 8000:
            return Recognised()
        head = json.dumps({"phrases": list(phrases)}).encode()
        request = wire.LENGTH.pack(len(head)) + head + utterance.astype("<i2").tobytes()
        place = await self._free.get()
        # Whoever stops waiting leaves the process to its answer: it need not be killed for that.
        return _recognised(await asyncio.shield(self._run(place, lambda at: self._ask(at, request))))

    async def close(self) -> None:
        """End the processes; utterances being recognised fail."""
        self._closed = True
        for place in self._places:
            await place.lose()
        if self._running:
            await asyncio.wait(self._running)

    def _run(self, place: _Place, work: Callable[[_Place], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        async def run() -> T:
            try:
                return await work(place)
            finally:
                self._free.put_nowait(place)

        task = asyncio.create_task(run())
        self._running.add(task)
        task.add_done_callback(self._ran)
        return task

    def _ran(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            # Looked at here, for nobody may be waiting any more.
            task.exception()

    async def _ask(self, place: _Place, request: bytes) -> dict[str, Any]:
        reason = "speech recognition is closed"
        for _ in range(ATTEMPTS):
            if self._closed:
                break
            try:
                return await place.ask(request)
            except _WorkerLost as lost:
                reason = str(lost)
        raise RecognitionError(reason)


def _recognised(answer: dict[str, Any]) -> Recognised:
    try:
        left_out = tuple(str(phrase) for phrase in answer["left_out"])
        return Recognised(str(answer["words"]), float(answer["confidence"]), left_out)
    except (KeyError, TypeError, ValueError):
        raise RecognitionError(f"the process answered {str(answer)[:80]!r}") from None


class _Place:
    """Where one process runs at a time, and is asked one thing at a time."""

    def __init__(self, module: str, ready_within: float, within: float) -> None:
        self._module = module
        self._ready_within = ready_within
        self._within = within
        self._process: asyncio.subprocess.Process | None = None
        self.starts = 0

    async def ready(self) -> None:
        """Return when a process waits for requests; raises :exc:`_WorkerLost`."""
        if self._process is not None and self._process.returncode is None:
            return
        await self.lose()
        self.starts += 1
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=environment(),
            )
        except OSError as error:
            raise _WorkerLost(f"the process cannot be started: {error}") from error
        await self._or_lose(self._receive(), self._ready_within, "it was not ready")

    async def ask(self, request: bytes) -> dict[str, Any]:
        """Return the answer to a request; raises :exc:`_WorkerLost`."""
        await self.ready()
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(ConnectionError):
            self._process.stdin.write(wire.LENGTH.pack(len(request)) + request)
        return await self._or_lose(self._receive(), self._within, "it did not answer")

    async def lose(self) -> None:
        """Kill the process and wait for its end."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()

    async def _or_lose(self, answer: Any, within: float, what: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(within):
                received: dict[str, Any] = await answer
                return received
        except TimeoutError:
            await self.lose()
            raise _WorkerLost(f"{what} within {within:g} seconds") from None
        except BaseException:
            # What it sends next, if anything, would be taken for the answer to the next request.
            await self.lose()
            raise

    async def _receive(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        source = self._process.stdout
        try:
            (length,) = wire.LENGTH.unpack(await source.readexactly(wire.LENGTH.size))
            if length > wire.MAX_MESSAGE:
                raise _WorkerLost(f"it sent a message of {length} octets")
            answer = json.loads(await source.readexactly(length))
        except (asyncio.IncompleteReadError, OSError):
            raise _WorkerLost("the process ended") from None
        except ValueError:
            raise _WorkerLost("it answered something that is no JSON") from None
        if not isinstance(answer, dict):
            raise _WorkerLost("it answered something else than an object")
        return answer
