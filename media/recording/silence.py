"""When a recording has been silent for too long."""

from __future__ import annotations

from media.sound import Samples
from media.voice_activity import HANG_OVER_SECONDS, VoiceActivityDetector


class SilenceWatch:
    """Measures the silence before the first speech and since the last.

    ``initial_silence`` limits the first, ``silence`` the second, both in seconds; None is no
    limit. The hang-over of the voice detector counts as silence: it is one, judged late.
    """

    def __init__(self, rate: int, *, initial_silence: float | None, silence: float | None) -> None:
        self._rate = rate
        self._initial_silence = initial_silence
        self._silence = silence
        self._detector = VoiceActivityDetector(rate)
        self._hang_over = round(HANG_OVER_SECONDS * rate)
        self._leading = 0
        self._since_active = 0
        self._active = False
        self.heard_speech = False

    @property
    def leading_silence(self) -> float:
        """Seconds before the first speech; everything while there was none."""
        return self._leading / self._rate

    @property
    def trailing_samples(self) -> int:
        """Samples since the last speech; everything while there was none."""
        if not self.heard_speech:
            return self._leading
        return 0 if self._active else self._since_active + self._hang_over

    @property
    def trailing_silence(self) -> float:
        return self.trailing_samples / self._rate

    @property
    def expired(self) -> bool:
        """Whether a limit is reached."""
        limit = self._silence if self.heard_speech else self._initial_silence
        return limit is not None and self.trailing_silence >= limit

    def receive(self, samples: Samples) -> None:
        """Take what was recorded next. Frames of the voice detector that are not full yet wait."""
        for stretch in self._detector.receive(samples):
            self._active = stretch.active
            if stretch.active:
                self.heard_speech = True
                self._since_active = 0
            elif self.heard_speech:
                self._since_active += stretch.samples
            else:
                self._leading += stretch.samples
