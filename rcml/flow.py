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
    parameters: Mapping[str, str] = field(default_factory=dict)
    caller_input: bool = False
    """Whether the caller pressed, said or recorded something, so that asking again is no endless loop."""


Next = Flow | Fetch
