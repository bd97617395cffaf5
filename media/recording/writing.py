"""Writes what came to all recordings of the process in one compiled pass that does not take the GIL.

What is written of a track is taken out of its sound rings once it is in the file, and the header that counts
it is written last. What trimming may still leave out waits in the rings.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane import libc
from media.plane.compiled import c_int_at, hot, kernel, memory_barrier, records_at, store_word, word_at
from media.plane.kernels.rings import copy_out
from media.plane.legs import Array, Integer
from media.plane.sound_ring import RING_SAMPLES
from media.recording.judging import is_expired, judge
from media.recording.track import (
    FAILED,
    HANG_UP,
    MAX_LENGTH,
    RUNNING,
    SILENCE,
    STOPPED,
    TRACK,
    TURNS,
    TrackRow,
)
from media.recording.wav import DATA_SIZE_AT, HEADER_OCTETS, RIFF_SIZE_AT

_track_at = records_at(TRACK)


@hot
def _waiting(ring: Integer) -> Integer:
    return word_at(ring + 8 * c.SOUND_HEAD) - word_at(ring + 8 * c.SOUND_TAIL)


@hot
def _is_gone(track: TrackRow) -> Integer:
    """Tell whether no more sound comes into one of the rings."""
    gone = word_at(track.first_ring + 8 * c.SOUND_ENDED)
    if track.channels == 2:
        gone |= word_at(track.second_ring + 8 * c.SOUND_ENDED)
    return gone


@hot
def _frames_waiting(track: TrackRow, ending: Integer) -> Integer:
    """Return how many frames have come; at the end the shorter channel is filled up with silence."""
    length = _waiting(track.first_ring)
    if track.channels == 2:
        other = _waiting(track.second_ring)
        length = max(length, other) if ending else min(length, other)
    memory_barrier()
    return min(length, RING_SAMPLES)


@hot
def _copy_channel(ring: Integer, target: Array, length: Integer) -> None:
    """Copy what waits in a ring, and silence after it up to ``length``."""
    there = min(length, _waiting(ring))
    size, tail = word_at(ring + 8 * c.SOUND_SIZE), word_at(ring + 8 * c.SOUND_TAIL)
    copy_out(ring + 8 * c.SOUND_WORDS, size, tail, target.ctypes.data, there)
    for k in range(there, length):
        target[k] = 0


@hot
def _read_frames(track: TrackRow, length: Integer, frames: Array, channels: Array) -> None:
    """Copy what waits into ``frames``, interleaved; it stays in the rings."""
    if track.channels == 1:
        _copy_channel(track.first_ring, frames, length)
        return
    first, second = channels[0], channels[1]
    _copy_channel(track.first_ring, first, length)
    _copy_channel(track.second_ring, second, length)
    for k in range(length):
        frames[2 * k] = first[k]
        frames[2 * k + 1] = second[k]


@hot
def _take_out_of(ring: Integer, count: Integer) -> None:
    memory_barrier()
    tail = word_at(ring + 8 * c.SOUND_TAIL)
    store_word(ring + 8 * c.SOUND_TAIL, tail + min(count, _waiting(ring)))


@hot
def _take_out(track: TrackRow, count: Integer) -> None:
    """Let the tick have the places of frames that were written or left out."""
    _take_out_of(track.first_ring, count)
    if track.channels == 2:
        _take_out_of(track.second_ring, count)


@hot
def _write(track: TrackRow, source: Integer, octets: Integer, offset: Integer) -> Integer:
    """Write all of it; return 0, or the system's number of what went wrong."""
    written = np.int64(0)
    while written < octets:
        begin, left = np.uint64(source + written), np.uint64(octets - written)
        took = libc.pwrite(np.int32(track.descriptor), begin, left, offset + written)
        if took > 0:
            written += took
            continue
        error = np.int64(libc.ENOSPC) if took == 0 else c_int_at(libc.errno_location())
        if error != libc.EINTR:
            return error
    return np.int64(0)


@hot
def _count_in_header(track: TrackRow, at: Integer, value: Integer) -> None:
    for k in range(4):
        track.header[at + k] = (value >> (8 * k)) & 0xFF


