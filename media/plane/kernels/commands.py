"""What the event loop asks of a row, carried out between ticks."""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.g722 import start_g722
from media.plane.kernels.jitter import forget_sound
from media.plane.kernels.membership import change_membership, enter_phase, leave_phase, part
from media.plane.kernels.prompts import begin_prompt
from media.plane.kernels.rings import tell
from media.plane.kernels.rooms import change_room
from media.plane.kernels.speak import NO_PRESS
from media.plane.kernels.taps import change_taps
from media.plane.kernels.wide import wide_of
from media.plane.legs import Array, Integer, Lane, LegRow, LegTable

ADDRESS_WORDS = c.ADDRESS_OCTETS // 8

OPUS_CLOCK = 6
"""Ticks of 48 kHz in one of 8 kHz."""

NOTHING, DISCONNECT = 0, 1
"""What the caller has to do to the row's socket."""


@hot
def _open(table: LegTable, leg: LegRow) -> None:
    """Let a row that the event loop has filled in take part."""
    leg.last_turn = table.lanes[0].now_samples - c.FRAME
    leg.in_use = 1
    enter_phase(table, leg)


@hot
def _arrive(table: LegTable, leg: LegRow) -> None:
    """Let a leg go on that was on another thread, where its counters are part of the sum already."""
    lane = table.lanes[0]
    for column in range(c.COUNTERS):
        lane.released_count[column] -= leg.count[column]
    leg.in_use = 1
    enter_phase(table, leg)


@hot
def _leave(table: LegTable, leg: LegRow, how: Integer) -> None:
    """Have a leg leave its room now, and the tick after its next turn."""
    part(table, leg)
    if leg.closing == c.STAYING:
        table.lanes[0].leaving += 1
    leg.closing = how


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
def _unseal_socket(leg: LegRow) -> Integer:
    """Let the socket hear others than the peer, who stays the peer meanwhile."""
    connected = leg.latch != c.LATCH_OPEN
    leg.latch = c.LATCH_OPEN
    return DISCONNECT if connected else NOTHING


@hot
def _move_peer(leg: LegRow, known: Integer) -> Integer:
    """Begin anew with the signalled address: it must be heard, or learned, again."""
    leg.remote_known = known
    for k in range(c.ADDRESS_OCTETS):
        leg.peer[k] = leg.signalled[k]
    leg.learn_count = 0
    return _unseal_socket(leg)


@kernel
def _change_codec(leg: LegRow, law: Integer) -> None:
    """Begin with another codec; what was received in the former one is heard to its end."""
    if law == leg.law:
        return
    leg.law = law
    leg.clock = OPUS_CLOCK if law == c.OPUS else np.int64(1)
    wide = np.int64(law == c.G722 or law == c.OPUS)
    if wide:
        start_g722(leg)
        wide_of(leg).opus_heard_past[:] = 0
        wide_of(leg).opus_said_past[:] = 0
    if wide != leg.wide:
        wide_of(leg).jitter_high[:] = 0
        wide_of(leg).heard_bands[:] = 0
        wide_of(leg).heard_past[:] = 0
        wide_of(leg).extra_past[:] = 0
    leg.wide = wide


@hot
def _apply(leg: LegRow, command: Array) -> Integer:
    """Take on what was agreed; flags, payload types sent and heard, law, samples a packet, address."""
    flags = command[c.ARGUMENTS]
    hearing = flags & c.FLAG_HEARING
    if leg.hearing != 0 and hearing == 0:
        forget_sound(leg)
    leg.hearing = np.int64(hearing != 0)
    leg.sending = np.int64(flags & c.FLAG_SENDING != 0)
    leg.inband = np.int64(flags & c.FLAG_INBAND != 0)
    leg.any_host = np.int64(flags & c.FLAG_ANY_HOST != 0)
    leg.moving = np.int64(flags & c.FLAG_MOVING != 0)
    leg.mux = np.int64(flags & c.FLAG_MUX != 0)
    leg.voice_type = command[c.ARGUMENTS + 1]
    leg.event_type = command[c.ARGUMENTS + 2]
    leg.heard_voice_type = command[c.ARGUMENTS + 3]
    leg.heard_event_type = command[c.ARGUMENTS + 4]
    _change_codec(leg, command[c.ARGUMENTS + 5])
    leg.event_clock = np.int64(1) if flags & c.FLAG_SLOW_EVENTS else leg.clock
    leg.frame_out = command[c.ARGUMENTS + 6]
    leg.timestamp = (leg.timestamp + leg.pending) & 0xFFFFFFFF
    leg.pending = 0
    known = np.int64(flags & c.FLAG_REMOTE_KNOWN != 0)
    moved = _set_peer(leg, command, c.ARGUMENTS + 7)
    if moved or known != leg.remote_known:
        return _move_peer(leg, known)
    return _unseal_socket(leg) if leg.moving else NOTHING


