"""Usage records: row N16 of testcases.md, and whose calls are added up."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.store import CallRow, RecordingRow, Store
from tests.testkit.http_visitor import CHILD, ROOT, Visitor

BASE = f"/2012-04-24/Accounts/{ROOT}/Usage/Records"
MONTHS = ((2024, 11), (2024, 12), (2025, 1), (2025, 2))


@pytest.fixture
async def used(visitor: Visitor, store: Store) -> Visitor:
    """Two calls of 61 seconds on each of three days in each of four months, and one of a sub-account."""
    days = [datetime(year, month, day, 12, tzinfo=UTC) for year, month in MONTHS for day in (1, 2, 30 - 2)]
    rows = [call(ROOT, day, direction) for day in days for direction in ("inbound", "outbound-api")]
    recording = RecordingRow(
        sid="RE" + "1" * 32, account_sid=ROOT, call_sid=rows[0].sid, instance_sid="ID", duration=61.5,
        status="completed", date_created=days[0],
    )  # fmt: skip
    await store.commit(*rows, call(CHILD, days[0], "inbound"), recording)
    return visitor


def call(account: str, at: datetime, direction: str) -> CallRow:
    name = f"{account}{at:%Y%m%d}{direction}"
    return CallRow(
        sid=f"CA{name}", account_sid=account, instance_sid="ID", from_="a", to="b", direction=direction,
        status="completed", duration=61, date_created=at,
    )  # fmt: skip


@pytest.mark.parametrize(("sub", "records"), [("Daily", 12), ("Monthly", 4), ("Yearly", 2), ("AllTime", 1)])
async def test_n16_one_record_for_each_period_with_calls(used: Visitor, sub: str, records: int):
    query = "Category=Calls&StartDate=2024-01-01&EndDate=2025-12-31"
    found = await used.json(f"{BASE}/{sub}.json?{query}")
    assert len(found) == records
    first = found[0]
    assert (first["category"], first["usage_unit"], first["count_unit"]) == ("calls", "minutes", "calls")
    assert (first["price_unit"], first["account_sid"]) == ("USD", ROOT)
    assert sum(int(each["count"]) for each in found) == 24
    assert sum(int(each["usage"]) for each in found) == 48
    assert first["uri"].startswith(
        f"/2012-04-24/Accounts/{ROOT}/Usage/Records/{sub}.json?Category=calls&StartDate="
    )


async def test_dates_cut_what_is_added_up(used: Visitor):
    found = await used.json(f"{BASE}/Monthly.json?Category=calls&StartDate=2024-12-02&EndDate=2025-01-01")
    assert [(each["start_date"], each["end_date"], each["count"]) for each in found] == [
        ("2024-12-02", "2024-12-31", "4"),
        ("2025-01-01", "2025-01-01", "2"),
    ]
    assert await used.json(f"{BASE}/Daily.json?Category=calls&StartDate=-30days") == []
    (today,) = await used.json(f"{BASE}/Today.json?Category=calls")
    assert (today["count"], today["start_date"]) == ("0", f"{datetime.now(UTC):%Y-%m-%d}")
    (month,) = await used.json(f"{BASE}/LastMonth.json?Category=calls")
    last = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    assert (month["start_date"], month["end_date"]) == (f"{last:%Y-%m}-01", f"{last:%Y-%m-%d}")


async def test_every_category_is_told_when_none_is_asked_for(used: Visitor):
    found = {each["category"]: each for each in await used.json(f"{BASE}.json")}
    assert (found["calls-inbound"]["count"], found["calls-outbound"]["count"]) == ("12", "12")
    assert (found["recordings"]["count"], found["recordings"]["usage"]) == ("1", "2")
    assert found["sms"]["count"] == "0"


async def test_sub_accounts_are_added_when_asked(used: Visitor):
    path = f"{BASE}/AllTime.json?Category=calls-inbound&IncludeSubaccounts=true"
    assert (await used.json(path))[0]["count"] == "13"


async def test_twilios_records_come_in_pages(used: Visitor):
    path = f"/2010-04-01/Accounts/{ROOT}/Usage/Records/Daily.json?Category=calls&PageSize=5"
    page = await used.json(path)
    assert len(page["usage_records"]) == 5
    assert "Category=calls" in page["next_page_uri"]


@pytest.mark.parametrize("query", ["Category=horses", "StartDate=yesterday", "EndDate=2024-13-01"])
async def test_what_cannot_be_read_is_400(visitor: Visitor, query: str):
    response, body = await visitor.get(f"{BASE}/Daily.json?{query}")
    assert (response.status, b"write" in body or b"must be" in body) == (400, True)
