"""What a REST resource is: declared once, and routes, lists, forms and JSON of both dialects follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, PlainSerializer, SerializationInfo
from sqlalchemy import func

from engine.http.dialect import RESTCOMM, TWILIO, Dialect
from engine.http.filters import BelongsTo, Filter, Sorting
from engine.http.forms import Form
from engine.http.xml_writer import Called
from engine.store import Store
from engine.store.row import Row

R = TypeVar("R", bound=Row)
Json = dict[str, Any]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rfc2822(moment: datetime) -> str:
    """Write a date as ``Mon, 5 Aug 2013 01:52:02 +0000``, whatever the locale."""
    at = moment.astimezone(UTC)
    return f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at:%Y %H:%M:%S} +0000"


def iso8601(moment: datetime) -> str:
    """Write a date as ``2013-08-05T01:52:02.000Z``."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def dialect_of(info: SerializationInfo) -> Dialect:
    """Return the dialect that is written."""
    return TWILIO if info.context == TWILIO.name else RESTCOMM


def _iso8601(moment: datetime, info: SerializationInfo) -> str:
    # Twilio's dialect has one form for all dates.
    return rfc2822(moment) if dialect_of(info) is TWILIO else iso8601(moment)


def _seconds(seconds: int, info: SerializationInfo) -> int | str:
    return str(seconds) if dialect_of(info) is TWILIO else seconds


def _version(stored: str, info: SerializationInfo) -> str:
    return dialect_of(info).version


Rfc2822 = Annotated[datetime, PlainSerializer(rfc2822, return_type=str)]
Iso8601 = Annotated[datetime, PlainSerializer(_iso8601, return_type=str)]
"""RFC 2822 in Twilio's dialect."""
Seconds = Annotated[int, PlainSerializer(_seconds, return_type=int | str)]
"""A number; a text in Twilio's dialect."""
ApiVersion = Annotated[str, PlainSerializer(_version, return_type=str)]
"""That of the request."""


class Shown(BaseModel):
    """The JSON form of one row; the class declares names, types and order of its fields."""

    # Deferred as forms are.
    model_config = ConfigDict(from_attributes=True, populate_by_name=True, defer_build=True)

    only_restcomm: ClassVar[frozenset[str]] = frozenset()
    """Fields that Twilio's dialect does not have."""
    only_twilio: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def hidden_in(cls, spoken: Dialect) -> frozenset[str]:
        """Return the fields that a dialect does not have."""
        return cls.only_restcomm if spoken is TWILIO else cls.only_twilio


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource lies, for the URIs inside its JSON."""

    account_sid: str
    public_url: str
    dialect: Dialect = RESTCOMM

    def uri(self, *steps: str, suffix: str = ".json") -> str:
        """Return ``/2012-04-24/Accounts/AC…/<steps><suffix>``."""
        return "/".join((f"/{self.dialect.version}/Accounts/{self.account_sid}", *steps)) + suffix

    def subresources(self, *steps: str, names: tuple[str, ...]) -> dict[str, str]:
        """Return the URIs of what lies below a resource, by name."""
        if self.dialect is TWILIO:
            return {name.lower(): self.uri(*steps, name) for name in names}
        return {name.lower(): "/restcomm" + self.uri(*steps, name, suffix="") for name in names}


def shown_as(kind: type[Shown], name: str, *, below: tuple[str, ...] = ()) -> Callable[[Any, Place], Shown]:
    """Return what shows rows by the fields of ``kind``, with their URI and the ones of what is ``below``."""

    def show(row: Any, place: Place) -> Shown:
        shown: Any = kind.model_validate(row)
        shown.uri = place.uri(name, row.sid)
        if below:
            shown.subresource_uris = place.subresources(name, row.sid, names=below)
        return cast(Shown, shown)

    return described_as(kind, show)


def described_as(kind: type[Shown], show: Callable[[R, Place], Shown]) -> Callable[[R, Place], Shown]:
    """Let the description of the API, which reads what is shown from the annotations, name ``kind``."""
    show.__annotations__["return"] = kind
    return show


@dataclass(frozen=True)
class Resource(Generic[R]):
    """One kind of resource: its name in paths, key in lists, row, JSON form, filters and order."""

    name: str
    """Such as ``Calls``."""
    key: str
    """Name of the array in a list, such as ``calls``."""
    row: type[R]
    show: Callable[[R, Place], Shown]
    where: tuple[Any, ...] = ()
    """Rows that are no part of the resource are kept out by these conditions."""
    listed: tuple[Any, ...] = ()
    """Rows that are fetched by their name alone are kept out of lists by these."""
    joined: Callable[[Store, Sequence[R], Mapping[str, str]], Awaitable[Mapping[str, Json]]] | None = None
    """Returns further fields of listed rows by their sids, as the query asks for them."""
    filters: tuple[Filter, ...] = ()
    sorting: Sorting = Sorting({})  # noqa: RUF009  frozen, and empty
    creation: type[Form] | None = None
    """What a POST to the list may say; None when nothing can be made."""
    made_in_twilio: Callable[[Any, Place], Shown] | None = None
    """How Twilio's dialect shows what was made, where that is not one of the resource yet."""
    made_in_twilio_is: str = ""
    """What that is called in XML."""
    change: type[Form] | None = None
    """What a POST to one may say; None when nothing can be changed."""
    deletable: bool = False
    paged: bool = True
    """Whether a list in Restcomm's dialect comes in pages; else it is a bare array. Twilio's always does."""
    twilio_key: str = ""
    """Name of the array in Twilio's dialect, where it is not the same."""
    deleted: int | None = None
    """Status of the answer to a deletion, where it is not the dialect's."""

    @property
    def called(self) -> Called:
        """What it is called in XML."""
        return Called.by(self.name)

    def accounts(self, query: Mapping[str, str]) -> Any:
        """Return the column of a row's account, as a list that is asked for so compares it.

        Of what belongs to one call it must not be found in an index. SQLite, which counts nothing by itself,
        takes the index of an account's rows for as good as the one of a call's, and because it has the
        list's order for better: it would walk past every row of the account.
        """
        row: Any = self.row
        few = any(isinstance(each, BelongsTo) and query.get(each.name) for each in self.filters)
        return func.coalesce(row.account_sid, row.account_sid) if few else row.account_sid

    def key_in(self, spoken: Dialect) -> str:
        """Return the name of the array in a list."""
        return self.twilio_key if spoken is TWILIO and self.twilio_key else self.key

    def json(self, row: R, place: Place, live: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Return the row's JSON object; ``live`` are the fields that only the live server knows."""
        shown = self.show(row, place)
        return _written(shown.model_copy(update=live) if live else shown, place)

    def called_when_made(self, spoken: Dialect) -> Called:
        """Return what the answer to a creation is called in XML."""
        shown_apart = spoken is TWILIO and self.made_in_twilio_is
        return Called.by(f"{self.made_in_twilio_is}s") if shown_apart else self.called

    def json_of_made(self, made: Any, place: Place) -> dict[str, Any] | None:
        """Return the JSON object of what was made; None where it is one of the resource."""
        if self.made_in_twilio is None or place.dialect is not TWILIO:
            return None
        return _written(self.made_in_twilio(made, place), place)


def _written(shown: Shown, place: Place) -> dict[str, Any]:
    hidden = set(shown.hidden_in(place.dialect))
    return shown.model_dump(mode="json", by_alias=True, exclude=hidden, context=place.dialect.name)
