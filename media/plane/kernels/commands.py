"""What the event loop asks of a row, carried out between ticks."""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.jitter import forget_sound
from media.plane.kernels.rings import tell
from media.plane.kernels.speak import NO_PRESS
from media.plane.legs import Array, Integer, Lane, LegRow, LegTable

FIRST = 3
"""Arguments of a command begin behind kind, row and generation."""
ADDRESS_WORDS = c.ADDRESS_OCTETS // 8

NOTHING, DISCONNECT = 0, 1
"""What the caller has to do to the row's socket."""


@hot
def _join_phase(table: LegTable, leg: LegRow) -> None:
    """Let a row that the event loop has filled in take part."""
    count = table.lanes[0].active_count
    leg.phase_index = count[leg.phase]
    table.active[leg.phase, leg.phase_index] = leg.row
    count[leg.phase] += 1
    leg.in_use = 1


@hot
def _leave_phase(table: LegTable, leg: LegRow) -> None:
    """Take the row out of its phase; the last one takes its place."""
    count = table.lanes[0].active_count
    count[leg.phase] -= 1
    moved = table.active[leg.phase, count[leg.phase]]
    table.active[leg.phase, leg.phase_index] = moved
    table.legs[moved].phase_index = leg.phase_index
    leg.in_use = 0


@hot
def _set_peer(leg: LegRow, command: Array, at: Integer) -> Integer:
    """Write the signalled address; True when it is another one than was signalled before."""
    moved = False
    for word in range(ADDRESS_WORDS):
        for k in range(8):
            octet = np.uint8((command[at + word] >> (8 * k)) & 0xFF)
            moved = moved or leg.signalled[8 * word + k] != octet
            leg.signalled[8 * word + k] = octet
    return moved


@hot
def _move_peer(leg: LegRow, known: Integer) -> Integer:
    """Begin anew with the signalled address: it must be heard, or learned, again."""
    leg.remote_known = known
    for k in range(c.ADDRESS_OCTETS):
        leg.peer[k] = leg.signalled[k]
    leg.learn_count = 0
    connected = leg.latch != c.LATCH_OPEN
    leg.latch = c.LATCH_OPEN
    return DISCONNECT if connected else NOTHING


@hot
def _apply(leg: LegRow, command: Array) -> Integer:
    """Take on what was agreed; flags, payload types sent and heard, law, samples a packet, address."""
    flags = command[FIRST]
    hearing = flags & c.FLAG_HEARING
    if leg.hearing != 0 and hearing == 0:
        forget_sound(leg)
    leg.hearing = np.int64(hearing != 0)
    leg.sending = np.int64(flags & c.FLAG_SENDING != 0)
    leg.inband = np.int64(flags & c.FLAG_INBAND != 0)
    leg.any_host = np.int64(flags & c.FLAG_ANY_HOST != 0)
    leg.mux = np.int64(flags & c.FLAG_MUX != 0)
    leg.voice_type = command[FIRST + 1]
    leg.event_type = command[FIRST + 2]
    leg.heard_voice_type = command[FIRST + 3]
    leg.heard_event_type = command[FIRST + 4]
    leg.law = command[FIRST + 5]
    leg.frame_out = command[FIRST + 6]
    leg.timestamp = (leg.timestamp + leg.pending) & 0xFFFFFFFF
    leg.pending = 0
    known = np.int64(flags & c.FLAG_REMOTE_KNOWN != 0)
    moved = _set_peer(leg, command, FIRST + 7)
    if not moved and known == leg.remote_known:
        return NOTHING
    return _move_peer(leg, known)


@hot
def _play(lane: Lane, leg: LegRow, command: Array) -> None:
    """Begin a prompt: number, address, samples, loops."""
    if leg.prompt_address != 0:
        tell(lane, leg, c.FREED, leg.prompt)
    leg.prompt = command[FIRST]
    leg.prompt_address = command[FIRST + 1]
    leg.prompt_samples = command[FIRST + 2]
    leg.prompt_loops = command[FIRST + 3]
    leg.prompt_position = 0
    leg.prompt_ended = 0


@hot
def _press(lane: Lane, leg: LegRow, command: Array) -> None:
    """Begin a string of keys: number, address, count."""
    if leg.digits_address != 0:
        tell(lane, leg, c.FREED, leg.digits)
    leg.digits = command[FIRST]
    leg.digits_address = command[FIRST + 1]
    leg.digits_count = command[FIRST + 2]
    leg.digits_position = 0
    leg.pause_ticks = 0
    leg.press = NO_PRESS


