"""One side of a call, cut into utterances that a recogniser turns into text, one after another."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from engine.recognition.listener import FRAME, LEAD_FRAMES
from engine.recognition.recogniser import Recognition, Told
from engine.reporting import log
from engine.stopping import stopped
from media.errors import RecognitionError
from media.plane.sound_ring import SoundReader
from media.sound import Samples
from media.speech.recognised import Recognised
from media.voice_activity import VoiceActivityDetector

PAUSE_FRAMES = 25
"""Frames without speech, half a second beyond what the detector itself waits, that end an utterance."""
LONGEST_FRAMES = 1500
"""Frames of one utterance, 30 s; who goes on speaking begins the next one."""
MOST_WAITING = 20
"""Utterances whose text is waited for; more come from a recogniser that is too slow."""

Begin = Callable[[Told], Recognition]


@dataclass(frozen=True, kw_only=True)
class Understood:
    """Who is told what a track says."""

    partial: Callable[[str], None]
    final: Callable[[Recognised], None]
    failed: Callable[[str], None]
    followed: Callable[[bool], None] = lambda speaking: None
    """Called with each frame, before it is taken into an utterance: whether it belongs to speech."""


class TranscribedTrack:
    """Follows one tap. Texts come in the order in which they were spoken."""

    def __init__(
        self, tap: SoundReader, begin: Begin, understood: Understood, *, pause_frames: int = PAUSE_FRAMES
    ) -> None:
        """``pause_frames`` without speech end an utterance."""
        self._tap = tap
        self._begin = begin
        self._understood = understood
        self._pause_frames = pause_frames
        self._activity = VoiceActivityDetector()
        self._lead: deque[Samples] = deque(maxlen=LEAD_FRAMES)
        self._recognition: Recognition | None = None
        self._frames = 0
        self._silent_frames = 0
        self._was_slow = False
        self._stopped = False
        self._spoken: asyncio.Queue[Recognition | None] = asyncio.Queue()
        self._deciding = asyncio.create_task(self._decide(), name="transcribed track")
        tap.on_frame = self._turn

    def stop(self) -> None:
        """Hear no more; what was said so far is still told."""
        if self._stopped:
            return
        self._stopped = True
        self._tap.close()
        # It knows us, and we know it: a circle, which would be freed by a garbage collection only.
        self._tap.on_frame = None
        self._end_utterance()
        self._spoken.put_nowait(None)

    async def finish(self) -> None:
        """Return when everything said has been told, after :meth:`stop`; cancelling gives it up."""
        try:
            await asyncio.shield(self._deciding)
        finally:
            await stopped(self._deciding)

    def _turn(self) -> None:
        """Take the frames that came; called after every tick of the leg."""
        while self._tap.available >= FRAME:
            self._hear(self._tap.read(FRAME))

    def _hear(self, frame: Samples) -> None:
        self._activity.receive(frame)
        self._understood.followed(self._activity.active)
        if self._stopped:
            return
        self._lead.append(frame)
        if self._recognition is None:
            if self._activity.active and self._keeps_up():
                self._begin_utterance()
            return
        self._recognition.hear(frame)
        self._frames += 1
        was_silent = self._silent_frames
        self._silent_frames = 0 if self._activity.active else was_silent + 1
        if self._silent_frames == 1:
            self._recognition.pause()
        if self._silent_frames >= self._pause_frames or self._frames >= LONGEST_FRAMES:
            self._end_utterance()

    def _keeps_up(self) -> bool:
        slow = self._spoken.qsize() >= MOST_WAITING
        if slow and not self._was_slow:
            self._understood.failed("it is so slow that what was said is left out")
        self._was_slow = slow
        return not slow

    def _begin_utterance(self) -> None:
        told = Told(
            partial=self._understood.partial, phrase_ended=lambda: None, problem=self._understood.failed
        )
        self._recognition = self._begin(told)
        self._frames = self._silent_frames = 0
        for earlier in self._lead:
            self._recognition.hear(earlier)

    def _end_utterance(self) -> None:
        recognition, self._recognition = self._recognition, None
        self._lead.clear()
        if recognition is not None:
            self._spoken.put_nowait(recognition)

    async def _decide(self) -> None:
        """Find out what each utterance was, until there are no more."""
        try:
            while (recognition := await self._spoken.get()) is not None:
                try:
                    await self._tell(recognition)
                finally:
                    await _closed(recognition)
        finally:
            while not self._spoken.empty():
                await _closed(self._spoken.get_nowait())

    async def _tell(self, recognition: Recognition) -> None:
        try:
            found = await recognition.result()
        except RecognitionError as error:
            self._understood.failed(str(error))
        except Exception:
            # An invariant of ours broke: this utterance is lost alone, and the trace is in the log.
            log.get("speech").exception("transcription.broken")
            self._understood.failed("an internal error; the log has its trace")
        else:
            if found:
                self._understood.final(found)


async def _closed(recognition: Recognition | None) -> None:
    if recognition is not None:
        with suppress(RecognitionError):
            await recognition.close()
