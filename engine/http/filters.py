"""How a list is narrowed and ordered, declared once for each resource (rest-api.md 1.6 and 2.3).

Parts of texts are looked for whatever their case, as Restcomm's database does and PostgreSQL's LIKE does not.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement

from engine.http.dialect import TWILIO, Dialect
from engine.http.problems import Problem
from engine.store.ordering import Order, newest_first
from engine.store.row import Row

_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1900, 9000
"""Beyond these a time zone, or the day after, has no date any more."""


@dataclass(frozen=True)
class Filter(ABC):
    """One query parameter, and the column it looks at."""

    name: str
    column: Any

    @abstractmethod
    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        """Return what the query asks for; raises :class:`Problem` for what cannot be read."""


class Equals(Filter):
    """The column is the value."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        value = query.get(self.name, "")
        return [self.column == value] if value else []


class BelongsTo(Equals):
    """The column names what the row belongs to, such as a call: few rows have the same.

    They are found by it and sorted afterwards: see :meth:`engine.http.resources.Resource.accounts`.
    """


class OneOf(Filter):
    """The column is one of the values, which commas separate."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        values = [value.strip() for value in query.get(self.name, "").split(",") if value.strip()]
        if len(values) > 1:
            return [self.column.in_(values)]
        return [self.column == value for value in values]


class Number(Filter):
    """The column is this whole number."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        value = query.get(self.name, "").strip()
        if not value:
            return []
        if not re.fullmatch(r"[0-9]{1,9}", value):
            raise Problem(400, f"{self.name} = {value[:80]!r}: write a whole number.")
        return [self.column == int(value)]


class Contains(Filter):
    """The value is somewhere in the column."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        value = query.get(self.name, "")
        return [self.column.icontains(value, autoescape=True)] if value else []


class Like(Filter):
    """The value is somewhere in the column; ``*`` in it stands for anything."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        # As in EndsWith, a blank was a plus sign.
        value = query.get(self.name, "").replace(" ", "+")
        if not value:
            return []
        escaped = re.sub(r"([\\%_])", r"\\\1", value).replace("*", "%")
        return [self.column.ilike(f"%{escaped}%", escape="\\")]


class EndsWith(Filter):
    """The column is the value, or in Restcomm's dialect ends with it; there ``%`` stands for anything."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        # A plus sign that nobody escaped arrives as a blank, and no number has one.
        value = query.get(self.name, "").replace(" ", "+")
        if not value:
            return []
        return [self.column == value if dialect is TWILIO else self.column.ilike(f"%{value}")]


class Since(Filter):
    """The column is not before the day or moment; Twilio's dialect writes the side into the name."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        if dialect is TWILIO:
            return _on_days(self, query)
        first = _moment(query, self.name)
        return [] if first is None else [self.column >= first[0]]


class Until(Filter):
    """The column is not after the day or moment."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        if dialect is TWILIO:
            return _on_days(self, query)
        last = _moment(query, self.name)
        return [] if last is None else [self.column < last[1]]


@dataclass(frozen=True)
class Ended(Until):
    """As Until; in Twilio's dialect another column says when it ended, in Restcomm's this when it began."""

    end: Any

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        if dialect is not TWILIO:
            return super().conditions(query, dialect)
        # What ended before a moment began before it: an index has the beginnings, none has the ends.
        _, until = _bounds(self.name, query)
        return [*_on_days(OnDays(self.name, self.end), query), *(self.column < moment for moment in until)]


class OnDays(Filter):
    """The column is on a day, or from or until one when ``>`` or ``<`` ends the name."""

    def conditions(self, query: Mapping[str, str], dialect: Dialect) -> list[ColumnElement[bool]]:
        return _on_days(self, query)


@dataclass(frozen=True)
class Sorting:
    """The columns that ``SortBy`` may name, by their names there."""

    columns: Mapping[str, Any]

    def order(self, query: Mapping[str, str], kind: type[Row]) -> Order:
        """Return what ``SortBy=Field:asc`` asks for, the newest first without it; ``Reverse`` turns it.

        Equal rows follow each other by date, in the same direction: one index serves both.
        """
        usual = newest_first(kind)
        turned = query.get("Reverse", "").lower() == "true"
        text = query.get("SortBy", "")
        if not text:
            return replace(usual, descending=usual.descending != turned)
        field, _, direction = text.partition(":")
        if field not in self.columns or direction not in ("", "asc", "desc"):
            known = ", ".join(self.columns)
            raise Problem(
                400,
                f"Error parsing the SortBy parameter: {text[:80]!r} is not Field:asc or Field:desc"
                f" with one of {known}",
            )
        columns = dict.fromkeys((self.columns[field], *usual.columns))
        return Order(tuple(columns), descending=(direction == "desc") != turned)


def _on_days(declared: Filter, query: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """Return Twilio's conditions: ``StartTime`` is a day, ``StartTime>`` and ``StartTime<`` are bounds."""
    since, until = _bounds(declared.name, query)
    column = declared.column
    return [*(column >= moment for moment in since), *(column < moment for moment in until)]


def _bounds(name: str, query: Mapping[str, str]) -> tuple[list[datetime], list[datetime]]:
    """Return the moments before which nothing fits, and those from which on nothing does."""
    day, first, last = (_moment(query, each) for each in (name, f"{name}>", f"{name}<"))
    since = [moment[0] for moment in (day, first) if moment is not None]
    return since, [moment[1] for moment in (day, last) if moment is not None]


def _moment(query: Mapping[str, str], name: str) -> tuple[datetime, datetime] | None:
    """Return where the day or moment begins and ends; None when the parameter is absent."""
    text = query.get(name, "").strip()
    if not text:
        return None
    # Restcomm's own clients send nanoseconds, which Python does not read; a blank was a plus sign.
    readable = re.sub(r"(\.\d{6})\d+", r"\1", text)
    readable = re.sub(r" (?=\d\d:\d\d$)", "+", readable) if "T" in readable else readable
    try:
        begin = datetime.fromisoformat(readable)
    except ValueError:
        what = "a day as YYYY-MM-DD, or a moment as YYYY-MM-DDTHH:MM:SSZ"
        raise Problem(400, f"{name} = {text[:80]!r}: write {what}.") from None
    begin = begin.replace(tzinfo=UTC) if begin.tzinfo is None else begin
    if not _FIRST_YEAR <= begin.year <= _LAST_YEAR:
        raise Problem(400, f"{name} = {text[:80]!r}: write a year from {_FIRST_YEAR} to {_LAST_YEAR}.")
    return begin, begin + (_DAY if len(text) == len("2013-08-23") else timedelta(seconds=1))