@hot
def _play(lane: Lane, leg: LegRow, command: Array) -> None:
    """Begin a prompt in place of the one before."""
    if leg.prompt_address != 0:
        tell(lane, leg, c.FREED, leg.prompt)
    begin_prompt(leg, command)


@hot
def _press(lane: Lane, leg: LegRow, command: Array) -> None:
    """Begin a string of keys: number, address, count."""
    if leg.digits_address != 0:
        tell(lane, leg, c.FREED, leg.digits)
    leg.digits = command[c.ARGUMENTS]
    leg.digits_address = command[c.ARGUMENTS + 1]
    leg.digits_count = command[c.ARGUMENTS + 2]
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
def _change_source(lane: Lane, leg: LegRow, kind: Integer, command: Array) -> None:
    """Set the streamed sound (number, address) or remove the one with that number."""
    if kind == c.SET_SOURCE:
        if leg.source_address != 0:
            tell(lane, leg, c.FREED, leg.source)
        leg.source = command[c.ARGUMENTS]
        leg.source_address = command[c.ARGUMENTS + 1]
        leg.source_ended = 0
    elif leg.source == command[c.ARGUMENTS] and leg.source_address != 0:
        leg.source_address = 0
        leg.source_ended = 0
        tell(lane, leg, c.FREED, command[c.ARGUMENTS])


@hot
def _set_keys(lane: Lane, leg: LegRow, command: Array) -> None:
    """Take on contexts of SRTP: their number, and where they lie, 0 for none."""
    if leg.keys != 0:
        tell(lane, leg, c.FREED, leg.keys)
    leg.keys = command[c.ARGUMENTS]
    leg.unseal = command[c.ARGUMENTS + 1]
    leg.seal = command[c.ARGUMENTS + 2]
    leg.sources_proven = 0


@hot
def _set_opus(lane: Lane, leg: LegRow, command: Array) -> None:
    """Take on states of libopus: their number, and where encoder and decoder lie."""
    if leg.opus != 0:
        tell(lane, leg, c.FREED, leg.opus)
    leg.opus = command[c.ARGUMENTS]
    leg.opus_encoder = command[c.ARGUMENTS + 1]
    leg.opus_decoder = command[c.ARGUMENTS + 2]


@kernel
def _change_sound(lane: Lane, leg: LegRow, kind: Integer, command: Array) -> None:
    """Begin or end what a leg plays, presses, copies or streams."""
    if kind == c.PLAY_PROMPT:
        _play(lane, leg, command)
    elif kind == c.PRESS_DIGITS:
        _press(lane, leg, command)
    elif kind == c.STOP_PROMPT or kind == c.STOP_DIGITS:
        _stop_sound(lane, leg, kind, command[c.ARGUMENTS])
    elif kind == c.ADD_TAP or kind == c.REMOVE_TAP:
        change_taps(lane, leg, kind, command)
    elif kind == c.SET_OPUS:
        _set_opus(lane, leg, command)
    elif kind == c.SET_WIDE:
        leg.wide_address = command[c.ARGUMENTS]
    else:
        _change_source(lane, leg, kind, command)


@kernel
def carry_out(table: LegTable, command: Array) -> Integer:
    """Carry out one command; DISCONNECT when the row's socket must forget its peer."""
    if command[1] >= c.ROOM_BASE:
        change_room(table, table.rooms[command[1] - c.ROOM_BASE], command)
        return NOTHING
    leg, kind = table.legs[command[1]], command[0]
    if leg.generation != command[2]:
        return NOTHING
    if kind == c.OPEN:
        _open(table, leg)
    elif kind == c.ARRIVE:
        _arrive(table, leg)
    elif leg.in_use == 0:
        return NOTHING
    elif kind == c.APPLY:
        return _apply(leg, command)
    elif kind == c.CLOSE:
        _leave(table, leg, c.CLOSING)
    elif kind == c.DEPART:
        _leave(table, leg, c.DEPARTING)
    elif kind == c.MUTE:
        leg.muted = command[c.ARGUMENTS]
    elif kind == c.SET_KEYS:
        _set_keys(table.lanes[0], leg, command)
    elif kind >= c.JOIN:
        change_membership(table, leg, command)
    else:
        _change_sound(table.lanes[0], leg, kind, command)
    return NOTHING


@kernel
def release(table: LegTable, leg: LegRow) -> Integer:
    """Take a leaving row out of the tick; False when the event ring has no room to say so yet."""
    lane = table.lanes[0]
    heard = np.int64(-1)
    if leg.source_known:
        heard = (leg.source_ssrc << 16) | (leg.highest & 0xFFFF)
    if not tell(lane, leg, c.DEPARTED if leg.closing == c.DEPARTING else c.RELEASED, heard):
        return False
    leave_phase(table, leg)
    leg.in_use = 0
    lane.leaving -= 1
    for column in range(c.COUNTERS):
        lane.released_count[column] += leg.count[column]
    return True
