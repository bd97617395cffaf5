"""Sound on its way between the tick and Python: bounded rings of samples, one writer and one reader each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np

from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.errors import SoundInterrupted
from media.plane.legs import Words
from media.plane.machine_code import Entry
from media.sound import Banded, Samples

RING_SAMPLES = 32768
"""4 s, so that an event loop that stands still for that long loses nothing."""


class SoundRing:
    """The memory of one ring; kept alive by its leg until the tick lets go of it."""

    def __init__(self, samples: int = RING_SAMPLES, *, banded: bool = False) -> None:
        """With ``banded`` it holds wideband sound, which takes three times the memory."""
        if samples <= 0 or samples & (samples - 1):
            raise MediaMisuse(f"a sound ring of {samples} samples: the size must be a power of two")
        self.words: Words = np.zeros(c.SOUND_WORDS + (3 if banded else 1) * samples // 4 + 1, np.int64)
        self.words[c.SOUND_SIZE] = samples
        self.words[c.SOUND_BANDED] = int(banded)
        self.address = int(self.words.ctypes.data)
        self.size = samples
        self._write, self._read = Entry("write_sound"), Entry("read_sound")

    @property
    def taken(self) -> int:
        """Samples read, or forgotten, since the beginning."""
        return int(self.words[c.SOUND_TAIL])

    @property
    def waiting(self) -> int:
        """Samples written and not read yet."""
        return int(self.words[c.SOUND_HEAD] - self.words[c.SOUND_TAIL])

    def write(self, sound: Samples | Banded) -> int:
        """Append what fits of ``sound`` and return how many samples that was."""
        contiguous = np.ascontiguousarray(sound, np.int16)
        if contiguous.shape[:-1] != ((3,) if self.words[c.SOUND_BANDED] else ()):
            raise MediaMisuse(f"sound of shape {contiguous.shape} is not what this ring was opened for")
        return self._write(self.address, int(contiguous.ctypes.data), contiguous.shape[-1])

    def read(self, max_samples: int) -> Samples:
        """Take out what there is, at most ``max_samples``."""
        samples = np.empty(max(0, min(max_samples, self.waiting)), np.int16)
        taken = self._read(self.address, int(samples.ctypes.data), len(samples))
        return samples[:taken]


class SoundReader:
    """A copy of a leg's sound as it passes, 8 kHz mono; made by :meth:`Leg.tap`.

    The tick writes 160 samples every 20 ms, silence included, so that what is read has the
    length of the time it took. When the reader falls behind by more than the ring holds, sound
    is dropped and silence of the same length put in its place, and :attr:`dropped` counts it.
    """

    def __init__(self, ring: SoundRing, detach: Callable[[], None]) -> None:
        self._ring = ring
        self._detach = detach
        self._closed = False
        self._on_frame: Callable[[], None] | None = None

    @property
    def on_frame(self) -> Callable[[], None] | None:
        """Called on the event loop soon after each tick that gave sound; None, at first, is nobody."""
        return self._on_frame

    @on_frame.setter
    def on_frame(self, told: Callable[[], None] | None) -> None:
        self._on_frame = told
        self._ring.words[c.SOUND_WANT_TOLD] = told is not None

    @property
    def available(self) -> int:
        """Samples that can be read now."""
        return self._ring.waiting

    @property
    def dropped(self) -> int:
        """Samples that were replaced by silence because nobody read in time."""
        return int(self._ring.words[c.SOUND_DROPPED])

    @property
    def closed(self) -> bool:
        """Whether no more sound will come: this reader or its leg was closed. What is left can be read."""
        return self._closed

    def read(self, max_samples: int = RING_SAMPLES) -> Samples:
        """Return what has come, at most ``max_samples``; an empty array when nothing has. Never waits."""
        return self._ring.read(max_samples)

    @property
    def address(self) -> int:
        """Where the ring lies, for compiled code that reads it instead of :meth:`read`; we keep it alive."""
        return self._ring.address

    def close(self) -> None:
        """Stop the copy; closing twice is nothing."""
        if not self._closed:
            self.leg_closed()
            self._detach()

    def leg_closed(self) -> None:
        """Take note that the tick has let go of the ring."""
        self._closed = True
        self._ring.words[c.SOUND_ENDED] = 1


class SoundWriter:
    """Sound that is made while it is played; made by :meth:`Leg.source`.

    The leg says what has been written as it is there, and silence while nothing is. A prompt
    takes precedence while it plays.
    """

    def __init__(self, ring: SoundRing, detach: Callable[[], None]) -> None:
        self._ring = ring
        self._detach = detach
        self._closed = False
        self._room = asyncio.Event()
        self._played = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether nothing more is played: this writer or its leg was closed, or another source opened."""
        return self._closed

    @property
    def room(self) -> int:
        """Samples that could be queued now."""
        return self._ring.size - self._ring.waiting

    @property
    def played(self) -> int:
        """Samples since the beginning that were sent, or forgotten by :meth:`clear`."""
        return self._ring.taken

    def write_nowait(self, sound: Samples | Banded) -> int:
        """Queue what there is room for and return how many samples that was."""
        self._check_open()
        return self._ring.write(sound)

    async def write(self, sound: Samples | Banded) -> None:
        """Queue all of ``sound``, waiting for room; raises :class:`SoundInterrupted` when closed."""
        done = self.write_nowait(sound)
        while done < sound.shape[-1]:
            self._room.clear()
            self._ring.words[c.SOUND_WANT_ROOM] = 1
            await self._room.wait()
            done += self.write_nowait(sound[..., done:])

    async def wait_played(self) -> None:
        """Return when the last written sample has really been sent; raises when closed before."""
        self._check_open()
        self._played.clear()
        self._ring.words[c.SOUND_WANT_PLAYED] = 1
        await self._played.wait()
        self._check_open()

    def clear(self) -> None:
        """Forget what is queued; the leg is silent within one tick."""
        self._ring.words[c.SOUND_FORGET] = self._ring.words[c.SOUND_HEAD]

    def hold(self) -> None:
        """Stop where it is; the leg is silent within one tick and what is queued waits."""
        self._ring.words[c.SOUND_HELD] = 1

    def resume(self) -> None:
        """Go on with the sample after the last one that was sent."""
        self._ring.words[c.SOUND_HELD] = 0

    def close(self) -> None:
        """End the source; what is still queued is not played. Closing twice is nothing."""
        if not self._closed:
            self._detach()
            self.leg_closed()

    def leg_closed(self) -> None:
        """Take note that the tick no longer plays this source, and let waiters go."""
        self._closed = True
        self._room.set()
        self._played.set()

    def has_room(self) -> None:
        """Take note that half of the ring is free."""
        self._room.set()

    def has_played(self) -> None:
        """Take note that everything written has been sent."""
        self._played.set()

    def _check_open(self) -> None:
        if self._closed:
            raise SoundInterrupted("the streamed sound was closed before its end")
