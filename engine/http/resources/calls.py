"""Calls (rest-api.md section 2.2)."""

from __future__ import annotations

from pydantic import Field

from engine.http.resources.declaration import Iso8601, Place, Resource, Rfc2822, Shown
from engine.store import CallRow


class ShownCall(Shown):
    """One call, live or ended."""

    sid: str
    instance_sid: str = Field(alias="InstanceId")
    date_created: Rfc2822
    date_updated: Rfc2822
    parent_call_sid: str | None
    account_sid: str
    to: str
    from_: str = Field(alias="from")
    phone_number_sid: str | None
    status: str
    start_time: Iso8601 | None
    end_time: Iso8601 | None
    duration: int | None
    ring_duration: int | None
    price: str = "0.00"
    price_unit: str = "USD"
    direction: str
    answered_by: str | None
    api_version: str
    forwarded_from: str | None
    caller_name: str | None
    reason: str | None
    """Why it ended as it did; an addition of ours."""
    uri: str = ""
    subresource_uris: dict[str, str] = {}  # noqa: RUF012  pydantic copies it


def _show(row: CallRow, place: Place) -> ShownCall:
    shown = ShownCall.model_validate(row)
    shown.uri = place.uri("Calls", row.sid)
    shown.subresource_uris = {
        name.lower(): "/restcomm" + place.uri("Calls", row.sid, name, suffix="")
        for name in ("Notifications", "Recordings")
    }
    return shown


CALLS = Resource("Calls", "calls", CallRow, _show)
