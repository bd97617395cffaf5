"""What a datagram means: validity, source, sequence and jitter (RFC 3550 section 5.1, A.1, A.3, A.8)."""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.bits import ahead32, read16, read32
from media.plane.kernels.events import hear_event
from media.plane.kernels.g722 import decode_g722
from media.plane.kernels.jitter import FAR, forget_sound, insert
from media.plane.kernels.latch import ACCEPTED, FOREIGN, admit, same_address
from media.plane.kernels.opus import decode_opus, recover_opus, ticks_of
from media.plane.kernels.quiet import begin_quiet, go_on
from media.plane.kernels.rings import pass_packet
from media.plane.kernels.seal import unseal
from media.plane.kernels.stamps import is_asked
from media.plane.legs import Array, Integer, Lane, LegRow

COMFORT_NOISE = 13
"""RFC 3389: the peer says that it is silent."""
PCMU_TYPE, PCMA_TYPE = 0, 8

MAX_DROPOUT = 3000
MAX_MISORDER = 100
STALE_SEQUENCES = 6000
"""A stream that goes on is at most so far ahead: two minutes. One that begins anew is elsewhere,
even where a device gives every call the same SSRC."""
REFUSED, IN_ORDER, LATE, REPEATED, NEXT = 0, 1, 2, 3, 4
"""NEXT: in order, and no packet is missing before it."""


@hot
def _payload_start(buffer: Array, octets: Integer) -> Integer:
    """Return where the payload begins, or -1 when a length in the header lies."""
    start = c.HEADER + 4 * (np.int64(buffer[0]) & 15)
    if buffer[0] & 0x10:
        if start + 4 > octets:
            return -1
        start += 4 + 4 * read16(buffer, start + 2)
    return start if start <= octets else -1


@hot
def _payload_end(buffer: Array, start: Integer, octets: Integer) -> Integer:
    """Return where the payload ends, before padding; -1 when the padding lies."""
    if buffer[0] & 0x20 == 0:
        return octets
    if octets <= start:
        return -1
    padding = np.int64(buffer[octets - 1])
    if padding == 0 or start + padding > octets:
        return -1
    return octets - padding


@hot
def _is_agreed(leg: LegRow, payload_type: Integer) -> Integer:
    """Tell whether the peer may send this type: what was agreed, and G.711 and comfort noise on its clock."""
    agreed = payload_type == leg.heard_voice_type or payload_type == leg.heard_event_type
    return agreed or (leg.clock == 1 and payload_type in (PCMU_TYPE, PCMA_TYPE, COMFORT_NOISE))


@hot
def _begin_source(leg: LegRow, ssrc: Integer, sequence: Integer) -> None:
    """Count from here: a new source, or one that jumped."""
    if leg.source_known:
        leg.lost_before += leg.highest - leg.first_sequence + 1 - leg.received
    leg.source_known = 1
    leg.source_ssrc = ssrc
    leg.first_sequence = sequence
    leg.highest = sequence
    leg.suspect = c.CANDIDATE_NONE
    leg.new_ssrc = c.CANDIDATE_NONE
    leg.seen = 1
    leg.received = 0
    leg.transit_known = 0


@hot
def _is_stale(leg: LegRow, ssrc: Integer, sequence: Integer) -> Integer:
    """Tell whether this is the caller who had our port before and did not stop sending."""
    if ssrc != leg.stale_ssrc or (sequence - leg.stale_sequence) & 0xFFFF > STALE_SEQUENCES:
        return False
    leg.stale_sequence = sequence
    return True


@hot
def _is_source(leg: LegRow, ssrc: Integer, sequence: Integer) -> Integer:
    """Tell whether ``ssrc`` is who we listen to; the second packet in sequence of another takes its place."""
    if leg.source_known and ssrc == leg.source_ssrc:
        return True
    if _is_stale(leg, ssrc, sequence):
        return False
    if leg.source_known and (ssrc != leg.new_ssrc or sequence != leg.new_sequence):
        leg.new_ssrc = ssrc
        leg.new_sequence = (sequence + 1) & 0xFFFF
        return False
    forget_sound(leg)
    _begin_source(leg, ssrc, sequence)
    return True


