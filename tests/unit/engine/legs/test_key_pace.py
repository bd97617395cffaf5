"""Keys that come faster than anybody can press them are none."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from structlog.testing import capture_logs

from engine.legs.key_pace import KEYS_A_SECOND, KeyPace
from engine.legs.leg_media import LegMedia
from engine.legs.leg_sound import LegSound
from media.codecs.registry import PCMU
from media.plane.plane import MediaPlane
from tests.testkit.virtual_loop import run_virtual

FLOOD = 1000
"""Keys a second: a tenth of the packets that a peer may send."""


@pytest.mark.hostile("M15", sent="a key in each packet, thousands a second")
def test_m15_keys_without_end_are_heard_at_the_speed_of_telephones(record_property):
    async def main() -> list[str]:
        leg = SimpleNamespace()
        plane = SimpleNamespace(open_leg=lambda beside, on_datagram: leg)
        sound = LegSound(cast(MediaPlane, plane), LegMedia("127.0.0.1", (PCMU,)), lambda: None)
        pressed: list[str] = []
        sound.on_key = pressed.append
        sound.open(None)
        for _ in range(2 * FLOOD):
            leg.on_digit("5")
            await asyncio.sleep(1 / FLOOD)
        return pressed

    with capture_logs() as lines:
        pressed = run_virtual(main())
    assert len(pressed) == pytest.approx(KEYS_A_SECOND * 4, abs=1)
    assert [line["event"] for line in lines] == ["keys.too_fast"]
    record_property("held", f"{KEYS_A_SECOND:g} a second are keys, one line of the log tells of the others")


def test_a_telephone_that_dials_by_itself_is_heard_whole():
    pace = KeyPace()
    assert all(pace.allows(number * 0.08) for number in range(1000))
    assert all(pace.allows(100.0) for _ in range(int(2 * KEYS_A_SECOND)))
