"""Queues and those who wait in them (queues.md)."""

from __future__ import annotations

from pydantic import Field

from engine.http.filters import Equals, OnDays, Sorting
from engine.http.forms import Form, HttpUrl, Method
from engine.http.resources.declaration import ApiVersion, Resource, Rfc2822, Shown, shown_as
from engine.http.resources.parts import Part
from engine.store import QueueRow

LARGEST = 5000
"""Callers that a queue can let wait; Twilio's limit."""


class ShownQueue(Shown):
    """One queue, used or not."""

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    friendly_name: str
    current_size: int = 0
    """Who waits now."""
    max_size: int
    average_wait_time: int = 0
    """Seconds, of those who wait now."""
    api_version: ApiVersion
    uri: str = ""
    subresource_uris: dict[str, str] = {}  # noqa: RUF012  pydantic copies it


class QueueCreation(Form):
    """A request for a queue before its first use."""

    friendly_name: str = Field(alias="FriendlyName", min_length=1, max_length=64)
    max_size: int | None = Field(
        None,
        alias="MaxSize",
        ge=0,
        le=LARGEST,
        description="How many may wait at once; `max_size` of `[queues]` when absent.",
    )


class QueueChange(Form):
    """A request to rename a queue or to change its size; who waits already waits on."""

    friendly_name: str | None = Field(None, alias="FriendlyName", min_length=1, max_length=64)
    max_size: int | None = Field(None, alias="MaxSize", ge=0, le=LARGEST)


QUEUES = Resource(
    "Queues",
    "queues",
    QueueRow,
    shown_as(ShownQueue, "Queues", below=("Members",)),
    filters=(Equals("FriendlyName", QueueRow.friendly_name), OnDays("DateCreated", QueueRow.date_created)),
    sorting=Sorting({"DateCreated": QueueRow.date_created, "FriendlyName": QueueRow.friendly_name}),
    creation=QueueCreation,
    change=QueueChange,
    deletable=True,
)


class ShownMember(Shown):
    """A caller who waits."""

    call_sid: str
    date_enqueued: Rfc2822
    position: int
    """1 for the next one; 0 for who has just been taken out."""
    queue_sid: str
    wait_time: int
    """Seconds."""
    uri: str


class MemberChange(Form):
    """A request to take a caller out of the queue and to let them run another document."""

    url: HttpUrl = Field(alias="Url", description="The document.")
    method: Method = Field("POST", alias="Method", description="How it is requested.")


MEMBERS = Part(QUEUES, "Members", "queue_members", ShownMember, "QueueMember", change=MemberChange)
