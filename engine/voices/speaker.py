"""Says a text to a leg while it is still being made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing, contextmanager

from engine.voices.library import SpeechBroken, Tell, VoiceLibrary
from media.plane.leg import Leg
from media.plane.sound_ring import SoundWriter
from media.sound import Banded, Samples
from media.speech.tts import spoken_prompt
from rcml.call import Speech


async def say(voices: VoiceLibrary, speech: Speech, leg: Leg, tell: Tell) -> None:
    """Say a text as often as it asks for, and return when the last sample was sent.

    The first time is heard as it is made, what follows from memory; a text that broke off is not begun
    anew. Cancelling ends the sound within one tick. Raises :class:`media.errors.SpeechError` when nobody
    can say it, and what :meth:`Leg.play` raises.
    """
    known = voices.find(speech, wide=leg.wideband)
    if known is not None:
        await leg.play(known, speech.loops)
        return
    parts = await _say_once(voices, speech, leg, tell)
    if parts and speech.loops != 1:
        # One time was said; 0 is without end.
        again = voices.find(speech, wide=leg.wideband) or spoken_prompt(speech.text, parts)
        await leg.play(again, max(0, speech.loops - 1))


async def _say_once(voices: VoiceLibrary, speech: Speech, leg: Leg, tell: Tell) -> list[Samples | Banded]:
    """Return what was said, nothing when it broke off."""
    parts: list[Samples | Banded] = []
    wide = leg.wideband
    # The source is closed first: whoever is interrupted falls silent before the voice is told.
    async with aclosing(voices.stream(speech, tell, wide=wide)) as sound:
        with _source_of(leg, wide) as writer:
            try:
                async for samples in sound:
                    parts.append(samples)
                    await writer.write(samples)
            except SpeechBroken:
                parts = []
            await writer.wait_played()
    return parts


@contextmanager
def _source_of(leg: Leg, wide: bool) -> Iterator[SoundWriter]:
    writer = leg.source(banded=wide)
    try:
        yield writer
    finally:
        writer.close()
