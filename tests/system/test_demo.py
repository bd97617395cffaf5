"""`dialplane dev`: a newcomer's call reaches a menu that speaks, collects, records, plays and confers."""

import asyncio

from tests.testkit.conferences import participants
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_sound, tone
from tests.testkit.phone import Call, Phones
from tests.testkit.waiting import eventually

COMMAND = "dev"
BEEP, LAST_NOTE = 1000, 1046.5
"""Hertz of the tone before a recording, and of the demo's tune."""


async def spoken(call: Call, seconds: float) -> None:
    """Wait until something has been said for so long after what was heard up to now."""
    since = call.voice.received[-1].at if call.voice.received else 0.0
    await eventually(
        lambda: seconds_of_sound(call.voice.heard(since)) >= seconds,
        10.0,
        "the caller is spoken to",
        context=call.voice.description,
    )


async def test_the_demo_speaks_plays_collects_records_and_plays_back(phones: Phones):
    call = await (await phones.dial("demo")).answered()
    await spoken(call, 0.6)
    await call.voice.press("2")
    await call.voice.hears(BEEP, 0.4, within=10.0)
    await call.voice.say(tone(450, 1.0))
    await call.voice.press("#")
    await call.voice.hears(450, 0.8, within=8.0)
    await spoken(call, 0.6)
    await call.voice.press("3")
    await spoken(call, 0.6)
    await call.voice.press("42#")
    await spoken(call, 2.0)
    await call.voice.press("1")
    await call.voice.hears(LAST_NOTE, 0.1, within=8.0)
    await call.hang_up()


async def test_two_meet_in_the_conference_of_the_demo_and_a_star_leads_back_to_the_menu(
    phones: Phones, daemon: Daemon
):
    bob, carol = [await (await phones.dial("demo")).answered() for _ in range(2)]
    await asyncio.gather(bob.voice.press("4"), carol.voice.press("4"))
    await participants(daemon, 2, 15.0)
    carol.voice.say_nowait(tone(700, 2.0))
    await bob.voice.hears(700, 0.5)
    await carol.voice.press("*")
    await participants(daemon, 1, 15.0)
    await spoken(carol, 1.0)
    await carol.hang_up()
    await bob.hang_up()
