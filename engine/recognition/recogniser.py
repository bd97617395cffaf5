"""What the listening side of a call needs of a recogniser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from media.sound import Samples
from media.speech.recognised import Recognised


class Recognition(Protocol):
    """One utterance while it is being listened to. Sound is 8000 samples a second."""

    def hear(self, samples: Samples) -> None:
        """Take the next sound, pauses included."""
        ...

    def pause(self) -> None:
        """The caller has stopped speaking; perhaps for a breath."""
        ...

    async def result(self) -> Recognised:
        """The caller is done: return what was said. Raises :class:`~media.errors.RecognitionError`."""
        ...

    async def close(self) -> None:
        """Forget the utterance, whether it was recognised or not."""
        ...


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who is told while an utterance is being listened to."""

    partial: Callable[[str], None]
    """What seems to have been said so far."""
    phrase_ended: Callable[[], None]
    """The recogniser holds that a sentence is complete."""
    problem: Callable[[str], None]
    """What went wrong, and the cure."""
    asked_by: str = "<Gather>"
    """The element that wants to know, as problems name it."""
