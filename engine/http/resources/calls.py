"""Calls (rest-api.md section 2.2)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field, PlainSerializer, SerializationInfo

from engine.http.dialect import TWILIO
from engine.http.filters import Ended, EndsWith, Equals, OneOf, Since, Sorting
from engine.http.resources.call_forms import CallChange, CallCreation
from engine.http.resources.declaration import (
    ApiVersion,
    Iso8601,
    Resource,
    Rfc2822,
    Seconds,
    Shown,
    dialect_of,
    shown_as,
)
from engine.store import CallRow, CallStatus

_IN_TWILIO = {CallStatus.WAIT_FOR_ANSWER: CallStatus.RINGING, CallStatus.NOT_FOUND: CallStatus.FAILED}


def _status(status: str, info: SerializationInfo) -> str:
    return _IN_TWILIO.get(CallStatus(status), status) if dialect_of(info) is TWILIO else status


def _known(figure: float | None) -> float | str:
    return "unknown" if figure is None else figure


Figure = Annotated[float | None, PlainSerializer(_known, return_type=float | str)]
"""A number, or ``unknown`` where the peer never reported it or nothing came."""
Count = Annotated[int | None, PlainSerializer(_known, return_type=int | str)]


class ShownQuality(BaseModel):
    """How the leg of a call sounded; the scores are estimates by the E-model (ITU-T G.107)."""

    codec: str
    packets_received: int
    packets_sent: int
    packets_lost: int
    packets_late: int
    """Packets that came after their time to be heard."""
    frames_concealed: int
    """Frames of 20 ms that were invented."""
    jitter_ms: Figure
    added_delay_ms: Figure
    """How long sound of the party waits in us: the jitter buffer and a frame."""
    round_trip_ms: Figure
    remote_packets_lost: Count
    remote_jitter_ms: Figure
    talk_time: Figure = None
    """Seconds in which the party spoke, short pauses included."""
    mos_heard: Figure
    """Opinion, from 1 to 4.5, of what we hear of the party."""
    mos_sent: Figure
    """Of what the party hears of us, by its reports."""


class ShownCall(Shown):
    """One call, live or ended."""

    only_restcomm: ClassVar[frozenset[str]] = frozenset(
        {"instance_sid", "ring_duration", "reason", "quality"}
    )

    sid: str
    instance_sid: str = Field(alias="InstanceId")
    date_created: Rfc2822
    date_updated: Rfc2822
    parent_call_sid: str | None
    account_sid: str
    to: str
    from_: str = Field(alias="from")
    phone_number_sid: str | None
    status: Annotated[str, PlainSerializer(_status, return_type=str)]
    start_time: Iso8601 | None
    end_time: Iso8601 | None
    duration: Seconds | None
    ring_duration: int | None
    price: str = "0.00"
    price_unit: str = "USD"
    direction: str
    answered_by: str | None
    api_version: ApiVersion
    forwarded_from: str | None
    caller_name: str | None
    reason: str | None
    """Why it ended as it did; an addition of ours."""
    quality: ShownQuality | None
    """How its leg sounded, once it has ended; an addition of ours."""
    uri: str = ""
    subresource_uris: dict[str, str] = {}  # noqa: RUF012  pydantic copies it


CALLS = Resource(
    "Calls",
    "calls",
    CallRow,
    shown_as(ShownCall, "Calls", below=("Notifications", "Recordings")),
    filters=(
        EndsWith("To", CallRow.to),
        EndsWith("From", CallRow.from_),
        OneOf("Status", CallRow.status),
        Equals("ParentCallSid", CallRow.parent_call_sid),
        Equals("ConferenceSid", CallRow.conference_sid),
        Since("StartTime", CallRow.date_created),
        Ended("EndTime", CallRow.date_created, CallRow.end_time),
    ),
    sorting=Sorting(
        {
            "DateCreated": CallRow.date_created,
            "From": CallRow.from_,
            "To": CallRow.to,
            "Direction": CallRow.direction,
            "Status": CallRow.status,
            "Duration": CallRow.duration,
            # Nothing is charged, so that by price all calls are equal.
            "Price": CallRow.date_created,
        }
    ),
    creation=CallCreation,
    change=CallChange,
    deletable=True,
)