@hot
def _stop_sound(lane: Lane, leg: LegRow, kind: Integer, number: Integer) -> None:
    """Let go of a prompt or of keys, if they still are the ones with that number."""
    if kind == c.STOP_PROMPT and leg.prompt == number and leg.prompt_address != 0:
        leg.prompt_address = 0
        leg.prompt_ended = 0
        tell(lane, leg, c.FREED, number)
    if kind == c.STOP_DIGITS and leg.digits == number and leg.digits_address != 0:
        leg.digits_address = 0
        leg.press = NO_PRESS
        tell(lane, leg, c.FREED, number)


@hot
def _change_taps(lane: Lane, leg: LegRow, kind: Integer, command: Array) -> None:
    """Add a tap (number, address, direction) or remove the one with that number."""
    taps = leg.taps
    for slot in range(c.TAPS):
        if kind == c.ADD_TAP and taps[slot, 1] == 0:
            for k in range(3):
                taps[slot, k] = command[FIRST + k]
            leg.tap_count += 1
            leg.listeners += 1
            return
        if kind == c.REMOVE_TAP and taps[slot, 1] != 0 and taps[slot, 0] == command[FIRST]:
            taps[slot, 1] = 0
            leg.tap_count -= 1
            leg.listeners -= 1
            tell(lane, leg, c.FREED, command[FIRST])
            return


@hot
def _change_source(lane: Lane, leg: LegRow, kind: Integer, command: Array) -> None:
    """Set the streamed sound (number, address) or remove the one with that number."""
    if kind == c.SET_SOURCE:
        if leg.source_address != 0:
            tell(lane, leg, c.FREED, leg.source)
        leg.source = command[FIRST]
        leg.source_address = command[FIRST + 1]
        leg.source_ended = 0
    elif leg.source == command[FIRST] and leg.source_address != 0:
        leg.source_address = 0
        leg.source_ended = 0
        tell(lane, leg, c.FREED, command[FIRST])


@hot
def _part(table: LegTable, leg: LegRow) -> None:
    """End the bridge of a row, on both sides."""
    if leg.bridge < 0:
        return
    other = table.legs[leg.bridge]
    leg.bridge = other.bridge = -1
    leg.listeners -= 1
    other.listeners -= 1


@hot
def _bridge(table: LegTable, leg: LegRow, command: Array) -> None:
    """Let two rows hear each other: row and generation of the other one.

    Nothing happens when the other is closed by now, or closing: its row may be another leg's.
    """
    other = table.legs[command[FIRST]]
    if other.generation != command[FIRST + 1] or other.in_use == 0 or other.closing or leg.closing:
        return
    _part(table, leg)
    _part(table, other)
    leg.bridge, other.bridge = other.row, leg.row
    leg.listeners += 1
    other.listeners += 1


@kernel
def carry_out(table: LegTable, command: Array) -> Integer:
    """Carry out one command; DISCONNECT when the row's socket must forget its peer."""
    lane, leg, kind = table.lanes[0], table.legs[command[1]], command[0]
    if leg.generation != command[2]:
        return NOTHING
    if kind == c.OPEN:
        _join_phase(table, leg)
    elif leg.in_use == 0:
        return NOTHING
    elif kind == c.APPLY:
        return _apply(leg, command)
    elif kind == c.CLOSE:
        leg.closing = 1
        _part(table, leg)
    elif kind == c.BRIDGE:
        _bridge(table, leg, command)
    elif kind == c.UNBRIDGE:
        _part(table, leg)
    elif kind == c.PLAY_PROMPT:
        _play(lane, leg, command)
    elif kind == c.PRESS_DIGITS:
        _press(lane, leg, command)
    elif kind == c.STOP_PROMPT or kind == c.STOP_DIGITS:
        _stop_sound(lane, leg, kind, command[FIRST])
    elif kind == c.ADD_TAP or kind == c.REMOVE_TAP:
        _change_taps(lane, leg, kind, command)
    else:
        _change_source(lane, leg, kind, command)
    return NOTHING


@kernel
def release(table: LegTable, leg: LegRow) -> Integer:
    """Take a closing row out of the tick; False when the event ring has no room to say so yet."""
    lane = table.lanes[0]
    heard = np.int64(-1)
    if leg.source_known:
        heard = (leg.source_ssrc << 16) | (leg.highest & 0xFFFF)
    if not tell(lane, leg, c.RELEASED, heard):
        return False
    _leave_phase(table, leg)
    for column in range(c.COUNTERS):
        lane.released_count[column] += leg.count[column]
    return True
