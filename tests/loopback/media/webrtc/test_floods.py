"""Forged SRTP and DTLS to a browser's leg that is up: M5 and M6 of robustness.md."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable

import pytest

from media.plane.leg import Leg
from media.prompts import Prompt
from tests.testkit.ear import Ear
from tests.testkit.outside_sound import tone
from tests.testkit.waiting import eventually
from tests.testkit.webrtc_pair import HOST, Pair

RATE, PACKETS = 10_000, 10_000
"""Forged packets a second, and in all: the second that a run of all tests can spare."""
UNREAD = 500
"""Forged packets that may lie in the leg's socket, 50 ms: a machine that is slower gets them more slowly."""
HELLOS = 1_000
HERTZ = 700
COST = 200e-6
"""Seconds of CPU that a forged packet may cost, making and sending it included; a fifth is usual."""
IN_CLEAR = (
    bytes.fromhex("16feff0000000000000000003f010000330000000000000033fefd") + bytes(38),
    bytes.fromhex("15fefd000000000000000000020100"),
    bytes.fromhex("15fefd000000000000000100020228"),
)
"""Records of DTLS as anybody can write them: ClientHello, close_notify and a fatal alert."""

Work = Callable[[], AsyncIterator[None]]
"""What goes on while somebody listens; it yields every few milliseconds."""


async def heard(leg: Leg, work: Work) -> tuple[float, int]:
    """Return the longest gap in the tone during ``work``, in seconds, and how many packets were lost."""
    lost = leg.statistics().packets_lost
    async with Ear(leg, HERTZ) as ear:
        async for _ in work():
            pass
    return ear.longest_gap, leg.statistics().packets_lost - lost


async def quiet() -> AsyncIterator[None]:
    for _ in range(50):
        await asyncio.sleep(0.02)
        yield


@pytest.fixture
async def call(pair: Pair) -> AsyncIterator[Pair]:
    """A call that is up, in which the callee hears the caller's tone."""
    pair.agree()
    await pair.established()
    prompt = Prompt(tone(HERTZ, 1.0), 8000, "tone", "")
    speaking = asyncio.ensure_future(pair.caller.leg.play(prompt, loops=0))
    await eventually(lambda: pair.callee.leg.statistics().packets_received > 20, 8.0, "the callee hears")
    yield pair
    speaking.cancel()


def forge(pair: Pair, content: bytes) -> None:
    """Send from the caller's own address, which the socket of the callee's leg lets pass."""
    pair.caller.leg.send_datagram(content, (HOST, pair.callee.leg.local_port))


@pytest.mark.hostile("M5", sent="10,000 forged SRTP packets a second to a browser's leg that is up")
async def test_m5_forged_srtp_is_not_heard_in_a_browsers_call(call: Pair, record_property):
    callee = call.callee

    def forged() -> int:
        return callee.leg.statistics().packets_unauthentic

    async def flood() -> AsyncIterator[None]:
        begun, sent = time.monotonic(), 0
        while forged() < PACKETS:
            due = min(int((time.monotonic() - begun) * RATE), PACKETS, forged() + UNREAD)
            for _ in range(due - sent):
                forge(call, b"\x80\x00" + os.urandom(170))
            sent = max(sent, due)
            await asyncio.sleep(0.002)
            yield

    calm_gap, calm_lost = await heard(callee.leg, quiet)
    begun, cpu, datagrams = time.monotonic(), time.process_time(), callee.datagrams
    gap, lost = await heard(callee.leg, flood)
    cpu, lasted = (time.process_time() - cpu) / PACKETS, time.monotonic() - begun
    assert gap <= calm_gap + 0.06
    assert lost <= calm_lost + 2
    assert cpu < COST
    assert callee.datagrams - datagrams < 50, "forged sound does not wake the event loop"
    assert callee.lost == call.caller.lost == []
    record_property(
        "held",
        f"{PACKETS:,} counted in {lasted:.1f} s, {lost} packets of the peer lost, longest gap "
        f"{1000 * gap:.0f} ms ({1000 * calm_gap:.0f} without attack), {1e6 * cpu:.0f} us of CPU each",
    )


@pytest.mark.hostile("M6", sent="1,000 DTLS hellos and alerts in clear to a browser's leg that is up")
async def test_m6_forged_dtls_does_not_disturb_a_browsers_call(call: Pair, record_property):
    callee = call.callee

    async def flood() -> AsyncIterator[None]:
        taken = callee.datagrams
        for number in range(HELLOS):
            forge(call, IN_CLEAR[0 if number % 10 else 1 + number // 10 % 2])
            if number % 20 == 0:
                await asyncio.sleep(0.02)
                yield
        # What the ring between tick and event loop has no room for is dropped, as on the way.
        while callee.datagrams < taken + HELLOS // 2:
            await asyncio.sleep(0.02)
            yield

    calm_gap, calm_lost = await heard(callee.leg, quiet)
    cpu = time.process_time()
    gap, lost = await heard(callee.leg, flood)
    cpu = time.process_time() - cpu
    assert gap <= calm_gap + 0.06
    assert lost <= calm_lost + 2
    await callee.speaks_to(call.caller, 1500)
    assert callee.lost == call.caller.lost == []
    record_property(
        "held",
        f"{HELLOS:,} dropped, {lost} packets of the peer lost, longest gap {1000 * gap:.0f} ms "
        f"({1000 * calm_gap:.0f} without attack), {cpu:.2f} s of CPU",
    )
