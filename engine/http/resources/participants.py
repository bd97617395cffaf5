"""Participants of a conference (rest-api.md section 4): live only, so that none is in the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal, Self
from xml.etree.ElementTree import Element, SubElement, tostring

from pydantic import AliasChoices, Field, model_validator

from engine.conferences import Conference, Participant
from engine.http.forms import Form, HttpUrl, Method
from engine.http.resources.call_forms import Placing
from engine.http.resources.conferences import CONFERENCES
from engine.http.resources.declaration import Place, Rfc2822, Shown
from engine.http.resources.detection_forms import ParticipantDetection
from engine.http.resources.parts import Part
from engine.http.resources.room_forms import RoomSettings
from engine.store import CallRow, ConferenceRow


class ShownParticipant(Shown):
    """One call that is in a conference."""

    only_restcomm: ClassVar[frozenset[str]] = frozenset(
        {"sid", "end_conference_on_enter", "agc", "noise_gate", "talk_time"}
    )

    sid: str
    """The CallSid."""
    call_sid: str
    conference_sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    label: str | None
    muted: bool
    hold: bool
    coaching: bool
    call_sid_to_coach: str | None
    start_conference_on_enter: bool
    end_conference_on_enter: bool
    """Restcomm's slip of the pen for the next one."""
    end_conference_on_exit: bool
    agc: bool
    """Whether the others hear them at a steady loudness."""
    noise_gate: bool
    """Whether the others are spared the noise of their pauses."""
    talk_time: float = 0.0
    """Seconds for which they have spoken here."""
    status: str = "connected"
    uri: str


class ParticipantChange(Form):
    """A request to change a participant."""

    muted: bool | None = Field(
        None,
        validation_alias=AliasChoices("Muted", "Mute"),
        serialization_alias="Muted",
        description="Whether nobody hears them; `Mute` is another name.",
    )
    hold: bool | None = Field(
        None, alias="Hold", description="Whether they hear hold music, and nobody them."
    )
    hold_url: HttpUrl | None = Field(
        None, alias="HoldUrl", description="The hold music: a sound or a document; the server's when absent."
    )
    hold_method: Method = Field("GET", alias="HoldMethod", description="How it is requested.")
    announce_url: HttpUrl | None = Field(
        None, alias="AnnounceUrl", description="A sound or a document that they alone hear once."
    )
    announce_method: Method = Field("POST", alias="AnnounceMethod", description="How it is requested.")
    coaching: bool | None = Field(
        None, alias="Coaching", description="Whether only `CallSidToCoach` hears them."
    )
    call_sid_to_coach: str | None = Field(None, alias="CallSidToCoach", description="Whom they coach.")
    end_conference_on_exit: bool | None = Field(
        None, alias="EndConferenceOnExit", description="Whether the conference ends when they leave."
    )
    beep_on_exit: bool | None = Field(
        None, alias="BeepOnExit", description="Whether the others hear when they leave."
    )
    wait_url: HttpUrl | None = Field(
        None,
        alias="WaitUrl",
        description="What is heard before the conference starts, while this is who has waited longest.",
    )
    wait_method: Method = Field("POST", alias="WaitMethod", description="How it is requested.")
    agc: bool | None = Field(
        None, alias="Agc", description="Whether the others hear them at a steady loudness."
    )
    noise_gate: bool | None = Field(
        None, alias="NoiseGate", description="Whether the others are spared the noise of their pauses."
    )


