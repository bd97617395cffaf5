"""Packets that should not be heard, and who gets ours: bleed, inject, junk, callers of before."""

import asyncio
import random
import struct
from collections.abc import AsyncIterator

import pytest

from media.plane.plane import MediaPlane
from tests.loopback.media.plane.test_sound import Listener, prompt
from tests.testkit.media_agreement import agreed, connect
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.ports import free_udp_range
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.waiting import eventually


@pytest.fixture
async def stranger() -> AsyncIterator[RtpPeer]:
    opened = await RtpPeer.open(host="127.0.0.66")
    yield opened
    opened.close()


@pytest.mark.hostile("M1", sent="RTP of a stranger to a leg that talks")
async def test_a_stranger_neither_hears_nor_is_heard(
    plane: MediaPlane, peer: RtpPeer, stranger: RtpPeer
) -> None:
    leg = plane.open_leg()
    listener = Listener(leg.tap("both"))
    stranger.connect("127.0.0.1", leg.local_port)
    stranger.say_nowait(tone(2000, 10.0))
    connect(leg, peer)
    peer.say_nowait(tone(1000, 1.0))
    await listener.hears(1000)
    await leg.play(prompt(700, 0.3))
    assert stranger.received == []
    assert seconds_of_tone(listener.heard(), 2000) == 0
    assert leg.statistics().packets_malformed == 0


async def test_a_stranger_gets_nothing_even_when_the_peer_is_never_heard(
    plane: MediaPlane, peer: RtpPeer, stranger: RtpPeer
) -> None:
    leg = plane.open_leg()
    leg.apply(agreed(peer.port))
    stranger.connect("127.0.0.1", leg.local_port)
    await eventually(lambda: leg.statistics().packets_foreign > 10, 3, "its packets are dropped")
    await leg.play(prompt(700, 0.3))
    await peer.hears(700, 0.25)
    assert stranger.received == []


@pytest.mark.hostile("M3", sent="RTP from a port that was not signalled")
async def test_a_peer_behind_another_port_is_learned_with_four_packets(
    plane: MediaPlane, peer: RtpPeer
) -> None:
    leg = plane.open_leg()
    leg.apply(agreed(free_udp_range(2)[0]))
    peer.connect("127.0.0.1", leg.local_port)
    await leg.play(prompt(700, 0.5))
    await peer.hears(700, 0.3)
    assert leg.statistics().packets_foreign == 3


@pytest.mark.hostile("M2", sent="RTP with the peer's SSRC from elsewhere")
async def test_once_heard_the_peer_cannot_be_replaced_but_by_signalling(
    plane: MediaPlane, peer: RtpPeer
) -> None:
    other = await RtpPeer.open()
    try:
        leg = plane.open_leg()
        listener = Listener(leg.tap("in"))
        connect(leg, peer)
        peer.say_nowait(tone(1000, 8.0))
        await listener.hears(1000, 0.2)
        other.connect("127.0.0.1", leg.local_port)
        other.say_nowait(tone(2000, 8.0))
        await listener.hears(1000, 0.5)
        assert (other.received, seconds_of_tone(listener.heard(), 2000)) == ([], 0)
        leg.apply(agreed(other.port))
        await listener.hears(2000, 0.3)
        await leg.play(prompt(700, 0.3))
        await other.hears(700, 0.25)
    finally:
        other.close()


def junk(random_source: random.Random) -> list[bytes]:
    """Datagrams of robustness case M4, as the peer itself might send them."""

    def header(first: int = 0x80, second: int = 0, ssrc: int = 1) -> bytes:
        number, stamp = random_source.randrange(65536), random_source.randrange(1 << 32)
        return struct.pack("!BBHII", first, second, number, stamp, ssrc)

    return [
        b"\x80",
        b"",
        random_source.randbytes(1500),
        header(first=0x40) + bytes(160),
        header(first=0x8F) + bytes(8),
        header(first=0xA0) + bytes(100) + b"\xff",
        header(first=0xA0),
        header(first=0x90) + struct.pack("!HH", 1, 0xFFFF),
        header(second=77) + bytes(160),
        header(ssrc=random_source.randrange(1 << 32)) + bytes(160),
        header() + bytes(160),
        header(second=101) + b"\x05",
        header(second=101) + b"\xff\xff\xff\xff",
        struct.pack("!BBH", 0x81, 200, 0xFFFF) + bytes(24),
        struct.pack("!BBH", 0x80, 203, 0) + bytes(4),
    ]


@pytest.mark.hostile("M4", sent="junk RTP: lengths, versions, SSRC and sequence jumps")
async def test_junk_from_the_peer_itself_disturbs_nothing(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    keys: list[str] = []
    leg.on_digit = keys.append
    listener = Listener(leg.tap("in"))
    connect(leg, peer)
    peer.say_nowait(tone(1000, 3.0))
    await listener.hears(1000, 0.2)
    source = random.Random(4)
    for _ in range(10):
        for datagram in junk(source):
            peer.send_raw(datagram)
        await listener.grows(320)
    await listener.hears(1000, 1.5)
    statistics = leg.statistics()
    assert statistics.packets_malformed > 30
    assert statistics.packets_refused > 30
    assert keys == []


@pytest.mark.hostile("M8", sent="RTP of the call before to the port of the next")
async def test_a_caller_of_before_who_keeps_sending_is_not_heard(peer: RtpPeer) -> None:
    first, _ = free_udp_range(2)
    async with MediaPlane("127.0.0.1", range(first, first + 2)) as plane:
        leg = plane.open_leg()
        connect(leg, peer)
        peer.say_nowait(tone(1000, 20.0))
        await eventually(lambda: leg.statistics().packets_received > 10, 3, "the first call is heard")
        leg.close()
        await leg.wait_closed()
        again = plane.open_leg()
        listener = Listener(again.tap("in"))
        again.apply(agreed(peer.port))
        await eventually(lambda: again.statistics().packets_refused > 20, 3, "its packets are refused")
        assert again.statistics().packets_received == 0
        assert seconds_of_tone(listener.heard(), 1000) == 0


async def test_rtcp_junk_is_ignored(plane: MediaPlane, peer: RtpPeer, stranger: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    loop = asyncio.get_running_loop()
    for host in ("127.0.0.1", "127.0.0.66"):
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(host, 0), remote_addr=("127.0.0.1", leg.local_rtcp_port)
        )
        for datagram in junk(random.Random(5)):
            transport.sendto(datagram)
        transport.close()
    await leg.play(prompt(700, 0.3))
    await peer.hears(700, 0.25)
    assert leg.statistics().round_trip is None
