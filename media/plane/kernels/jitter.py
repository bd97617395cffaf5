"""The jitter buffer: samples at their timestamps, and how long they wait.

What is received lies in a ring at its RTP timestamp, so that packets of any length fit and
order does not matter. Every tick hears the next 160 samples. How far hearing lags behind is the
only thing that adapts: each packet needs a certain lag to be in time, and the lag follows the
second largest need of the last seconds, so that one straggler does not move it. The lag changes
by whole frames where it is silent, else by a pitch period, never by a cut.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.bits import ahead32
from media.plane.kernels.conceal import FADE_END, LONGEST_LAG, fill_high, invent, mend, mend_high, pitch_lag
from media.plane.kernels.g711 import decode_g711
from media.plane.kernels.jitter_ring import copy_back, copy_out, cross_fade, fill, store_bands
from media.plane.kernels.lag import LONGEST_DELAY, forget_needs, note_need
from media.plane.kernels.quiet import is_paused
from media.plane.kernels.speech import follow_party, frame_power
from media.plane.kernels.stamps import is_asked
from media.plane.kernels.wide import wide_of
from media.plane.legs import Array, Integer, Lane, LegRow

FIRST_DELAY = 240
"""30 ms until anything is known of the path."""
SLACK = 240
"""How much longer than needed sound may wait before some is taken out: more than any single
correction, so that a fluctuating need does not make it swing."""
PATIENCE = 5
"""Ticks between two corrections where it is not silent."""
SILENT = 400
"""Peak below which a frame counts as silence."""
LATE_IN_A_ROW = 5
"""So many late packets and none in time mean that the stream moved, not that packets were slow."""
FAR = 8000
"""A timestamp a second from where we are is a jump."""
MOST_AHEAD = c.RING - c.HISTORY - c.FRAME
"""Room of the ring for what is to come; the rest keeps what was heard, for concealment."""


@kernel
def forget_sound(leg: LegRow) -> None:
    """Drop what was received; the next packet begins anew."""
    leg.started = 0
    leg.quiet = leg.paused = leg.noise = leg.missing = 0
    leg.late_run = 0
    leg.suspect_timestamp = c.CANDIDATE_NONE
    leg.packet_samples = 0
    for j in range(c.FRAME):
        leg.heard[j] = np.int16(0)


@hot
def _place(lane: Lane, leg: LegRow, timestamp: Integer, arrival: Integer, delay: Integer) -> None:
    """Choose where to hear from: sample ``timestamp`` is heard ``delay`` after it came, or a bit later."""
    waited = lane.now_samples - arrival
    frames = max((delay - waited + c.FRAME - 1) // c.FRAME, 0)
    leg.play = (timestamp - frames * c.FRAME) & 0xFFFFFFFF
    leg.high = leg.play


@hot
def _begin(lane: Lane, leg: LegRow, timestamp: Integer, arrival: Integer) -> None:
    forget_sound(leg)
    forget_needs(leg)
    leg.started = 1
    leg.block = arrival // c.BLOCK_SAMPLES
    leg.transit_base = (arrival - timestamp) & 0xFFFFFFFF
    leg.erased = FADE_END
    leg.lag = 0
    leg.since_adjusted = 0
    leg.desired = FIRST_DELAY
    _place(lane, leg, timestamp, arrival, FIRST_DELAY)
    # What was heard before belongs to another stream: it must not stand in for what is missing in this one.
    fill(leg.jitter, leg.play - c.HISTORY, c.HISTORY, 0)
    if leg.wide:
        fill(wide_of(leg).jitter_high, leg.play - c.HISTORY, c.HISTORY, 0)


@hot
def _store(
    lane: Lane, leg: LegRow, start: Integer, samples: Integer, law: Integer, timestamp: Integer
) -> None:
    """Decode G.711 at ``start`` of the buffer into the ring."""
    ring, codes = leg.jitter, lane.buffer[start : start + samples]
    at = timestamp & c.RING_MASK
    first = min(samples, c.RING - at)
    # Views, so that no index can be negative: else there are no vectors.
    decode_g711(codes[:first], ring[at : at + first], law)
    if first < samples:
        decode_g711(codes[first:], ring[: samples - first], law)


@hot
def _follow_jump(
    lane: Lane, leg: LegRow, timestamp: Integer, samples: Integer, marker: Integer, arrival: Integer
) -> Integer:
    """Begin anew where a stream's timestamp jumped to, once a second packet or a marker confirms it."""
    if marker or timestamp == leg.suspect_timestamp:
        _begin(lane, leg, timestamp, arrival)
        return True
    leg.suspect_timestamp = (timestamp + samples) & 0xFFFFFFFF
    leg.count[c.REFUSED] += 1
    return False


