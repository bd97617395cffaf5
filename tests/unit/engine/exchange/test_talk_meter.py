import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.exchange.talk_meter import DAY, TalkMeter
from tests.testkit.virtual_loop import run_virtual


class Talks:
    """Talks of clients, and when each was told to end."""

    def __init__(self, seconds_a_day: float) -> None:
        self.meter = TalkMeter(seconds_a_day)
        self.told: dict[str, float] = {}

    def begin(self, login: str, name: str = "") -> Callable[[], None]:
        def used_up() -> None:
            self.told[name or login] = asyncio.get_running_loop().time()

        return self.meter.begin(login, used_up)


def story(seconds_a_day: float, tell: Callable[[Talks], Awaitable[None]]) -> None:
    async def main() -> None:
        await tell(Talks(seconds_a_day))

    run_virtual(main())


def test_a_talk_ends_when_its_client_has_talked_enough():
    async def tell(talks: Talks) -> None:
        first = talks.begin("alice")
        await asyncio.sleep(400)
        first()
        await asyncio.sleep(1000)
        assert not talks.meter.used_up("alice")
        talks.begin("alice")
        await asyncio.sleep(1000)
        assert talks.told == {"alice": pytest.approx(1600, abs=0.1)}
        assert talks.meter.used_up("alice")
        assert not talks.meter.used_up("bob")

    story(600, tell)


@pytest.mark.hostile("T13", sent="20 calls at a time with a stolen password, 24 hours, to a premium number")
def test_t13_talks_at_the_same_time_use_the_minutes_together(record_property):
    async def tell(talks: Talks) -> None:
        for number in range(20):
            talks.begin("alice", str(number))
            await asyncio.sleep(1)
        await asyncio.sleep(DAY - 30)
        talked = sum(told - begun for begun, told in zip(range(20), talks.told.values(), strict=True))
        assert talked == pytest.approx(86400, abs=1)
        record_property("held", f"{talked / 60:.0f} minutes in all of 28,800, then 20 BYE and no more calls")

    story(86400, tell)


def test_a_talk_that_is_over_is_not_told_anything():
    async def tell(talks: Talks) -> None:
        end = talks.begin("alice")
        await asyncio.sleep(10)
        end()
        end()
        await asyncio.sleep(DAY)
        assert talks.told == {}

    story(600, tell)


def test_a_new_day_begins_24_hours_after_the_first_talk():
    async def tell(talks: Talks) -> None:
        talks.begin("alice")
        await asyncio.sleep(700)
        assert talks.meter.used_up("alice")
        await asyncio.sleep(DAY - 700)
        assert not talks.meter.used_up("alice")
        talks.begin("alice", "next day")
        await asyncio.sleep(500)
        assert "next day" not in talks.told

    story(600, tell)


def test_a_talk_over_the_end_of_a_day_counts_for_each_day_what_was_of_it():
    async def tell(talks: Talks) -> None:
        talks.begin("alice")()
        await asyncio.sleep(DAY - 300)
        talks.begin("alice", "night")
        await asyncio.sleep(2000)
        assert talks.told == {"night": pytest.approx(DAY + 600, abs=0.1)}

    story(600, tell)


def test_without_a_limit_nobody_is_told_and_nobody_refused():
    async def tell(talks: Talks) -> None:
        talks.begin("alice")
        await asyncio.sleep(3 * DAY)
        assert talks.told == {}
        assert not talks.meter.used_up("alice")

    story(0, tell)


def test_a_limit_that_is_set_while_they_talk_counts_from_the_next_talk_on():
    async def tell(talks: Talks) -> None:
        talks.begin("alice", "first")
        await asyncio.sleep(1000)
        talks.meter.seconds_a_day = 600
        await asyncio.sleep(1000)
        assert talks.told == {}
        talks.begin("alice", "second")
        await asyncio.sleep(1)
        assert set(talks.told) == {"first", "second"}

    story(0, tell)


def test_a_day_that_another_process_began_goes_on():
    async def tell(talks: Talks) -> None:
        talks.meter.resume("alice", begun_ago=3600, used=500)
        talks.begin("alice")
        await asyncio.sleep(1000)
        assert talks.told == {"alice": pytest.approx(100, abs=0.1)}
        await asyncio.sleep(DAY - 3600 - 1000)
        assert not talks.meter.used_up("alice")

    story(600, tell)
