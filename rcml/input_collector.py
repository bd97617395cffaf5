"""When an input of keys, speech or both is complete: Gather's rules without a clock."""

from __future__ import annotations

import enum

from rcml.call import Collected, CollectRequest, InputKind
from rcml.key_collector import KeyCollector

AUTO_PAUSE = 0.7
"""Seconds of silence that end what is said when the document leaves that to us."""
DECIDED_WITHIN = 8.0
"""Seconds a recogniser has, after the last word, to say what was said."""


class Voice(enum.Enum):
    """How far the caller's speech has come."""

    SILENT = "silent"
    SPEAKING = "speaking"
    PAUSING = "pausing"
    """They stopped; perhaps for a breath."""
    SPOKEN = "spoken"
    """They are done; what they said is not known yet."""


class InputCollector:
    """Takes keys, the beginnings and ends of speech, and time; the first input to complete wins.

    Speech that turns out to be no words, a cough or a door, is forgotten, and the wait for the first
    input ends when it would have ended without. Time is an argument, in seconds of any monotonic clock.
    """

    def __init__(self, request: CollectRequest) -> None:
        self._request = request
        self._keys = KeyCollector(request)
        self._pause = AUTO_PAUSE if request.pause_within is None else request.pause_within
        self._until = 0.0
        """When the present state of the voice ends by itself."""
        self._speech_ends = 0.0
        self._spoke = False
        self._speech = Collected()
        self._over = False
        self.voice = Voice.SILENT

    @property
    def started(self) -> bool:
        """Whether a key was accepted or speech began, which silences the prompts."""
        return self._keys.started or self._spoke

    @property
    def waiting_for_prompts(self) -> bool:
        """Whether the time for the first input has not begun to run."""
        return self._keys.deadline is None

    @property
    def finished(self) -> bool:
        return self._over or self._keys.finished

    @property
    def collected(self) -> Collected:
        """What the caller said or pressed."""
        return self._speech if self._speech else Collected(digits=self._keys.digits)

    @property
    def deadline(self) -> float | None:
        """When :meth:`pass_time` has something to do; None while prompts play and nothing happened."""
        ends = [] if self.voice is Voice.SILENT else [self._until]
        if self._keys.deadline is not None and (self.voice is Voice.SILENT or self._keys.digits):
            ends.append(self._keys.deadline)
        return min(ends, default=None)

    def press(self, key: str, now: float) -> None:
        """Take a key."""
        if InputKind.DTMF in self._request.kinds:
            self._keys.press(key, now)

    def prompts_ended(self, now: float) -> None:
        """Start the wait for the first input; keys pressed already have their own time."""
        if not self._keys.digits:
            self._keys.prompts_ended(now)

    def voice_began(self, now: float) -> None:
        """The caller begins to speak, or goes on after a pause."""
        if self.voice is Voice.SILENT:
            self._spoke = True
            self._speech_ends = now + self._request.speech_limit
        if self.voice is not Voice.SPOKEN:
            self.voice = Voice.SPEAKING
            self._until = self._speech_ends

    def voice_ended(self, now: float) -> None:
        """The caller has fallen silent."""
        if self.voice is Voice.SPEAKING:
            self.voice = Voice.PAUSING
            self._until = min(now + self._pause, self._speech_ends)

    def phrase_ended(self, now: float) -> None:
        """The recogniser holds that a sentence is complete; that counts when the pause is left to us."""
        if self.voice is Voice.PAUSING and self._request.pause_within is None:
            self._until = now

    def understood(self, words: str, confidence: float) -> None:
        """Take what the recogniser makes of it all; no words are no input."""
        self.voice = Voice.SILENT
        if words:
            self._speech = Collected(speech=words, confidence=confidence)
            self._over = True

    def pass_time(self, now: float) -> None:
        """Take note of what ended by itself until ``now``."""
        if self.deadline is None or now < self.deadline:
            return
        keys_end = self._keys.deadline if self._keys.digits else None
        if self.voice is Voice.SILENT or (keys_end is not None and now >= keys_end):
            self._over = True
        elif self.voice is Voice.SPOKEN:
            self.voice = Voice.SILENT
        else:
            self.voice = Voice.SPOKEN
            self._until = now + DECIDED_WITHIN
