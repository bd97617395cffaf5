"""Whether a recording is silent: :mod:`media.voice_activity` for all recordings, compiled.

Silence is measured before the first speech and since the last. The hang-over of the voice detector counts
as silence: it is one, judged late.
"""

from __future__ import annotations

import math

import numpy as np

from media.plane.compiled import hot, kernel
from media.plane.legs import Array, Integer
from media.recording.track import TrackRow
from media.sound import FULL_SCALE
from media.voice_activity import (
    ABOVE_FLOOR_DB,
    FLOOR_RISE_DB_PER_SECOND,
    FRAME_SECONDS,
    HANG_OVER_SECONDS,
    LOUDEST_FLOOR_DBFS,
    ONSET_FRAMES,
    QUIETEST_SPEECH_DBFS,
    SILENT_DBFS,
)

_FLOOR_RISE = FLOOR_RISE_DB_PER_SECOND * FRAME_SECONDS
_HANG_OVER_FRAMES = round(HANG_OVER_SECONDS / FRAME_SECONDS)
_SILENT_POWER = 10.0 ** (SILENT_DBFS / 10.0)
_FULL_POWER = FULL_SCALE**2


@hot
def _level_dbfs(track: TrackRow) -> float:
    """Return the level of the frame that is full, without what a constant offset adds."""
    mean = float(track.total) / float(track.frame_samples)
    power = (float(track.squares) / float(track.frame_samples) - mean * mean) / _FULL_POWER
    return 10.0 * math.log10(max(power, _SILENT_POWER))


@hot
def _follow_speech(track: TrackRow, loud: Integer) -> None:
    track.loud_run = (track.loud_run + 1) * loud
    if track.loud_run >= ONSET_FRAMES or (loud and track.active):
        track.active = 1
        track.hang_over = _HANG_OVER_FRAMES
    elif track.hang_over > 0:
        track.hang_over -= 1
    else:
        track.active = 0


@hot
def _measure_silence(track: TrackRow) -> None:
    """Count the frame that was judged: before the first speech, or since the last with the hang-over."""
    if track.active:
        track.heard_speech = 1
        track.trailing = 0
    elif track.heard_speech:
        if track.trailing == 0:
            track.trailing = _HANG_OVER_FRAMES * track.frame_samples
        track.trailing += track.frame_samples
    else:
        track.leading += track.frame_samples
        track.trailing = track.leading


@kernel
def _judge_frame(track: TrackRow) -> None:
    """Take in the frame that is full."""
    level = _level_dbfs(track)
    loud = np.int64(level > max(track.floor + ABOVE_FLOOR_DB, QUIETEST_SPEECH_DBFS))
    followed = min(level, track.floor + _FLOOR_RISE)
    track.floor = min(max(followed, SILENT_DBFS), LOUDEST_FLOOR_DBFS)
    _follow_speech(track, loud)
    _measure_silence(track)
    track.filled = track.total = track.squares = 0


@hot
def _add(track: TrackRow, frames: Array, start: Integer, count: Integer) -> None:
    """Add samples to the frame that is being filled; of two channels their sum, so that either can speak."""
    channels = track.channels
    total, squares, peak = np.int64(0), np.int64(0), np.int32(track.peak)
    for k in range(start, start + count):
        sample = np.int32(frames[channels * k])
        peak = max(peak, np.int32(abs(sample)))
        if channels == 2:
            other = np.int32(frames[channels * k + 1])
            peak = max(peak, np.int32(abs(other)))
            sample = min(max(np.int32(sample + other), np.int32(-32768)), np.int32(32767))
        total += sample
        squares += np.int32(sample * sample)
    track.total += total
    track.squares += squares
    track.peak = peak


@kernel
def judge(track: TrackRow, frames: Array, start: Integer, count: Integer) -> None:
    """Take in ``count`` of the interleaved ``frames`` from ``start`` on. A frame that is not full waits."""
    end = start + count
    while start < end:
        part = min(track.frame_samples - track.filled, end - start)
        _add(track, frames, start, part)
        track.filled += part
        start += part
        if track.filled == track.frame_samples:
            _judge_frame(track)


@hot
def is_expired(track: TrackRow) -> Integer:
    """Tell whether it has been silent for as long as it may be."""
    return track.trailing >= (track.most_trailing if track.heard_speech else track.most_leading)
