"""A party's own voice, given back to them as it comes."""

from __future__ import annotations

import asyncio

from media.plane.leg import Leg
from media.plane.sound_ring import SoundReader, SoundWriter


async def echo(leg: Leg, seconds: float | None) -> None:
    """Return after as many seconds, or never; raises ``MediaError`` when the sound cannot be had."""
    heard = leg.tap("in")
    try:
        played = leg.source()
        heard.on_frame = lambda: _give_back(heard, played)
        try:
            await asyncio.sleep(seconds) if seconds is not None else await asyncio.Future[None]()
        finally:
            played.close()
    finally:
        heard.close()


def _give_back(heard: SoundReader, played: SoundWriter) -> None:
    sound = heard.read()
    if not played.closed:
        played.write_nowait(sound)
