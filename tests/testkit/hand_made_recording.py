"""A recording whose rounds the test makes itself, as the recording thread would."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from media.recording.take import RecordingLimits, Take
from media.recording.writer import Outcome, Track, Tracks
from tests.testkit.scripted_source import ScriptedSource
from tests.testkit.sound import read_wav


class HandMadeRecording:
    """Begins at once, in a file at ``path``; ``among`` others, or alone."""

    def __init__(
        self,
        path: Path,
        *sources: ScriptedSource,
        limits: RecordingLimits | None = None,
        rate: int = 8000,
        among: Tracks | None = None,
        on_begin: Callable[[], None] | None = None,
    ) -> None:
        self.path = path
        self.outcomes: list[Outcome] = []
        self.take = Take(rate, len(sources), limits or RecordingLimits())
        self.track = Track(sources, str(path), self.take, self.outcomes.append, on_begin)
        self._tracks = among if among is not None else Tracks()
        self._tracks.add(self.track)

    @property
    def descriptor(self) -> int:
        """Of the file, while it is being written."""
        descriptor = self.track.descriptor
        assert descriptor is not None
        return descriptor

    def advance(self) -> bool:
        """Make a round; return whether the recording goes on."""
        self._tracks.advance()
        return not self.outcomes

    def file(self) -> np.ndarray:
        """Return what is in the file, shape ``(samples, channels)``."""
        return read_wav(self.path)[1]

    def rate(self) -> int:
        return read_wav(self.path)[0]

    def end(self) -> Outcome:
        """Return how it ended, with the file closed."""
        (outcome,) = self.outcomes
        if outcome.descriptor is not None:
            os.close(outcome.descriptor)
        return outcome
