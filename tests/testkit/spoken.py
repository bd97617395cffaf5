"""Sound that says something: espeak-ng's voice as a caller's."""

import numpy as np

from media.sound import Samples
from media.speech.espeak import EspeakEngine
from media.speech.tts import SpeechSynthesizer
from media.speech.wording import Wording

_KEPT: dict[tuple[str, str], Samples] = {}


async def spoken(text: str, voice: str = "man", *, silence: tuple[float, float] = (0.0, 0.2)) -> Samples:
    """Return ``text`` as a caller would say it, at 8000 samples a second, with a little noise of the line.

    ``silence`` is how many seconds of it come before and after.
    """
    if (text, voice) not in _KEPT:
        synthesizer = SpeechSynthesizer(EspeakEngine())
        try:
            _KEPT[text, voice] = (
                await synthesizer.synthesize(Wording(text=text, voice=voice, language="en-us"))
            ).samples
        finally:
            await synthesizer.close()
    before, after = (np.zeros(round(seconds * 8000), np.int16) for seconds in silence)
    said = np.concatenate((before, _KEPT[text, voice], after))
    noise = np.random.default_rng(1).normal(0.0, 20.0, len(said))
    return np.clip(said * 0.6 + noise, -32768, 32767).astype(np.int16)
