"""Looks at what accounts use, and tells the applications of triggers whose value is reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta

from engine.errors import StoreError
from engine.reporting import log
from engine.requests.webhooks import WebhookOutbox
from engine.stopping import stopped
from engine.store import Store, UsageTriggerRow, utc_now
from engine.store.usage import CATEGORIES, by_day
from rcml.api_version import API_VERSION

EVERY = 60.0
"""Seconds between two looks."""
SETTLED = timedelta(days=2)
"""After which a day's sums change no more: the longest calls have ended."""


def period_of(recurring: str, today: date) -> date | None:
    """Return the first day of the period that a trigger counts now; None: all days there are."""
    if recurring == "daily":
        return today
    if recurring == "monthly":
        return today.replace(day=1)
    if recurring == "yearly":
        return date(today.year, 1, 1)
    return None


class UsageSums:
    """What accounts used. What lies too far back to change is remembered, and added up once a day."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._settled: dict[tuple[str, str, date | None], tuple[date, int, int]] = {}

    async def of(self, account_sid: str, category: str, first: date | None, today: date) -> dict[str, int]:
        """Return ``usage`` and ``count`` from the day ``first`` on."""
        key, last = (account_sid, category, first), today - SETTLED
        settled = self._settled.get(key)
        if settled is None or settled[0] != last:
            usage, count = 0, 0
            if first is None or first <= last:
                usage, count = await self._sum(account_sid, category, first, last)
            settled = self._settled[key] = (last, usage, count)
        since = last + timedelta(days=1)
        usage, count = await self._sum(account_sid, category, max(first, since) if first else since, None)
        return {"usage": settled[1] + usage, "count": settled[2] + count}

    def forget_periods_before(self, today: date) -> None:
        """Let go of what was added up for other days than this."""
        last = today - SETTLED
        self._settled = {key: sums for key, sums in self._settled.items() if sums[0] == last}

    async def _sum(
        self, account_sid: str, category: str, first: date | None, last: date | None
    ) -> tuple[int, int]:
        days = await by_day(self._store, CATEGORIES[category], [account_sid], first, last)
        return sum(day.usage for day in days), sum(day.count for day in days)


class UsageTriggers:
    """The triggers of all accounts. Who changes or deletes one holds ``lock`` while doing so."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock
        self._sums = UsageSums(store)
        self._watching: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self.lock = asyncio.Lock()

    def start(self, outbox: WebhookOutbox, public_url: Callable[[], str]) -> None:
        """Begin to look."""
        self._watching = asyncio.create_task(self._watch(outbox, public_url), name="usage triggers")

    def look_soon(self) -> None:
        """Look now: there is a trigger whose value may be reached already."""
        self._wake.set()

    async def stop(self) -> None:
        """Look no more."""
        if self._watching is not None:
            await stopped(self._watching)

    async def value(self, row: UsageTriggerRow) -> int:
        """Return the figure that a trigger watches, as it is now."""
        today = self._clock().date()
        first = period_of(row.recurring, today)
        sums = await self._sums.of(row.account_sid, row.usage_category, first, today)
        return sums[row.trigger_by]

    async def _watch(self, outbox: WebhookOutbox, public_url: Callable[[], str]) -> None:
        while True:
            try:
                await self.look(outbox, public_url())
            except StoreError as error:
                log.get("usage").warning("triggers.not_looked_at", error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._wake.wait()
            self._wake.clear()

    async def look(self, outbox: WebhookOutbox, public_url: str) -> None:
        """Let those fire whose value is reached, each once in its period."""
        self._sums.forget_periods_before(self._clock().date())
        for row in await self._store.find(UsageTriggerRow):
            value = await self.value(row)
            fires = value >= row.trigger_value and not self._has_fired(row)
            if not fires and value == row.current_value:
                continue
            async with self.lock:
                now = await self._store.get(UsageTriggerRow, row.sid)
                if now is None:
                    continue
                now.current_value = value
                if fires:
                    self._fire(now, outbox, public_url)
                self._store.save(now)
                await self._store.flush()

    def _has_fired(self, row: UsageTriggerRow) -> bool:
        if row.date_fired is None:
            return False
        period = period_of(row.recurring, self._clock().date())
        return period is None or row.date_fired.date() >= period

    def _fire(self, row: UsageTriggerRow, outbox: WebhookOutbox, public_url: str) -> None:
        row.date_fired = self._clock()
        # In the turn in which the row is saved: after a crash both are there, or neither, and it fires later.
        outbox.post(
            row.callback_url,
            self._told(row, row.date_fired, public_url),
            method=row.callback_method,
            account_sid=row.account_sid,
        )

    def _told(self, row: UsageTriggerRow, fired: datetime, public_url: str) -> dict[str, str]:
        records = f"{public_url}/{API_VERSION}/Accounts/{row.account_sid}/Usage/Records"
        return {
            "AccountSid": row.account_sid,
            "UsageTriggerSid": row.sid,
            "FriendlyName": row.friendly_name,
            "Recurring": row.recurring,
            "UsageCategory": row.usage_category,
            "TriggerBy": row.trigger_by,
            "TriggerValue": str(row.trigger_value),
            "CurrentValue": str(row.current_value),
            "DateFired": fired.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "UsageRecordUri": f"{records}.json?Category={row.usage_category}",
            "IdempotencyToken": f"{row.sid}-FIRES-{period_of(row.recurring, fired.date()) or 'once'}",
        }
