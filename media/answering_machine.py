"""Telling who answered a call, a human or a machine, from how long they speak, pause and beep.

People say a word or two and wait; machines go on. No clock: time is counted in frames.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from media.sound import Samples
from media.tone import DTMF_COLUMNS, DTMF_ROWS, RINGBACK
from media.tone_follower import FRAME, FRAME_SECONDS, Tone, ToneFollower
from media.voice_activity import HANG_OVER_SECONDS, VoiceActivityDetector

LONGEST_BEEP = 4.0
"""Seconds; what lasts longer is a dial tone."""
MOST_TONES = 2
"""Tones in a row that are a beep; three or more are a melody, or the special information tone (E.180)."""
FAX_HZ = (2050.0, 2150.0)
FAX_SECONDS = 1.0
"""The answer tone of a fax machine, 2100 Hz for at least 2.6 s (T.30), is known for what it is after this."""
NETWORK_TONES = (RINGBACK["us"][0], RINGBACK["uk"][0], (480.0, 620.0))
"""Ringing and busy (E.180 Supplement 2), which an exchange that has answered plays too."""
SAME_TONE = 0.025
"""How far, as a part of it, a frequency may be off: keys are 1.8 % at most (Q.23), and we measure 0.5 %."""
VOICE_HZ = (120.0, 500.0)
SAME_PITCH = 0.04
"""Two frequencies that are neighbouring multiples of such a pitch may be a voice, or a chord of two."""
SHORTEST_VOICE = 0.1
"""Seconds of sound below which nothing was said: a click of the line, a breath."""
MESSAGE_END_SILENCE = 2.5
"""Seconds without sound after which a greeting is over though no beep came."""
_SHORTEST_TONE = 0.06
"""Seconds after which a tonal sound is taken for no voice."""


class Answerer(enum.Enum):
    """Who answered; the value is `AnsweredBy`."""

    HUMAN = "human"
    MACHINE_START = "machine_start"
    MACHINE_END_BEEP = "machine_end_beep"
    MACHINE_END_SILENCE = "machine_end_silence"
    MACHINE_END_OTHER = "machine_end_other"
    FAX = "fax"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class DetectionLimits:
    """By what a machine is known. All are seconds."""

    timeout: float = 30.0
    """How long it is listened at all."""
    speech_threshold: float = 2.4
    """Who speaks for so long is a machine."""
    speech_end_threshold: float = 1.2
    """Who is silent for so long after speaking for less is a human."""
    silence_timeout: float = 5.0
    """Who says nothing for so long from the beginning is not known."""


class AnsweringMachineDetector:
    """Hears the first seconds of an answered call, frame by frame (160 samples at 8000 a second).

    With ``until_message_end`` a machine is told when its greeting is over and it can be spoken to.
    """

    def __init__(self, limits: DetectionLimits, *, until_message_end: bool) -> None:
        self._limits = limits
        self._until_message_end = until_message_end
        self._activity = VoiceActivityDetector()
        self._tones = ToneFollower()
        self._heard = 0.0
        self._voice = 0.0
        """Seconds of speech, pauses left out."""
        self._last_sound = 0.0
        self._was_active = False
        self._is_machine = False

    @property
    def heard(self) -> float:
        """Seconds that were listened to."""
        return self._heard

    def receive(self, frame: Samples) -> Answerer | None:
        """Take the next frame; return who answered as soon as it is known."""
        assert len(frame) == FRAME, "sound comes in frames of 20 ms"
        self._heard += FRAME_SECONDS
        tone = self._tones.receive(frame)
        self._follow_voice(frame)
        if self._is_fax():
            return Answerer.FAX
        if tone is not None and _is_beep(tone):
            return Answerer.MACHINE_END_BEEP if self._until_message_end else Answerer.MACHINE_START
        return self._of_greeting() if self._is_machine else self._of_first_words()

    def give_up(self) -> Answerer:
        """The time is over, or the party has gone: return what is known."""
        return Answerer.MACHINE_END_OTHER if self._is_machine else Answerer.UNKNOWN

    def _follow_voice(self, frame: Samples) -> None:
        self._activity.receive(frame)
        active = self._activity.active
        if active:
            self._last_sound = self._heard
            if self._tones.sounding < _SHORTEST_TONE:
                self._voice += FRAME_SECONDS
        elif self._was_active:
            # The detector of voices waits a little before it takes a pause for one.
            self._voice = max(0.0, self._voice - HANG_OVER_SECONDS)
            self._last_sound = self._heard - HANG_OVER_SECONDS
        self._was_active = active

    def _of_first_words(self) -> Answerer | None:
        limits = self._limits
        silence = self._heard - self._last_sound
        if self._voice >= limits.speech_threshold:
            self._is_machine = True
            return None if self._until_message_end else Answerer.MACHINE_START
        if self._was_active:
            return self._out_of_time()
        if self._voice >= SHORTEST_VOICE and silence >= limits.speech_end_threshold:
            return Answerer.HUMAN
        if self._voice < SHORTEST_VOICE and self._heard >= limits.silence_timeout:
            return Answerer.UNKNOWN
        return self._out_of_time()

    def _of_greeting(self) -> Answerer | None:
        if not self._was_active and self._heard - self._last_sound >= MESSAGE_END_SILENCE:
            return Answerer.MACHINE_END_SILENCE
        return self._out_of_time()

    def _out_of_time(self) -> Answerer | None:
        return self.give_up() if self._heard >= self._limits.timeout else None

    def _is_fax(self) -> bool:
        low, high = FAX_HZ
        sounding = self._tones.frequencies
        is_its_tone = len(sounding) == 1 and low <= sounding[0] <= high
        return is_its_tone and self._tones.sounding >= FAX_SECONDS


def _is_beep(tone: Tone) -> bool:
    if tone.seconds > LONGEST_BEEP or tone.place > MOST_TONES:
        return False
    return len(tone.frequencies) == 1 or not _has_other_meaning(*tone.frequencies)


def _has_other_meaning(low: float, high: float) -> bool:
    """Say whether two frequencies are a key, a tone of the network or two neighbours of a voice."""
    if _is_any(low, DTMF_ROWS) and _is_any(high, DTMF_COLUMNS):
        return True
    if any(_is_any(low, (first,)) and _is_any(high, (second,)) for first, second in NETWORK_TONES):
        return True
    pitch = high - low
    return VOICE_HZ[0] <= pitch <= VOICE_HZ[1] and abs(low / pitch - round(low / pitch)) < SAME_PITCH


def _is_any(frequency: float, known: Sequence[float]) -> bool:
    return any(abs(frequency - each) <= SAME_TONE * each for each in known)