@hot
def _take_late(lane: Lane, leg: LegRow, timestamp: Integer, samples: Integer, arrival: Integer) -> Integer:
    """Return how many samples of a late packet are of no use any more; ``samples`` drops it."""
    late = -ahead32(timestamp, leg.play)
    leg.count[c.LATE] += 1
    leg.late_run += 1
    if leg.late_run >= LATE_IN_A_ROW:
        _begin(lane, leg, timestamp, arrival)
        return np.int64(0)
    return min(late, samples)


@kernel
def insert(
    lane: Lane,
    leg: LegRow,
    start: Integer,
    samples: Integer,
    law: Integer,
    timestamp: Integer,
    marker: Integer,
    arrival: Integer,
) -> None:
    """Take in ``samples`` codes at ``start`` of the buffer, stamped ``timestamp``, that came at ``arrival``.

    ``marker``: the packet is in order and says that a talk-spurt begins (RFC 3551 section 4.1).
    """
    if leg.started == 0:
        _begin(lane, leg, timestamp, arrival)
    ahead = ahead32(timestamp, leg.play)
    if ahead < -FAR or ahead + samples > MOST_AHEAD:
        if not _follow_jump(lane, leg, timestamp, samples, marker, arrival):
            return
    elif marker and leg.erased >= FADE_END and ahead32(leg.high, leg.play) <= 0:
        _begin_spurt(lane, leg, timestamp, arrival)
    leg.suspect_timestamp = c.CANDIDATE_NONE
    if is_asked(leg) or samples != leg.packet_samples:
        note_need(leg, timestamp, samples, arrival)
    skipped = np.int64(0)
    if ahead32(timestamp, leg.play) < 0:
        skipped = _take_late(lane, leg, timestamp, samples, arrival)
    else:
        leg.late_run = 0
    if skipped >= samples:
        return
    first = (timestamp + skipped) & 0xFFFFFFFF
    gap = ahead32(first, leg.high)
    if gap > 0:
        fill(leg.jitter, leg.high, gap, c.HOLE)
    if leg.wide:
        store_bands(lane, leg, start + skipped, samples - skipped, law, first)
    if law != c.DECODED:
        _store(lane, leg, start + skipped, samples - skipped, law, first)
    end = (timestamp + samples) & 0xFFFFFFFF
    if ahead32(end, leg.high) > 0:
        leg.high = end


@hot
def _begin_spurt(lane: Lane, leg: LegRow, timestamp: Integer, arrival: Integer) -> None:
    """Set the lag at the start of a talk-spurt, when it has been silent and nobody can hear it change."""
    transit = ahead32(arrival - timestamp, leg.transit_base)
    delay = leg.desired - transit
    if delay < -c.FRAME or delay > LONGEST_DELAY:
        # The sender's clock stood still in the silence: what was learned tells nothing any more.
        _begin(lane, leg, timestamp, arrival)
        return
    _place(lane, leg, timestamp, arrival, max(delay, 0))


@hot
def _count_holes(leg: LegRow, samples: Integer) -> Integer:
    """Count how many of the next ``samples`` have not come."""
    there = min(max(ahead32(leg.high, leg.play), 0), samples)
    start = leg.play & c.RING_MASK
    first = min(there, c.RING - start)
    holes = np.int32(samples - there)
    ring = leg.jitter
    for j in range(first):
        holes += np.int32(ring[start + j] == c.HOLE)
    for j in range(there - first):
        holes += np.int32(ring[j] == c.HOLE)
    return np.int64(holes)


@hot
def _consume(leg: LegRow, samples: Integer) -> None:
    """Move on by ``samples``."""
    leg.play = (leg.play + samples) & 0xFFFFFFFF
    if ahead32(leg.high, leg.play) < 0:
        leg.high = leg.play


