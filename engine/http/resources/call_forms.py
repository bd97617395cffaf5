"""What a request to make or to change a call may say (rest-api.md sections 2.4 to 2.6)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from engine.calls.call_order import RING_LIMIT, TIME_LIMIT
from engine.http.forms import Form, HttpUrl, Method, Words
from engine.http.resources.detection_forms import CallDetection

LONGEST_DOCUMENT = 65_536
_KEYS = r"^[0-9A-Da-d*#wW]{0,128}$"


class _Told(Form):
    """Who is told how the call fares."""

    status_callback: HttpUrl | None = Field(
        None, alias="StatusCallback", description="Told how the call fares."
    )
    status_callback_method: Method = Field(
        "POST", alias="StatusCallbackMethod", description="How it is told."
    )
    status_callback_event: Words = Field(
        (),
        alias="StatusCallbackEvent",
        description="Any of `initiated`, `ringing`, `answered`, `completed`; without it all of them, or in"
        " Twilio's dialect the last.",
    )


class _Steering(_Told):
    """Which document runs, and who is told how the call fares."""

    url: HttpUrl | None = Field(
        None, alias="Url", description="The document, fetched once the callee answered."
    )
    method: Method = Field("POST", alias="Method", description="How `Url` is requested.")
    document: str | None = Field(
        None,
        validation_alias=AliasChoices("Twiml", "Rcml"),
        serialization_alias="Twiml",
        max_length=LONGEST_DOCUMENT,
        description="The document itself, instead of `Url`; `Rcml` is another name.",
    )
    fallback_url: HttpUrl | None = Field(
        None, alias="FallbackUrl", description="The document to run when one cannot be fetched or parsed."
    )
    fallback_method: Method = Field("POST", alias="FallbackMethod", description="How it is requested.")


def _yes(text: object) -> object:
    """Read Twilio's words for how to record as yes."""
    return {"do-not-record": "false", "record-from-answer": "true"}.get(str(text).lower(), text)


class RecordingCreation(Form):
    """How to record what a party says and hears."""

    recording_channels: Literal["mono", "dual"] = Field("mono", alias="RecordingChannels")
    recording_track: Literal["inbound", "outbound", "both"] = Field(
        "both",
        alias="RecordingTrack",
        description="What is recorded: what the party says, what they hear, or both. One track is mono.",
    )
    recording_status_callback: HttpUrl | None = Field(
        None, alias="RecordingStatusCallback", description="Told when the recording exists."
    )
    recording_status_callback_method: Method = Field("POST", alias="RecordingStatusCallbackMethod")
    recording_status_callback_event: Words = Field(
        ("completed",),
        alias="RecordingStatusCallbackEvent",
        description="Any of `in-progress`, `completed`, `absent`.",
    )
    trim: Literal["trim-silence", "do-not-trim"] = Field(
        "do-not-trim", alias="Trim", description="Whether silence at both ends of the recording is left out."
    )


class RecordingChange(Form):
    """A request to change a recording that is being made."""

    status: Literal["paused", "in-progress", "stopped"] = Field(
        alias="Status",
        description="`paused` leaves out what is heard, until `in-progress`; `stopped` ends.",
    )
    pause_behavior: Literal["skip", "silence"] | None = Field(
        None,
        alias="PauseBehavior",
        description="`skip` leaves a pause out, `silence` keeps silence of its length;"
        " when absent, `silence` in Twilio's dialect, else `skip`.",
    )


class Placing(RecordingCreation, _Told):
    """Whom to call, as whom, and for how long."""

    from_: str = Field(alias="From", description="Who calls: a number, `client:` and a login, a SIP address.")
    to: str = Field(
        alias="To",
        max_length=1300,
        description="Whom to call: a number through a trunk, `client:` and a login, or a SIP address;"
        " `?X-Name=value` adds SIP headers.",
    )
    caller_id: str | None = Field(
        None, alias="CallerId", description="What the callee sees instead of `From`."
    )
    ring_limit: float = Field(RING_LIMIT, alias="Timeout", ge=1, le=600, description="Seconds to ring.")
    time_limit: float = Field(
        TIME_LIMIT, alias="TimeLimit", ge=1, le=86_400, description="Seconds that the call may last."
    )
    send_digits: str = Field(
        "",
        alias="SendDigits",
        pattern=_KEYS,
        description="Keys pressed towards the callee before the document runs; `w` waits half a second.",
    )
    record: Annotated[bool, BeforeValidator(_yes)] = Field(
        False, alias="Record", description="Whether the call is recorded from the answer on."
    )
    username: str | None = Field(
        None,
        validation_alias=AliasChoices("Username", "SipAuthUsername"),
        serialization_alias="Username",
        description="Who we are when a SIP address asks (401, 407).",
    )
    password: str | None = Field(
        None,
        validation_alias=AliasChoices("Password", "SipAuthPassword"),
        serialization_alias="Password",
        description="The password for that.",
        repr=False,
    )


class CallCreation(CallDetection, Placing, _Steering):
    """A request for a call."""

    application_sid: str | None = Field(
        None,
        alias="ApplicationSid",
        description="An application whose document runs, and whose `StatusCallback` is told unless one is"
        " given; `Url` does not count then.",
    )


class CallChange(RecordingCreation, _Steering):
    """A request to change a live call."""

    time_limit: float | None = Field(
        None,
        alias="TimeLimit",
        ge=1,
        le=86_400,
        description="Seconds that the call may last, counted from its answer; one that lasted longer ends.",
    )

    status: Literal["canceled", "completed"] | None = Field(
        None, alias="Status", description="`canceled` ends a call nobody answered yet, `completed` any."
    )
    move_connected_call_leg: bool = Field(
        False,
        alias="MoveConnectedCallLeg",
        description="Whether the other leg of a Dial runs the new document too; else it is hung up.",
    )
    mute: bool | None = Field(None, alias="Mute", description="Whether nobody hears this party.")
    digits: str = Field(
        "",
        validation_alias=AliasChoices("SendDigits", "Digits"),
        serialization_alias="SendDigits",
        pattern=_KEYS,
        description="Keys to press towards the party; `w` waits half a second. `Digits` is another name.",
    )
    record: Annotated[bool | None, BeforeValidator(_yes)] = Field(
        None, alias="Record", description="Whether to record the call from now on, or to end that."
    )
