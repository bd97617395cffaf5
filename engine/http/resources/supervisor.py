"""What the operator of a server asks it in Restcomm's dialect (rest-api.md section 17)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, model_serializer
from pydantic.alias_generators import to_pascal

from engine.http.dialect import RESTCOMM
from engine.http.forms import Form
from engine.http.resources.declaration import Rfc2822, Shown, iso8601
from engine.http.resources.views import View

Moment = Annotated[datetime, PlainSerializer(iso8601, return_type=str)]


class SupervisorQuery(Form):
    """What is told beside the figures."""

    live_call_details: bool = Field(
        False, alias="LiveCallDetails", description="Whether each live call is told of too."
    )


class ShownPing(Shown):
    """How many calls the store knows, in Restcomm's words: a text."""

    total_calls: int

    @model_serializer
    def _text(self) -> str:
        return f"TotalCalls: {self.total_calls}"


class ShownLiveCall(BaseModel):
    """One call that has not ended."""

    sid: str
    state: str = Field(serialization_alias="State")
    """Restcomm's name of the status, such as `IN_PROGRESS`."""
    direction: str
    date_created: Rfc2822
    forwarded_from: str | None = Field(serialization_alias="ForwardedFrom")
    caller_name: str | None = Field(serialization_alias="CallerName")
    from_: str = Field(serialization_alias="from")
    to: str
    initial_invite: str = Field(serialization_alias="Initial Invite")
    """The URI that the first INVITE asked for; empty when its messages are not held any more."""
    last_response: int | None = Field(serialization_alias="Last Response")


class ShownMetrics(BaseModel):
    """The figures of this server. Legs of Dial count as calls, as in Restcomm."""

    model_config = ConfigDict(serialize_by_alias=True, alias_generator=to_pascal, populate_by_name=True)

    total_calls_since_uptime: int
    incoming_calls_since_uptime: int
    outgoing_calls_since_uptime: int
    registered_users: int
    live_calls: int
    live_incoming_calls: int
    live_outgoing_calls: int
    maximum_concurrent_calls: int
    maximum_concurrent_incoming_calls: int
    maximum_concurrent_outgoing_calls: int
    completed_calls: int
    no_answer_calls: int
    busy_calls: int
    failed_calls: int
    not_found_calls: int
    canceled_calls: int
    text_messages: int
    """Texts that came to their end, ours and those of others."""
    average_call_duration_in_seconds: float
    average_call_duration_in_seconds_last_hour: float
    average_call_duration_in_seconds_last24_hours: float = Field(
        alias="AverageCallDurationInSecondsLast24Hours"
    )
    media_legs: int
    """Legs with sound; 0 when no call lives, as the next ones."""
    media_bridges: int
    media_rooms: int
    media_room_members: int
    sip_sessions: int
    sip_dialogs: int


class ShownInstance(Shown):
    """Which server tells, and when."""

    model_config = ConfigDict(serialize_by_alias=True)

    date_time: Moment = Field(serialization_alias="DateTime")
    instance_sid: str = Field(serialization_alias="InstanceId")
    version: str = Field(serialization_alias="Version")
    revision: str = Field("", serialization_alias="Revision")
    """Empty: a version of ours has one."""


class ShownFigures(ShownInstance):
    """The figures of this server, and its live calls when they are asked for."""

    metrics: ShownMetrics = Field(serialization_alias="Metrics")
    live_call_details: list[ShownLiveCall] = Field(serialization_alias="LiveCallDetails")


class ShownLiveCalls(ShownInstance):
    """The live calls of this server, of all accounts."""

    live_call_details: list[ShownLiveCall] = Field(serialization_alias="LiveCallDetails")


class ShownVersion(Shown):
    """What program this is."""

    name: str = Field("Dialplane", serialization_alias="Name")
    version: str = Field(serialization_alias="Version")
    revision: str = Field("", serialization_alias="Revision")
    date: str = Field("", serialization_alias="Date")


PING = View("Supervisor", "Ping", ShownPing, dialects=(RESTCOMM,), wrapped=False)
FIGURES = View(
    "Supervisor/metrics",
    "Supervisor",
    ShownFigures,
    query=SupervisorQuery,
    dialects=(RESTCOMM,),
    wrapped=False,
)
LIVE_CALLS = View("Supervisor/livecalls", "LiveCalls", ShownLiveCalls, dialects=(RESTCOMM,), wrapped=False)
VERSION = View("Version", "Version", ShownVersion, dialects=(RESTCOMM,), wrapped=False)
