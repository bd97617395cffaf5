"""Recordings (rest-api.md section 5)."""

from __future__ import annotations

from typing import ClassVar

from engine.http.dialect import TWILIO
from engine.http.filters import BelongsTo, OnDays, Since, Sorting, Until
from engine.http.resources.call_forms import RecordingChange, RecordingCreation
from engine.http.resources.calls import CALLS
from engine.http.resources.conferences import CONFERENCES
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown
from engine.http.resources.parts import Part
from engine.recording_url import recording_url
from engine.store import RecordingRow

HEARABLE = RecordingRow.status.in_(("completed", "failed"))
"""The recordings that have ended; of a failed one there is what came before the failure."""


class ShownRecording(Shown):
    """One recording."""

    only_twilio: ClassVar[frozenset[str]] = frozenset(
        {"channels", "source", "track", "media_url", "conference_sid", "start_time"}
    )

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    call_sid: str
    conference_sid: str | None
    start_time: Rfc2822
    duration: str
    """Seconds, as the text of a decimal number; in Twilio's dialect of a whole one."""
    api_version: ApiVersion
    status: str
    channels: int
    source: str
    track: str
    file_uri: str
    media_url: str
    uri: str


def show(row: RecordingRow, place: Place) -> ShownRecording:
    """Return what a client sees of a recording."""
    sound = recording_url(place.public_url, row.account_sid, row.sid)
    return ShownRecording(
        sid=row.sid,
        date_created=row.date_created,
        date_updated=row.date_updated,
        account_sid=row.account_sid,
        call_sid=row.call_sid,
        conference_sid=row.conference_sid,
        start_time=row.date_created,
        duration=str(round(row.duration, None if place.dialect is TWILIO else 6)),
        api_version=row.api_version,
        status=row.status,
        channels=row.channels,
        source=row.source,
        track=row.track,
        file_uri=sound,
        media_url=sound,
        uri=place.uri("Recordings", row.sid),
    )


MADE_ON = OnDays("DateCreated", RecordingRow.date_created)

RECORDINGS = Resource(
    "Recordings",
    "recordings",
    RecordingRow,
    show,
    listed=(HEARABLE,),
    deletable=True,
    filters=(
        Since("StartTime", RecordingRow.date_created),
        Until("EndTime", RecordingRow.date_created),
        MADE_ON,
        BelongsTo("CallSid", RecordingRow.call_sid),
        BelongsTo("ConferenceSid", RecordingRow.conference_sid),
    ),
    sorting=Sorting(
        {
            "DateCreated": RecordingRow.date_created,
            "Duration": RecordingRow.duration,
            "CallSid": RecordingRow.call_sid,
        }
    ),
)

OF_A_CALL = Part(
    CALLS,
    "Recordings",
    "recordings",
    ShownRecording,
    "CallRecording",
    paged=False,
    creation=RecordingCreation,
    change=RecordingChange,
    deletable=True,
)
OF_A_CONFERENCE = Part(
    CONFERENCES,
    "Recordings",
    "recordings",
    ShownRecording,
    "ConferenceRecording",
    paged=False,
    change=RecordingChange,
    deletable=True,
)
