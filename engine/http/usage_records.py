"""Adds up what an account used, by day, month, year or in all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from urllib.parse import urlencode

from engine.http.auth import with_descendants
from engine.http.resources import Place
from engine.http.resources.usage import ShownUsage, UsageQuery
from engine.http.usage_periods import ALL_TIME, DIVIDED, WHOLE, Span
from engine.http.views import Reading
from engine.store import Store, utc_now
from engine.store.usage import CATEGORIES, Counted, Day, by_day


class UsageRecords:
    """Adds up the rows of an account, and of those below it if asked to."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, asked: Reading[UsageQuery]) -> Sequence[ShownUsage]:
        """Return the records of each category that is asked for."""
        query, name = asked.query, asked.name or ALL_TIME
        wanted = CATEGORIES if query.category is None else {query.category: CATEGORIES[query.category]}
        span = Span(query.start_date, query.end_date)
        if name not in DIVIDED:
            span = WHOLE[name](utc_now().date()).within(span)
        accounts = [asked.account.sid]
        if query.with_those_below:
            accounts = await with_descendants(self._store, asked.account.sid)
        records = []
        for key, category in wanted.items():
            days = await by_day(self._store, category, accounts, span.first, span.last)
            for period, sums in _divided(days, name, span):
                records.append(_record(key, category, period, sums, asked.place, name))
        return records


def _divided(days: Iterable[Day], name: str, span: Span) -> Iterable[tuple[Span, Day]]:
    """Return the sums of each period; of one that the asked days cut, only those days."""
    if name not in DIVIDED:
        days = list(days)
        today = utc_now().date()
        first = span.first or min((each.day for each in days), default=today)
        yield Span(first, span.last or today), _sum(first, days)
        return
    groups: dict[Span, list[Day]] = {}
    for each in days:
        groups.setdefault(DIVIDED[name](each.day).within(span), []).append(each)
    for period, members in groups.items():
        yield period, _sum(members[0].day, members)


def _sum(day: date, days: Iterable[Day]) -> Day:
    members = list(days)
    return Day(day, sum(each.count for each in members), sum(each.usage for each in members))


def _record(key: str, category: Counted, period: Span, sums: Day, place: Place, name: str) -> ShownUsage:
    assert period.first is not None, "the first day with anything, if none was asked for"
    assert period.last is not None, "today, if no other day was asked for"
    dates = {"StartDate": period.first.isoformat(), "EndDate": period.last.isoformat()}
    return ShownUsage(
        category=key,
        description=category.description,
        account_sid=place.account_sid,
        start_date=period.first,
        end_date=period.last,
        usage=str(sums.usage),
        usage_unit=category.usage_unit,
        count=str(sums.count),
        count_unit=category.count_unit,
        api_version=place.dialect.version,
        as_of=utc_now(),
        uri=place.uri("Usage", "Records", name) + "?" + urlencode({"Category": key, **dates}),
    )
