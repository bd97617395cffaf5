"""What Refer, Hold and Resume ask of a call, and what they learn.

Frozen values between the verbs and the engine; what stands in a SIP header holds no control character.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReferRequest:
    """Whom the caller's telephone is asked to call instead."""

    uri: str
    """`sip:` or `sips:`, with its parameters and without headers; the document's word, not judged here."""
    headers: tuple[tuple[str, str], ...] = ()
    """What the caller's telephone is to put into its INVITE."""


class ReferStatus(enum.Enum):
    """How a transfer went; the value is the parameter `ReferCallStatus`."""

    IN_PROGRESS = "in-progress"
    """The caller talks to the other party."""
    BUSY = "busy"
    """486 or 600."""
    NO_ANSWER = "no-answer"
    """487."""
    CANCELED = "canceled"
    """The caller left before it was decided."""
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Referred:
    """What became of a transfer."""

    status: ReferStatus | None = None
    """None when the caller's telephone refused, or never told how it went."""
    response: int = 0
    """The SIP status that answered REFER; 408 when nothing did."""
    notified: int | None = None
    """The last SIP status that the caller's telephone told of its call; None for nothing."""


class Change(enum.Enum):
    """How the caller's telephone took a changed direction of the sound."""

    DONE = "done"
    FAILED = "failed"
    NO_ANSWER = "no-answer"


@dataclass(frozen=True)
class Changed:
    """What became of an offer to hold or to resume."""

    change: Change
    response: int
    """The SIP status that answered the re-INVITE; 408 when nothing did."""
