"""What one recording keeps of the sound that passes, and when it ends."""

from __future__ import annotations

import ctypes
import enum
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from media.errors import MediaMisuse
from media.plane.layout import SOUND_HEAD
from media.recording import track
from media.recording.wav import MAX_DATA_OCTETS, wav_header
from media.voice_activity import FIRST_FLOOR_DBFS, FRAME_SECONDS

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


_ENDS = {
    track.STOPPED: EndedBy.STOPPED,
    track.SILENCE: EndedBy.SILENCE,
    track.MAX_LENGTH: EndedBy.MAX_LENGTH,
    track.HANG_UP: EndedBy.HANG_UP,
    track.FAILED: EndedBy.FAILED,
}


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
    """What limits one recording and how it goes, in samples: the face of its :data:`~track.TRACK` record."""

    def __init__(self, rate: int, channels: int, limits: RecordingLimits) -> None:
        if limits.max_length <= 0:
            raise MediaMisuse(f"a recording of at most {limits.max_length} seconds cannot be made")
        self.rate = rate
        self.channels = channels
        self._limits = limits
        rows = np.zeros(1, track.TRACK).view(np.recarray)
        self.address = int(rows.ctypes.data)
        """Of the record, for compiled code; valid as long as the take is held."""
        self.row = row = rows[0]
        row["channels"], row["trims"] = channels, limits.trim
        row["kept_before_speech"] = round(KEPT_BEFORE_SPEECH_SECONDS * rate)
        row["most_samples"] = min(round(limits.max_length * rate), MAX_DATA_OCTETS // (2 * channels))
        row["most_leading"] = self._in_samples(limits.initial_silence)
        row["most_trailing"] = self._in_samples(limits.silence)
        row["frame_samples"], row["floor"] = round(rate * FRAME_SECONDS), FIRST_FLOOR_DBFS
        header = wav_header(rate, channels, 0)
        row["header"][: len(header)] = np.frombuffer(header, np.uint8)

    def _in_samples(self, seconds: float | None) -> int:
        return track.NO_LIMIT if seconds is None else math.ceil(seconds * self.rate)

    def read_from(self, rings: Sequence[int]) -> None:
        """Take the sound from the rings at these addresses, one for each channel."""
        self.row["first_ring"], self.row["second_ring"] = rings[0], rings[-1]
        self._head = ctypes.c_int64.from_address(rings[0] + 8 * SOUND_HEAD)

    def write_to(self, descriptor: int) -> None:
        """Keep it in an open file that has its header."""
        self.row["descriptor"] = descriptor

    def stop(self) -> None:
        """End it with the next round."""
        self.row["stop_requested"] = 1

    @property
    def paused(self) -> bool:
        """Whether what comes from now on is left out; neither length nor silence is counted then."""
        return int(self.row["turns_asked"]) % 2 == 1

    @paused.setter
    def paused(self, paused: bool) -> None:
        asked = int(self.row["turns_asked"])
        # One place is kept, so that there is always room to pause.
        has_room = asked - int(self.row["turns_followed"]) < (track.TURNS if paused else track.TURNS - 1)
        if paused != self.paused and has_room:
            self.row["turns"][asked % track.TURNS] = self._head.value
            self.row["turns_asked"] = asked + 1

    def fill_pauses(self, filled: bool) -> None:
        """Keep silence as long as a pause in place of what is left out in it."""
        self.row["fills_pauses"] = filled

    @property
    def samples(self) -> int:
        """In the file so far, per channel."""
        return int(self.row["samples"])

    @property
    def peak(self) -> int:
        """The largest magnitude so far, 0 to 32768."""
        return int(self.row["peak"])

    @property
    def heard_speech(self) -> bool:
        return bool(self.row["heard_speech"])

    @property
    def leading_silence(self) -> float:
        """Seconds before the first speech; everything while there was none."""
        return int(self.row["leading"]) / self.rate

    @property
    def trailing_silence(self) -> float:
        """Seconds after the last speech; everything while there was none."""
        return int(self.row["trailing"]) / self.rate

    @property
    def ended_by(self) -> EndedBy | None:
        """Why the recording is over; None while it goes on."""
        return _ENDS.get(int(self.row["ended"]))

    @property
    def error(self) -> str | None:
        """What went wrong in writing."""
        number = int(self.row["error"])
        return str(OSError(number, os.strerror(number))) if number else None

    def final_samples(self) -> int:
        """Return how many samples the finished file keeps: fewer than written when trimmed."""
        if not self._limits.trim:
            return self.samples
        surplus = int(self.row["trailing"]) - round(KEPT_AFTER_SPEECH_SECONDS * self.rate)
        return self.samples - max(0, min(surplus, self.samples))
