"""Sound through real sockets: in, out, streamed, tapped, held."""

import asyncio

import numpy as np
import pytest

from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.errors import SoundInterrupted
from media.plane.plane import MediaPlane
from media.plane.sound_ring import SoundReader
from media.prompts import Prompt
from tests.testkit.media_agreement import agreed, connect
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.ports import free_udp_range
from tests.testkit.rtp_peer import PCMA, RtpPeer
from tests.testkit.waiting import eventually


def prompt(frequency: float = 700.0, seconds: float = 0.3) -> Prompt:
    return Prompt(tone(frequency, seconds), 8000, f"{frequency} Hz", "")


class Listener:
    """Collects what a tap brings."""

    def __init__(self, reader: SoundReader) -> None:
        self.reader = reader
        self.sound = np.zeros(0, np.int16)

    def heard(self) -> np.ndarray:
        self.sound = np.concatenate([self.sound, self.reader.read()])
        return self.sound

    async def grows(self, samples: int) -> None:
        wanted = len(self.heard()) + samples
        await eventually(lambda: len(self.heard()) > wanted, 2, f"{samples} more samples")

    async def hears(self, frequency: float, seconds: float = 0.3) -> None:
        await eventually(
            lambda: seconds_of_tone(self.heard(), frequency) >= seconds, 5, f"{seconds} s of {frequency} Hz"
        )


