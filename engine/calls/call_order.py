"""What a request for a call asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from engine.calls.call import Plan
from rcml.api_version import API_VERSION
from rcml.detection import MachineDetection
from rcml.dialling import TalkRecording, Target

RING_LIMIT = 60.0
"""Seconds that a party may be rung when the request does not say."""

TIME_LIMIT = 14400.0
"""Seconds that a call may last when the request does not say."""


@dataclass(frozen=True, kw_only=True)
class CallOrder:
    """Whom to ring, as whom, and what to do with who answers."""

    account_sid: str
    to: str
    """As the request has it, without headers; the record shows it."""
    caller: str
    """The number or login that the callee sees."""
    target: Target
    application: Plan
    ring_limit: float = RING_LIMIT
    time_limit: float = TIME_LIMIT
    send_digits: str = ""
    """Pressed towards who answers, before the application runs."""
    recording: TalkRecording | None = None
    waits_for_detection: bool = True
    """Whether the document waits until it is known who answered; ``target`` says if that is detected."""
    delay: float = 0.0
    """Seconds until the party is rung."""
    api_version: str = API_VERSION
    """The dialect it was asked for in, and is told of."""
    told: Mapping[str, str] = field(default_factory=dict)
    """Goes along with the last status callback, as it is then."""
    when_over: Callable[[], None] | None = None
    """Called when all legs of the order are over."""

    def detecting(self, detection: MachineDetection | None, *, waits: bool) -> CallOrder:
        """Return the order that also asks who answered."""
        target = replace(self.target, detection=detection)
        return replace(self, target=target, waits_for_detection=waits)
