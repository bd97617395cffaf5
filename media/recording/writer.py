"""The one thread that writes every recording of the process.

It wakes ten times a second, takes what each reader has, and writes it together with a header
that counts it. Nothing is buffered in the process, so a killed process loses what came since
the last round, and every file is playable at every moment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

import numpy as np

from media.errors import MediaMisuse
from media.recording.take import EndedBy, Frames, Take
from media.recording.wav import HEADER_OCTETS, wav_header
from media.sound import Samples

ROUND_SECONDS = 0.1


class SoundSource(Protocol):
    """What a recording reads from; the plane's ``SoundReader`` is one. Never waits."""

    @property
    def closed(self) -> bool: ...

    def read(self, max_samples: int = ..., /) -> Samples: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the writer left a file: whole, and still open for :func:`sync_and_close`."""

    ended_by: EndedBy
    samples: int
    descriptor: int | None
    error: str | None = None


class Track:
    """One recording in the hands of the writing thread.

    Two sources make two channels, kept in step by their number of samples. Whoever made the
    track may set ``stop_requested`` and ``take.paused`` at any time; all else is the thread's.
    """

    def __init__(
        self,
        sources: Sequence[SoundSource],
        path: str,
        take: Take,
        on_end: Callable[[Outcome], None],
        on_begin: Callable[[], None] | None = None,
    ) -> None:
        """``on_begin`` is called by the thread before the file is made; what it raises ends the recording."""
        if len(sources) != take.channels:
            raise MediaMisuse(f"{len(sources)} sources do not make {take.channels} channels")
        self._sources = tuple(sources)
        self._waiting: list[Samples] = [np.empty(0, dtype=np.int16) for _ in sources]
        self._path = path
        self._take = take
        self._on_end = on_end
        self._on_begin = on_begin
        self._descriptor: int | None = None
        self.stop_requested = False

    def advance(self) -> bool:
        """Write what has come; return False once the recording is over and reported."""
        try:
            ended_by = self._write_next()
        except Exception as error:
            # Whatever is wrong with one recording must not stop the others.
            self._end(EndedBy.FAILED, str(error))
            return False
        if ended_by is None:
            return True
        try:
            self._cut()
            self._end(ended_by, None)
        except OSError as error:
            self._end(EndedBy.FAILED, str(error))
        return False

    def _write_next(self) -> EndedBy | None:
        # Asked before reading, so that nothing which came before the end is missed.
        stopping, gone = self.stop_requested, any(source.closed for source in self._sources)
        if self._descriptor is None:
            self._open()
        kept, ended_by = self._take.receive(self._read(pad=stopping or gone))
        self._append(kept)
        if ended_by is None and stopping:
            return EndedBy.STOPPED
        return EndedBy.HANG_UP if ended_by is None and gone else ended_by

    def _open(self) -> None:
        if self._on_begin is not None:
            self._on_begin()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, 0o640)
        self._write_header(0)

    def _read(self, pad: bool) -> Frames:
        """Return whole frames; with ``pad`` the shorter channel is filled up with silence."""
        if len(self._sources) == 1:
            return self._sources[0].read().reshape(-1, 1)
        for channel, source in enumerate(self._sources):
            self._waiting[channel] = np.concatenate((self._waiting[channel], source.read()))
        lengths = [len(waiting) for waiting in self._waiting]
        length = max(lengths) if pad else min(lengths)
        frames = np.zeros((length, len(self._sources)), dtype=np.int16)
        for channel, waiting in enumerate(self._waiting):
            frames[: len(waiting), channel] = waiting[:length]
            self._waiting[channel] = waiting[length:]
        return frames

    def _append(self, frames: Frames) -> None:
        if not len(frames):
            return
        octets_before = 2 * self._take.channels * (self._take.samples - len(frames))
        self._write(np.ascontiguousarray(frames, "<i2").data.cast("B"), HEADER_OCTETS + octets_before)
        self._write_header(self._take.samples)

    def _write_header(self, samples: int) -> None:
        octets = 2 * self._take.channels * samples
        self._write(wav_header(self._take.rate, self._take.channels, octets), 0)

    def _write(self, octets: bytes | memoryview, offset: int) -> None:
        assert self._descriptor is not None
        written = 0
        while written < len(octets):
            written += os.pwrite(self._descriptor, octets[written:], offset + written)

    def _cut(self) -> None:
        """Shorten the file to what the take keeps, which trimming makes less than was written."""
        assert self._descriptor is not None
        final = self._take.final_samples()
        if final < self._take.samples:
            self._write_header(final)
            os.ftruncate(self._descriptor, HEADER_OCTETS + 2 * self._take.channels * final)

    def _end(self, ended_by: EndedBy, error: str | None) -> None:
        samples = self._take.samples if error else self._take.final_samples()
        self._on_end(Outcome(ended_by, samples, self._descriptor, error))


def sync_and_close(descriptor: int) -> None:
    """Make a finished file survive a loss of power, and close it; blocks for as long as the disk does."""
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class RecordingThread:
    """Advances every track once a round; begins with the first and ends with :meth:`close`."""

    def __init__(self, round_seconds: float = ROUND_SECONDS) -> None:
        self._round_seconds = round_seconds
        self._arriving: SimpleQueue[Track] = SimpleQueue()
        self._tracks: list[Track] = []
        self._wake = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def recordings(self) -> int:
        """How many recordings run now."""
        return len(self._tracks) + self._arriving.qsize()

    def add(self, track: Track) -> None:
        if self._closing:
            raise MediaMisuse("recordings are closed; no new one can begin")
        self._arriving.put(track)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
            self._thread.start()
        self._wake.set()

    def hurry(self) -> None:
        """Begin the next round now."""
        self._wake.set()

    def close(self) -> None:
        """End every recording as stopped and wait for the thread; blocks for a round of writing."""
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._closing:
            # Without recordings there is nothing to wake up for.
            self._wake.wait(self._round_seconds if self._tracks else None)
            self._wake.clear()
            self._round()
        for track in self._tracks:
            track.stop_requested = True
        self._round()

    def _round(self) -> None:
        while not self._arriving.empty():
            self._tracks.append(self._arriving.get())
        self._tracks = [track for track in self._tracks if track.advance()]
