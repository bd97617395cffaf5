"""Usage triggers, with Twilio's names; Restcomm has none, and both dialects serve them alike."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from engine.http.filters import Equals, Sorting
from engine.http.forms import HttpUrl, Method
from engine.http.provisioning import Entry
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown, rfc2822
from engine.store import UsageTriggerRow
from engine.store.usage import CATEGORIES


def _category(text: str) -> str:
    if text.lower() not in CATEGORIES:
        raise ValueError(f"it must be one of {', '.join(CATEGORIES)}")
    return text.lower()


def _value(text: str) -> str:
    # A plus sign that nobody escaped arrives as a blank, which is stripped before this.
    if not re.fullmatch(r"\+?[0-9]{1,12}", text):
        raise ValueError("write a whole number, or one with + before it for so many more than now")
    return text


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


def _measure(text: str) -> str:
    if text == "price":
        raise ValueError("nothing has a price here; it must be count or usage")
    if text not in ("count", "usage"):
        raise ValueError("it must be count or usage")
    return text


_Fired = Annotated[datetime | None, PlainSerializer(lambda at: at and rfc2822(at), return_type=str | None)]
_Number = Annotated[int, PlainSerializer(str, return_type=str)]


class ShownUsageTrigger(Shown):
    """One trigger: what it watches, how far that is, and when it last fired."""

    sid: str
    account_sid: str
    api_version: ApiVersion
    friendly_name: str
    usage_category: str
    trigger_by: str
    recurring: str | None
    trigger_value: _Number
    current_value: _Number
    callback_url: str
    callback_method: str
    date_created: Rfc2822
    date_fired: _Fired
    date_updated: Rfc2822
    uri: str
    usage_record_uri: str


class UsageTriggerChange(Entry):
    """A request to rename a trigger, or to let it tell somebody else."""

    callback_url: HttpUrl | None = Field(None, alias="CallbackUrl", max_length=2048)
    callback_method: Method = Field("POST", alias="CallbackMethod")
    friendly_name: str = Field("", alias="FriendlyName", max_length=64)


class UsageTriggerCreation(Entry):
    """A request for a trigger."""

    callback_url: HttpUrl = Field(alias="CallbackUrl", max_length=2048, description="Who is told.")
    callback_method: Method = Field("POST", alias="CallbackMethod")
    friendly_name: str = Field("", alias="FriendlyName", max_length=64)
    usage_category: Annotated[str, AfterValidator(_category)] = Field(
        alias="UsageCategory", description=f"One of {', '.join(CATEGORIES)}."
    )
    trigger_value: Annotated[str, AfterValidator(_value)] = Field(
        alias="TriggerValue",
        description="At which value it fires; with `+` before it, at so many more than are used now.",
    )
    trigger_by: Annotated[str, BeforeValidator(_lower), AfterValidator(_measure)] = Field(
        "usage", alias="TriggerBy", description="Which figure of the category: `usage` or `count`."
    )
    recurring: Annotated[Literal["daily", "monthly", "yearly"], BeforeValidator(_lower)] | None = Field(
        None, alias="Recurring", description="Counts each period anew; absent: all that was ever used, once."
    )


def _show(row: UsageTriggerRow, place: Place) -> ShownUsageTrigger:
    records = {"daily": "Today", "monthly": "ThisMonth"}.get(row.recurring, "AllTime")
    if row.recurring == "yearly":
        records = "Yearly"
    return ShownUsageTrigger(
        **{name: value for name, value in row.values().items() if name != "recurring"},
        recurring=row.recurring or None,
        uri=place.uri("Usage", "Triggers", row.sid),
        usage_record_uri=f"{place.uri('Usage', 'Records', records)}?Category={row.usage_category}",
    )


USAGE_TRIGGERS = Resource(
    "Usage/Triggers",
    "usage_triggers",
    UsageTriggerRow,
    _show,
    filters=(
        Equals("Recurring", UsageTriggerRow.recurring),
        Equals("TriggerBy", UsageTriggerRow.trigger_by),
        Equals("UsageCategory", UsageTriggerRow.usage_category),
    ),
    sorting=Sorting({"DateCreated": UsageTriggerRow.date_created}),
    creation=UsageTriggerCreation,
    change=UsageTriggerChange,
    deletable=True,
)
