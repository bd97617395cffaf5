"""When a silent party counts as gone, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.legs.media_watch import STANDSTILL, MediaWatch
from tests.testkit.virtual_loop import run_virtual


class Party:
    """Somebody whose last packet came at ``last``; ``lost`` has when and after what silence it was told."""

    def __init__(self, limit: float = 60.0) -> None:
        self.last: float | None = None
        self.lost: list[tuple[float, float]] = []
        self.looks = 0
        self.watch = MediaWatch(limit, self.since_heard, self._on_lost)

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def since_heard(self) -> float | None:
        self.looks += 1
        return None if self.last is None else self.now - self.last

    def _on_lost(self, seconds: float) -> None:
        self.lost.append((round(self.now), round(seconds)))

    async def speaks(self, seconds: int) -> None:
        for _ in range(seconds):
            self.last = self.now
            await asyncio.sleep(1.0)


def story(tell: Callable[[Party], object], limit: float = 60.0) -> Party:
    made: list[Party] = []

    async def main() -> None:
        made.append(Party(limit))
        await tell(made[0])  # type: ignore[misc]
        made[0].watch.pause()

    run_virtual(main())
    return made[0]


def test_a_party_that_never_speaks_is_lost_once_after_the_limit():
    async def tell(party: Party) -> None:
        party.watch.begin()
        await asyncio.sleep(300)

    assert story(tell).lost == [(60, 60)]


def test_a_party_that_stops_is_lost_so_long_after_its_last_packet():
    async def tell(party: Party) -> None:
        party.watch.begin()
        await party.speaks(100)
        await asyncio.sleep(300)

    assert story(tell).lost == [(159, 60)]


def test_a_party_that_speaks_is_looked_at_about_once_in_the_limit():
    async def tell(party: Party) -> None:
        party.watch.begin()
        await party.speaks(600)

    party = story(tell)
    assert party.lost == []
    assert party.looks <= 12


def test_a_party_on_hold_may_be_silent_and_has_the_whole_limit_afterwards():
    async def tell(party: Party) -> None:
        party.watch.begin()
        await party.speaks(10)
        party.watch.pause()
        await asyncio.sleep(1000)
        party.watch.begin()
        await asyncio.sleep(300)

    assert story(tell).lost == [(1070, 60)]


def test_a_limit_of_0_never_ends():
    async def tell(party: Party) -> None:
        party.watch.begin()
        await asyncio.sleep(100_000)

    assert story(tell, limit=0.0).lost == []


def test_a_process_that_stood_still_gives_what_waits_in_the_socket_time_to_be_heard():
    async def tell(party: Party) -> None:
        party.watch.begin()
        late = party.now - STANDSTILL - 100.0
        party.watch.pause()
        party.watch._begun = party.now - 200.0
        party.watch._look(late)
        assert party.lost == []
        party.last = party.now
        await asyncio.sleep(59)
        assert party.lost == []
        await asyncio.sleep(2)

    assert story(tell).lost == [(60, 60)]
