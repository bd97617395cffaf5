"""Where a document goes after a verb."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from rcml.values import HttpMethod, Url


class Flow(enum.Enum):
    """Go on with the verb that follows, or end the call."""

    NEXT_VERB = "next verb"
    END = "end"


@dataclass(frozen=True)
class Fetch:
    """Request a document; it replaces the one that runs."""

    url: Url | None
    """None is the URL of the running document."""
    method: HttpMethod = HttpMethod.POST
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    """None is a value that is not known."""
    caller_input: bool = False
    """Whether the caller pressed, said or recorded something, so that asking again is no endless loop."""


class Parting(enum.Enum):
    """Whether the caller is hung up when their talk to others is over."""

    STAYS = "stays"
    RESTCOMM_HANGS_UP = "Restcomm hangs up"
    """Restcomm does, other than its manual says; a server may be set to do the same."""
    HANGS_UP = "hangs up"


@dataclass(frozen=True)
class AfterTalk:
    """Go on as ``then`` says, now that the caller's talk to others is over.

    Once the caller is hung up, only verbs that need no caller run.
    """

    then: Flow | Fetch
    duration: float
    """How long they talked."""
    parting: Parting = Parting.RESTCOMM_HANGS_UP
    reason: str | None = None
    """For the Reason header when the caller is hung up."""


Next = Flow | Fetch | AfterTalk
