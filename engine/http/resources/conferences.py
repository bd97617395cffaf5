"""Conferences (rest-api.md section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, SerializationInfo
from sqlalchemy import ColumnElement

from engine.http.dialect import TWILIO, Dialect
from engine.http.filters import Equals, Filter, OnDays
from engine.http.forms import Form, HttpUrl, Method
from engine.http.resources.declaration import ApiVersion, Resource, Rfc2822, Shown, dialect_of, shown_as
from engine.store import ConferenceRow, ConferenceStatus

_IN_TWILIO = {
    ConferenceStatus.INITIALIZING: "init",
    ConferenceStatus.MODERATOR_ABSENT: "init",
    ConferenceStatus.MODERATOR_PRESENT: "in-progress",
    ConferenceStatus.STOPPING: "in-progress",
    ConferenceStatus.COMPLETED: "completed",
    ConferenceStatus.FAILED: "completed",
}


def _status(status: str, info: SerializationInfo) -> str:
    return _IN_TWILIO[ConferenceStatus(status)] if dialect_of(info) is TWILIO else status


class ShownConference(Shown):
    """One conference, live or ended."""

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    status: Annotated[str, PlainSerializer(_status, return_type=str)]
    api_version: ApiVersion
    friendly_name: str
    reason: str | None = Field(serialization_alias="reason_conference_ended")
    call_sid_ending: str | None = Field(serialization_alias="call_sid_ending_conference")
    uri: str = ""
    subresource_uris: dict[str, str] = {}  # noqa: RUF012  pydantic copies it


class ConferenceChange(Form):
    """A request to change a live conference; Twilio's, Restcomm has none."""

    status: Literal["completed"] | None = Field(
        None, alias="Status", description="`completed` ends it; the documents of those who are in it go on."
    )
    announce_url: HttpUrl | None = Field(
        None, alias="AnnounceUrl", description="A sound or a document that everybody hears once."
    )
    announce_method: Method = Field("POST", alias="AnnounceMethod", description="How it is requested.")


class _InStatus(Filter):
    """The column is the state; in Twilio's dialect one of those that the word stands for."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        value = query.get(self.name, "")
        if not value:
            return []
        if dialect is TWILIO:
            return [self.column.in_([ours for ours, theirs in _IN_TWILIO.items() if theirs == value])]
        return [self.column == value]


CONFERENCES = Resource(
    "Conferences",
    "conferences",
    ConferenceRow,
    shown_as(ShownConference, "Conferences", below=("Participants",)),
    filters=(
        _InStatus("Status", ConferenceRow.status),
        Equals("FriendlyName", ConferenceRow.friendly_name),
        OnDays("DateCreated", ConferenceRow.date_created),
        OnDays("DateUpdated", ConferenceRow.date_updated),
    ),
    change=ConferenceChange,
)
