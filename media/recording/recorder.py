"""A recording as the event loop holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from media.errors import MediaMisuse
from media.recording.take import EndedBy, RecordingLimits, Take
from media.recording.writer import Outcome, RecordingThread, SoundSource, Track, sync_and_close


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """A finished recording. The file at ``path`` is whole whatever ended it."""

    path: str
    duration: float
    """In seconds, of what is in the file."""
    ended_by: EndedBy
    peak: int
    """The largest magnitude, 0 to 32768."""
    is_silent: bool
    """Whether no speech, music or tone was heard."""
    leading_silence: float
    """Seconds before the first speech."""
    trailing_silence: float
    """Seconds after the last speech, before any trimming."""
    error: str | None = None
    """What went wrong when ``ended_by`` is FAILED, a full disk for instance."""


class Recorder:
    """Writes what ``sources`` hear to a WAV file from construction until something ends it.

    One source makes a mono file, two make a stereo one. Make it on the event loop. The sources
    are read by the recording thread and by nobody else; closing them is the caller's.
    """

    def __init__(
        self,
        sources: SoundSource | Sequence[SoundSource],
        path: str | Path,
        *,
        thread: RecordingThread,
        limits: RecordingLimits | None = None,
        rate: int = 8000,
        on_begin: Callable[[], None] | None = None,
    ) -> None:
        """``on_begin`` is called by the recording thread before the file is made; it may block."""
        readers = tuple(sources) if isinstance(sources, Sequence) else (sources,)
        if not 1 <= len(readers) <= 2:
            raise MediaMisuse(f"a recording has one or two channels, not {len(readers)}")
        self.path = str(path)
        loop = asyncio.get_running_loop()
        self._take = Take(rate, len(readers), limits or RecordingLimits())
        self._written: asyncio.Future[Outcome] = loop.create_future()
        # What the thread calls knows the future alone: it and the recorder are in no circle afterwards.
        report = partial(_report, loop, self._written)
        self._track = Track(readers, self.path, self._take, report, on_begin)
        self._thread = thread
        self._finished = loop.create_task(self._finish())
        thread.add(self._track)

    @property
    def duration(self) -> float:
        """Seconds recorded so far."""
        return self._take.samples / self._take.rate

    def pause(self, *, filled: bool = False) -> None:
        """Leave out what is heard from now on; neither length nor silence is counted.

        ``filled``: silence of the same length is kept in its place.
        """
        self._take.fill_pauses(filled)
        self._take.paused = True

    def resume(self) -> None:
        self._take.paused = False

    async def wait_ended(self) -> RecordingSummary:
        """Return when the recording has ended by itself or by :meth:`stop`.

        Cancelling the wait leaves the recording running.
        """
        return await asyncio.shield(self._finished)

    async def stop(self) -> RecordingSummary:
        """End the recording, unless it has ended, and return once it is safe on the disk."""
        self._track.request_stop()
        self._thread.hurry()
        return await self.wait_ended()

    async def _finish(self) -> RecordingSummary:
        outcome = await self._written
        ended_by, error = outcome.ended_by, outcome.error
        if outcome.descriptor is not None:
            try:
                await asyncio.to_thread(sync_and_close, outcome.descriptor)
            except OSError as failure:
                ended_by, error = EndedBy.FAILED, error or str(failure)
        return RecordingSummary(
            path=self.path,
            duration=outcome.samples / self._take.rate,
            ended_by=ended_by,
            peak=self._take.peak,
            is_silent=not self._take.heard_speech,
            leading_silence=self._take.leading_silence,
            trailing_silence=self._take.trailing_silence,
            error=error,
        )


def _report(loop: asyncio.AbstractEventLoop, written: asyncio.Future[Outcome], outcome: Outcome) -> None:
    """Carry the outcome from the recording thread to the loop, if that still runs."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(written.set_result, outcome)
