"""An echo in virtual time: what is heard is given back, and everything is let go of."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from engine.conversations.echo import echo
from media.errors import MediaMisuse
from media.plane.sound_ring import SoundReader, SoundRing, SoundWriter
from tests.testkit.virtual_loop import run_virtual


class Leg:
    def __init__(self, *, with_source: bool = True) -> None:
        self.spoken, self.answered = SoundRing(), SoundRing()
        self.detached: list[str] = []
        self._with_source = with_source

    def tap(self, side: str) -> SoundReader:
        self.reader = SoundReader(self.spoken, lambda: self.detached.append(side))
        return self.reader

    def source(self) -> SoundWriter:
        if not self._with_source:
            raise MediaMisuse("the leg is closed")
        return SoundWriter(self.answered, lambda: self.detached.append("source"))

    def speaks(self, sound: np.ndarray[Any, np.dtype[np.int16]]) -> None:
        self.spoken.write(sound)
        assert self.reader.on_frame is not None
        self.reader.on_frame()


def test_what_is_said_is_heard_again_until_the_time_is_over():
    async def main() -> None:
        leg: Any = Leg()
        running = asyncio.ensure_future(echo(leg, 10.0))
        await asyncio.sleep(1)
        said = np.arange(160, dtype=np.int16)
        leg.speaks(said)
        assert np.array_equal(leg.answered.read(200), said)
        await running
        assert asyncio.get_running_loop().time() == pytest.approx(10.0)
        assert leg.detached == ["source", "in"]
        leg.speaks(said)
        assert leg.answered.waiting == 0

    run_virtual(main())


def test_an_echo_without_an_end_ends_with_its_task():
    async def main() -> None:
        leg: Any = Leg()
        running = asyncio.ensure_future(echo(leg, None))
        await asyncio.sleep(1e6)
        running.cancel()
        await asyncio.wait((running,))
        assert leg.detached == ["source", "in"]

    run_virtual(main())


def test_a_leg_that_plays_nothing_keeps_no_tap():
    async def main() -> None:
        leg: Any = Leg(with_source=False)
        with pytest.raises(MediaMisuse):
            await echo(leg, 1.0)
        assert leg.detached == ["in"]

    run_virtual(main())