class ParticipantCreation(ParticipantDetection, RoomSettings, Placing):
    """A request to call somebody into a conference, which begins with them when nobody is in it."""

    label: str | None = Field(None, alias="Label", max_length=128, description="Their name there.")
    muted: bool = Field(False, alias="Muted")
    beep: Literal["true", "false", "onEnter", "onExit"] = Field("true", alias="Beep")
    start_conference_on_enter: bool = Field(True, alias="StartConferenceOnEnter")
    end_conference_on_exit: bool = Field(False, alias="EndConferenceOnExit")
    coaching: bool | None = Field(
        None, alias="Coaching", description="Whether only `CallSidToCoach` hears them; true if it is given."
    )
    call_sid_to_coach: str | None = Field(
        None, alias="CallSidToCoach", pattern="^CA[0-9a-f]{32}$", description="Who alone hears them."
    )
    agc: bool = Field(False, alias="Agc", description="Whether the others hear them at a steady loudness.")
    noise_gate: bool = Field(
        False, alias="NoiseGate", description="Whether the others are spared the noise of their pauses."
    )
    wait_url: HttpUrl | None = Field(
        None, alias="WaitUrl", description="What they hear before the conference starts."
    )
    wait_method: Method = Field("POST", alias="WaitMethod")

    @model_validator(mode="after")
    def _coaches_somebody(self) -> Self:
        if self.coaching and self.call_sid_to_coach is None:
            raise ValueError("Coaching = true needs CallSidToCoach, the call that is coached")
        return self

    @property
    def coached(self) -> str | None:
        """The call that alone hears them; None for everybody."""
        return None if self.coaching is False else self.call_sid_to_coach

    def document(self, room: str, absolute: Callable[[str], str]) -> str:
        """Return the document that leads who answers into the conference of this name.

        ``absolute`` makes a URL of a path of this server.
        """
        attributes = {
            "participantLabel": self.label,
            "muted": str(self.muted).lower(),
            "beep": self.beep,
            "startConferenceOnEnter": str(self.start_conference_on_enter).lower(),
            "endConferenceOnExit": str(self.end_conference_on_exit).lower(),
            "coach": self.coached,
            "agc": str(self.agc).lower(),
            "noiseGate": str(self.noise_gate).lower(),
            "waitMethod": self.wait_method,
            "waitUrl": None if self.wait_url is None else absolute(self.wait_url),
        }
        written = {name: value for name, value in attributes.items() if value is not None}
        written |= self.of_room(absolute)
        response = Element("Response")
        SubElement(SubElement(response, "Dial"), "Conference", written).text = room
        return tostring(response, "unicode")


def show_called(
    conference: ConferenceRow, call: CallRow, form: ParticipantCreation, status: str, place: Place
) -> ShownParticipant:
    """Return what a client sees of somebody who is being called into a conference."""
    return ShownParticipant(
        sid=call.sid,
        call_sid=call.sid,
        conference_sid=conference.sid,
        date_created=call.date_created,
        date_updated=call.date_updated,
        account_sid=call.account_sid,
        label=form.label,
        muted=form.muted,
        hold=False,
        coaching=form.coached is not None,
        call_sid_to_coach=form.coached,
        start_conference_on_enter=form.start_conference_on_enter,
        end_conference_on_enter=form.end_conference_on_exit,
        end_conference_on_exit=form.end_conference_on_exit,
        agc=form.agc,
        noise_gate=form.noise_gate,
        status=status,
        uri=place.uri("Conferences", conference.sid, "Participants", call.sid),
    )


def show(conference: Conference, participant: Participant, place: Place) -> ShownParticipant:
    """Return what a client sees of a participant."""
    member = participant.member
    return ShownParticipant(
        sid=member.sid,
        call_sid=member.sid,
        conference_sid=conference.row.sid,
        date_created=participant.date_created,
        date_updated=participant.date_updated,
        account_sid=conference.row.account_sid,
        label=member.label,
        muted=member.muted,
        hold=member.on_hold,
        coaching=member.coach is not None,
        call_sid_to_coach=member.coach,
        start_conference_on_enter=member.start_on_enter,
        end_conference_on_enter=member.end_on_exit,
        end_conference_on_exit=member.end_on_exit,
        agc=member.agc,
        noise_gate=member.noise_gate,
        talk_time=participant.talk_time,
        uri=place.uri("Conferences", conference.row.sid, "Participants", member.sid),
    )


PARTICIPANTS = Part(
    CONFERENCES,
    "Participants",
    "calls",
    ShownParticipant,
    "Participant",
    twilio_key="participants",
    filters={"Muted": bool, "Hold": bool, "Coaching": bool},
    creation=ParticipantCreation,
    change=ParticipantChange,
    deletable=True,
    deleted=204,
)
