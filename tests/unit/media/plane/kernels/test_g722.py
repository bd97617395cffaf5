"""G.722 in the tick is :mod:`media.codecs.g722`, and its packets are heard like any others."""

import numpy as np
import pytest

from media.codecs import g722
from media.codecs.bands import split
from media.plane import layout as c
from media.plane.kernels.g722 import decode_g722, encode_g722, start_g722
from tests.testkit.virtual_leg import SSRC, VirtualLeg, paced
from tests.testkit.wide_peer import level, wide_tone

NOISE = np.random.default_rng(5).normal(0, 5000, 640).astype(np.int16)


class WideLeg(VirtualLeg):
    """A leg that agreed on G.722."""

    def __init__(self) -> None:
        super().__init__(law=c.G722, wide=1, heard_voice_type=9, voice_type=9)
        start_g722(self.leg)


def wide_packets(sound: np.ndarray, lose: tuple[int, ...] = ()) -> list[bytes]:
    octets = g722.encode_g722(sound)
    made = []
    for number, start in enumerate(range(0, len(octets), 160)):
        header = b"\x80\x09" + number.to_bytes(2, "big") + start.to_bytes(4, "big") + SSRC.to_bytes(4, "big")
        made.append(header + octets[start : start + 160])
    return [packet for number, packet in enumerate(made) if number not in lose]


def test_the_tick_codes_as_the_plain_codec_does():
    leg = WideLeg()
    bands = split(NOISE)
    coded = b""
    for start in range(0, 320, c.FRAME):
        for band in range(2):
            leg.lane.spoken_bands[band] = bands[band][start : start + c.FRAME]
        encode_g722(leg.lane, leg.leg, c.HEADER)
        coded += leg.leg.packet[c.HEADER : c.HEADER + c.FRAME].tobytes()
    assert coded == g722.encode_bands(g722.new_state(), *bands)


def test_the_tick_decodes_as_the_plain_codec_does():
    leg = WideLeg()
    octets = g722.encode_g722(NOISE)
    leg.lane.buffer[12 : 12 + len(octets)] = np.frombuffer(octets, np.uint8)
    decode_g722(leg.lane, leg.leg, 12, len(octets))
    for ours, plain in zip(leg.lane.decoded, g722.decode_bands(g722.new_state(), octets), strict=True):
        assert np.array_equal(ours[: len(octets)], plain)


def listen(leg: WideLeg, arrivals: list[tuple[int, bytes]], ticks: int) -> np.ndarray:
    heard = []
    for _ in range(ticks):
        low = leg.listen([arrival for arrival in arrivals if arrival[0] <= leg.lane.now_samples + 160], 1)
        arrivals = [arrival for arrival in arrivals if arrival[0] > leg.lane.now_samples]
        heard.append(np.stack([low, leg.wide[0].heard_bands[1].copy()]))
    return np.concatenate(heard, axis=1)


def test_both_bands_come_out_of_the_jitter_buffer_together():
    sound = wide_tone(1000, 0.4) + wide_tone(5000, 0.4)
    heard = listen(WideLeg(), paced(wide_packets(sound)), 22)
    plain = np.stack(g722.decode_bands(g722.new_state(), g722.encode_g722(sound)))
    piece = plain[:, 400:2400]
    assert any(np.array_equal(heard[:, later : later + 2000], piece) for later in range(400, 1500))


def test_what_is_lost_is_concealed_in_both_bands():
    sound = wide_tone(1000, 0.6) + wide_tone(5000, 0.6)
    leg = WideLeg()
    heard = listen(leg, paced(wide_packets(sound))[:14] + paced(wide_packets(sound))[15:], 28)
    assert leg.count(c.CONCEALED) >= 1
    middle = heard[:, 1200:4080].astype(float).reshape(2, -1, 160)
    power = np.sqrt(np.mean(middle**2, axis=2))
    # 5 kHz lies at 3 kHz of the higher band.
    assert np.all(power > 0.5 * np.median(power, axis=1, keepdims=True))
    assert level(heard[1, 1200:4080], 3000, 8000) > -18


@pytest.mark.parametrize("payload_type", [0, 8])
def test_g711_from_the_same_peer_has_nothing_above_4_khz(payload_type):
    leg = WideLeg()
    packet = bytes([0x80, payload_type]) + bytes(10) + bytes(range(160))
    leg.wide[0].jitter_high[:] = 77
    heard = listen(leg, [(100, packet)], 4)
    assert np.any(heard[0] != 0)
    assert not np.any(heard[1])