@hot
def _seen_before(leg: LegRow, behind: Integer) -> Integer:
    """Tell whether the packet ``behind`` the highest came before, and remember that it came."""
    if behind >= 64:
        return False
    bit = np.int64(1) << behind
    if leg.seen & bit:
        return True
    leg.seen |= bit
    return False


@hot
def _place_in_sequence(leg: LegRow, sequence: Integer) -> Integer:
    """Count ``sequence`` as A.1 does: a jump must be confirmed by the packet after it."""
    ahead = (sequence - leg.highest) & 0xFFFF
    if leg.received == 0 and ahead == 0:
        verdict = IN_ORDER
    elif 0 < ahead < MAX_DROPOUT:
        leg.highest += ahead
        leg.seen = ((leg.seen << ahead) if ahead < 64 else np.int64(0)) | np.int64(1)
        verdict = NEXT if ahead == 1 else IN_ORDER
    elif ahead == 0 or ahead > 65536 - MAX_MISORDER:
        verdict = REPEATED if _seen_before(leg, (65536 - ahead) & 0xFFFF) else LATE
    elif sequence == leg.suspect:
        _begin_source(leg, leg.source_ssrc, sequence)
        verdict = IN_ORDER
    else:
        leg.suspect = (sequence + 1) & 0xFFFF
        return REFUSED
    leg.received += 1
    return verdict


@hot
def _update_jitter(leg: LegRow, timestamp: Integer, arrival: Integer) -> None:
    transit = (arrival - timestamp) & 0xFFFFFFFF
    if leg.transit_known:
        deviation = abs(ahead32(transit, leg.transit))
        leg.scaled_jitter += deviation - ((leg.scaled_jitter + 8) >> 4)
    leg.transit = transit
    leg.transit_known = 1


@kernel
def _hear_opus(
    lane: Lane,
    leg: LegRow,
    start: Integer,
    octets: Integer,
    timestamp: Integer,
    marker: Integer,
    arrival: Integer,
) -> None:
    """Decode a packet of Opus, and before it a single missing one; one behind its turn is lost."""
    if leg.started != 0 and -FAR < ahead32(timestamp, leg.opus_next) < 0:
        leg.count[c.LATE] += 1
        return
    recovered = recover_opus(lane, leg, start, octets, timestamp)
    if recovered > 0:
        insert(lane, leg, 0, recovered, c.DECODED, (timestamp - c.FRAME) & 0xFFFFFFFF, False, arrival)
    samples = decode_opus(lane, leg, start, octets)
    if samples > 0:
        insert(lane, leg, 0, samples, c.DECODED, timestamp, marker, arrival)
        leg.opus_next = (timestamp + samples) & 0xFFFFFFFF


@hot
def _hear_voice(
    lane: Lane,
    leg: LegRow,
    start: Integer,
    octets: Integer,
    timestamp: Integer,
    marker: Integer,
    arrival: Integer,
) -> Integer:
    """Take in sound as it is coded; return the timestamp of its end."""
    payload_type, law = np.int64(lane.buffer[1]) & 0x7F, leg.law
    if payload_type == PCMU_TYPE:
        law = c.LAW_MU
    elif payload_type == PCMA_TYPE:
        law = c.LAW_A
    if law == c.OPUS:
        _hear_opus(lane, leg, start, octets, timestamp, marker, arrival)
        return leg.opus_next
    if law == c.G722:
        decode_g722(lane, leg, start, octets)
        start, law = 0, c.DECODED
    insert(lane, leg, start, octets, law, timestamp, marker, arrival)
    return (timestamp + octets) & 0xFFFFFFFF


@hot
def _dispatch(
    lane: Lane,
    leg: LegRow,
    start: Integer,
    end: Integer,
    timestamp: Integer,
    place: Integer,
    arrival: Integer,
) -> None:
    """Take in what an accepted packet carries."""
    payload_type = np.int64(lane.buffer[1]) & 0x7F
    in_order = place != LATE
    if payload_type == leg.heard_event_type:
        leg.quiet = 1
        hear_event(lane, leg, start, end)
    elif payload_type == COMFORT_NOISE:
        if in_order:
            begin_quiet(lane, leg, start, end)
    elif end > start:
        after_pause = leg.quiet or (place == NEXT and ahead32(timestamp, leg.heard_end) > 0)
        if in_order:
            leg.quiet = 0
        marker = lane.buffer[1] >= 0x80 and in_order
        sound_end = _hear_voice(lane, leg, start, end - start, timestamp, marker, arrival)
        if in_order and leg.suspect_timestamp == c.CANDIDATE_NONE:
            go_on(leg, timestamp, sound_end, after_pause)
        elif in_order:
            # It may be a jump and is not believed yet: what it should have brought is missing, and no pause.
            leg.heard_end = (leg.heard_end + c.FRAME) & 0xFFFFFFFF


