"""Transcriptions: recordings as text (rest-api.md section 0)."""

from __future__ import annotations

from engine.http.filters import Equals, Sorting
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown
from engine.store import TranscriptionRow


class ShownTranscription(Shown):
    """One recording as text."""

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    status: str
    recording_sid: str
    duration: str
    """Whole seconds of the recording."""
    transcription_text: str
    language: str
    """That the recogniser was told."""
    type: str = "fast"
    price: str = "0.00"
    price_unit: str = "USD"
    api_version: ApiVersion
    uri: str


def _show(row: TranscriptionRow, place: Place) -> ShownTranscription:
    return ShownTranscription(
        sid=row.sid,
        date_created=row.date_created,
        date_updated=row.date_updated,
        account_sid=row.account_sid,
        status=row.status,
        recording_sid=row.recording_sid,
        duration=str(round(row.duration)),
        transcription_text=row.transcription_text,
        language=row.language,
        api_version=row.api_version,
        uri=place.uri("Transcriptions", row.sid),
    )


TRANSCRIPTIONS = Resource(
    "Transcriptions",
    "transcriptions",
    TranscriptionRow,
    _show,
    filters=(Equals("RecordingSid", TranscriptionRow.recording_sid),),
    sorting=Sorting({"DateCreated": TranscriptionRow.date_created}),
    deletable=True,
)
