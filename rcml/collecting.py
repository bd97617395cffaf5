"""Input from a caller: what a document asks for, and what they pressed or said."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from rcml.callback import Callback
from rcml.prompts import Prompt


class InputKind(enum.Enum):
    """A way in which a caller answers."""

    DTMF = "dtmf"
    SPEECH = "speech"


@dataclass(frozen=True, kw_only=True)
class CollectRequest:
    """What to play, and which input ends the wait for the caller."""

    kinds: frozenset[InputKind] = frozenset({InputKind.DTMF})
    """Accepted kinds; the first to complete wins. With none the prompts play, `first_within` passes, and
    nothing was collected."""
    prompts: tuple[Prompt, ...] = ()
    """Played in order; the first accepted key or word stops them."""
    first_within: float = 5.0
    """Silence after the prompts that ends the wait for the first key or word."""
    next_within: float = 5.0
    """Silence after a key that ends the input."""
    pause_within: float | None = 5.0
    """Silence after a word that ends the input; None: as soon as the caller seems to have finished."""
    speech_limit: float = 60.0
    """How long the caller may speak on."""
    finish_on: str = "#"
    """Keys that end the input and are not part of it; empty for none."""
    start_with: str = "*0123456789"
    """Keys that may be the first one; another key is ignored, unless it ends the input."""
    at_most: int | None = None
    """Number of digits that ends the input."""
    language: str = "en-US"
    hints: tuple[str, ...] = ()
    partial_results: Callback | None = None
    """Told `UnstableSpeechResult` while the caller speaks."""
    barge_in: bool = True
    """Whether speech stops the prompts; keys always do."""
    provider: str | None = None
    """The recogniser the document asks for; None leaves the choice to the server."""


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What the caller pressed or said; both empty when they did neither in time."""

    digits: str = ""
    """Without the key that ended the input."""
    speech: str = ""
    confidence: float | None = None
    """How sure the recogniser is of `speech`, from 0 to 1."""

    def __bool__(self) -> bool:
        return bool(self.digits or self.speech)
