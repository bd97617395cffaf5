"""Trace records (rest-api.md section 14): HTTP exchanges with applications, in both directions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from engine.http.filters import BelongsTo, Equals, Number, Since, Sorting, Until
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown
from engine.store import TraceRow


class ShownTrace(Shown):
    """One exchange, without its secrets."""

    api_version: ApiVersion
    sid: str
    date_created: Rfc2822
    account_sid: str
    org_sid: None = None
    session_sid: str | None
    """The call it was about."""
    status: str
    """`completed`, or `failed` when there was no usable answer."""
    problem: str
    """Why there was none."""
    uri: str = ""
    direction: str
    """`outbound`: we asked the application; `inbound`: it asked us."""
    latency_ms: int
    request: dict[str, Any]
    response: dict[str, Any] | None


def _show(row: TraceRow, place: Place) -> ShownTrace:
    parts = urlsplit(row.url)
    return ShownTrace(
        api_version=row.api_version,
        sid=row.sid,
        date_created=row.date_created,
        account_sid=row.account_sid,
        session_sid=row.session_sid,
        status="failed" if row.problem else "completed",
        problem=row.problem,
        uri=place.uri("Traces", row.sid),
        direction=row.direction,
        latency_ms=row.latency_ms,
        request={
            "url": row.url,
            "path": parts.path + (f"?{parts.query}" if parts.query else ""),
            "method": row.method,
            "headers": _object(row.request_headers),
            "body": row.request_body,
        },
        response=None
        if row.status is None
        else {
            "status": {"code": row.status, "phrase": _phrase(row.status)},
            "headers": _object(row.response_headers),
            "body": row.response_body,
        },
    )


def _object(headers: list[list[str]]) -> dict[str, str]:
    """Return headers by name; of one that comes twice the values are joined (RFC 9110 section 5.2)."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


TRACES = Resource(
    "Traces",
    "traces",
    TraceRow,
    _show,
    filters=(
        BelongsTo("SessionSid", TraceRow.session_sid),
        Equals("Direction", TraceRow.direction),
        Number("Status", TraceRow.status),
        Since("StartTime", TraceRow.date_created),
        Until("EndTime", TraceRow.date_created),
    ),
    sorting=Sorting({"DateCreated": TraceRow.date_created, "Latency": TraceRow.latency_ms}),
)