@hot
def _hear_beside(lane: Lane, leg: LegRow, start: Integer, end: Integer) -> Integer:
    """Take in a key of a stream beside that of the sound, which goes on; False for everything else.

    Gateways that make keys of tones give them an SSRC of their own.
    """
    ssrc = read32(lane.buffer, 8)
    is_key = np.int64(lane.buffer[1]) & 0x7F == leg.heard_event_type
    if not is_key or leg.source_known == 0 or ssrc == leg.source_ssrc:
        return False
    if leg.hearing and not _is_stale(leg, ssrc, read16(lane.buffer, 2)):
        hear_event(lane, leg, start, end)
    return True


@hot
def _receive_rtp(lane: Lane, leg: LegRow, octets: Integer, arrival_ns: Integer) -> Integer:
    count, buffer = leg.count, lane.buffer
    start = _payload_start(buffer, octets)
    end = _payload_end(buffer, start, octets) if start >= 0 else np.int64(-1)
    if end < 0 or end - start > c.MAX_PACKET:
        count[c.MALFORMED] += 1
        return FOREIGN
    if leg.remote_known and not _is_agreed(leg, np.int64(buffer[1]) & 0x7F):
        count[c.REFUSED] += 1
        return FOREIGN
    verdict = admit(lane, leg)
    if verdict == FOREIGN:
        count[c.FOREIGN] += 1
        return FOREIGN
    if _hear_beside(lane, leg, start, end):
        return verdict
    sequence = read16(buffer, 2)
    if not _is_source(leg, read32(buffer, 8), sequence):
        count[c.REFUSED] += 1
        return ACCEPTED
    place = _place_in_sequence(leg, sequence)
    if place == REFUSED:
        count[c.REFUSED] += 1
        return verdict
    count[c.PACKETS_RECEIVED] += 1
    count[c.OCTETS_RECEIVED] += end - start
    leg.last_heard_ns = arrival_ns
    arrival = (arrival_ns - lane.start_ns) // c.SAMPLE_NS
    timestamp = ticks_of(leg, read32(buffer, 4))
    # All packets of a key have the timestamp of its beginning: they would be taken for late ones.
    if is_asked(leg) and np.int64(buffer[1]) & 0x7F != leg.heard_event_type:
        _update_jitter(leg, timestamp, arrival)
    if place == REPEATED:
        count[c.DUPLICATED] += 1
        return verdict
    count[c.REORDERED] += place == LATE
    if leg.hearing:
        _dispatch(lane, leg, start, end, timestamp, place, arrival)
    return verdict


@kernel
def receive(lane: Lane, leg: LegRow, octets: Integer, arrival_ns: Integer) -> Integer:
    """Take in the datagram in the buffer, sent by ``lane.address`` unless the latch is sealed.

    Returns PROVEN when its sender has just become the peer and the socket is to be connected.
    """
    buffer = lane.buffer
    is_rtcp = 192 <= buffer[1] <= 223
    if octets < (8 if is_rtcp else c.HEADER) or buffer[0] >> 6 != 2:
        # RFC 7983: what begins so is STUN or DTLS, where ICE and DTLS-SRTP share the socket.
        if not (leg.shared and buffer[0] < 64 and pass_packet(lane, leg, octets, arrival_ns)):
            leg.count[c.MALFORMED] += 1
        return FOREIGN
    if is_rtcp:
        # RFC 5761 section 4: RTCP on the same port, where that was agreed.
        known = leg.latch == c.LATCH_SEALED or (leg.remote_known != 0 and same_address(lane, leg.peer))
        if not (leg.mux and known and pass_packet(lane, leg, octets, arrival_ns)):
            leg.count[c.REFUSED] += 1
        return FOREIGN
    if leg.unseal:
        octets = unseal(lane, leg, octets)
        if octets < c.HEADER:
            return FOREIGN
    return _receive_rtp(lane, leg, octets, arrival_ns)
