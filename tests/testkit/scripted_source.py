"""A sound source for recorders, fed by the test."""

from media.plane.layout import SOUND_ENDED
from media.plane.sound_ring import SoundRing
from media.sound import Samples


class ScriptedSource:
    """What the test feeds is what is recorded, up to the 4 s of a ring at a time."""

    def __init__(self, samples: Samples | None = None) -> None:
        self._ring = SoundRing()
        self.address = self._ring.address
        if samples is not None:
            self.feed(samples)

    @property
    def waiting(self) -> int:
        """Samples that were fed and not taken yet."""
        return self._ring.waiting

    def feed(self, samples: Samples) -> None:
        written = self._ring.write(samples)
        assert written == len(samples), f"{len(samples)} samples at once are more than a ring holds"

    def close(self) -> None:
        """Let no more sound come."""
        self._ring.words[SOUND_ENDED] = 1
