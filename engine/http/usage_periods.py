"""The days that usage is added up over, by the names that paths have for them (rest-api.md section 13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Span:
    """From the first to the last day, both included; None: from the beginning, or until today."""

    first: date | None
    last: date | None

    def within(self, other: Span) -> Span:
        """Return the days that are in both."""
        first = max((day for day in (self.first, other.first) if day is not None), default=None)
        last = min((day for day in (self.last, other.last) if day is not None), default=None)
        return Span(first, last)


Period = Callable[[date], Span]
"""Returns the days of which one is part."""


def _day(day: date) -> Span:
    return Span(day, day)


def _month(day: date) -> Span:
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Span(day.replace(day=1), following - timedelta(days=1))


def _year(day: date) -> Span:
    return Span(date(day.year, 1, 1), date(day.year, 12, 31))


def _last_month(today: date) -> Span:
    return _month(today.replace(day=1) - timedelta(days=1))


DIVIDED: Mapping[str, Period] = {"Daily": _day, "Monthly": _month, "Yearly": _year}
"""One record for each of these in which there was anything."""
ALL_TIME = "AllTime"
WHOLE: Mapping[str, Period] = {
    ALL_TIME: lambda _: Span(None, None),
    "Today": _day,
    "Yesterday": lambda today: _day(today - timedelta(days=1)),
    "ThisMonth": _month,
    "LastMonth": _last_month,
}
"""One record, whether there was anything or not."""