async def test_what_the_peer_says_is_in_the_tap(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    listener = Listener(leg.tap("in"))
    connect(leg, peer)
    peer.say_nowait(tone(1000, 0.5))
    await listener.hears(1000, 0.4)
    assert leg.statistics().packets_lost == 0


async def test_a_prompt_is_heard_whole_and_play_returns_when_it_was_sent(
    plane: MediaPlane, peer: RtpPeer
) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    await leg.play(prompt(700, 0.4), loops=2)
    await peer.hears(700, 0.78, within=1)
    assert plane.statistics().sounds_held == 0


async def test_cancelling_stops_a_prompt_at_once(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    playing = asyncio.create_task(leg.play(prompt(700, 2.0), loops=0))
    await peer.hears(700)
    playing.cancel()
    cancelled = asyncio.get_running_loop().time()
    await eventually(lambda: plane.statistics().sounds_held == 0, 2, "the tick lets go of the prompt")
    count = len(peer.received)
    await eventually(lambda: len(peer.received) > count + 10, 2, "silence goes on")
    assert peer.last_heard(700) - cancelled < 0.045


async def test_a_second_prompt_takes_the_place_of_the_first(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    first = asyncio.create_task(leg.play(prompt(700, 5.0)))
    await peer.hears(700, 0.1)
    await leg.play(prompt(1200, 0.3))
    with pytest.raises(SoundInterrupted):
        await first
    await peer.hears(1200, 0.28)


async def test_closing_interrupts_what_is_played(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    playing = asyncio.create_task(leg.play(prompt(700, 5.0)))
    await peer.hears(700, 0.1)
    leg.close()
    with pytest.raises(SoundInterrupted):
        await playing


async def test_streamed_sound_is_heard_while_it_is_still_written(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    writer = leg.source()
    await writer.write(tone(900, 0.3))
    await peer.hears(900, 0.25)
    await writer.write(tone(1300, 0.3))
    await writer.wait_played()
    await peer.hears(1300, 0.28, within=1)
    writer.close()
    with pytest.raises(SoundInterrupted):
        writer.write_nowait(tone(900, 0.1))


async def test_more_sound_than_the_ring_holds_waits_for_room(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    writer = leg.source()
    writing = asyncio.create_task(writer.write(tone(900, 6.5)))
    await peer.hears(900, 0.2)
    assert not writing.done()
    await asyncio.wait_for(writing, 5)


async def test_out_and_both_taps_have_the_length_of_their_time(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    out, both = Listener(leg.tap("out")), Listener(leg.tap("both"))
    began = asyncio.get_running_loop().time()
    peer.say_nowait(tone(1000, 1.0))
    await leg.play(prompt(700, 0.6))
    await out.hears(700, 0.5)
    # The sum holds two tones at once, so each has about half of its energy.
    spectrum = np.abs(np.fft.rfft(both.heard()[2400:4000]))
    assert spectrum[140] > 20 * np.median(spectrum)
    assert spectrum[200] > 20 * np.median(spectrum)
    elapsed = asyncio.get_running_loop().time() - began
    assert abs(len(out.heard()) / 8000 - elapsed) < 0.15
    out.reader.close()
    await eventually(lambda: leg.sounds_held == 1, 2, "the tick lets go of one tap")


async def test_hold_is_silent_both_ways_and_ends(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    listener = Listener(leg.tap("in"))
    connect(leg, peer)
    peer.say_nowait(tone(1000, 4.0))
    await listener.hears(1000, 0.1)
    leg.apply(agreed(peer.port, direction="inactive"))
    held_at = leg.statistics().packets_received
    await eventually(lambda: leg.statistics().packets_received > held_at + 5, 2, "packets still come")
    count = len(peer.received)
    listener.heard()
    await leg.play(prompt(700, 0.2))
    assert seconds_of_tone(listener.heard()[-800:], 1000) == 0
    assert len(peer.received) - count <= 1
    leg.apply(agreed(peer.port))
    await eventually(lambda: len(peer.received) > count + 10, 2, "packets go out again")
    await listener.hears(1000, 0.3)


async def test_the_law_changes_in_the_middle_of_a_call(plane: MediaPlane) -> None:
    peer = await RtpPeer.open(payload_type=PCMA)
    try:
        leg = plane.open_leg()
        listener = Listener(leg.tap("in"))
        leg.apply(agreed(peer.port, payload_type=0))
        leg.apply(agreed(peer.port, payload_type=8))
        peer.connect("127.0.0.1", leg.local_port)
        peer.say_nowait(tone(1000, 1.0))
        await leg.play(prompt(700, 0.3))
        await listener.hears(1000, 0.3)
        await peer.hears(700, 0.25)
    finally:
        peer.close()


@pytest.mark.parametrize(("ptime_ms", "octets"), [(10, 80), (30, 240), (60, 480)])
async def test_packets_have_the_length_that_the_peer_asked_for(
    plane: MediaPlane, peer: RtpPeer, ptime_ms: int, octets: int
) -> None:
    leg = plane.open_leg()
    leg.apply(agreed(peer.port, ptime_ms=ptime_ms))
    peer.connect("127.0.0.1", leg.local_port)
    await leg.play(prompt(700, 0.3))
    await peer.hears(700, 0.2)
    assert {len(packet.payload) for packet in peer.received} == {octets}
    assert peer.gaps().missing == 0


async def test_lost_packets_are_counted_and_concealed(
    plane: MediaPlane, peer: RtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = plane.open_leg()
    send, sent = peer.send_raw, []

    def lose_every_tenth(datagram: bytes) -> None:
        sent.append(datagram)
        if len(sent) % 10:
            send(datagram)

    monkeypatch.setattr(peer, "send_raw", lose_every_tenth)
    leg.tap("in")
    connect(leg, peer)
    await peer.say(tone(1000, 1.2))
    await eventually(lambda: leg.statistics().packets_lost >= 5, 3, "five packets are lost")
    statistics = leg.statistics()
    assert statistics.frames_concealed >= statistics.packets_lost - 2


async def test_ten_legs_each_hear_their_own_peer(plane: MediaPlane) -> None:
    peers = [await RtpPeer.open() for _ in range(10)]
    try:
        legs = [plane.open_leg() for _ in peers]
        listeners = [Listener(leg.tap("in")) for leg in legs]
        for index, (leg, peer) in enumerate(zip(legs, peers, strict=True)):
            connect(leg, peer)
            peer.say_nowait(tone(400 + 200 * index, 1.0))
        await asyncio.gather(
            *(leg.play(prompt(3000 - 100 * index, 0.5)) for index, leg in enumerate(legs)),
            *(listener.hears(400 + 200 * index, 0.4) for index, listener in enumerate(listeners)),
            *(peer.hears(3000 - 100 * index, 0.4) for index, peer in enumerate(peers)),
        )
    finally:
        for peer in peers:
            peer.close()


async def test_several_threads_share_the_legs(peer: RtpPeer) -> None:
    first, last = free_udp_range(16)
    async with MediaPlane("127.0.0.1", range(first, last + 1), threads=2) as plane:
        legs = [plane.open_leg() for _ in range(4)]
        connect(legs[3], peer)
        await legs[3].play(prompt(700, 0.3))
        await peer.hears(700, 0.25)
        assert plane.statistics().legs == 4


async def test_sound_passes_over_ipv6(plane: MediaPlane) -> None:
    peer = await RtpPeer.open(host="::1")
    try:
        async with MediaPlane("::1", range(21000, 22000)) as plane6:
            leg = plane6.open_leg()
            listener = Listener(leg.tap("in"))
            leg.apply(agreed(peer.port, host="::1"))
            peer.connect("::1", leg.local_port)
            peer.say_nowait(tone(1000, 0.5))
            await leg.play(prompt(700, 0.3))
            await listener.hears(1000)
            await peer.hears(700, 0.25)
    finally:
        peer.close()


async def test_misuse_is_told_with_its_cure(plane: MediaPlane) -> None:
    leg = plane.open_leg()
    with pytest.raises(MediaMisuse, match="resolve it"):
        leg.apply(agreed(4000, host="127.0.0.1").__class__(**{**vars(agreed(4000)), "remote": ("pbx", 1)}))
    with pytest.raises(MediaMisuse, match="legs play 8000"):
        await leg.play(Prompt(tone(700, 0.1), 16000, "wide", ""))
    with pytest.raises(MediaMisuse, match="before offer and answer"):
        await leg.send_digits("1")
    for _ in range(c.TAPS):
        leg.tap("in")
    with pytest.raises(MediaMisuse, match="at most 8 taps"):
        leg.tap("out")


async def test_a_reader_is_told_of_every_frame_until_it_is_closed(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    reader, found = leg.tap("in"), []
    reader.on_frame = lambda: found.append(len(reader.read()))
    await eventually(lambda: len(found) >= 5, 2.0, "five frames are told")
    assert sum(found) == 160 * len(found)
    reader.close()
    told = len(found)
    await peer.say(tone(900, 0.2))
    assert len(found) <= told + 1
