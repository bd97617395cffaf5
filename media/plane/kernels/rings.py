"""Rings between the event loop and a media thread: one writer and one reader each, no locks.

Both ends rise for ever and are taken modulo the size, a power of two. The writer fills a place
before it moves the head, the reader empties one before it moves the tail; a barrier between
keeps both orders visible to the other side.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import copy_octets, hot, kernel, memory_barrier, store_word, word_at
from media.plane.legs import Array, Integer, Lane, LegRow


@kernel
def push(ring: Array, ends: Array, words: Array) -> Integer:
    """Append ``words``; False when the ring is full."""
    head = ends[c.HEAD]
    if head - ends[c.TAIL] >= ring.shape[0]:
        return False
    place = head & (ring.shape[0] - 1)
    for column in range(ring.shape[1]):
        ring[place, column] = words[column]
    memory_barrier()
    ends[c.HEAD] = head + 1
    return True


@kernel
def pull(ring: Array, ends: Array, words: Array) -> Integer:
    """Move the oldest entry into ``words``; False when there is none."""
    tail = ends[c.TAIL]
    if ends[c.HEAD] == tail:
        return False
    memory_barrier()
    place = tail & (ring.shape[0] - 1)
    for column in range(ring.shape[1]):
        words[column] = ring[place, column]
    memory_barrier()
    ends[c.TAIL] = tail + 1
    return True


@hot
def tell(lane: Lane, leg: LegRow, kind: Integer, value: Integer) -> Integer:
    """Put an event on its way to the event loop; False, and counted, when the ring is full."""
    ends = lane.event_ends
    head = ends[c.HEAD]
    if head - ends[c.TAIL] >= lane.events.shape[0]:
        lane.events_dropped += 1
        return False
    place = head & (lane.events.shape[0] - 1)
    lane.events[place, 0] = kind
    lane.events[place, 1] = leg.row
    lane.events[place, 2] = leg.generation
    lane.events[place, 3] = value
    memory_barrier()
    ends[c.HEAD] = head + 1
    lane.wake_needed = 1
    return True


@hot
def pass_packet(lane: Lane, leg: LegRow, octets: Integer, arrival_ns: Integer) -> Integer:
    """Hand the datagram in the buffer to the event loop; dropped when the loop does not keep up."""
    ends = lane.packet_ends
    head = ends[c.HEAD]
    if head - ends[c.TAIL] >= lane.packets.shape[0] or octets > c.PACKET_OCTETS:
        return False
    place = head & (lane.packets.shape[0] - 1)
    sender = leg.peer if leg.latch == c.LATCH_SEALED else lane.address
    for k in range(c.ADDRESS_OCTETS):
        lane.packet_senders[place, k] = sender[k]
    for k in range(octets):
        lane.packets[place, k] = lane.buffer[k]
    lane.packet_words[place, 0] = leg.row
    lane.packet_words[place, 1] = leg.generation
    lane.packet_words[place, 2] = octets
    lane.packet_words[place, 3] = arrival_ns
    memory_barrier()
    ends[c.HEAD] = head + 1
    lane.wake_needed = 1
    return True


@hot
def _copy_in(memory: Integer, size: Integer, position: Integer, source: Integer, samples: Integer) -> None:
    """Copy ``samples`` from address ``source`` into the ring at ``memory``, around its end."""
    start = position & (size - 1)
    first = min(samples, size - start)
    copy_octets(memory + 2 * start, source, 2 * first)
    copy_octets(memory, source + 2 * first, 2 * (samples - first))


@hot
def copy_out(memory: Integer, size: Integer, position: Integer, target: Integer, samples: Integer) -> None:
    """Copy ``samples`` of the ring at ``memory``, around its end, to address ``target``."""
    start = position & (size - 1)
    first = min(samples, size - start)
    copy_octets(target, memory + 2 * start, 2 * first)
    copy_octets(target + 2 * first, memory, 2 * (samples - first))


@kernel
def write_sound(ring: Integer, source: Integer, samples: Integer) -> Integer:
    """Append what fits of ``samples`` at address ``source`` to the sound ring at ``ring``; say how many.

    A banded ring takes both bands as well, which lie behind the samples, as many each.
    """
    size = word_at(ring + 8 * c.SOUND_SIZE)
    head = word_at(ring + 8 * c.SOUND_HEAD)
    room = size - (head - word_at(ring + 8 * c.SOUND_TAIL))
    taken = min(samples, room)
    if taken > 0:
        memory = ring + 8 * c.SOUND_WORDS
        _copy_in(memory, size, head, source, taken)
        if word_at(ring + 8 * c.SOUND_BANDED) != 0:
            for band in range(1, 3):
                _copy_in(memory + 2 * size * band, size, head, source + 2 * samples * band, taken)
        memory_barrier()
        store_word(ring + 8 * c.SOUND_HEAD, head + taken)
    return taken


@kernel
def read_sound(ring: Integer, target: Integer, samples: Integer, bands: Integer) -> Integer:
    """Take at most ``samples`` out of the sound ring at ``ring`` to address ``target``; say how many.

    Of a banded ring both bands go to address ``bands``, a frame each, unless that is 0.
    """
    size = word_at(ring + 8 * c.SOUND_SIZE)
    tail = word_at(ring + 8 * c.SOUND_TAIL)
    taken = min(samples, word_at(ring + 8 * c.SOUND_HEAD) - tail)
    if taken <= 0:
        return np.int64(0)
    memory_barrier()
    memory = ring + 8 * c.SOUND_WORDS
    copy_out(memory, size, tail, target, taken)
    if bands != 0:
        for band in range(1, 3):
            copy_out(memory + 2 * size * band, size, tail, bands + 2 * c.FRAME * (band - 1), taken)
    memory_barrier()
    store_word(ring + 8 * c.SOUND_TAIL, tail + taken)
    return taken


@kernel
def copy_to_tap(ring: Integer, silence: Integer, source: Integer, samples: Integer, missed: Integer) -> None:
    """Write a frame into a tap, after the silence it is owed for what it missed.

    ``missed`` samples passed without a frame (skipped ticks). What finds no room is owed as
    silence, so that the reader's sound keeps the length of its time.
    """
    owed = word_at(ring + 8 * c.SOUND_OWED) + missed
    while owed > 0:
        written = write_sound(ring, silence, min(owed, c.FRAME))
        owed -= written
        if written == 0:
            break
    written = np.int64(0)
    if owed == 0:
        written = write_sound(ring, source, samples)
    if written < samples:
        owed += samples - written
        dropped = word_at(ring + 8 * c.SOUND_DROPPED)
        store_word(ring + 8 * c.SOUND_DROPPED, dropped + samples - written)
    store_word(ring + 8 * c.SOUND_OWED, owed)
