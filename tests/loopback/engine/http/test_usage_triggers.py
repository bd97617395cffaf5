"""Usage triggers: made and changed through the API, and fired once in each period."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.http import HttpServer
from engine.http.usage_trigger_operations import MOST
from engine.store import CallRow, MessageRow, Store, UsageTriggerRow
from engine.usage_triggers import UsageTriggers
from tests.testkit.http_visitor import CHILD, ROOT, Visitor
from tests.testkit.postgresql import BOTH

AT = f"/2010-04-01/Accounts/{ROOT}/Usage/Triggers"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WANTED = {"CallbackUrl": "http://app.example.com/used", "UsageCategory": "calls", "TriggerValue": "10"}

on_both_databases = pytest.mark.parametrize("store_url", BOTH, indirect=True)


@dataclass
class Told:
    """Stands for the outbox: remembers what was posted."""

    events: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def post(self, url: str, parameters: dict[str, str], *, method: str, account_sid: str) -> None:
        assert account_sid == parameters["AccountSid"]
        self.events.append((method, url, parameters))


@dataclass
class Watch:
    """Looks at triggers at moments that the test names."""

    store: Store
    now: datetime = NOW
    told: Any = field(default_factory=Told)

    def __post_init__(self) -> None:
        self.triggers = UsageTriggers(self.store, lambda: self.now)

    async def look(self) -> list[dict[str, str]]:
        """Return what is told now."""
        before = len(self.told.events)
        await self.triggers.look(self.told, "http://us")
        return [parameters for _, _, parameters in self.told.events[before:]]


def call(number: int, at: datetime, seconds: int = 61, account: str = ROOT) -> CallRow:
    return CallRow(
        sid=f"CA{number:032x}", account_sid=account, instance_sid="ID", from_="a", to="b",
        direction="inbound", status="completed", duration=seconds, date_created=at,
    )  # fmt: skip


def trigger(**fields: Any) -> UsageTriggerRow:
    values: dict[str, Any] = {
        "usage_category": "calls",
        "trigger_value": 4,
        "callback_url": "http://app/used",
    } | fields
    return UsageTriggerRow(sid="UT" + "1" * 32, account_sid=ROOT, **values)


async def test_a_trigger_is_made_shown_changed_and_deleted(visitor: Visitor):
    status, made = await visitor.post(f"{AT}.json", **WANTED, FriendlyName="many", Recurring="Monthly")
    assert status == 201
    sid = made["sid"]
    assert (made["usage_category"], made["trigger_value"], made["current_value"]) == ("calls", "10", "0")
    assert (made["trigger_by"], made["recurring"], made["date_fired"]) == ("usage", "monthly", None)
    assert made["usage_record_uri"].endswith("/Usage/Records/ThisMonth.json?Category=calls")
    assert await visitor.json(f"{AT}/{sid}.json") == made
    status, changed = await visitor.post(f"{AT}/{sid}.json", FriendlyName="more", CallbackMethod="GET")
    assert (status, changed["friendly_name"], changed["callback_method"]) == (200, "more", "GET")
    assert changed["callback_url"] == WANTED["CallbackUrl"]
    listed = await visitor.json(f"{AT}.json?Recurring=monthly&UsageCategory=calls&TriggerBy=usage")
    assert [each["sid"] for each in listed["usage_triggers"]] == [sid]
    assert (await visitor.json(f"{AT}.json?Recurring=daily"))["usage_triggers"] == []
    assert (await visitor.get(f"{AT}/{sid}.json", method="DELETE"))[0].status == 204
    assert (await visitor.get(f"{AT}/{sid}.json"))[0].status == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"UsageCategory": "cheese"}, "it must be one of calls"),
        ({"TriggerValue": "-3"}, "write a whole number"),
        ({"TriggerValue": "1e9"}, "write a whole number"),
        ({"TriggerBy": "price"}, "nothing has a price here"),
        ({"Recurring": "hourly"}, "daily"),
        ({"CallbackUrl": "ftp://x"}, "CallbackUrl"),
        ({"CallbackUrl": ""}, "CallbackUrl"),
    ],
)
async def test_what_cannot_be_watched_is_refused_with_the_cure(
    visitor: Visitor, wrong: dict[str, str], said: str
):
    status, body = await visitor.post(f"{AT}.json", **{**WANTED, **wrong})
    assert (status, said in body["message"]) == (400, True), body


async def test_a_value_with_a_plus_counts_from_now(visitor: Visitor, store: Store):
    await store.commit(call(1, datetime.now(UTC)), call(2, datetime.now(UTC) - timedelta(days=90)))
    status, made = await visitor.post(f"{AT}.json", **{**WANTED, "TriggerValue": "+3"})
    assert (status, made["current_value"], made["trigger_value"]) == (201, "4", "7")


async def test_an_account_has_a_limited_number_of_triggers(visitor: Visitor, store: Store):
    for number in range(MOST):
        row = trigger()
        row.sid = f"UT{number:032x}"
        store.save(row)
    status, body = await visitor.post(f"{AT}.json", **WANTED)
    assert (status, "delete one" in body["message"]) == (409, True)


@on_both_databases
async def test_a_trigger_fires_once_when_its_value_is_reached(store: Store):
    watch = Watch(store)
    await store.commit(trigger(), call(1, NOW - timedelta(days=400)), call(9, NOW, account=CHILD))
    assert await watch.look() == []
    assert [row.current_value for row in await store.find(UsageTriggerRow)] == [2]
    await store.commit(call(2, NOW))
    (told,) = await watch.look()
    assert (told["UsageTriggerSid"], told["CurrentValue"], told["TriggerValue"]) == (trigger().sid, "4", "4")
    assert told["DateFired"] == "2026-03-01T12:00:00Z"
    await store.commit(call(3, NOW))
    watch.now += timedelta(days=40)
    assert await watch.look() == []
    assert await Watch(store, watch.now).look() == [], "the next process knows that it fired"
    assert [row.current_value for row in await store.find(UsageTriggerRow)] == [6]


@on_both_databases
@pytest.mark.parametrize(
    ("recurring", "later"),
    [("daily", timedelta(days=1)), ("monthly", timedelta(days=31)), ("yearly", timedelta(days=306))],
)
async def test_a_recurring_trigger_fires_once_in_each_period(store: Store, recurring: str, later: timedelta):
    watch = Watch(store)
    await store.commit(trigger(recurring=recurring, trigger_by="count", trigger_value=2), call(1, NOW))
    await store.commit(call(2, NOW - timedelta(days=366)))
    assert await watch.look() == [], "what was before the period does not count"
    await store.commit(call(3, NOW))
    (first,) = await watch.look()
    await store.commit(call(4, NOW))
    assert await watch.look() == []
    watch.now += later
    assert await watch.look() == [], "the next period begins with nothing"
    await store.commit(call(5, watch.now), call(6, watch.now))
    (second,) = await watch.look()
    assert first["IdempotencyToken"] != second["IdempotencyToken"]


async def test_what_a_call_of_yesterday_adds_today_counts(store: Store):
    watch = Watch(store)
    long = call(1, NOW - timedelta(days=1), 30)
    await store.commit(trigger(), long)
    assert await watch.look() == []
    long.duration = 240
    await store.commit(long)
    assert len(await watch.look()) == 1


async def test_texts_are_watched_too(store: Store):
    watch = Watch(store)
    text = MessageRow(
        sid="SM1", account_sid=ROOT, from_="a", to="b", body="", direction="inbound", date_created=NOW
    )
    await store.commit(trigger(usage_category="sms-inbound", trigger_value=1, callback_method="GET"), text)
    assert len(await watch.look()) == 1
    assert watch.told.events[0][:2] == ("GET", "http://app/used")


async def test_a_trigger_that_is_deleted_meanwhile_does_not_come_back(server: HttpServer, store: Store):
    watch = Watch(store)
    row = trigger(trigger_value=2)
    await store.commit(row, call(1, NOW))

    async def deleted_meanwhile(row: UsageTriggerRow) -> int:
        await store.delete(UsageTriggerRow, UsageTriggerRow.sid == row.sid)
        return 5

    watch.triggers.value = deleted_meanwhile  # type: ignore[method-assign]
    assert await watch.look() == []
    assert await store.count(UsageTriggerRow) == 0
