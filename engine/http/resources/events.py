"""Events: what applications were told, or have yet to be told (the outbox; an addition of ours)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.http.filters import BelongsTo, Contains, Equals, Since, Sorting, Until
from engine.http.forms import Form
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown
from engine.requests.http_request import shown
from engine.store import EventRow


class EventChange(Form):
    """A request to deliver an event again."""

    state: Literal["waiting"] = Field(
        alias="State",
        description="`waiting` delivers an event that was delivered or given up once more, under its own id.",
    )


class ShownEvent(Shown):
    """One event and how far its delivery has come."""

    sid: str
    """Its ``Dialplane-Event-Id``."""
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    call_sid: str | None
    api_version: ApiVersion = ""
    url: str
    method: str
    parameters: list[list[str]]
    """Pairs of name and value, in order."""
    state: str
    """``waiting``, ``delivered`` or ``given-up``."""
    attempts: int
    next_attempt: Rfc2822
    last_error: str
    uri: str = ""


def _show(row: EventRow, place: Place) -> ShownEvent:
    event = ShownEvent.model_validate(row)
    event.url = shown(row.url)
    event.uri = place.uri("Events", row.sid)
    return event


EVENTS = Resource(
    "Events",
    "events",
    EventRow,
    _show,
    filters=(
        Equals("State", EventRow.state),
        BelongsTo("CallSid", EventRow.call_sid),
        Contains("Url", EventRow.url),
        Since("StartTime", EventRow.date_created),
        Until("EndTime", EventRow.date_created),
    ),
    sorting=Sorting({"DateCreated": EventRow.date_created}),
    change=EventChange,
)
