"""How a leg ended."""

from __future__ import annotations

from dataclasses import dataclass

from sip.events import EndCause

_IN_ORDER = frozenset(
    {EndCause.BYE, EndCause.LOCAL, EndCause.CANCELLED, EndCause.REJECTED, EndCause.SESSION_EXPIRED}
)


@dataclass(frozen=True)
class LegEnded:
    """How a leg ended."""

    cause: EndCause
    detail: str = ""
    """What the peer said about it, such as its Reason header."""

    @property
    def in_order(self) -> bool:
        """Whether it ended as calls do, and not by a fault."""
        return self.cause in _IN_ORDER

    @property
    def reason(self) -> tuple[tuple[str, str], ...]:
        """The header in which the peer said why it hung up; empty where it did not."""
        by_peer = self.cause in (EndCause.BYE, EndCause.CANCELLED)
        return (("Reason", self.detail),) if by_peer and self.detail else ()

    @property
    def cancelled(self) -> bool:
        return self.cause is EndCause.CANCELLED

    def __str__(self) -> str:
        return f"{self.cause.value} ({self.detail})" if self.detail else self.cause.value
