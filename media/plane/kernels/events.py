"""Keys as named events in RTP, heard (RFC 4733 section 2.5).

The compiled form of :class:`media.rtp.telephone_event.TelephoneEventReceiver`, whose docstring
says what is forgiven; both are compared in the tests.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot
from media.plane.kernels.bits import ahead16, ahead32, read16, read32
from media.plane.kernels.rings import tell
from media.plane.legs import Integer, Lane, LegRow
from media.rtp.sequence import MAX_MISORDER

KEYS = 16
MAX_DURATION = 0xFFFF


@hot
def _is_late(leg: LegRow, sequence: Integer, timestamp: Integer) -> Integer:
    """Tell a late or repeated packet from news; between two presses the numbers may have gone round."""
    ahead = ahead16(sequence, leg.event_sequence)
    return -MAX_MISORDER < ahead <= 0 and ahead32(timestamp, leg.event_timestamp) <= 0


@hot
def _continues(
    leg: LegRow, event: Integer, timestamp: Integer, duration: Integer, marker: Integer, ended: Integer
) -> Integer:
    """Tell whether a packet belongs to the press that was heard last."""
    if event != leg.event_code:
        return False
    advance = ahead32(timestamp, leg.event_timestamp)
    if advance == 0:
        return not (leg.event_ended != 0 and marker and duration < leg.event_duration)
    if leg.event_ended != 0:
        repeated = ended != 0 and not marker and duration == leg.event_duration
        return repeated and 0 < advance < duration
    if advance == MAX_DURATION and leg.event_duration == MAX_DURATION:
        return True
    return advance > 0 and advance == duration - leg.event_duration


@hot
def hear_event(lane: Lane, leg: LegRow, start: Integer, end: Integer) -> None:
    """Take in the event payload at ``start`` of the buffer; a new key is told at once."""
    buffer = lane.buffer
    if end - start < 4:
        leg.count[c.MALFORMED] += 1
        return
    sequence, timestamp, ssrc = read16(buffer, 2), read32(buffer, 4), read32(buffer, 8)
    event = np.int64(buffer[start])
    ended = np.int64(buffer[start + 1] >> 7)
    duration = read16(buffer, start + 2)
    if leg.event_known and ssrc == leg.event_ssrc:
        if _is_late(leg, sequence, timestamp):
            return
        if _continues(leg, event, timestamp, duration, buffer[1] >= 0x80, ended):
            leg.event_timestamp = timestamp
            leg.event_duration = duration
            leg.event_sequence = sequence
            leg.event_ended |= ended
            return
    leg.event_known = 1
    leg.event_ssrc = ssrc
    leg.event_code = event
    leg.event_timestamp = timestamp
    leg.event_duration = duration
    leg.event_sequence = sequence
    leg.event_ended = ended
    if event < KEYS:
        leg.count[c.DIGITS_HEARD] += 1
        tell(lane, leg, c.DIGIT, event)
