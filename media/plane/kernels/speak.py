"""What a leg says: prompt, streamed sound, room or silence; and the packets that carry it.

Named events go out as RFC 4733 section 2.5 says: the compiled form of
:class:`media.rtp.telephone_event.TelephoneEventSender`, compared with it in the tests.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel, octet_at, store_word, word_at
from media.plane.kernels.bands import compose_bands
from media.plane.kernels.bits import write16, write32
from media.plane.kernels.g711 import encode_g711
from media.plane.kernels.g722 import encode_g722
from media.plane.kernels.mix import add_coaches, clip, say_room
from media.plane.kernels.opus import encode_opus
from media.plane.kernels.prompts import say_prompt
from media.plane.kernels.rings import read_sound, tell
from media.plane.legs import Array, Integer, Lane, LegRow, LegTable

PRESS_SAMPLES = 800
"""100 ms: long enough for every detector, as TelephoneEventSender."""
GAP_TICKS = 4
END_PACKETS = 3
VOLUME = 10
NO_PRESS = -1


@hot
def _say_source(lane: Lane, leg: LegRow) -> Integer:
    """Take the next samples out of the streamed sound; return how many there were."""
    ring = leg.source_address
    forget = word_at(ring + 8 * c.SOUND_FORGET)
    if word_at(ring + 8 * c.SOUND_TAIL) < forget:
        store_word(ring + 8 * c.SOUND_TAIL, forget)
    if word_at(ring + 8 * c.SOUND_HELD) != 0:
        leg.source_ended = 0
        return np.int64(0)
    lane.banded = word_at(ring + 8 * c.SOUND_BANDED) if leg.wide else np.int64(0)
    bands = lane.said_bands.ctypes.data if lane.banded else 0
    said = read_sound(ring, lane.spoken.ctypes.data, c.FRAME, np.int64(bands))
    waiting = word_at(ring + 8 * c.SOUND_HEAD) - word_at(ring + 8 * c.SOUND_TAIL)
    room = 2 * waiting <= word_at(ring + 8 * c.SOUND_SIZE)
    if room and word_at(ring + 8 * c.SOUND_WANT_ROOM) != 0 and tell(lane, leg, c.SOURCE_ROOM, leg.source):
        store_word(ring + 8 * c.SOUND_WANT_ROOM, 0)
    leg.source_ended = np.int64(waiting == 0 and word_at(ring + 8 * c.SOUND_WANT_PLAYED) != 0)
    return said


@hot
def compose(table: LegTable, lane: Lane, leg: LegRow) -> None:
    """Put what the leg says in this tick into ``lane.spoken``."""
    said, alone = np.int64(0), False
    if leg.prompt_address != 0 and leg.prompt_ended == 0:
        said, alone = say_prompt(lane, leg, leg.wide), True
    elif leg.source_address != 0:
        said, alone = _say_source(lane, leg), True
    in_room = leg.room >= 0 and leg.apart & c.MEMBER_HELD == 0
    in_room = in_room and not (alone and table.rooms[leg.room].is_bridge)
    if leg.wide:
        _compose_wide(table, lane, leg, said, in_room)
    if in_room:
        say_room(table, lane, leg, said)
        return
    for j in range(said, c.FRAME):
        lane.spoken[j] = np.int16(0)


@kernel
def _compose_wide(table: LegTable, lane: Lane, leg: LegRow, said: Integer, in_room: Integer) -> None:
    """Put both bands of what a wideband leg says into ``lane.spoken_bands``."""
    extra, sums = lane.extra, lane.sums
    narrow = np.int64(0) if lane.banded else said
    for j in range(narrow):
        sums[j] = np.int32(lane.spoken[j])
    for j in range(narrow, c.FRAME):
        sums[j] = np.int32(0)
    if in_room:
        add_coaches(table, lane, leg, sums)
    clip(sums, extra)
    compose_bands(table, lane, leg, in_room, said - narrow)


@hot
def queue_frame(lane: Lane, leg: LegRow) -> None:
    """Encode ``lane.spoken`` behind what the packet that is being filled already holds."""
    at = c.HEADER + leg.pending
    if leg.law == c.G722:
        encode_g722(lane, leg, at)
        leg.pending += c.FRAME
        return
    if leg.law == c.OPUS:
        leg.opus_octets = encode_opus(lane, leg)
        if leg.opus_octets == 0:
            stay_silent(leg)
        else:
            leg.pending += c.FRAME
        return
    encode_g711(lane.spoken, leg.packet[at : at + c.FRAME], leg.law)
    leg.pending += c.FRAME


@hot
def _write_header(packet: Array, leg: LegRow, payload_type: Integer, timestamp: Integer) -> None:
    """Write the fixed header (RFC 3550 section 5.1) and move on to the next sequence number."""
    packet[0] = np.uint8(0x80)
    packet[1] = np.uint8(payload_type | (leg.mark << 7))
    write16(packet, 2, leg.sequence)
    write32(packet, 4, timestamp * leg.clock)
    write32(packet, 8, leg.ssrc)
    leg.mark = 0
    leg.sequence = (leg.sequence + 1) & 0xFFFF


@hot
def next_packet(leg: LegRow) -> Integer:
    """Stamp the packet if it is full; return its octets, or 0."""
    if leg.pending < leg.frame_out:
        return np.int64(0)
    _write_header(leg.packet, leg, leg.voice_type, leg.timestamp)
    return c.HEADER + (leg.opus_octets if leg.law == c.OPUS else leg.frame_out)


@hot
def is_frame_a_packet(leg: LegRow) -> Integer:
    """Tell whether what the leg says in a tick is a packet of its own, as with most peers."""
    return leg.frame_out == c.FRAME and leg.pending == 0 and leg.law <= c.LAW_A


@hot
def frame_packet(lane: Lane, leg: LegRow) -> Integer:
    """Make ``lane.spoken`` a packet in ``lane.frame_packet``; return its octets.

    That is at hand in the processor's cache, as the leg's own packet is not.
    """
    packet = lane.frame_packet
    encode_g711(lane.spoken, packet[c.HEADER :], leg.law)
    _write_header(packet, leg, leg.voice_type, leg.timestamp)
    leg.timestamp = (leg.timestamp + c.FRAME) & 0xFFFFFFFF
    return np.int64(c.HEADER + c.FRAME)


@hot
def packet_left(leg: LegRow) -> None:
    """Take what was sent out of the packet; what is left moves to its beginning."""
    packet = leg.packet
    samples = leg.frame_out
    leg.pending -= samples
    for j in range(leg.pending):
        packet[c.HEADER + j] = packet[c.HEADER + samples + j]
    leg.timestamp = (leg.timestamp + samples) & 0xFFFFFFFF


@hot
def stay_silent(leg: LegRow) -> None:
    """Let a frame pass without a packet; the next one begins a talk-spurt (RFC 3551 section 4.1)."""
    leg.timestamp = (leg.timestamp + leg.pending + c.FRAME) & 0xFFFFFFFF
    leg.pending = 0
    leg.mark = 1


@hot
def _begin_press(leg: LegRow) -> None:
    """Start the next key or pause of the digit string; an ended string is let go of."""
    if leg.pause_ticks > 0:
        leg.pause_ticks -= 1
        return
    if leg.digits_position >= leg.digits_count:
        return
    code = np.int64(octet_at(leg.digits_address + leg.digits_position))
    leg.digits_position += 1
    if code >= c.PAUSE:
        leg.pause_ticks = code - c.PAUSE - 1
        return
    leg.press = code
    # Sound that was waiting for a full packet gives way to the event.
    leg.timestamp = (leg.timestamp + leg.pending) & 0xFFFFFFFF
    leg.pending = 0
    leg.press_timestamp = leg.timestamp
    leg.press_duration = 0
    leg.press_ends = 0
    leg.mark = 1


@hot
def next_event(lane: Lane, leg: LegRow) -> Integer:
    """Fill ``lane.event_packet`` if a key is being pressed in this tick; return its octets, or 0."""
    packet = lane.event_packet
    if leg.digits_address == 0:
        return np.int64(0)
    if leg.press == NO_PRESS:
        _begin_press(leg)
    if leg.press == NO_PRESS:
        return np.int64(0)
    leg.press_duration = min(leg.press_duration + c.FRAME, PRESS_SAMPLES)
    end = leg.press_duration >= PRESS_SAMPLES
    packet[c.HEADER] = np.uint8(leg.press)
    packet[c.HEADER + 1] = np.uint8(VOLUME | (0x80 if end else 0))
    write16(packet, c.HEADER + 2, leg.press_duration * leg.event_clock)
    _write_header(packet, leg, leg.event_type, leg.press_timestamp)
    leg.timestamp = (leg.timestamp + c.FRAME) & 0xFFFFFFFF
    leg.press_ends += end
    if leg.press_ends == END_PACKETS:
        leg.press = NO_PRESS
        leg.pause_ticks = GAP_TICKS
    return np.int64(c.HEADER + 4)


@kernel
def report_ends(lane: Lane, leg: LegRow) -> None:
    """Tell of what has been played and sent to its end; what the ring has no room for is told next time."""
    if leg.pending > 0:
        return
    if leg.prompt_ended and tell(lane, leg, c.FINISHED, leg.prompt):
        leg.prompt_ended = 0
        leg.prompt_address = 0
    if leg.source_ended and tell(lane, leg, c.SOURCE_PLAYED, leg.source):
        leg.source_ended = 0
        store_word(leg.source_address + 8 * c.SOUND_WANT_PLAYED, 0)
    pressed = (
        leg.digits_address != 0
        and leg.press == NO_PRESS
        and leg.pause_ticks == 0
        and leg.digits_position >= leg.digits_count
    )
    if pressed and tell(lane, leg, c.FINISHED, leg.digits):
        leg.digits_address = 0
