"""What clients and accounts have talked through trunks lately, out of the records of an earlier process."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from engine.exchange.talk_meter import DAY
from engine.services import Services
from engine.store import CallRow, utc_now


async def take_up_minutes(services: Services, cut_off: Iterable[CallRow]) -> None:
    """Let the meters of clients and of accounts go on with the day that a restart interrupted.

    ``cut_off`` are the calls of a process that crashed, whose ends are not stored yet. A day begins
    with the first talk of the last 24 hours.
    """
    now, store = utc_now(), services.store
    since = now - timedelta(seconds=DAY)
    crashed = [row for row in cut_off if row.trunk and row.start_time is not None and row.start_time >= since]
    meters = (services.talk_meter, CallRow.payer), (services.account_caps.minutes, CallRow.account_sid)
    for meter, column in meters:
        found = await store.read(_sums(column, since, store.instance_sid))
        days = {name: (begun, float(used)) for name, begun, used in found}
        for row in crashed:
            name: str = getattr(row, column.key)
            begun, used = days.get(name, (row.start_time, 0.0))
            days[name] = min(begun, row.start_time), used + (row.duration or 0)
        for name, (begun, used) in days.items():
            if name:
                meter.resume(name, (now - begun).total_seconds(), used)


def _sums(column: InstrumentedAttribute[str], since: datetime, instance_sid: str) -> Select[Any]:
    columns: tuple[Any, ...] = (
        column,
        func.min(CallRow.start_time),
        func.coalesce(func.sum(CallRow.duration), 0),
    )
    return (
        select(*columns)
        .where(
            CallRow.trunk != "",
            CallRow.start_time >= since,
            CallRow.end_time.is_not(None),
            CallRow.instance_sid == instance_sid,
        )
        .group_by(column)
    )
