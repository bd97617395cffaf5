"""What a request that calls somebody into a conference may say of the conference itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from engine.http.forms import Form, HttpUrl, Method, Words
from rcml.dialling import RoomEvent
from rcml.makes_recording import RecordingEvent


def _any_of(known: list[str]) -> AfterValidator:
    def check(found: tuple[str, ...]) -> tuple[str, ...]:
        for word in found:
            if word not in known:
                raise ValueError(f"{word[:80]!r} is none of {', '.join(known)}")
        return found

    return AfterValidator(check)


RoomEvents = Annotated[Words, _any_of([event.value for event in RoomEvent])]
RecordingEvents = Annotated[Words, _any_of([event.value for event in RecordingEvent])]


class RoomSettings(Form):
    """How the conference is to be, where this participant is the first to ask for it."""

    max_participants: int | None = Field(
        None, alias="MaxParticipants", ge=1, le=250, description="How many it holds; 100 at most."
    )
    conference_record: Literal["true", "false", "record-from-start", "do-not-record"] | None = Field(
        None, alias="ConferenceRecord", description="Whether it is recorded."
    )
    conference_trim: Literal["trim-silence", "do-not-trim"] | None = Field(
        None, alias="ConferenceTrim", description="Whether silence at both ends of its recording is left out."
    )
    conference_status_callback: HttpUrl | None = Field(
        None, alias="ConferenceStatusCallback", description="Told how it fares."
    )
    conference_status_callback_method: Method = Field("POST", alias="ConferenceStatusCallbackMethod")
    conference_status_callback_event: RoomEvents = Field(
        (),
        alias="ConferenceStatusCallbackEvent",
        description="What is told: `start`, `end`, `join` and `leave` when it is absent.",
    )
    conference_recording_status_callback: HttpUrl | None = Field(
        None, alias="ConferenceRecordingStatusCallback", description="Told when its recording exists."
    )
    conference_recording_status_callback_method: Method = Field(
        "POST", alias="ConferenceRecordingStatusCallbackMethod"
    )
    conference_recording_status_callback_event: RecordingEvents = Field(
        (),
        alias="ConferenceRecordingStatusCallbackEvent",
        description="Any of `in-progress`, `completed`, `absent`.",
    )

    def of_room(self, absolute: Callable[[str], str]) -> dict[str, str]:
        """Return the attributes of ``Conference`` that say so."""
        attributes: dict[str, str | int | None] = {
            "maxParticipants": self.max_participants,
            "record": self.conference_record,
            "trim": self.conference_trim,
        }
        told = (
            (
                "statusCallback",
                self.conference_status_callback,
                self.conference_status_callback_method,
                self.conference_status_callback_event,
            ),
            (
                "recordingStatusCallback",
                self.conference_recording_status_callback,
                self.conference_recording_status_callback_method,
                self.conference_recording_status_callback_event,
            ),
        )
        for name, url, method, events in told:
            if url is not None:
                attributes |= {name: absolute(url), f"{name}Method": method}
                attributes |= {f"{name}Event": " ".join(events)} if events else {}
        return {name: str(value) for name, value in attributes.items() if value is not None}
