"""Outgoing caller ids: the numbers an account shows when it calls (rest-api.md section 17)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from engine.http.filters import Equals, Like, Sorting
from engine.http.forms import HttpUrl, Method
from engine.http.provisioning import Entry
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown, shown_as
from engine.store import CallerIdRow

_SEPARATORS = re.compile(r"[\s().-]")


class ShownCallerId(Shown):
    """A number of the account's own."""

    only_restcomm: ClassVar[frozenset[str]] = frozenset({"api_version"})

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    friendly_name: str
    phone_number: str
    api_version: ApiVersion
    uri: str = ""


class ShownValidation(Shown):
    """A call that proves a number, as Twilio's dialect answers a request for one."""

    account_sid: str
    call_sid: str
    friendly_name: str
    phone_number: str
    validation_code: str


@dataclass(frozen=True)
class ValidationCall:
    """What is shown of such a call."""

    account_sid: str
    call_sid: str
    friendly_name: str
    phone_number: str
    validation_code: str = field(repr=False)


def _number(text: str) -> str:
    number = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"\+[1-9][0-9]{5,14}", number):
        raise ValueError("write a number with its country, as +15551230001")
    return number


class CallerIdChange(Entry):
    """A request to rename a caller id."""

    friendly_name: str = Field("", alias="FriendlyName", max_length=64)


class CallerIdCreation(CallerIdChange):
    """A request for a caller id; in Twilio's dialect for a call that proves it."""

    phone_number: Annotated[str, AfterValidator(_number)] = Field(
        alias="PhoneNumber", max_length=32, description="With its country (E.164)."
    )
    call_delay: int = Field(
        0, alias="CallDelay", ge=0, le=60, description="Seconds until the number is rung."
    )
    extension: str = Field(
        "",
        alias="Extension",
        pattern=r"^[0-9A-Da-d*#wW]{0,128}$",
        description="Pressed once the call is answered.",
    )
    status_callback: HttpUrl | None = Field(
        None, alias="StatusCallback", description="Told at the end of the call, with `VerificationStatus`."
    )
    status_callback_method: Method = Field("POST", alias="StatusCallbackMethod")


def _show_call(made: ValidationCall, place: Place) -> ShownValidation:
    return ShownValidation.model_validate(made)


CALLER_IDS = Resource(
    "OutgoingCallerIds",
    "outgoing_caller_ids",
    CallerIdRow,
    shown_as(ShownCallerId, "OutgoingCallerIds"),
    filters=(
        Like("PhoneNumber", CallerIdRow.phone_number),
        Equals("FriendlyName", CallerIdRow.friendly_name),
    ),
    sorting=Sorting({"DateCreated": CallerIdRow.date_created, "PhoneNumber": CallerIdRow.phone_number}),
    creation=CallerIdCreation,
    made_in_twilio=_show_call,
    made_in_twilio_is="ValidationRequest",
    change=CallerIdChange,
    deletable=True,
    paged=False,
)
