"""How people and machines answer the telephone, made of espeak-ng's voices, beeps, noise and levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from media.answering_machine import AnsweringMachineDetector, DetectionLimits
from media.codecs import g711
from media.sound import Samples, amplitude_of
from media.speech.espeak import EspeakEngine
from media.speech.tts import SpeechSynthesizer
from media.speech.wording import Wording
from media.tone import tone
from media.tone_follower import FRAME

RATE = 8000


@dataclass(frozen=True)
class Greeting:
    """What is heard when a call is answered; ``[0.8]`` in the text is a pause of 0.8 s."""

    text: str
    is_machine: bool
    language: str = "en-us"
    beep: tuple[float | tuple[float, float], float] | None = None
    """Hz, of one tone or of two at once, and seconds; it comes half a second after the last word."""

    @property
    def expected(self) -> str:
        """Return who is found when the end of a message is waited for."""
        if not self.is_machine:
            return "human"
        return "machine_end_beep" if self.beep else "machine_end_silence"


PEOPLE = (
    "Hello?", "Hi.", "Yes?", "Hello, this is Bob.", "Good morning.", "Smith residence.", "Yeah, hello?",
    "Anna speaking.", "Hello. [0.7] Hello?", "Hey, what's up?", "Jones.", "Good evening, Miller here.",
    "Hi, this is Carol.", "Yes, speaking.", "Front desk.", "Who is this?", "Doctor Brown's office.",
    "One moment. [0.5] Yes?", "Hello, hello?", "Sales department, hello.", "Uh, hello?", "Pizza Roma, hi.",
)  # fmt: skip
MACHINES = (
    "Hi, you have reached Bob. Please leave a message after the tone.",
    "The person you are calling is not available. Please record your message.",
    "Hello. [0.6] We cannot come to the phone right now. [0.4] Leave your name and number after the beep.",
    "You have reached the voice mailbox of extension four seven one one. Record your message at the tone.",
    "Thank you for calling Acme. Our office is closed. Please call again between nine and five.",
    "Hi, this is Anna. I can't take your call, so do what you have to do after the beep. Thank you!",
    "Your call has been forwarded to an automatic voice message system. [0.5] Five five five. [0.4] One two"
    " three four. [0.5] Is not available. At the tone, please record your message.",
    "Hey it's Mike, I'm out surfing or asleep, leave me a message and I will call you back.",
    "This mailbox is not attended. Please write to us instead.",
    "Good day. [0.9] This is the Miller family. [0.9] Nobody is at home. [0.8] Leave a message please.",
    "All our agents are busy just now. Please leave your number and we will call you as soon as we can.",
)
WORDY_PEOPLE = (
    "Good morning, thank you for calling Acme, this is Anna speaking, how may I help you today?",
    "Hello, Miller and Sons, plumbing and heating, you are talking to Frank, what can I do for you?",
)
"""Those who answer as a machine does, so that most are taken for one."""
TERSE_MACHINES = ("Leave a message.", "After the tone, please.", "Bob's phone.")
"""Those who say as little as people do: known by their beep only."""
BEEPS = ((1000.0, 0.5), (1400.0, 0.25), (440.0, 1.0), (850.0, 0.4), (2000.0, 0.2), (620.0, 0.3))
DOUBLE_BEEPS = (
    ((350.0, 440.0), 0.6),
    ((1000.0, 2000.0), 0.4),
    ((1400.0, 2060.0), 0.25),
    ((850.0, 1150.0), 0.9),
)


def greetings() -> list[Greeting]:
    """Return them all: people, and each machine with and without a beep, some also with one of two tones."""
    found = [Greeting(text, is_machine=False) for text in (*PEOPLE, *WORDY_PEOPLE)]
    found += [Greeting(text, is_machine=True, beep=BEEPS[0]) for text in TERSE_MACHINES]
    for number, text in enumerate(MACHINES):
        beep = BEEPS[number % len(BEEPS)]
        found += [Greeting(text, is_machine=True, beep=beep), Greeting(text, is_machine=True)]
    found += [
        Greeting(text, is_machine=True, beep=beep) for text, beep in zip(MACHINES, DOUBLE_BEEPS, strict=False)
    ]
    return found


def judge(line: Samples, *, until_message_end: bool) -> tuple[str, float]:
    """Return who answered and after how many seconds that was known."""
    detector = AnsweringMachineDetector(DetectionLimits(), until_message_end=until_message_end)
    for at in range(0, len(line) - FRAME + 1, FRAME):
        answerer = detector.receive(line[at : at + FRAME])
        if answerer is not None:
            return answerer.value, detector.heard
    return detector.give_up().value, detector.heard


class Answers:
    """Speaks greetings as they come over a telephone line; ``seed`` decides noise, level and voice."""

    def __init__(self) -> None:
        self._synthesizer = SpeechSynthesizer(EspeakEngine())

    async def close(self) -> None:
        await self._synthesizer.close()

    async def line(self, greeting: Greeting, seed: int, noise_dbfs: float | None = None) -> Samples:
        """Return 16 seconds and more from the answer on, at 8000 samples a second.

        Speech lies 8 dB above the noise at least, and mostly far above.
        """
        random = np.random.default_rng(seed)
        voice = ("man", "woman")[int(random.integers(2))]
        parts = [_silence(float(random.uniform(0.1, 1.2)))]
        for piece in greeting.text.split("["):
            pause, _, words = piece.rpartition("]")
            parts += [_silence(float(pause or 0.0)), await self._say(words.strip(), voice, greeting.language)]
        level = float(random.uniform(-34.0, -12.0))
        said = _at_level(np.concatenate(parts), level)
        if greeting.beep is not None:
            frequency, seconds = greeting.beep
            peak = float(random.uniform(-24.0, -8.0))
            said = np.concatenate(
                (said, _silence(float(random.uniform(0.2, 1.5))), tone(frequency, seconds, level_dbfs=peak))
            )
        said = np.concatenate((said, _silence(max(6.0, 16.0 - len(said) / RATE))))
        floor = float(random.uniform(-70.0, -42.0)) if noise_dbfs is None else noise_dbfs
        noise = random.normal(0.0, amplitude_of(floor), len(said))
        heard = np.clip(np.rint(said + noise), -32768, 32767).astype(np.int16)
        return g711.decode_mulaw(g711.encode_mulaw(heard))

    async def _say(self, words: str, voice: str, language: str) -> Samples:
        wording = Wording(text=words, voice=voice, language=language)
        return _trimmed((await self._synthesizer.synthesize(wording)).samples)


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)


def _trimmed(sound: Samples) -> Samples:
    """Cut off the silence that the voice puts around what it says."""
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 200)
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound


def _at_level(sound: Samples, dbfs: float) -> Samples:
    """Return the sound with its loud half at this level."""
    wide = sound.astype(np.float64)
    loud = np.abs(wide)[np.abs(wide) > 300]
    scale = amplitude_of(dbfs) / (float(np.sqrt((loud**2).mean())) if len(loud) else 1.0)
    return np.clip(np.rint(wide * scale), -32768, 32767).astype(np.int16)
