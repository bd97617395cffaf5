"""What one recording keeps of the sound that passes, and when it ends."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from media.errors import MediaMisuse
from media.recording.silence import SilenceWatch
from media.recording.wav import MAX_DATA_OCTETS

Frames = NDArray[np.int16]
"""Sound of several channels, shape ``(samples, channels)``."""

KEPT_BEFORE_SPEECH_SECONDS = 0.2
"""What trimming leaves before the first speech, so that no word loses its soft beginning."""
KEPT_AFTER_SPEECH_SECONDS = 0.3
"""What trimming leaves after the last speech, so that no word loses its end."""


class EndedBy(enum.Enum):
    """Why a recording ended."""

    STOPPED = "stopped"
    SILENCE = "silence"
    MAX_LENGTH = "max length"
    HANG_UP = "hang-up"
    """No more sound comes: the leg is gone."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RecordingLimits:
    """What ends a recording by itself, in seconds; None for no limit."""

    max_length: float = 3600.0
    silence: float | None = None
    """After speech."""
    initial_silence: float | None = None
    """Before any speech."""
    trim: bool = False
    """Whether silence at both ends is left out; of nothing but silence nothing is kept then."""


class Take:
    """The decisions of one recording, in samples; see :meth:`receive`."""

    def __init__(self, rate: int, channels: int, limits: RecordingLimits) -> None:
        if limits.max_length <= 0:
            raise MediaMisuse(f"a recording of at most {limits.max_length} seconds cannot be made")
        self.rate = rate
        self.channels = channels
        self._limits = limits
        self._max_samples = min(round(limits.max_length * rate), MAX_DATA_OCTETS // (2 * channels))
        self._silence = SilenceWatch(rate, initial_silence=limits.initial_silence, silence=limits.silence)
        self._judges_at_once = limits.trim or limits.initial_silence is not None or limits.silence is not None
        self._unjudged: list[NDArray[np.int16]] = []
        self._unjudged_samples = 0
        self.paused = False
        self._passed = 0
        """Heard so far, per channel; of it some is left out by trimming."""
        self._before = np.empty((0, channels), dtype=np.int16)
        """The last moments before the first speech, when trimming waits for that."""
        self.samples = 0
        """Kept so far, per channel."""
        self.peak = 0
        """The largest magnitude so far, 0 to 32768."""

    @property
    def _watch(self) -> SilenceWatch:
        """What is known of silence; what has waited to be judged is judged now."""
        if self._unjudged:
            waiting, self._unjudged, self._unjudged_samples = self._unjudged, [], 0
            self._silence.receive(np.concatenate(waiting))
        return self._silence

    @property
    def heard_speech(self) -> bool:
        return self._watch.heard_speech

    @property
    def leading_silence(self) -> float:
        return self._watch.leading_silence

    @property
    def trailing_silence(self) -> float:
        return self._watch.trailing_silence

    def receive(self, frames: Frames) -> tuple[Frames, EndedBy | None]:
        """Return what is to be written of ``frames``, and why the recording now ends, if it does."""
        if self.paused or not len(frames):
            return frames[:0], None
        heard = frames[: self._max_samples - self._passed]
        waits = self._limits.trim and not self._watch.heard_speech
        self._passed += len(heard)
        self.peak = max(self.peak, int(heard.max(initial=0)), -int(heard.min(initial=0)))
        self._judge(heard[:, 0] if self.channels == 1 else _mixed(heard))
        kept = self._from_speech(heard) if waits else heard
        self.samples += len(kept)
        if self._passed >= self._max_samples:
            return kept, EndedBy.MAX_LENGTH
        return kept, EndedBy.SILENCE if self._judges_at_once and self._watch.expired else None

    def _judge(self, heard: NDArray[np.int16]) -> None:
        """Look for speech, a second at a time where nothing waits for it: that costs half as much."""
        if self._judges_at_once:
            self._silence.receive(heard)
            return
        self._unjudged.append(heard)
        self._unjudged_samples += len(heard)
        if self._unjudged_samples >= self.rate:
            self._silence.receive(np.concatenate(self._unjudged))
            self._unjudged, self._unjudged_samples = [], 0

    def _from_speech(self, heard: Frames) -> Frames:
        """Return what is kept from a little before the first speech on; nothing as long as there is none."""
        before = np.concatenate((self._before, heard))
        begins = self._passed - len(before)
        speech = round(self._watch.leading_silence * self.rate)
        first = max(0, speech - round(KEPT_BEFORE_SPEECH_SECONDS * self.rate) - begins)
        if self._watch.heard_speech:
            self._before = before[:0]
            return before[first:]
        self._before = before[first:]
        return before[:0]

    def final_samples(self) -> int:
        """Return how many samples the finished file keeps: fewer than written when trimmed."""
        if not self._limits.trim:
            return self.samples
        surplus = self._watch.trailing_samples - round(KEPT_AFTER_SPEECH_SECONDS * self.rate)
        return self.samples - max(0, min(surplus, self.samples))


def _mixed(frames: Frames) -> NDArray[np.int16]:
    """Return the channels as one, so that speech in either is speech."""
    wide = frames.astype(np.int32).sum(axis=1)
    mixed: NDArray[np.int32] = np.clip(wide, -32768, 32767)
    return mixed.astype(np.int16)
