"""What an account used, by day, month, year or in all: ``…/Usage/Records`` (rest-api.md section 13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.http import dialect
from engine.http.auth import authorised_account, with_descendants
from engine.http.dialect import TWILIO, Dialect
from engine.http.paging import Page
from engine.http.problems import Problem
from engine.http.resources import Place
from engine.http.resources.declaration import rfc2822
from engine.http.rest import SUFFIX, RestApi, json_response
from engine.store import Store, utc_now
from engine.store.usage import CATEGORIES, Counted, Day, by_day

_FURTHEST_DAYS = 36_600


@dataclass(frozen=True)
class Span:
    """From the first to the last day, both included; None: from the beginning, or until today."""

    first: date | None
    last: date | None


Period = Callable[[date], Span]
"""Returns the days of which one is part."""


def _day(day: date) -> Span:
    return Span(day, day)


def _month(day: date) -> Span:
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Span(day.replace(day=1), following - timedelta(days=1))


def _year(day: date) -> Span:
    return Span(date(day.year, 1, 1), date(day.year, 12, 31))


DIVIDED: Mapping[str, Period] = {"Daily": _day, "Monthly": _month, "Yearly": _year}
"""One record for each of these in which there was anything."""


def _last_month(today: date) -> Span:
    return _month(today.replace(day=1) - timedelta(days=1))


WHOLE: Mapping[str, Period] = {
    "AllTime": lambda _: Span(None, None),
    "Today": _day,
    "Yesterday": lambda today: _day(today - timedelta(days=1)),
    "ThisMonth": _month,
    "LastMonth": _last_month,
}
"""One record, whether there was anything or not."""


class UsageRecords:
    """Adds up the rows of an account; with ``IncludeSubAccounts`` also of those below."""

    def __init__(self, api: RestApi, store: Store) -> None:
        self._api = api
        self._store = store

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths in each dialect and under each prefix."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                base = f"{spoken.accounts(prefix)}/Usage/Records"
                router.add_get(base + SUFFIX, self._list(spoken, "AllTime"))
                for name in (*DIVIDED, *WHOLE):
                    router.add_get(f"{base}/{name}{SUFFIX}", self._list(spoken, name))

    def _list(self, spoken: Dialect, name: str) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self._store)
            wanted = _categories(request.query.get("Category", ""))
            asked = _asked_span(request.query)
            accounts = [account.sid]
            if _with_those_below(request.query):
                accounts = await with_descendants(self._store, account.sid)
            place = self._api.place(account.sid, spoken)
            records = []
            for key, category in wanted.items():
                span = asked if name in DIVIDED else _narrowed(WHOLE[name](utc_now().date()), asked)
                days = await by_day(self._store, category, accounts, span.first, span.last)
                for period, sums in _divided(days, name, span):
                    records.append(_record(key, category, period, sums, place, name))
            return _answer(request, records, spoken)

        return answer


def _categories(name: str) -> dict[str, Counted]:
    if not name:
        return dict(CATEGORIES)
    key = name.lower()
    if key not in CATEGORIES:
        message = f"Category = {name[:80]!r}: it must be one of {', '.join(CATEGORIES)}"
        raise Problem(400, message)
    return {key: CATEGORIES[key]}


def _with_those_below(query: Mapping[str, str]) -> bool:
    names = ("SubAccounts", "IncludeSubaccounts", "IncludeSubAccounts", "IncludingSubAccounts")
    return any(query.get(name, "").lower() == "true" for name in names)


def _asked_span(query: Mapping[str, str]) -> Span:
    return Span(_asked_day(query, "StartDate"), _asked_day(query, "EndDate"))


def _asked_day(query: Mapping[str, str], name: str) -> date | None:
    # A plus sign that nobody escaped arrives as a blank.
    text = query.get(name, "").replace(" ", "+").strip()
    if not text:
        return None
    if relative := re.fullmatch(r"([+-])([0-9]{1,5})days", text):
        days = min(int(relative[2]), _FURTHEST_DAYS)
        return utc_now().date() + timedelta(days=-days if relative[1] == "-" else days)
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{name} = {text[:80]!r}: write a day as YYYY-MM-DD, or one from today, as -30days"
        raise Problem(400, message) from None


def _narrowed(span: Span, asked: Span) -> Span:
    first = max((day for day in (span.first, asked.first) if day is not None), default=None)
    last = min((day for day in (span.last, asked.last) if day is not None), default=None)
    return Span(first, last)


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
        groups.setdefault(_narrowed(DIVIDED[name](each.day), span), []).append(each)
    for period, members in groups.items():
        yield period, _sum(members[0].day, members)


def _sum(day: date, days: Iterable[Day]) -> Day:
    members = list(days)
    return Day(day, sum(each.count for each in members), sum(each.usage for each in members))


def _record(key: str, category: Counted, period: Span, sums: Day, place: Place, name: str) -> dict[str, Any]:
    assert period.first is not None, "the first day with anything, if none was asked for"
    assert period.last is not None, "today, if no other day was asked for"
    dates = {"StartDate": period.first.isoformat(), "EndDate": period.last.isoformat()}
    return {
        "category": key,
        "description": category.description,
        "account_sid": place.account_sid,
        "start_date": dates["StartDate"],
        "end_date": dates["EndDate"],
        "usage": str(sums.usage),
        "usage_unit": category.usage_unit,
        "count": str(sums.count),
        "count_unit": category.count_unit,
        "price": "0.00",
        "price_unit": "USD",
        "api_version": place.dialect.version,
        "as_of": rfc2822(utc_now()),
        "uri": place.uri("Usage", "Records", name) + "?" + urlencode({"Category": key, **dates}),
        "subresource_uris": {},
    }


def _answer(request: web.Request, records: list[dict[str, Any]], spoken: Dialect) -> web.Response:
    if spoken is not TWILIO:
        return json_response(records)
    page = Page.asked(request.query)
    shown = records[page.offset : page.offset + page.size]
    more = len(records) > page.offset + page.size
    return json_response(page.twilio_body(request.path, "usage_records", shown, more=more))