@hot
def _peak(lane: Lane, at: Integer, samples: Integer) -> Integer:
    work = lane.work
    peak = np.int32(0)
    for j in range(samples):
        peak = max(peak, np.int32(abs(np.int32(work[at + j]))))
    return np.int64(peak)


@kernel
def _cross_fade_high(
    lane: Lane, leg: LegRow, timestamp: Integer, samples: Integer, a: Integer, b: Integer
) -> None:
    """Hear the higher band of a frame as the lower one, out of ``samples`` from ``timestamp`` on."""
    copy_out(wide_of(leg).jitter_high, timestamp, samples, lane.work_high, 0)
    cross_fade(lane.work_high, a, b, wide_of(leg).heard_bands[1])


@kernel
def _remove(lane: Lane, leg: LegRow) -> Integer:
    """Hear a frame in which some sound was left out; False when that cannot be done well now."""
    if _count_holes(leg, c.FRAME + LONGEST_LAG) > 0:
        return False
    copy_out(leg.jitter, leg.play, c.FRAME + LONGEST_LAG, lane.work, 0)
    lag = np.int64(LONGEST_LAG)
    if _peak(lane, 0, c.FRAME) > SILENT:
        if leg.since_adjusted < PATIENCE:
            return False
        lag = pitch_lag(lane.work, 0, 1)
    cross_fade(lane.work, 0, lag, leg.heard)
    if leg.wide:
        _cross_fade_high(lane, leg, leg.play, c.FRAME + LONGEST_LAG, 0, lag)
    _consume(leg, c.FRAME + lag)
    leg.count[c.REMOVED] += lag
    leg.since_adjusted = 0
    return True


@kernel
def _stretch(lane: Lane, leg: LegRow, short: Integer) -> Integer:
    """Hear a frame in which some sound comes twice; False when that cannot be done well now."""
    if _count_holes(leg, c.FRAME) > 0:
        return False
    copy_out(leg.jitter, leg.play - c.HISTORY, c.HISTORY + c.FRAME, lane.work, 0)
    lag = np.int64(LONGEST_LAG)
    if _peak(lane, c.HISTORY, c.FRAME) > SILENT:
        if leg.since_adjusted < PATIENCE and short < c.FRAME:
            return False
        lag = pitch_lag(lane.work, c.HISTORY, -1)
    cross_fade(lane.work, c.HISTORY, c.HISTORY - lag, leg.heard)
    if leg.wide:
        before = leg.play - c.HISTORY
        _cross_fade_high(lane, leg, before, c.HISTORY + c.FRAME, c.HISTORY, c.HISTORY - lag)
    _consume(leg, c.FRAME - lag)
    leg.count[c.INSERTED] += lag
    leg.since_adjusted = 0
    return True


@hot
def _adjust(lane: Lane, leg: LegRow) -> Integer:
    """Hear a frame that shortens or lengthens the lag, when it is wrong and now is a good moment."""
    if leg.erased > 0:
        return False
    lag = ahead32(lane.now_samples - leg.play, leg.transit_base)
    excess = lag - leg.desired
    if excess > SLACK:
        return _remove(lane, leg)
    if excess < 0:
        return _stretch(lane, leg, -excess)
    return False


@hot
def _wait_for_sender(lane: Lane, leg: LegRow, holes: Integer) -> Integer:
    """Tell whether to let the lag grow: nothing is there, and the lag is shorter than packets need."""
    if holes < c.FRAME or ahead32(leg.high, leg.play) > 0:
        return False
    lag = ahead32(lane.now_samples - leg.play, leg.transit_base)
    return lag < leg.desired


@hot
def _mend_or_invent(lane: Lane, leg: LegRow, paused: Integer) -> None:
    """Go through the frame in the work array, sound and holes by turns."""
    work = lane.work
    j = np.int64(c.HISTORY)
    while j < c.HISTORY + c.FRAME:
        start, missing = j, work[j] == c.HOLE
        while j < c.HISTORY + c.FRAME and (work[j] == c.HOLE) == missing:
            j += 1
        if missing:
            erased = leg.erased
            invent(leg, work, start, j, paused)
            if leg.wide:
                fill_high(leg, lane.work_high, start, j, erased, paused)
        elif leg.erased > 0:
            if leg.wide:
                mend_high(leg, lane.work_high, start, j)
            mend(leg, work, start, j)


