"""Opus in the tick: libopus called where it lies, and G.722's QMF between its sound and two bands."""

from __future__ import annotations

import numpy as np

from media.codecs.bands import QMF_TAPS
from media.codecs.opus import MAX_OCTETS, MAX_PACKET_SAMPLES
from media.plane import layout as c
from media.plane.compiled import call_c, hot, kernel
from media.plane.kernels.bits import ahead32
from media.plane.kernels.wide import wide_of
from media.plane.legs import Array, Integer, Lane, LegRow

HALF = QMF_TAPS // 2
PAST = HALF - 1
LOW, HIGH = 0, 1
WIDE_FRAME = 2 * c.FRAME
DTX_OCTETS = 2
"""A packet so short says that there is silence, and need not be sent (RFC 6716 section 2.1.9)."""


@hot
def _filter_half(signal: Array, taps: Array, result: Array, samples: Integer) -> None:
    """Write to ``result`` each sample's sum of ``HALF`` samples of ``signal`` from it on, weighted."""
    for j in range(samples):
        result[j] = np.float32(0)
    for tap in range(HALF):
        weight = taps[tap]
        part = signal[tap : tap + samples]
        for j in range(samples):
            result[j] += weight * part[j]


@hot
def _sample(value: Integer) -> Integer:
    return np.int16(np.floor(min(max(value, np.float32(-32767)), np.float32(32767)) + np.float32(0.5)))


@kernel
def split_bands(lane: Lane, leg: LegRow, samples: Integer) -> None:
    """Split ``2 * samples`` of ``lane.opus_sound`` into ``lane.decoded``, as ``bands.split`` does."""
    sound, past, halves = lane.opus_sound, wide_of(leg).opus_heard_past, lane.halves
    for half in range(2):
        signal = lane.half_signal
        for j in range(PAST):
            signal[j] = past[half, j]
        for j in range(samples):
            signal[PAST + j] = np.float32(sound[2 * j + half])
        _filter_half(signal, lane.split_taps[half], halves[half], samples)
        for j in range(PAST):
            past[half, j] = signal[samples + j]
    decoded = lane.decoded
    for j in range(samples):
        decoded[LOW, j] = _sample(halves[1, j] + halves[0, j])
        decoded[HIGH, j] = _sample(halves[1, j] - halves[0, j])


@kernel
def join_bands(lane: Lane, leg: LegRow) -> None:
    """Join ``lane.spoken_bands`` into a frame of ``lane.opus_sound``, as ``bands.join`` does."""
    sound, past, halves, bands = lane.opus_sound, wide_of(leg).opus_said_past, lane.halves, lane.spoken_bands
    for half in range(2):
        signal = lane.half_signal
        for j in range(PAST):
            signal[j] = past[half, j]
        for j in range(c.FRAME):
            high = np.int32(bands[HIGH, j]) if half else -np.int32(bands[HIGH, j])
            signal[PAST + j] = np.float32(np.int32(bands[LOW, j]) + high)
        _filter_half(signal, lane.join_taps[half], halves[half], c.FRAME)
        for j in range(PAST):
            past[half, j] = signal[c.FRAME + j]
    for j in range(c.FRAME):
        sound[2 * j] = _sample(halves[0, j])
        sound[2 * j + 1] = _sample(halves[1, j])


@hot
def _decode(lane: Lane, leg: LegRow, start: Integer, octets: Integer, most: Integer, fec: Integer) -> Integer:
    """Decode a packet, or the copy in it of the one before it; return its samples of 8 kHz, or 0."""
    payload, sound = lane.buffer.ctypes.data + start, lane.opus_sound.ctypes.data
    if leg.opus_decoder == 0:
        return np.int64(0)
    samples = call_c(lane.opus_decode, leg.opus_decoder, payload, octets, sound, most, fec) // 2
    if samples <= 0:
        return np.int64(0)
    split_bands(lane, leg, samples)
    return samples


@kernel
def decode_opus(lane: Lane, leg: LegRow, start: Integer, octets: Integer) -> Integer:
    """Decode the packet at ``start`` of the buffer into ``lane.decoded``; return its samples, or 0."""
    leg.quiet = np.int64(octets <= DTX_OCTETS)
    samples = _decode(lane, leg, start, octets, MAX_PACKET_SAMPLES, 0)
    leg.count[c.MALFORMED] += samples == 0
    return samples


@kernel
def recover_opus(lane: Lane, leg: LegRow, start: Integer, octets: Integer, timestamp: Integer) -> Integer:
    """Decode the copy of the one packet that is missing before this one, if it is; return its samples.

    Called before the packet itself is decoded. It belongs ``FRAME`` before ``timestamp``.
    """
    if leg.started == 0 or ahead32(timestamp, leg.opus_next) != c.FRAME:
        return np.int64(0)
    return _decode(lane, leg, start, octets, WIDE_FRAME, 1)


@kernel
def encode_opus(lane: Lane, leg: LegRow) -> Integer:
    """Encode the frame in ``lane.spoken_bands`` into the packet; return its octets, 0 to send none."""
    if leg.opus_encoder == 0:
        return np.int64(0)
    join_bands(lane, leg)
    target, sound = leg.packet.ctypes.data + c.HEADER, lane.opus_sound.ctypes.data
    octets = call_c(lane.opus_encode, leg.opus_encoder, sound, WIDE_FRAME, target, MAX_OCTETS, 0)
    return octets if octets > DTX_OCTETS else np.int64(0)


@hot
def ticks_of(leg: LegRow, timestamp: Integer) -> Integer:
    """Return a timestamp of the peer in ticks of 8 kHz.

    Counted on from the last one, because a clock that ticks faster also goes round sooner.
    """
    if leg.clock <= 1:
        return timestamp
    ahead = ahead32(timestamp, leg.clock_stamp) // leg.clock
    ticks = (leg.clock_ticks + ahead) & 0xFFFFFFFF
    if ahead > 0:
        leg.clock_stamp = (leg.clock_stamp + leg.clock * ahead) & 0xFFFFFFFF
        leg.clock_ticks = ticks
    return ticks