@hot
def _append(track: TrackRow, frames: Array, start: Integer, count: Integer) -> Integer:
    """Write ``count`` frames and a header that counts them; return 0, or the number of what failed."""
    octets_per_frame = 2 * track.channels
    there = octets_per_frame * track.samples
    source = frames.ctypes.data + octets_per_frame * start
    error = _write(track, source, octets_per_frame * count, HEADER_OCTETS + there)
    if error == 0:
        there += octets_per_frame * count
        _count_in_header(track, RIFF_SIZE_AT, HEADER_OCTETS - 8 + there)
        _count_in_header(track, DATA_SIZE_AT, there)
        error = _write(track, track.header.ctypes.data, HEADER_OCTETS, 0)
    if error == 0:
        track.samples += count
    return error


@hot
def _left_out(track: TrackRow, there: Integer) -> Integer:
    """Return how many of the last ``there`` frames heard lie too far before speech to be kept."""
    begins = track.passed - there
    return min(max(track.leading - track.kept_before_speech - begins, 0), there)


@hot
def _take_in(track: TrackRow, frames: Array, length: Integer) -> None:
    """Judge what is new of ``length`` frames, and write what is kept."""
    waits = track.trims and not track.heard_speech
    new = min(length - track.ahead, track.most_samples - track.passed)
    judge(track, frames, track.ahead, new)
    track.passed += new
    there = track.ahead + new
    left_out = _left_out(track, there) if waits else np.int64(0)
    track.ahead = there - left_out if waits and not track.heard_speech else 0
    kept = there - left_out - track.ahead
    if kept > 0:
        track.error = _append(track, frames, left_out, kept)
    if track.error == 0:
        _take_out(track, left_out + kept)


@hot
def _end(track: TrackRow, stopping: Integer, gone: Integer) -> Integer:
    """Return why the recording now ends, or RUNNING."""
    if track.error != 0:
        return FAILED
    if track.passed >= track.most_samples:
        return MAX_LENGTH
    if is_expired(track):
        return SILENCE
    if stopping:
        return STOPPED
    return HANG_UP if gone else RUNNING


@kernel
def _pass(track: TrackRow, frames: Array, channels: Array, length: Integer) -> None:
    """Take in what waits; in a pause leave it out, or take in silence for it."""
    if track.resting and not track.fills_pauses:
        _take_out(track, length)
        track.ahead = 0
    elif length > track.ahead and track.error == 0:
        _read_frames(track, length, frames, channels)
        if track.resting:
            for k in range(track.channels * track.ahead, track.channels * length):
                frames[k] = 0
        _take_in(track, frames, length)


@hot
def _tail(track: TrackRow) -> Integer:
    return word_at(track.first_ring + 8 * c.SOUND_TAIL)


@hot
def _next_turn(track: TrackRow) -> Integer:
    return track.turns[track.turns_followed % TURNS]


@kernel
def _follow_turns(track: TrackRow, frames: Array, channels: Array, end: Integer) -> None:
    """Pass what came before each pause and before each end of one, so that both are exact."""
    asked = track.turns_asked
    memory_barrier()
    while track.turns_followed < asked and _next_turn(track) <= end:
        _pass(track, frames, channels, max(_next_turn(track) - _tail(track), 0))
        track.resting = 1 - track.resting
        track.turns_followed += 1


@kernel
def _advance(track: TrackRow, frames: Array, channels: Array) -> None:
    # Asked before reading, so that nothing which came before the end is missed.
    stopping, gone = track.stop_requested, _is_gone(track)
    memory_barrier()
    end = _tail(track) + _frames_waiting(track, stopping or gone)
    if track.turns_followed < track.turns_asked:
        _follow_turns(track, frames, channels, end)
    _pass(track, frames, channels, end - _tail(track))
    track.ended = _end(track, stopping, gone)


@kernel
def write_tracks(addresses: Array, frames: Array, channels: Array) -> Integer:
    """Write what has come to the tracks at ``addresses``; return how many of them have ended.

    ``frames`` and ``channels`` are scratch: two rings' samples as one row and as two.
    """
    ended = np.int64(0)
    for k in range(len(addresses)):
        track = _track_at(addresses[k])
        _advance(track, frames, channels)
        ended += track.ended != RUNNING
    return ended
