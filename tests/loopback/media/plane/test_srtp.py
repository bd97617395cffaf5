"""Encrypted sound through real sockets (RFC 3711)."""

import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator
from functools import partial

import pytest

from media.plane.leg import Leg
from media.plane.plane import MediaPlane
from media.srtp import SrtpKeys, SrtpSuite
from tests.testkit.media_agreement import agreed, connect
from tests.testkit.outside_sound import tone
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.srtp_peer import SrtpPeer, make_keys
from tests.testkit.waiting import eventually


@pytest.fixture
async def caller() -> AsyncIterator[SrtpPeer]:
    peer = await SrtpPeer.open()
    yield peer
    peer.close()


def apply(leg: Leg, peer: RtpPeer, keys: SrtpKeys | None) -> None:
    leg.apply(dataclasses.replace(agreed(peer.port), srtp=keys))


def encrypt(leg: Leg, peer: SrtpPeer, keys: SrtpKeys) -> None:
    apply(leg, peer, keys)
    peer.encrypt(keys)
    peer.connect("127.0.0.1", leg.local_port)


@pytest.mark.parametrize("suite", list(SrtpSuite))
async def test_an_encrypted_and_a_plain_party_hear_each_other(
    plane: MediaPlane, caller: SrtpPeer, peer: RtpPeer, suite: SrtpSuite
) -> None:
    secure, plain = plane.open_leg(), plane.open_leg()
    encrypt(secure, caller, make_keys(suite))
    connect(plain, peer)
    plane.bridge(secure, plain)
    caller.say_nowait(tone(600, 1.0))
    peer.say_nowait(tone(1100, 1.0))
    await peer.hears(600, 0.5)
    await caller.hears(1100, 0.5)
    assert caller.unproven == 0
    assert secure.statistics().packets_unauthentic == 0


def has_counted(leg: Leg, unauthentic: int) -> bool:
    return leg.statistics().packets_unauthentic == unauthentic


async def test_garbage_is_counted_and_the_call_goes_on(plane: MediaPlane, caller: SrtpPeer) -> None:
    leg = plane.open_leg()
    encrypt(leg, caller, make_keys(SrtpSuite.AES_CM_128_HMAC_SHA1_80))
    tap = leg.tap("in")
    await eventually(lambda: leg.statistics().packets_received > 3, 2, "the leg hears its peer")
    for burst in range(1, 11):
        for _ in range(100):
            caller.send_unprotected(b"\x80\x00" + os.urandom(180))
        most = 100 * burst
        await eventually(partial(has_counted, leg, most), 3, "the garbage is counted")
    received = leg.statistics().packets_received
    await eventually(lambda: leg.statistics().packets_received > received + 20, 2, "the call goes on")
    assert leg.statistics().packets_lost <= 1
    tap.close()


@pytest.mark.hostile("M5", sent="10,000 forged SRTP packets a second from the peer's own address")
async def test_m5_ten_thousand_forged_packets_a_second_end_and_disturb_nothing(
    plane: MediaPlane, caller: SrtpPeer, peer: RtpPeer, record_property
) -> None:
    secure, plain = plane.open_leg(), plane.open_leg()
    encrypt(secure, caller, make_keys(SrtpSuite.AES_CM_128_HMAC_SHA1_80))
    connect(plain, peer)
    plane.bridge(secure, plain)
    caller.say_nowait(tone(600, 8.0))
    await peer.hears(600, 0.2)
    loop = asyncio.get_running_loop()
    begun, sent, before = loop.time(), 0, secure.statistics()
    while sent < 10_000:
        await asyncio.wait((asyncio.ensure_future(loop.run_in_executor(None, os.urandom, 1)),))
        due = min(int((loop.time() - begun) * 10_000) - sent, 100)
        for _ in range(due):
            caller.send_unprotected(b"\x80\x00" + os.urandom(170))
        sent += max(due, 0)
    lasted = loop.time() - begun
    received = secure.statistics().packets_received
    await eventually(lambda: secure.statistics().packets_received > received + 20, 3, "the call goes on")
    after = secure.statistics()
    forged = after.packets_unauthentic - before.packets_unauthentic
    lost = after.packets_lost - before.packets_lost
    # What a full socket drops is dropped unread: some of the forged, and at most a few of the peer's.
    assert forged > 5_000
    assert lost <= 5
    record_property("held", f"{forged:,} counted in {lasted:.1f} s, {lost} packets of the peer lost, call up")


async def test_new_keys_in_the_middle_of_a_call(plane: MediaPlane, caller: SrtpPeer) -> None:
    leg = plane.open_leg()
    first = make_keys(SrtpSuite.AES_CM_128_HMAC_SHA1_80)
    encrypt(leg, caller, first)
    caller.say_nowait(tone(600, 5.0))
    await eventually(lambda: leg.statistics().packets_received > 5, 2, "the leg hears its peer")
    encrypt(leg, caller, make_keys(SrtpSuite.AEAD_AES_256_GCM, seed=9))
    received = leg.statistics().packets_received
    await eventually(lambda: leg.statistics().packets_received > received + 10, 2, "and goes on hearing")
    heard = len(caller.received)
    await eventually(lambda: len(caller.received) > heard + 10, 2, "and being heard")
    await eventually(lambda: plane.statistics().sounds_held == 1, 2, "the former keys are let go of")


async def test_the_same_keys_again_leave_the_counting_alone(plane: MediaPlane, caller: SrtpPeer) -> None:
    leg = plane.open_leg()
    keys = make_keys(SrtpSuite.AES_CM_128_HMAC_SHA1_80)
    encrypt(leg, caller, keys)
    await eventually(lambda: leg.statistics().packets_received > 3, 2, "the leg hears its peer")
    apply(leg, caller, make_keys(SrtpSuite.AES_CM_128_HMAC_SHA1_80))
    heard = len(caller.received)
    await eventually(lambda: len(caller.received) > heard + 10, 2, "the peer still hears")
    assert caller.unproven == 0
