"""Pauses that the peer wants: comfort noise (RFC 3389), and silence of which it sends nothing."""

import numpy as np
import pytest

from media.plane import layout as c
from media.rtp.packet import RtpPacket
from tests.testkit.virtual_leg import SSRC, VirtualLeg, paced, packets

random = np.random.default_rng(11)
SPEECH = (random.standard_normal(8000) * 2500).astype(np.int16)


def comfort_noise(sequence: int, timestamp: int, payload: bytes) -> bytes:
    return RtpPacket(
        payload_type=13, sequence_number=sequence, timestamp=timestamp, ssrc=SSRC, payload=payload
    ).build()


def rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound.astype(float) ** 2)))


def spurts(pause: int, noise: bytes | None = None, *, marker: bool = False) -> list[tuple[int, bytes]]:
    """Return two half seconds of speech with ``pause`` samples of silence between, perhaps announced."""
    first = packets(SPEECH[:4000])
    announced = [] if noise is None else [(4100, comfort_noise(25, 4000, noise))]
    again = packets(SPEECH[4000:], sequence=25 + len(announced), timestamp=4000 + pause, marker=marker)
    return paced(first) + announced + paced(again, first=4100 + pause)


@pytest.mark.parametrize("level", [30, 45, 60])
def test_comfort_noise_is_heard_at_its_level(level):
    heard = VirtualLeg().listen(spurts(16000, bytes([level])), 90)
    noise = heard[6000:14000]
    assert 20 * np.log10(rms(noise) / 32768) == pytest.approx(-level, abs=1)
    # White: hardly two samples alike.
    assert abs(np.corrcoef(noise[:-1], noise[1:])[0, 1]) < 0.05


def test_the_level_of_the_noise_follows_later_packets():
    leg = VirtualLeg()
    arrivals = [*paced(packets(SPEECH[:4000])), (4100, comfort_noise(25, 4000, b"\x1e"))]
    arrivals.append((12100, comfort_noise(26, 12000, b"\x46")))
    heard = leg.listen(arrivals, 150)
    assert rms(heard[6000:11000]) > 30 * rms(heard[14000:20000])


@pytest.mark.parametrize("noise", [None, b"", b"\x2d", b"\x2d\x40\x40"])
@pytest.mark.parametrize("pause", [160, 1600, 16000])
@pytest.mark.parametrize("marker", [False, True])
def test_a_pause_is_no_loss_however_it_is_made(noise, pause, marker):
    leg = VirtualLeg()
    heard = leg.listen(spurts(pause, noise, marker=marker), 60 + pause // 160)
    assert leg.count(c.CONCEALED) == 0
    assert rms(heard[-800:]) < 1
    assert rms(heard[4100 + pause + 800 : 4100 + pause + 3000]) > 1000


def test_a_lost_packet_in_the_second_spurt_is_a_loss_and_no_noise():
    leg = VirtualLeg()
    arrivals = spurts(8000, b"\x20")
    del arrivals[-10]
    leg.listen(arrivals, 130)
    assert leg.count(c.CONCEALED) == 1


def test_a_lost_packet_before_the_pause_is_a_loss():
    leg = VirtualLeg()
    arrivals = spurts(8000)
    del arrivals[12]
    leg.listen(arrivals, 130)
    assert leg.count(c.CONCEALED) == 1


def test_a_pause_does_not_sound_like_a_voice_repeated():
    period = np.rint(6000 * np.sin(2 * np.pi * np.arange(4000) / 40)).astype(np.int16)
    arrivals = [*paced(packets(period)), (4000, comfort_noise(25, 4000, b"\x7f"))]
    heard = VirtualLeg().listen(arrivals, 60)
    end = int(np.flatnonzero(np.abs(heard) > 3000)[-1])
    assert rms(heard[end + 60 : end + 480]) < 100


def test_comfort_noise_that_comes_after_the_sound_behind_it_changes_nothing():
    leg = VirtualLeg()
    made = packets(SPEECH[:4000])
    noise = comfort_noise(10, 1600, b"\x10")
    arrivals = paced([*made[:10], *packets(SPEECH[1600:4000], sequence=11, timestamp=1600)])
    arrivals.append((arrivals[10][0] + 10, noise))
    leg.listen(arrivals, 30)
    assert leg.leg.quiet == 0


def test_noise_of_an_impossible_level_is_noise_within_the_scale():
    heard = VirtualLeg().listen(spurts(8000, b"\x80"), 60)
    assert rms(heard[6000:9000]) == pytest.approx(32767 / np.sqrt(3), rel=0.05)


def test_opus_that_sends_nothing_in_silence_has_lost_nothing():
    leg = VirtualLeg()
    arrivals = spurts(3200) + [
        (at + 16000, packet) for at, packet in paced(packets(SPEECH[:1600], sequence=50, timestamp=16000))
    ]
    leg.listen(arrivals, 160)
    assert leg.count(c.CONCEALED) == 0
