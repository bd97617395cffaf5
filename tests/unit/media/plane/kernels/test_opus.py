"""Opus in the tick: the way between its sound and bands, its clock, losses and silence."""

import numpy as np

from media.codecs import opus
from media.codecs.bands import join, split
from media.codecs.opus import OpusStates, OpusWishes
from media.plane import layout as c
from media.plane.kernels.opus import join_bands, split_bands, ticks_of
from media.plane.kernels.speak import next_packet, queue_frame
from tests.testkit.virtual_leg import SSRC, VirtualLeg
from tests.testkit.wide_peer import WIDE_RATE, level, wide_tone

NOISE = np.random.default_rng(6).normal(0, 4000, 1280).astype(np.int16)


class OpusLeg(VirtualLeg):
    """A leg that agreed on Opus."""

    def __init__(self, fmtp: str = "useinbandfec=1") -> None:
        super().__init__(law=c.OPUS, wide=1, clock=6, heard_voice_type=96, voice_type=96, frame_out=160)
        self.states = OpusStates(OpusWishes.parse(fmtp))
        self.lane.opus_encode, self.lane.opus_decode = opus.functions()
        self.leg.opus_encoder, self.leg.opus_decoder = self.states.encoder, self.states.decoder

    def say(self, low: np.ndarray, high: np.ndarray) -> bytes:
        """Return the packet of a frame, empty for none."""
        self.lane.spoken_bands[:] = low, high
        queue_frame(self.lane, self.leg)
        octets = next_packet(self.leg)
        self.leg.pending = 0
        return bytes(self.leg.packet[:octets])


def opus_packets(sound: np.ndarray, fmtp: str = "useinbandfec=1", start: int = 0) -> list[bytes]:
    states = OpusStates(OpusWishes.parse(fmtp))
    made = []
    for number, at in enumerate(range(0, len(sound) - 319, 320)):
        stamp = (start + 960 * number) & 0xFFFFFFFF
        header = b"\x80\x60" + number.to_bytes(2, "big") + stamp.to_bytes(4, "big") + SSRC.to_bytes(4, "big")
        made.append(header + states.encode(sound[at : at + 320]))
    return made


def listen(leg: OpusLeg, made: list[bytes], lose: tuple[int, ...] = ()) -> np.ndarray:
    """Return the 16 kHz sound that is heard while packets come every 20 ms."""
    heard: list[list[np.ndarray]] = [[], []]
    for number, packet in enumerate(made):
        leg.pass_time()
        if number not in lose:
            leg.deliver(packet, int(leg.lane.now_samples) - 20)
        heard[0].append(leg.hear())
        heard[1].append(leg.wide[0].heard_bands[1].copy())
    return join(np.concatenate(heard[0]), np.concatenate(heard[1]))


def test_sound_is_split_as_the_plain_filter_does_it_over_packets():
    leg, bands = OpusLeg(), []
    for at in range(0, len(NOISE), 320):
        leg.lane.opus_sound[:320] = NOISE[at : at + 320]
        split_bands(leg.lane, leg.leg, 160)
        bands.append(leg.lane.decoded[:, :160].copy())
    assert np.max(np.abs(np.concatenate(bands, axis=1) - np.stack(split(NOISE)))) <= 1


def test_bands_are_joined_as_the_plain_filter_does_it_over_frames():
    leg, sound = OpusLeg(), []
    low, high = split(NOISE)
    for at in range(0, len(low), 160):
        leg.lane.spoken_bands[:] = low[at : at + 160], high[at : at + 160]
        join_bands(leg.lane, leg.leg)
        sound.append(leg.lane.opus_sound[:320].copy())
    assert np.max(np.abs(np.concatenate(sound).astype(int) - join(low, high))) <= 1


def test_wideband_sound_is_heard():
    heard = listen(OpusLeg(), opus_packets(wide_tone(1000, 0.8) + wide_tone(5000, 0.8)))
    assert level(heard, 1000, WIDE_RATE) > -15
    assert level(heard, 5000, WIDE_RATE) > -15
    assert level(heard, 3000, WIDE_RATE) < -40


def test_what_is_said_is_a_packet_that_any_opus_reads():
    leg, states, heard = OpusLeg(), OpusStates(), []
    low, high = split(wide_tone(1000, 0.6) + wide_tone(5000, 0.6))
    for at in range(0, len(low), 160):
        heard.append(states.decode(leg.say(low[at : at + 160], high[at : at + 160])[12:]))
    assert level(np.concatenate(heard), 5000, WIDE_RATE) > -15


def test_a_lost_packet_is_recovered_from_the_next_one():
    made = opus_packets(wide_tone(1000, 0.8))
    with_loss = OpusLeg()
    listen(with_loss, made, lose=(20,))
    assert with_loss.count(c.CONCEALED) == 0
    without = OpusLeg("useinbandfec=0")
    listen(without, made, lose=(20, 21))
    assert without.count(c.CONCEALED) >= 1


def test_a_packet_that_comes_after_its_turn_is_late():
    made = opus_packets(wide_tone(1000, 0.4))
    leg = OpusLeg()
    listen(leg, [*made[:8], made[9], made[8], *made[10:]])
    assert leg.count(c.LATE) == 1


def test_the_clock_of_48_khz_goes_round():
    leg = OpusLeg()
    heard = listen(leg, opus_packets(wide_tone(1000, 0.8), start=0xFFFFFFFF - 9600))
    assert level(heard, 1000, WIDE_RATE) > -15
    assert leg.count(c.CONCEALED) == 0
    leg.leg.clock_stamp, leg.leg.clock_ticks = 0xFFFFFFFA, 100
    assert [ticks_of(leg.leg, stamp) for stamp in (0xFFFFFFFA, 0, 6, 0)] == [100, 101, 102, 101]


def test_silence_is_not_sent_where_the_peer_wants_none():
    leg, silence = OpusLeg("usedtx=1"), np.zeros(160, np.int16)
    sent = [leg.say(silence, silence) for _ in range(60)]
    assert b"" in sent
    assert leg.leg.timestamp == 160 * sum(1 for packet in sent if not packet)


def test_rubbish_is_counted():
    leg = OpusLeg()
    leg.deliver(b"\x80\x60" + bytes(10) + b"\xff" * 9, 100)
    assert leg.count(c.MALFORMED) == 1
