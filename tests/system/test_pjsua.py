"""Two phones of the PJSIP stack register and talk to each other through us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.testkit.contacts import PASSWORD
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import RATE, seconds_of_sound, seconds_of_tone, tone
from tests.testkit.pjsua import PJSUA, Pjsua
from tests.testkit.waiting import eventually

LOW, HIGH = 700, 1500
"""Hertz: the voices of alice and of maria."""

SETTINGS = {"clients": [{"login": login, "password": PASSWORD} for login in ("alice", "maria")]}

pytestmark = pytest.mark.skipif(PJSUA is None, reason="pjsua2 is not installed")


@pytest.fixture
async def two(daemon: Daemon, tmp_path: Path) -> AsyncIterator[tuple[Pjsua, Pjsua]]:
    """Alice, whom maria is calling, and maria."""
    host, port = daemon.sip
    async with AsyncExitStack() as stack:
        alice, maria = [
            await stack.enter_async_context(
                Pjsua(tmp_path / user, tone(pitch, 20), registrar=daemon.sip, user=user, password=PASSWORD)
            )
            for user, pitch in (("alice", LOW), ("maria", HIGH))
        ]
        await maria.dial(f"sip:alice@{host}:{port}")
        assert "maria" in (await alice.rings())["caller"]
        yield alice, maria
    await daemon.clean()


@pytest.fixture
async def pair(two: tuple[Pjsua, Pjsua]) -> tuple[Pjsua, Pjsua]:
    """Alice and maria, talking."""
    alice, maria = two
    await alice.answer()
    await alice.talking()
    await maria.talking()
    return two


async def hears(phone: Pjsua, pitch: float, seconds: float = 0.5, since: int = 0) -> None:
    """Wait until the phone has heard a tone, among its samples from number `since` on."""
    await eventually(
        lambda: seconds_of_tone(phone.heard()[since:], pitch) >= seconds,
        8.0,
        f"{phone.user} hears {pitch} Hz",
        context=phone.story,
    )


async def parted(phone: Pjsua) -> int:
    """Wait until the phone hears the music of a hold and not the other one; return its samples by then."""

    def hears_music() -> bool:
        lately = phone.heard()[-RATE // 2 :]
        return seconds_of_tone(lately, HIGH) == 0 and seconds_of_sound(lately) > 0.3

    await eventually(hears_music, 5.0, f"{phone.user} hears music instead", context=phone.story)
    return len(phone.heard())


async def test_each_hears_the_other_and_never_itself(pair: tuple[Pjsua, Pjsua]):
    alice, maria = pair
    await hears(alice, HIGH)
    await hears(maria, LOW)
    assert seconds_of_tone(alice.heard(), LOW) == 0
    assert seconds_of_tone(maria.heard(), HIGH) == 0
    await maria.hang_up()
    await alice.ended()


async def test_who_is_held_hears_music_until_the_holder_resumes(pair: tuple[Pjsua, Pjsua]):
    alice, maria = pair
    await hears(alice, HIGH)
    await maria.hold()
    held = await parted(alice)
    await maria.resume()
    await hears(alice, HIGH, since=held)
    await hears(maria, LOW, 1.0)
    await alice.hang_up()
    await maria.ended()


async def test_keys_pass_both_ways(pair: tuple[Pjsua, Pjsua]):
    alice, maria = pair
    await maria.press("12#")
    await alice.press("9*")
    await eventually(
        lambda: (alice.digits, maria.digits) == ("12#", "9*"), 8.0, "the keys arrive", context=alice.story
    )
    await maria.hang_up()
    await alice.ended()


async def test_a_refusal_reaches_the_caller_as_it_was_given(two: tuple[Pjsua, Pjsua]):
    alice, maria = two
    await alice.refuse(486)
    assert (await maria.ended())["status"] == 486


async def test_a_caller_who_gives_up_stops_the_ringing(two: tuple[Pjsua, Pjsua]):
    alice, maria = two
    await maria.hang_up()
    assert (await alice.ended())["status"] == 487
