"""A staged call as the application is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""The date of every call's first second, so that a test's requests are the same each time."""


@dataclass(frozen=True, kw_only=True)
class StagedToldCall:
    """What the staged leg of a call has of a :class:`rcml.call_parameters.ToldCall`."""

    sid: str
    account_sid: str
    from_: str
    to: str
    status: str
    direction: str
    api_version: str
    began: float
    """Seconds since the call's first."""
    answered_by: str | None
    parent_call_sid: str | None
    instance_sid: str = "ID" + 32 * "0"
    caller_name: str | None = None
    forwarded_from: str | None = None

    @property
    def date_created(self) -> datetime:
        """When the leg came to be."""
        return BEGINNING + timedelta(seconds=self.began)

    @property
    def sip_call_id(self) -> str:
        """The Call-ID of its INVITE."""
        return f"{self.sid}@dialplane.test"
