"""Listens to who answered a call that we made, and tells whether it is a human or a machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from media.answering_machine import Answerer, AnsweringMachineDetector, DetectionLimits
from media.errors import MediaError
from media.plane.sound_ring import SoundReader
from media.tone_follower import FRAME
from rcml.detection import MachineDetection

GRACE = 1.0
"""Seconds after the time limit in which a leg that gives no sound is still waited for."""


@dataclass(frozen=True, kw_only=True)
class FoundAnswerer:
    """Who answered."""

    answerer: Answerer
    duration: float
    """Seconds that it took to find out."""

    def told(self) -> dict[str, str]:
        """Return what an application is told."""
        return {
            "AnsweredBy": self.answerer.value,
            "MachineDetectionDuration": str(round(self.duration * 1000)),
        }


class AnswerDetection:
    """Hears an answered leg from now on, until it is known who answered or the leg ends.

    Runs without a task: the leg's ticks drive it. ``found`` is called once.
    """

    def __init__(self, leg: SipLeg, wanted: MachineDetection, found: Callable[[FoundAnswerer], None]) -> None:
        limits = DetectionLimits(
            timeout=wanted.timeout,
            speech_threshold=wanted.speech_threshold,
            speech_end_threshold=wanted.speech_end_threshold,
            silence_timeout=wanted.silence_timeout,
        )
        loop = asyncio.get_running_loop()
        self._detector = AnsweringMachineDetector(limits, until_message_end=wanted.until_message_end)
        self._found = found
        self._clock = loop.time
        self._begun = loop.time()
        self._tap: SoundReader | None = None
        self._result: asyncio.Future[FoundAnswerer] = loop.create_future()
        self._alarm = loop.call_later(wanted.timeout + GRACE, self._give_up)
        leg.ended.add_done_callback(lambda _: self._give_up())
        try:
            self._tap = leg.media.tap("in")
        except MediaError as error:
            log.get("amd").warning("amd.no_sound", error=str(error))
            self._give_up()
        else:
            self._tap.on_frame = self._turn

    async def result(self) -> FoundAnswerer:
        """Return who answered, once it is known; cancelling ends the wait and not the listening."""
        return await asyncio.shield(self._result)

    def _turn(self) -> None:
        """Take the frames that came; called after every tick of the leg."""
        while self._tap is not None and self._tap.available >= FRAME:
            answerer = self._detector.receive(self._tap.read(FRAME))
            if answerer is not None:
                self._end(answerer)

    def _give_up(self) -> None:
        self._end(self._detector.give_up())

    def _end(self, answerer: Answerer) -> None:
        if self._result.done():
            return
        self._alarm.cancel()
        tap, self._tap = self._tap, None
        if tap is not None:
            tap.close()
        found = FoundAnswerer(answerer=answerer, duration=self._clock() - self._begun)
        self._result.set_result(found)
        self._found(found)
