"""The compiled loop of a media thread: sleeps until a phase is due, then moves its legs' sound.

It returns to the interpreter only to stop, so that nothing Python does can delay it.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane import libc
from media.plane.arrays import table_at, words_at
from media.plane.compiled import c_int_at, entry, hot, kernel, prefetch
from media.plane.kernels.bands import end_bands, hear_bands
from media.plane.kernels.commands import DISCONNECT, carry_out, release
from media.plane.kernels.inband import hear_tones
from media.plane.kernels.jitter import hear, is_due
from media.plane.kernels.latch import PROVEN
from media.plane.kernels.mix import hear_member
from media.plane.kernels.receive import receive
from media.plane.kernels.rings import pull
from media.plane.kernels.rooms import begin_turn, end_turn, release_room
from media.plane.kernels.sockets import (
    arrival_ns,
    connect_to_peer,
    disconnect,
    read_stamped,
    read_unstamped,
    send,
)
from media.plane.kernels.speak import (
    compose,
    frame_packet,
    is_frame_a_packet,
    next_event,
    next_packet,
    packet_left,
    queue_frame,
    report_ends,
    stay_silent,
)
from media.plane.kernels.stamps import expected_ns, follow_calm, forget_calm, is_asked, is_regular
from media.plane.kernels.taps import copy_taps, prefetch_rings, prefetch_taps
from media.plane.kernels.wide import wide_of
from media.plane.legs import (
    COUNT_AT,
    HOT_OCTETS,
    TOTAL_AT,
    Array,
    Integer,
    Lane,
    LegRow,
    LegTable,
    RoomRow,
)

MOST_READS = 32
"""Datagrams read of one leg in a tick: a flood waits, and overflows, in its own socket."""
MOST_SEALED_READS = 512
"""As many where they are encrypted: rubbish costs little there, and must not keep sound waiting behind it."""


@hot
def _clock(clock: Integer, scratch: Array) -> Integer:
    libc.clock_gettime(np.int32(clock), scratch.ctypes.data)
    return scratch[0] * 1_000_000_000 + scratch[1]


@hot
def _read(lane: Lane, leg: LegRow) -> Integer:
    """Read one datagram of a leg; return its octets, and below 0 that there is none."""
    if leg.latch != c.LATCH_SEALED:
        forget_calm(leg)
        return read_stamped(lane, leg, True)
    if is_asked(leg):
        return read_stamped(lane, leg, False)
    return read_unstamped(lane, leg)


@kernel
def _drain_socket(lane: Lane, leg: LegRow) -> None:
    """Take in what has come for a leg; of a regular stream do not even ask while nothing more can be due.

    Where packets overtake one another, the one that is due may wait behind others.
    """
    for _ in range(MOST_SEALED_READS if leg.unseal else MOST_READS):
        sealed, highest = leg.latch == c.LATCH_SEALED, leg.highest
        octets = _read(lane, leg)
        if octets < 0:
            # The peer's host refused what we sent before; that says nothing of what has come.
            if c_int_at(libc.errno_location()) == libc.ECONNREFUSED:
                continue
            if leg.latch == c.LATCH_DRAINING:
                leg.latch = c.LATCH_SEALED
            forget_calm(leg)
            return
        arrival = arrival_ns(lane) if is_asked(leg) else expected_ns(lane, leg)
        if receive(lane, leg, octets, arrival) == PROVEN:
            connect_to_peer(lane, leg)
        follow_calm(leg, highest)
        if sealed and is_regular(leg) and not is_due(leg, lane.now_ns):
            return


@hot
def send_frame(lane: Lane, leg: LegRow) -> None:
    """Send what the leg says in this tick: a named event, else sound."""
    if leg.sending == 0 or leg.remote_known == 0:
        if next_event(lane, leg) == 0:
            stay_silent(leg)
        return
    octets = next_event(lane, leg)
    if octets > 0:
        send(lane, leg, lane.event_packet.ctypes.data, octets, octets - c.HEADER)
        return
    if is_frame_a_packet(leg):
        octets = frame_packet(lane, leg)
        send(lane, leg, lane.frame_packet.ctypes.data, octets, c.FRAME)
        return
    queue_frame(lane, leg)
    octets = next_packet(leg)
    while octets > 0:
        send(lane, leg, leg.packet.ctypes.data, octets, octets - c.HEADER)
        packet_left(leg)
        octets = next_packet(leg)


@hot
def listen(lane: Lane, leg: LegRow) -> None:
    """Take the hearing half of a leg's turn."""
    leg.missed = (lane.now_samples - leg.last_turn) // c.FRAME - 1
    leg.last_turn = lane.now_samples
    prefetch_taps(leg)
    _drain_socket(lane, leg)
    hear(lane, leg)
    if leg.wide and (leg.listeners > 0 or leg.inband != 0):
        hear_bands(lane, leg)
    if leg.inband:
        hear_tones(lane, leg)
    if leg.muted:
        leg.heard[:] = 0
        if leg.wide:
            wide_of(leg).heard_bands[:] = 0


