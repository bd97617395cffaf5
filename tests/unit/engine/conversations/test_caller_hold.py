"""Hold and Resume of a leg (rcml.md 5.15, 5.16), in virtual time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from engine.conversations.caller_hold import CallerHold
from engine.legs.leg_ended import LegEnded
from media.plane.errors import SoundInterrupted
from media.sdp import Direction
from rcml.call import PlaybackFailed, Sound
from rcml.referring import Change, Changed
from sip.events import EndCause
from tests.testkit.virtual_loop import run_virtual

MUSIC = Sound(url="http://app.test/music.wav", loops=0)


class Leg:
    """A leg whose telephone answers each offer with the next status; 0 is no answer, and the end."""

    def __init__(self, *statuses: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[LegEnded] = self.loop.create_future()
        self.on_offer_decided: Any = None
        self.direction = Direction.SENDRECV
        self.offered: list[str] = []
        self.playing = 0
        self.media = SimpleNamespace(play=self._play)
        self._statuses = list(statuses)

    @property
    def gone(self) -> bool:
        return self.ended.done()

    def offer_direction(self, direction: Direction) -> bool:
        if self.gone or direction is self.direction:
            return False
        self.offered.append(direction.value)
        self.loop.call_later(0.1, self._answer, direction, self._statuses.pop(0) if self._statuses else 200)
        return True

    def _answer(self, direction: Direction, status: int) -> None:
        if status == 0:
            self.ended.set_result(LegEnded(EndCause.TIMEOUT))
            return
        if status < 300:
            self.direction = direction
        self.on_offer_decided(status)

    async def _play(self, prompt: str, loops: int) -> None:
        assert (prompt, loops) == (MUSIC.url, 0)
        self.playing += 1
        try:
            await asyncio.sleep(1e9)
        finally:
            self.playing -= 1


class Scene:
    def __init__(self, *statuses: int, broken: bool = False) -> None:
        self.leg = Leg(*statuses)
        self.failures: list[str] = []
        self._broken = broken
        leg: Any = self.leg
        self.hold = CallerHold(leg, lambda error: self.failures.append(error.reason))

    async def load(self, sound: Sound) -> Any:
        if self._broken:
            raise PlaybackFailed("it is no sound file", url=sound.url)
        return sound.url


def test_a_caller_is_held_with_music_until_resumed():
    async def main() -> None:
        scene = Scene()
        assert await scene.hold.hold(MUSIC, scene.load) == Changed(Change.DONE, 200)
        await asyncio.sleep(1)
        assert (scene.leg.offered, scene.leg.playing) == (["sendonly"], 1)
        assert await scene.hold.resume() == Changed(Change.DONE, 200)
        assert (scene.leg.offered, scene.leg.playing) == (["sendonly", "sendrecv"], 0)

    run_virtual(main())


def test_without_music_nothing_is_sent_either_way():
    async def main() -> None:
        scene = Scene()
        await scene.hold.hold(None, scene.load)
        assert scene.leg.offered == ["inactive"]

    run_virtual(main())


def test_only_a_held_caller_is_resumed_and_only_once():
    async def main() -> None:
        scene = Scene()
        assert await scene.hold.resume() is None
        await scene.hold.hold(None, scene.load)
        await scene.hold.resume()
        assert await scene.hold.resume() is None

    run_virtual(main())


def test_a_refusal_leaves_the_caller_as_they_were():
    async def main() -> None:
        scene = Scene(488)
        assert await scene.hold.hold(MUSIC, scene.load) == Changed(Change.FAILED, 488)
        assert scene.leg.playing == 0
        assert await scene.hold.resume() is None

    run_virtual(main())


def test_a_resume_that_is_refused_keeps_the_music():
    async def main() -> None:
        scene = Scene(200, 500)
        await scene.hold.hold(MUSIC, scene.load)
        await asyncio.sleep(1)
        assert await scene.hold.resume() == Changed(Change.FAILED, 500)
        assert scene.leg.playing == 1
        assert await scene.hold.resume() == Changed(Change.DONE, 200)

    run_virtual(main())


def test_a_telephone_that_does_not_answer_is_a_408():
    async def main() -> None:
        scene = Scene(0)
        assert await scene.hold.hold(None, scene.load) == Changed(Change.NO_ANSWER, 408)

    run_virtual(main())


def test_another_hold_changes_the_music_and_asks_for_nothing_that_is_so_already():
    async def main() -> None:
        scene = Scene()
        await scene.hold.hold(MUSIC, scene.load)
        await asyncio.sleep(1)
        assert await scene.hold.hold(MUSIC, scene.load) == Changed(Change.DONE, 200)
        await asyncio.sleep(1)
        assert (scene.leg.offered, scene.leg.playing) == (["sendonly"], 1)
        await scene.hold.hold(None, scene.load)
        assert (scene.leg.offered, scene.leg.playing) == (["sendonly", "inactive"], 0)
        await scene.hold.resume()

    run_virtual(main())


def test_music_that_cannot_be_played_is_told_and_the_caller_stays_held():
    async def main() -> None:
        scene = Scene(broken=True)
        assert await scene.hold.hold(MUSIC, scene.load) == Changed(Change.DONE, 200)
        await asyncio.sleep(1)
        assert scene.failures == ["it is no sound file"]
        assert await scene.hold.resume() == Changed(Change.DONE, 200)

    run_virtual(main())


def test_a_sound_of_a_verb_takes_the_place_of_the_music():
    async def main() -> None:
        scene = Scene()

        async def interrupted(prompt: str, loops: int) -> None:
            raise SoundInterrupted("another sound took the place of this one")

        scene.leg.media.play = interrupted
        await scene.hold.hold(MUSIC, scene.load)
        await asyncio.sleep(1)
        assert await scene.hold.resume() == Changed(Change.DONE, 200)

    run_virtual(main())
