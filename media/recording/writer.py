"""The one thread that writes every recording of the process.

Eight times a second one compiled pass writes what each reader has, together with a header that counts it
(:mod:`media.recording.writing`); the interpreter is needed only when a recording begins or ends. Nothing is
buffered in the process, so a killed process loses what came since the last round, and every file is playable
at every moment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol
from weakref import finalize

import numpy as np

from media.errors import MediaMisuse
from media.plane.machine_code import Entry
from media.plane.sound_ring import RING_SAMPLES
from media.recording.take import EndedBy, Take
from media.recording.wav import HEADER_OCTETS, wav_header

ROUND_SECONDS = 0.125
"""What a killed process loses, with what the tick and the round take: together less than 200 ms."""


class SoundSource(Protocol):
    """What a recording reads from; the plane's ``SoundReader`` is one."""

    @property
    def address(self) -> int:
        """Where its sound ring lies, of at most ``RING_SAMPLES``; valid as long as the source is held."""
        ...


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
    track may :meth:`request_stop` and set ``take.paused`` at any time; all else is the thread's.
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
        self.take = take
        self._sources = tuple(sources)
        take.read_from([source.address for source in sources])
        self._path = path
        self._on_end = on_end
        self._on_begin = on_begin
        self.descriptor: int | None = None
        """Of the file, once it is made."""

    def request_stop(self) -> None:
        """Have the next round end the recording, with what came before it."""
        self.take.stop()

    def begin(self) -> bool:
        """Make the file; False when that failed, which is reported."""
        try:
            if self._on_begin is not None:
                self._on_begin()
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self.descriptor = os.open(self._path, flags, 0o640)
            self._write_header(0)
        except Exception as error:
            # Whatever is wrong with one recording must not stop the others.
            self._end(EndedBy.FAILED, str(error))
            return False
        self.take.write_to(self.descriptor)
        return True

    def report(self, ended_by: EndedBy) -> None:
        """Cut the file to what is kept, and tell how a recording went that has ended."""
        error = self.take.error
        if error is None:
            try:
                self._cut()
            except OSError as failure:
                ended_by, error = EndedBy.FAILED, str(failure)
        self._end(ended_by, error)

    def _write_header(self, samples: int) -> None:
        assert self.descriptor is not None
        octets = 2 * self.take.channels * samples
        os.pwrite(self.descriptor, wav_header(self.take.rate, self.take.channels, octets), 0)

    def _cut(self) -> None:
        """Shorten the file to what the take keeps, which trimming makes less than was written."""
        assert self.descriptor is not None
        final = self.take.final_samples()
        if final < self.take.samples:
            self._write_header(final)
            os.ftruncate(self.descriptor, HEADER_OCTETS + 2 * self.take.channels * final)

    def _end(self, ended_by: EndedBy, error: str | None) -> None:
        samples = self.take.samples if error else self.take.final_samples()
        self._on_end(Outcome(ended_by, samples, self.descriptor, error))


class Tracks:
    """The recordings that are written together, by one thread."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._addresses = np.empty(0, np.int64)
        self._frames = np.zeros(2 * RING_SAMPLES, np.int16)
        self._channels = np.zeros((2, RING_SAMPLES), np.int16)
        self._scratch = np.zeros(1, np.int64)
        self._write_round = Entry("write_round", waits=True)
        self._write_until_woken = Entry("write_until_woken", waits=True)

    def __len__(self) -> int:
        return len(self._tracks)

    def add(self, track: Track) -> None:
        """Begin a recording; its sound is written from the next round on."""
        if track.begin():
            self._keep([*self._tracks, track])

    def advance(self) -> None:
        """Write what has come to each, and report those that are over."""
        if self._write_round(*self._work()):
            self._report_ended()

    def advance_until_woken(self, wake: int, round_seconds: float) -> None:
        """Advance once a round until the eventfd ``wake`` is written to, or one is over and reported.

        Without recordings there are no rounds.
        """
        pause = round(1000 * round_seconds) if self._tracks else -1
        if self._write_until_woken(*self._work(), wake, pause, int(self._scratch.ctypes.data)):
            self._report_ended()

    def _work(self) -> tuple[int, int, int, int]:
        """Return where the tracks lie, how many there are, and where there is room to work."""
        tracks, frames, channels = (
            int(each.ctypes.data) for each in (self._addresses, self._frames, self._channels)
        )
        return tracks, len(self._addresses), frames, channels

    def stop(self) -> None:
        """End all of them."""
        for track in self._tracks:
            track.request_stop()
        self.advance()

    def _report_ended(self) -> None:
        going_on = []
        for track in self._tracks:
            ended_by = track.take.ended_by
            if ended_by is None:
                going_on.append(track)
            else:
                track.report(ended_by)
        self._keep(going_on)

    def _keep(self, tracks: list[Track]) -> None:
        self._tracks = tracks
        self._addresses = np.array([track.take.address for track in tracks], np.int64)


def sync_and_close(descriptor: int) -> None:
    """Make a finished file survive a loss of power, and close it; blocks for as long as the disk does."""
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class RecordingThread:
    """Advances every track once a round; begins with the first and ends with :meth:`close`.

    What is compiled is loaded at once, so that no recording waits for it.
    """

    def __init__(self, round_seconds: float = ROUND_SECONDS) -> None:
        self._round_seconds = round_seconds
        self._arriving: SimpleQueue[Track] = SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        finalize(self, os.close, self._wake)
        self._tracks = Tracks()
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
        os.eventfd_write(self._wake, 1)

    def hurry(self) -> None:
        """Begin the next round now."""
        os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """End every recording as stopped and wait for the thread; blocks for a round of writing."""
        self._closing = True
        os.eventfd_write(self._wake, 1)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._closing:
            self._begin_arriving()
            self._tracks.advance_until_woken(self._wake, self._round_seconds)
        self._begin_arriving()
        self._tracks.stop()

    def _begin_arriving(self) -> None:
        while not self._arriving.empty():
            self._tracks.add(self._arriving.get())