@hot
def speak(table: LegTable, lane: Lane, leg: LegRow) -> None:
    """Take the speaking half of a leg's turn."""
    if leg.missed > 0:
        leg.timestamp = (leg.timestamp + c.FRAME * leg.missed) & 0xFFFFFFFF
    prefetch_rings(leg)
    compose(table, lane, leg)
    send_frame(lane, leg)
    if leg.tap_count > 0:
        copy_taps(lane, leg)
    if leg.prompt_ended | leg.source_ended | leg.digits_address:
        report_ends(lane, leg)


@kernel
def carry_out_commands(table: LegTable, command: Array) -> None:
    lane = table.lanes[0]
    while pull(lane.commands, lane.command_ends, command):
        if carry_out(table, command) == DISCONNECT:
            disconnect(lane, table.legs[command[1]])


@hot
def _prefetch_state(leg: LegRow) -> None:
    prefetch(leg.count.ctypes.data - COUNT_AT, HOT_OCTETS)


@hot
def _prefetch_sound(leg: LegRow) -> None:
    """Ask for what is heard next, once it is known where that is."""
    prefetch(leg.jitter.ctypes.data + 2 * (leg.play & c.RING_MASK), 4 * c.FRAME)


@hot
def _prefetch(table: LegTable, active: Array, following: Integer, count: Integer) -> None:
    """Have memory of the legs that follow brought in while the kernel works for this one.

    What the next leg's jitter buffer needs is only known once its state is there, so that is
    asked for one leg earlier.
    """
    if following < count:
        _prefetch_sound(table.legs[active[following]])
    if following + 1 < count:
        _prefetch_state(table.legs[active[following + 1]])


@hot
def _prefetch_members(table: LegTable, leg: LegRow) -> None:
    """As :func:`_prefetch`, for the members that follow."""
    if leg.next_member >= 0:
        following = table.legs[leg.next_member]
        _prefetch_sound(following)
        if following.next_member >= 0:
            _prefetch_state(table.legs[following.next_member])


@hot
def _prefetch_room(table: LegTable, rooms: Array, following: Integer, count: Integer) -> None:
    """As :func:`_prefetch`, for the rooms that follow, and the first member of the next one."""
    if following < count:
        room = table.rooms[rooms[following]]
        if room.first_member >= 0:
            _prefetch_state(table.legs[room.first_member])
    if following + 1 < count:
        prefetch(table.rooms[rooms[following + 1]].total.ctypes.data - TOTAL_AT, TOTAL_AT)


@hot
def _prefetch_first_members(table: LegTable, rooms: Array, following: Integer, count: Integer) -> None:
    """Ask for the next room's sum, what its first member hears, and for the member after that one."""
    if following < count:
        room = table.rooms[rooms[following]]
        if room.is_bridge == 0:
            prefetch(room.total.ctypes.data, 4 * c.FRAME)
        if room.first_member >= 0:
            first = table.legs[room.first_member]
            _prefetch_sound(first)
            if first.next_member >= 0:
                _prefetch_state(table.legs[first.next_member])


@hot
def _is_resting(lane: Lane, leg: LegRow) -> Integer:
    """Tell whether a leg came from another phase, where it had its turn less than 20 ms ago."""
    return lane.now_samples - leg.last_turn < c.FRAME


@hot
def hear_room(table: LegTable, lane: Lane, room: RoomRow) -> None:
    """Hear every member of a room: what one says is what the others wait for."""
    begin_turn(table, lane, room)
    row = room.first_member
    while row >= 0:
        leg = table.legs[row]
        _prefetch_members(table, leg)
        if not _is_resting(lane, leg):
            listen(lane, leg)
            hear_member(lane, room, leg)
        row = leg.next_member
    end_bands(lane, room)


@hot
def speak_to_room(table: LegTable, lane: Lane, room: RoomRow) -> None:
    """Let the members speak to their parties whom :func:`hear_room` has heard."""
    row = room.first_member
    while row >= 0:
        leg = table.legs[row]
        if leg.next_member >= 0:
            _prefetch_state(table.legs[leg.next_member])
        if leg.last_turn == lane.now_samples:
            speak(table, lane, leg)
        row = leg.next_member
    end_turn(table, lane, room)


