"""Memory that the tick reads or writes by its address, kept alive until the tick has let go of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.errors import SoundInterrupted
from media.plane.sound_ring import SoundReader, SoundRing
from media.sound import Samples

if TYPE_CHECKING:
    from media.prompts import Prompt

RATE = 8000


def _playable(prompt: Prompt, loops: int) -> Samples:
    """Return the samples of a prompt as the tick takes them; raises :class:`MediaMisuse`."""
    if prompt.rate != RATE:
        raise MediaMisuse(f"{prompt.name} has {prompt.rate} samples a second; legs play {RATE}")
    if loops < 0:
        raise MediaMisuse(f"{loops} loops: give how often to play, or 0 for without end")
    return np.ascontiguousarray(prompt.samples, np.int16)


class Lent:
    """What one leg or room has lent: prompts, key strings and sound rings, each under a number.

    ``post`` posts a command about the ``owner`` ("leg" or "room"), in whose row the tick knows the numbers.
    """

    def __init__(self, owner: str, post: Callable[..., None]) -> None:
        self._owner = owner
        self._post = post
        self._numbers = count(1)
        self._held: dict[int, Any] = {}
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._readers: dict[int, SoundReader] = {}

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, memory: Any) -> int:
        """Keep ``memory`` until the tick has let go of it, and give it a number."""
        number = next(self._numbers)
        self._held[number] = memory
        return number

    def play(self, prompt: Prompt, loops: int) -> Coroutine[Any, Any, None]:
        """Have the tick play a prompt and wait for its end, as :meth:`run`; raises :class:`MediaMisuse`."""
        return self.play_samples(_playable(prompt, loops), loops, prompt.bands)

    def play_samples(
        self, samples: Samples, loops: int = 1, bands: Samples | None = None
    ) -> Coroutine[Any, Any, None]:
        """Have the tick play ``samples``, or their ``bands`` to who hears wideband, and wait for the end."""
        bands = None if bands is None else np.ascontiguousarray(bands, np.int16)
        address = 0 if bands is None else int(bands.ctypes.data)
        return self.run(c.PLAY_PROMPT, c.STOP_PROMPT, samples, loops, address, beside=bands)

    async def run(self, start: int, stop: int, memory: Any, *arguments: int, beside: Any = None) -> None:
        """Have the tick work through an array, and what it needs ``beside``, and wait for its end.

        Cancelling stops it.
        """
        if len(memory) == 0:
            return
        number = self.hold((memory, beside))
        done = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._post(start, number, int(memory.ctypes.data), len(memory), *arguments)
        try:
            await done
        except asyncio.CancelledError:
            self._post(stop, number)
            raise

    def tap(self, direction: int) -> SoundReader:
        """Have the tick copy what passes; raises :class:`MediaMisuse` when it does for ``TAPS`` already."""
        if len(self._readers) >= c.TAPS:
            raise MediaMisuse(f"a {self._owner} has at most {c.TAPS} taps; close one first")
        ring = SoundRing()
        number = self.hold(ring)

        def detach() -> None:
            self._readers.pop(number, None)
            self._post(c.REMOVE_TAP, number)

        reader = self._readers[number] = SoundReader(ring, detach)
        self._post(c.ADD_TAP, number, ring.address, direction)
        return reader

    def tapped(self, number: int) -> None:
        """Take note that a tap was given a frame."""
        reader = self._readers.get(number)
        if reader is not None and reader.on_frame is not None:
            # By way of the loop, so that a callback that raises stops nothing else.
            asyncio.get_running_loop().call_soon(reader.on_frame)

    def returned(self, number: int, interrupted: bool = False) -> None:
        """Take note that the tick no longer touches ``number``, because it ended or was ``interrupted``."""
        self._held.pop(number, None)
        done = self._waiting.pop(number, None)
        if done is None or done.done():
            return
        if interrupted:
            done.set_exception(SoundInterrupted("another sound took the place of this one"))
        else:
            done.set_result(None)

    def all_returned(self) -> None:
        """Take note that the tick has let go of the owner's row."""
        for done in self._waiting.values():
            if not done.done():
                done.set_exception(SoundInterrupted(f"the {self._owner} was closed"))
        for reader in self._readers.values():
            reader.leg_closed()
        self._waiting.clear()
        self._held.clear()
        self._readers.clear()
        # Nobody hears a command any more; and who posts them holds us, which only a collection would undo.
        self._post = lambda *command: None
