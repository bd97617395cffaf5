"""What a caller hears while others are rung, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.dialling.ringback import Ringback
from engine.errors import MediaUnavailable
from media.sound import Samples
from rcml.dialling import RingTone
from tests.testkit.virtual_loop import run_virtual

LOUD = np.full(160, 3000, np.int16)
SILENT = np.zeros(160, np.int16)
CLICK = np.concatenate([LOUD, SILENT, SILENT, SILENT])


class Media:
    """Notes what is played, and gives what a test lets it hear."""

    wideband = False

    def __init__(self) -> None:
        self.played: list[tuple[str, float, float]] = []
        self.heard: list[Samples] = []
        self.taps = 0

    async def play(self, prompt: Any, loops: int) -> None:
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            await asyncio.sleep(1e9)
        finally:
            self.played.append((prompt.name, round(begun, 1), round(clock(), 1)))

    def tap(self, direction: str) -> Any:
        self.taps += 1

        def read() -> Samples:
            heard, self.heard = self.heard, []
            return np.concatenate(heard) if heard else np.zeros(0, np.int16)

        def close() -> None:
            self.taps -= 1

        return SimpleNamespace(read=read, close=close)


class Leg:
    def __init__(self, has_media: bool = True, ports: bool = True) -> None:
        self.media = Media()
        self.has_media = has_media
        self.ports = ports
        self.beside: Any = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def gone(self) -> bool:
        return self.ended.done()

    def progress(self, headers: Any) -> bool:
        if not self.ports:
            raise MediaUnavailable("every port is in use")
        self.has_media = True
        return True


class Scene:
    """A caller, two callees who rang, and what was bridged when."""

    def __init__(self, **caller: bool) -> None:
        self.caller = Leg(**caller)
        self.callees = [Leg(), Leg()]
        self.bridges: list[tuple[int, float, float]] = []
        services: Any = SimpleNamespace(
            plane=SimpleNamespace(bridge=self._bridge),
            sounds=SimpleNamespace(
                ring_tone=lambda country: SimpleNamespace(name="ring tone"),
                silence=SimpleNamespace(name="silence"),
            ),
        )
        caller_call: Any = SimpleNamespace(headers=lambda: [], gone=False)
        leg: Any = self.caller
        self.ringback = Ringback(caller_call, leg, RingTone(), services)

    def _bridge(self, one: Media, other: Media) -> Any:
        assert one is self.caller.media
        at = next(place for place, callee in enumerate(self.callees) if callee.media is other)
        clock = asyncio.get_running_loop().time
        begun = clock()
        return SimpleNamespace(close=lambda: self.bridges.append((at, round(begun, 1), round(clock(), 1))))

    def early(self, callee: int) -> None:
        leg: Any = self.callees[callee]
        self.ringback.early(leg)

    def sends(self, callee: int, *sound: Samples) -> None:
        self.callees[callee].media.heard += sound


def ring(acts: dict[float, Callable[[Scene], None]], until: float = 10.0, **caller: bool) -> Scene:
    """Let things happen at their times, and stop."""

    async def main() -> Scene:
        scene = Scene(**caller)
        running = asyncio.ensure_future(scene.ringback.run())
        for when, act in acts.items():
            asyncio.get_running_loop().call_later(when, act, scene)
        await asyncio.sleep(until)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        assert [callee.media.taps for callee in scene.callees] == [0, 0]
        return scene

    return run_virtual(main())


def test_a_description_and_silence_leave_our_ring_tone():
    scene = ring({1: lambda scene: scene.early(0), 2: lambda scene: scene.sends(0, *[SILENT] * 50, CLICK)})
    assert scene.caller.media.played == [("ring tone", 0, 10)]
    assert scene.bridges == []


def test_who_can_be_heard_takes_the_place_of_the_ring_tone_and_hears_nothing():
    scene = ring({1: lambda scene: scene.early(0), 2: lambda scene: scene.sends(0, LOUD, LOUD, LOUD)})
    assert scene.caller.media.played == [("ring tone", 0, 2)]
    assert scene.bridges == [(0, 2, 10)]
    assert scene.callees[0].media.played == [("silence", 2, 10)]


def test_of_two_the_first_who_can_be_heard_is_and_the_other_one_when_that_one_has_left():
    def both(scene: Scene) -> None:
        scene.early(0)
        scene.early(1)

    scene = ring(
        {
            1: both,
            2: lambda scene: scene.sends(1, LOUD, LOUD, LOUD),
            3: lambda scene: scene.sends(0, LOUD, LOUD, LOUD),
            5: lambda scene: scene.callees[1].ended.set_result(None),
        }
    )
    assert scene.bridges == [(1, 2, 5), (0, 5, 10)]


def test_after_the_answer_it_is_ours_until_the_caller_is_connected():
    scene = ring(
        {
            1: lambda scene: scene.early(0),
            2: lambda scene: scene.sends(0, LOUD, LOUD, LOUD),
            4: lambda scene: scene.ringback.answered(),
            5: lambda scene: scene.sends(0, LOUD, LOUD, LOUD),
        }
    )
    assert scene.bridges == [(0, 2, 4)]
    assert scene.caller.media.played == [("ring tone", 0, 2), ("ring tone", 4, 10)]


def test_a_caller_who_rings_gets_sound_only_when_there_is_some():
    scene = ring({1: lambda scene: scene.early(0)}, has_media=False)
    assert not scene.caller.has_media
    scene = ring(
        {1: lambda scene: scene.early(0), 2: lambda scene: scene.sends(0, LOUD, LOUD, LOUD)}, has_media=False
    )
    assert scene.caller.has_media
    assert scene.caller.beside is scene.callees[0]
    assert scene.bridges == [(0, 2, 10)]


def test_without_a_free_port_a_ringing_caller_goes_on_ringing():
    scene = ring(
        {1: lambda scene: scene.early(0), 2: lambda scene: scene.sends(0, LOUD, LOUD, LOUD)},
        has_media=False,
        ports=False,
    )
    assert scene.bridges == []