@kernel
def _hear_with_holes(lane: Lane, leg: LegRow, holes: Integer) -> None:
    """Hear a frame of which some or all is missing, or the first one after such a frame."""
    work, buffered = lane.work, ahead32(leg.high, leg.play)
    # Neither the wait before the first sample nor the silence of a peer that stopped is a loss.
    waiting = leg.erased >= FADE_END and (buffered <= 0 or leg.lag == 0)
    paused = is_paused(leg)
    if holes > 0 and not paused and not waiting:
        leg.missing += 1
    copy_out(leg.jitter, leg.play - c.HISTORY, c.HISTORY + c.FRAME, work, 0)
    if leg.wide:
        copy_out(wide_of(leg).jitter_high, leg.play - c.HISTORY, c.HISTORY + c.FRAME, lane.work_high, 0)
    for j in range(max(buffered, 0), c.FRAME):
        work[c.HISTORY + j] = np.int16(c.HOLE)
    _mend_or_invent(lane, leg, paused)
    for j in range(c.FRAME):
        leg.heard[j] = work[c.HISTORY + j]
    if leg.wide:
        for j in range(c.FRAME):
            wide_of(leg).heard_bands[1, j] = lane.work_high[c.HISTORY + j]
    if _wait_for_sender(lane, leg, holes):
        leg.count[c.INSERTED] += c.FRAME
        return
    copy_back(leg.jitter, leg.play, work, c.HISTORY)
    if leg.wide:
        copy_back(wide_of(leg).jitter_high, leg.play, lane.work_high, c.HISTORY)
    _consume(leg, c.FRAME)


@hot
def _weigh(part: Array) -> tuple[Integer, Integer]:
    """Return the holes in a part of a ring, and its power, in one pass."""
    holes, power = np.int32(0), np.int32(0)
    for j in range(len(part)):
        sample = np.int32(np.int32(part[j]) >> np.int32(4))
        holes += np.int32(part[j] == c.HOLE)
        power = np.int32(power + np.int32(sample * sample))
    return np.int64(holes), np.int64(power)


@hot
def weigh_frame(leg: LegRow) -> tuple[Integer, Integer]:
    """Return how many samples of the next frame have not come, and, when all have, its power."""
    if ahead32(leg.high, leg.play) < c.FRAME:
        return _count_holes(leg, c.FRAME), np.int64(0)
    start = leg.play & c.RING_MASK
    first = min(c.FRAME, c.RING - start)
    # Views, so that no index can be negative: else there are no vectors.
    holes, power = _weigh(leg.jitter[start : start + first])
    if first < c.FRAME:
        more, added = _weigh(leg.jitter[: c.FRAME - first])
        holes, power = holes + more, power + added
    return holes, power


@hot
def _hear(lane: Lane, leg: LegRow) -> Integer:
    """Put the frame of this tick into ``leg.heard``; return its power.

    Where nobody listens (no tap, no bridge, no tone detector) a frame without faults is only passed over.
    """
    if leg.started == 0:
        return np.int64(0)
    leg.since_adjusted += 1
    leg.holes = 0
    if _adjust(lane, leg):
        return frame_power(leg.heard)
    leg.holes, power = weigh_frame(leg)
    if leg.holes > 0 or leg.erased > 0:
        _hear_with_holes(lane, leg, leg.holes)
        return frame_power(leg.heard)
    if leg.listeners > 0 or leg.inband != 0:
        copy_out(leg.jitter, leg.play, c.FRAME, leg.heard, 0)
        if leg.wide:
            copy_out(wide_of(leg).jitter_high, leg.play, c.FRAME, wide_of(leg).heard_bands[1], 0)
    _consume(leg, c.FRAME)
    return power


@kernel
def hear(lane: Lane, leg: LegRow) -> None:
    """Hear the frame of this tick, and how loud the party is."""
    follow_party(leg, _hear(lane, leg))


@hot
def is_due(leg: LegRow, now_ns: Integer) -> Integer:
    """Tell whether a packet may be waiting: the frame is not there, or the next packet's time has come."""
    if leg.started == 0 or ahead32(leg.high, leg.play) < c.FRAME:
        return True
    return leg.last_heard_ns + leg.packet_samples * c.SAMPLE_NS <= now_ns
