"""What accounts used, added up by day in the database: calls, texts and recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func, literal, select

from engine.store.message_rows import MessageRow
from engine.store.row import Row
from engine.store.store import Store
from engine.store.tables import CallRow, RecordingRow


@dataclass(frozen=True)
class Counted:
    """What a category counts: rows of a table, and what their use is measured by."""

    description: str
    row: Any
    usage: ColumnElement[int]
    """Of one row, in ``usage_unit``."""
    usage_unit: str
    count_unit: str
    where: tuple[ColumnElement[bool], ...] = ()


@dataclass(frozen=True)
class Day:
    """One day's sums."""

    day: date
    count: int
    usage: int


# A minute that began counts, as telephone bills have it.
_CALL_MINUTES = (func.coalesce(CallRow.duration, 0) + 59) // 60
_RECORDED_MINUTES = (cast(RecordingRow.duration, Integer) + 59) // 60
_ONE: ColumnElement[int] = literal(1)


def _calls(description: str, *where: ColumnElement[bool]) -> Counted:
    return Counted(description, CallRow, _CALL_MINUTES, "minutes", "calls", where)


def _texts(description: str, *where: ColumnElement[bool]) -> Counted:
    return Counted(description, MessageRow, _ONE, "messages", "messages", where)


CATEGORIES = {
    "calls": _calls("Total Calls"),
    "calls-inbound": _calls("Inbound Calls", CallRow.direction == "inbound"),
    "calls-outbound": _calls("Outbound Calls", CallRow.direction != "inbound"),
    "sms": _texts("Total Texts"),
    "sms-inbound": _texts("Inbound Texts", MessageRow.direction == "inbound"),
    "sms-outbound": _texts("Outbound Texts", MessageRow.direction != "inbound"),
    "recordings": Counted("Recordings", RecordingRow, _RECORDED_MINUTES, "minutes", "recordings"),
}


async def by_day(
    store: Store, category: Counted, accounts: Sequence[str], first: date | None, last: date | None
) -> list[Day]:
    """Return the days from ``first`` to ``last``, both included, on which there was anything; UTC."""
    row: type[Row] = category.row
    created = category.row.date_created
    where = [category.row.account_sid.in_(accounts), *category.where]
    if first is not None:
        where.append(created >= _midnight(first))
    if last is not None:
        where.append(created < _midnight(last) + timedelta(days=1))
    day = func.date(created)
    query = (
        select(day, func.count(), func.sum(category.usage))
        .select_from(row)
        .where(*where)
        .group_by(day)
        .order_by(day)
    )
    found = await store.read(query)
    return [Day(date.fromisoformat(str(at)), count, int(usage or 0)) for at, count, usage in found]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
