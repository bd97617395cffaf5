"""What a REST resource is: declared once, and routes, lists and JSON follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, PlainSerializer

from engine.store.tables import API_VERSION, Row

R = TypeVar("R", bound=Row)

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rfc2822(moment: datetime) -> str:
    """Write a date as ``Mon, 5 Aug 2013 01:52:02 +0000``, whatever the locale."""
    at = moment.astimezone(UTC)
    return f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at:%Y %H:%M:%S} +0000"


def iso8601(moment: datetime) -> str:
    """Write a date as ``2013-08-05T01:52:02.000Z``."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


Rfc2822 = Annotated[datetime, PlainSerializer(rfc2822, return_type=str)]
Iso8601 = Annotated[datetime, PlainSerializer(iso8601, return_type=str)]


class Shown(BaseModel):
    """The JSON form of one row; the class declares names, types and order of its fields."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource lies, for the URIs inside its JSON."""

    account_sid: str
    public_url: str

    def uri(self, *steps: str, suffix: str = ".json") -> str:
        """Return ``/2012-04-24/Accounts/AC…/<steps><suffix>``."""
        return "/".join((f"/{API_VERSION}/Accounts/{self.account_sid}", *steps)) + suffix


@dataclass(frozen=True)
class Resource(Generic[R]):
    """One kind of resource: its name in paths, key in lists, row, and JSON form."""

    name: str
    """Such as ``Calls``."""
    key: str
    """Name of the array in a list, such as ``calls``."""
    row: type[R]
    show: Callable[[R, Place], Shown]
    where: tuple[Any, ...] = ()
    """Rows that are no part of the resource are kept out by these conditions."""

    def json(self, row: R, place: Place) -> dict[str, Any]:
        """Return the row's JSON object."""
        return self.show(row, place).model_dump(mode="json", by_alias=True)
