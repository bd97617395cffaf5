"""Listening to who answered, in virtual time: the leg is a value that gives frames."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from engine.conversations.answer_detection import AnswerDetection, FoundAnswerer
from media.answering_machine import Answerer
from media.errors import MediaMisuse
from media.sound import Samples
from rcml.detection import MachineDetection
from tests.testkit.speaking_tap import SpeakingTap, voice
from tests.testkit.virtual_loop import run_virtual


def story(
    sound: Samples | None, wanted: MachineDetection, leaves_after: float | None = None
) -> list[FoundAnswerer]:
    async def main() -> list[FoundAnswerer]:
        found: list[FoundAnswerer] = []
        tap, ended = SpeakingTap(sound), asyncio.get_running_loop().create_future()
        leg: Any = SimpleNamespace(ended=ended, media=SimpleNamespace(tap=lambda side: tap))
        detection = AnswerDetection(leg, wanted, found.append)
        if leaves_after is not None:
            asyncio.get_running_loop().call_later(leaves_after, ended.set_result, None)
        assert await detection.result() is found[0]
        assert tap.closed
        await asyncio.sleep(0)
        return found

    return run_virtual(main())


def test_who_answered_is_told_once_with_the_time_that_it_took():
    (found,) = story(voice(9), MachineDetection())
    assert found.answerer is Answerer.MACHINE_START
    assert 2400 <= int(found.told()["MachineDetectionDuration"]) <= 2700
    assert found.told()["AnsweredBy"] == "machine_start"


def test_who_leaves_before_it_is_known_is_unknown():
    (found,) = story(voice(9), MachineDetection(), leaves_after=1.0)
    assert found.answerer is Answerer.UNKNOWN
    assert found.duration == pytest.approx(1.0)


def test_a_leg_that_gives_no_sound_is_given_up():
    (found,) = story(None, MachineDetection(timeout=10.0))
    assert found.answerer is Answerer.UNKNOWN
    assert found.duration == pytest.approx(11.0)


def test_a_leg_without_sound_is_unknown_at_once():
    def refuse(side: str) -> SpeakingTap:
        raise MediaMisuse("the leg is closed")

    async def main() -> FoundAnswerer:
        ended = asyncio.get_running_loop().create_future()
        leg: Any = SimpleNamespace(ended=ended, media=SimpleNamespace(tap=refuse))
        return await AnswerDetection(leg, MachineDetection(), lambda found: None).result()

    assert run_virtual(main()).answerer is Answerer.UNKNOWN