@kernel
def run_alone(table: LegTable, lane: Lane, phase: Integer) -> None:
    """Move the sound of the legs that are in no room.

    They speak at once, while the processor still has their memory, and the kernel's, at hand.
    """
    active = table.active[phase]
    count = lane.active_count[phase]
    for k in range(count):
        leg = table.legs[active[k]]
        _prefetch(table, active, k + 1, count)
        if not _is_resting(lane, leg):
            listen(lane, leg)
            speak(table, lane, leg)


@kernel
def _let_go(table: LegTable, lane: Lane, phase: Integer) -> None:
    """Take legs and rooms that end out of a phase: backwards, because the last one takes their place."""
    for k in range(lane.active_count[phase] - 1, -1, -1):
        leg = table.legs[table.active[phase, k]]
        if leg.closing:
            release(table, leg)
    for k in range(lane.room_count[phase] - 1, -1, -1):
        room = table.rooms[table.active_rooms[phase, k]]
        if room.closing:
            release_room(table, room)


@kernel
def _run_phase(table: LegTable, phase: Integer) -> None:
    """Move the sound of one phase's legs."""
    lane, rooms = table.lanes[0], table.active_rooms[phase]
    count = lane.room_count[phase]
    for k in range(count):
        room = table.rooms[rooms[k]]
        _prefetch_room(table, rooms, k + 1, count)
        hear_room(table, lane, room)
        _prefetch_first_members(table, rooms, k + 1, count)
        speak_to_room(table, lane, room)
    run_alone(table, lane, phase)
    if lane.leaving > 0:
        _let_go(table, lane, phase)


@hot
def _note_lateness(lane: Lane, late_ns: Integer) -> None:
    bucket, microseconds = np.int64(0), late_ns // 1000
    while microseconds > 0 and bucket < c.LATENESS_BUCKETS - 1:
        microseconds >>= 1
        bucket += 1
    lane.lateness[bucket] += 1
    lane.worst_lateness_ns = max(lane.worst_lateness_ns, late_ns)
    if late_ns < c.PHASE_NS:
        lane.ticks_on_time += 1
    else:
        lane.ticks_late += 1


@hot
def _sleep_until(lane: Lane, due: Integer, scratch: Array) -> Integer:
    """Sleep until ``due``, or until told to stop; return the time."""
    now = _clock(libc.CLOCK_MONOTONIC, scratch)
    while now < due and lane.stop == 0:
        scratch[0], scratch[1] = due // 1_000_000_000, due % 1_000_000_000
        libc.clock_nanosleep(
            np.int32(libc.CLOCK_MONOTONIC), np.int32(libc.TIMER_ABSTIME), scratch.ctypes.data, np.uint64(0)
        )
        now = _clock(libc.CLOCK_MONOTONIC, scratch)
    return now


@entry
def run(parts: Integer, scratch_at: Integer, command_at: Integer) -> Integer:
    """Run phases until told to stop. ``scratch_at`` has two words, ``command_at`` room for a command.

    Ticks begin at whole ticks from ``lane.start_ns``, so that a leg that comes from another
    thread finds the same clock.
    """
    table = table_at(parts)
    scratch, command = words_at(scratch_at, np.int64(2)), words_at(command_at, np.int64(c.COMMAND_WORDS))
    lane = table.lanes[0]
    now = _clock(libc.CLOCK_MONOTONIC, scratch)
    due = now + c.TICK_NS - (now - lane.start_ns) % c.TICK_NS
    lane.wall_ahead_ns = _clock(libc.CLOCK_REALTIME, scratch) - now
    phase = np.int64(0)
    while lane.stop == 0:
        now = _sleep_until(lane, due, scratch)
        _note_lateness(lane, now - due)
        if now - due >= c.TICK_NS:
            skipped = (now - due) // c.TICK_NS
            due += skipped * c.TICK_NS
            lane.ticks_skipped += skipped
        lane.now_ns = now
        lane.real_ns = _clock(libc.CLOCK_REALTIME, scratch)
        lane.now_samples = (due - lane.start_ns) // c.SAMPLE_NS
        carry_out_commands(table, command)
        _run_phase(table, phase)
        if lane.wake_needed:
            scratch[0] = 1
            libc.write(np.int32(lane.wake_descriptor), scratch.ctypes.data, np.uint64(8))
            lane.wake_needed = 0
        phase = (phase + 1) % c.PHASES
        due += c.PHASE_NS
    return np.int64(0)
