"""What is played to parties who hear wideband, through real sockets; others hear no alias of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from media.band_splitter import BandSplitter
from media.plane.leg import Leg
from media.plane.plane import MediaPlane
from media.plane.room import Room
from media.prompts import Prompt, decode_prompt
from tests.testkit.media_agreement import connect
from tests.testkit.opus_peer import OPUS, OpusPeer
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sound import wav_bytes
from tests.testkit.waiting import eventually
from tests.testkit.wide_peer import G722, WIDE_RATE, WidePeer, level, wide_tone

LEVEL = -12.2
"""Of a tone of 8000."""
ABSENT = -55
SILENCE = np.zeros(20 * WIDE_RATE, np.int16)


@pytest.fixture
async def wide_peer() -> AsyncIterator[WidePeer]:
    peer = await WidePeer.open(G722)
    peer.say_nowait(SILENCE)
    yield peer
    peer.close()


@pytest.fixture
async def opus_peer() -> AsyncIterator[OpusPeer]:
    peer = await OpusPeer.open(OPUS)
    peer.say_nowait(SILENCE)
    yield peer
    peer.close()


def chord(*pitches: float, seconds: float = 1.0) -> Prompt:
    """Return a 16 kHz WAV file of tones as it is decoded for who hears wideband."""
    sound = np.sum([wide_tone(pitch, seconds).astype(np.int32) for pitch in pitches], axis=0)
    content = wav_bytes(sound.astype(np.int16), WIDE_RATE)
    return decode_prompt(content, "chord", wide=True)


@contextmanager
def playing(where: Leg | Room, prompt: Prompt) -> Iterator[None]:
    task = asyncio.ensure_future(where.play(prompt, loops=0))
    yield
    task.cancel()


async def hears(peer: RtpPeer, packets: int = 45) -> None:
    already = len(peer.received)
    await eventually(lambda: len(peer.received) >= already + packets, 20, f"{packets} packets come")


def levels(sound: np.ndarray, rate: int, *pitches: float) -> list[float]:
    return [level(sound, pitch, rate) for pitch in pitches]


async def test_legs_of_g722_and_opus_hear_a_prompt_of_6_khz_at_its_level(
    plane: MediaPlane, wide_peer: WidePeer, opus_peer: OpusPeer
) -> None:
    prompt, legs = chord(1000, 6000), [plane.open_leg(), plane.open_leg()]
    connect(legs[0], wide_peer)
    connect(legs[1], opus_peer)
    with playing(legs[0], prompt), playing(legs[1], prompt):
        await hears(opus_peer)
    for peer in (wide_peer, opus_peer):
        low, high, alias = levels(peer.heard_wide(), WIDE_RATE, 1000, 6000, 2000)
        assert low == pytest.approx(LEVEL, abs=1.0)
        assert high == pytest.approx(LEVEL, abs=1.5)
        assert alias < LEVEL - 35


async def test_a_leg_of_g711_hears_of_it_what_telephones_carry_and_no_alias(
    plane: MediaPlane, peer: RtpPeer
) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    with playing(leg, chord(1000, 6000)):
        await hears(peer)
    low, alias = levels(peer.heard(), 8000, 1000, 2000)
    assert low == pytest.approx(LEVEL, abs=0.5)
    assert alias < ABSENT


async def test_a_narrowband_prompt_is_heard_by_wideband_legs_without_its_image(
    plane: MediaPlane, wide_peer: WidePeer
) -> None:
    leg = plane.open_leg()
    connect(leg, wide_peer)
    narrow = decode_prompt(wav_bytes(wide_tone(1000, 1.0)[::2]), "narrow", wide=True)
    with playing(leg, narrow):
        await hears(wide_peer)
    low, image = levels(wide_peer.heard_wide(), WIDE_RATE, 1000, 7000)
    assert low == pytest.approx(LEVEL, abs=1.0)
    assert image < ABSENT


async def test_a_short_prompt_goes_on_without_a_seam_where_it_is_repeated(
    plane: MediaPlane, wide_peer: WidePeer
) -> None:
    leg = plane.open_leg()
    connect(leg, wide_peer)
    with playing(leg, chord(5000, seconds=0.25)):
        await hears(wide_peer, 60)
    # A jump of phase at each seam, or a band that ran ahead of the other, would cost some of the level.
    assert level(wide_peer.heard_wide(), 5000, WIDE_RATE) == pytest.approx(LEVEL, abs=1.0)


async def test_a_prompt_that_is_interrupted_is_silent_in_both_bands(
    plane: MediaPlane, wide_peer: WidePeer
) -> None:
    leg = plane.open_leg()
    connect(leg, wide_peer)
    with playing(leg, chord(1000, 6000)):
        await hears(wide_peer, 30)
    already = len(wide_peer.heard_wide())
    await hears(wide_peer, 40)
    quiet = wide_peer.heard_wide()[already + WIDE_RATE // 4 :]
    assert max(levels(quiet, WIDE_RATE, 1000, 6000)) < ABSENT
    await eventually(lambda: leg.sounds_held == 0, 20, "the prompt's memory is given back")


async def test_what_a_room_plays_is_heard_by_each_member_as_it_can_hear(
    plane: MediaPlane, wide_peer: WidePeer, peer: RtpPeer
) -> None:
    room = plane.room()
    for each in (wide_peer, peer):
        leg = plane.open_leg()
        connect(leg, each)
        room.join(leg)
    assert room.wideband
    with playing(room, chord(1000, 6000)), playing(room, chord(2500)):
        await hears(peer)
    wide, narrow = wide_peer.heard_wide(), peer.heard()
    for pitch in (1000, 2500, 6000):
        assert level(wide, pitch, WIDE_RATE) == pytest.approx(LEVEL, abs=1.5)
    for pitch in (1000, 2500):
        assert level(narrow, pitch, 8000) == pytest.approx(LEVEL, abs=0.5)
    assert level(narrow, 2000, 8000) < ABSENT + 10


async def test_a_party_that_changes_to_wideband_hears_all_of_a_prompt_that_plays_already(
    plane: MediaPlane, wide_peer: WidePeer
) -> None:
    leg = plane.open_leg()
    wide_peer.payload_type = 0
    connect(leg, wide_peer)
    assert not leg.wideband
    with playing(leg, chord(6000)):
        await hears(wide_peer, 10)
        wide_peer.payload_type = G722
        connect(leg, wide_peer)
        assert leg.wideband
        await hears(wide_peer)
    wide_peer.received[:] = [packet for packet in wide_peer.received if packet.payload_type == G722]
    assert level(wide_peer.heard_wide(), 6000, WIDE_RATE) == pytest.approx(LEVEL, abs=1.5)


async def test_a_wideband_stream_is_heard_above_4_khz_by_who_can_and_as_telephone_sound_by_others(
    plane: MediaPlane, wide_peer: WidePeer, peer: RtpPeer
) -> None:
    splitter = BandSplitter()
    sound = splitter.process(wide_tone(1000, 3.0) + wide_tone(6000, 3.0))
    writers = []
    for each in (wide_peer, peer):
        leg = plane.open_leg()
        connect(leg, each)
        writers.append(leg.source(banded=True))
        await writers[-1].write(sound)
    await hears(peer)
    for writer in writers:
        writer.close()
    assert levels(wide_peer.heard_wide(), WIDE_RATE, 1000, 6000) == pytest.approx([LEVEL] * 2, abs=1.5)
    assert level(peer.heard(), 1000, 8000) == pytest.approx(LEVEL, abs=0.5)
    assert level(peer.heard(), 2000, 8000) < ABSENT
