"""Follows a caller's sound: where speech begins and ends, and what is said between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine.recognition.library import Begin
from engine.recognition.recogniser import Recognition
from engine.reporting import log
from engine.stopping import stopped
from media.plane.sound_ring import SoundReader
from media.sound import Samples
from media.speech.recognised import Recognised
from media.voice_activity import VoiceActivityDetector

FRAME = 160
LEAD_FRAMES = 15
"""Frames, 0.3 s, from before speech was noticed that belong to it: words begin softly."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Who is told what the caller does."""

    began: Callable[[], None]
    ended: Callable[[], None]
    understood: Callable[[Recognised], None]


class SpeechListener:
    """Listens to one tap until it is closed; an utterance begins with the first sound of speech."""

    def __init__(self, tap: SoundReader, begin: Begin, heard: Heard) -> None:
        self._tap = tap
        self._begin = begin
        self._heard = heard
        self._activity = VoiceActivityDetector()
        self._lead: deque[Samples] = deque(maxlen=LEAD_FRAMES)
        self._active = False
        self._recognition: Recognition | None = None
        self._deciding: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        tap.on_frame = self._turn

    def decide(self) -> None:
        """The utterance is over: find out what it was, and tell."""
        if self._recognition is not None and self._deciding is None:
            self._deciding = asyncio.create_task(self._decide(self._recognition))

    def forget(self) -> None:
        """Give the utterance up; speech from now on is another."""
        recognition, self._recognition = self._recognition, None
        deciding, self._deciding = self._deciding, None
        if deciding is not None:
            deciding.cancel()
        if recognition is not None:
            closing = asyncio.create_task(recognition.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        self._active = False

    async def close(self) -> None:
        """Stop listening and let go of everything."""
        self._tap.close()
        deciding = self._deciding
        self.forget()
        if deciding is not None:
            await stopped(deciding)
        if self._closing:
            await asyncio.wait(self._closing)

    def _turn(self) -> None:
        """Take the frames that came; called after every tick of the leg."""
        while self._tap.available >= FRAME:
            self._hear(self._tap.read(FRAME))

    def _hear(self, frame: Samples) -> None:
        self._activity.receive(frame)
        # While it is decided what was said, nothing more is taken into it.
        if self._deciding is not None:
            return
        if self._recognition is not None:
            self._recognition.hear(frame)
        self._lead.append(frame)
        if self._activity.active == self._active:
            return
        self._active = self._activity.active
        if not self._active:
            assert self._recognition is not None
            self._recognition.pause()
            self._heard.ended()
            return
        if self._recognition is None:
            self._recognition = self._begin()
            for earlier in self._lead:
                self._recognition.hear(earlier)
        self._heard.began()

    async def _decide(self, recognition: Recognition) -> None:
        try:
            found = await recognition.result()
        except Exception:
            # An invariant of ours broke: the caller was not understood, and the trace is in the log.
            log.get("speech").exception("speech.recognition_broke")
            found = Recognised()
        self._deciding = None
        self.forget()
        self._heard.understood(found)
