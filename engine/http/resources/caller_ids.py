"""Outgoing caller ids: the numbers an account shows when it calls (rest-api.md section 17)."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from engine.http.filters import Equals, Like, Sorting
from engine.http.provisioning import Entry
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown
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


def _number(text: str) -> str:
    number = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"\+[1-9][0-9]{5,14}", number):
        raise ValueError("write a number with its country, as +15551230001")
    return number


class CallerIdChange(Entry):
    """A request to rename a caller id."""

    friendly_name: str = Field("", alias="FriendlyName", max_length=64)


class CallerIdCreation(CallerIdChange):
    """A request for a caller id."""

    phone_number: Annotated[str, AfterValidator(_number)] = Field(
        alias="PhoneNumber", max_length=32, description="With its country (E.164)."
    )


def _show(row: CallerIdRow, place: Place) -> ShownCallerId:
    shown = ShownCallerId.model_validate(row)
    shown.uri = place.uri("OutgoingCallerIds", row.sid)
    return shown


CALLER_IDS = Resource(
    "OutgoingCallerIds",
    "outgoing_caller_ids",
    CallerIdRow,
    _show,
    filters=(
        Like("PhoneNumber", CallerIdRow.phone_number),
        Equals("FriendlyName", CallerIdRow.friendly_name),
    ),
    sorting=Sorting({"DateCreated": CallerIdRow.date_created, "PhoneNumber": CallerIdRow.phone_number}),
    creation=CallerIdCreation,
    change=CallerIdChange,
    deletable=True,
    paged=False,
)
