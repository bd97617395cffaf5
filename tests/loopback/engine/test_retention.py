"""How long records are kept, on both databases."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import retention
from engine.config import Settings
from engine.recordings.removal import RecordingRemoval
from engine.reporting.metrics import Metrics
from engine.retention import KEPT, RECORDINGS, Retention
from engine.store import (
    AccountRow,
    CallRow,
    ConferenceRow,
    EmailRow,
    EventRow,
    ExecutionRow,
    LadderRow,
    MessageRow,
    RecordingFolder,
    RecordingRow,
    Row,
    Store,
    TraceRow,
    utc_now,
)
from tests.testkit.postgresql import BOTH
from tests.testkit.rows import owned

ACCOUNT, CALL = "AC" + "a" * 32, "CA" + "a" * 32
KEYS = {kept.key for kept in (*KEPT, RECORDINGS)}

on_both_databases = pytest.mark.parametrize("store_url", BOTH, indirect=True)


@pytest.fixture
def folder(tmp_path: Path) -> RecordingFolder:
    made = RecordingFolder(tmp_path / "recordings")
    made.prepare()
    return made


def days_ago(days: float) -> Any:
    return utc_now() - timedelta(days=days)


async def sweep(store: Store, folder: RecordingFolder, **sections: Any) -> Metrics:
    metrics = Metrics()
    settings = Settings.embedded(**sections)
    await Retention(
        store, RecordingRemoval(store, lambda: folder, lambda: None), metrics, lambda: settings
    ).sweep()
    return metrics


def execution(number: int, days: float) -> ExecutionRow:
    return ExecutionRow(
        sid=f"SA{number:032x}", account_sid=ACCOUNT, call_sid=CALL, verb="Say", status="completed",
        date_created=days_ago(days),
    )  # fmt: skip


def call(number: int, status: str, days: float) -> CallRow:
    return CallRow(
        sid=f"CA{number:032x}", account_sid=ACCOUNT, instance_sid="ID", from_="a", to="b",
        direction="inbound", status=status, date_created=days_ago(days),
    )  # fmt: skip


def event(number: int, state: str, made: float, told: float) -> EventRow:
    return EventRow(
        sid=f"EV{number:032x}", account_sid=ACCOUNT, url="http://app/", state=state,
        position=int(days_ago(made).timestamp() * 1_000_000) + number,
        date_created=days_ago(made), date_updated=days_ago(told),
    )  # fmt: skip


async def sids(store: Store, kind: type[Row]) -> list[str]:
    return sorted(row.values()["sid"] for row in await store.find(kind))


@on_both_databases
async def test_records_go_when_they_are_older_than_their_days(
    store: Store, folder: RecordingFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    monkeypatch.setattr(retention, "BREATH", 0.0)
    await store.commit(AccountRow(sid=ACCOUNT, auth_token=""))
    old = [execution(number, 8) for number in range(7)]
    await store.commit(*old, execution(100, 6))
    metrics = await sweep(store, folder, retention={"executions": 7})
    assert await sids(store, ExecutionRow) == [execution(100, 6).sid]
    assert b'dialplane_store_rows_removed_total{table="executions"} 7.0' in metrics.text()


@on_both_databases
async def test_told_events_go_after_two_days_a_few_at_a_time_and_the_others_stay(
    store: Store, folder: RecordingFolder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    monkeypatch.setattr(retention, "BREATH", 0.0)
    old = [event(number, "delivered" if number % 2 else "given-up", 3, 2.1) for number in range(7)]
    stay = [event(10, "waiting", 3, 2.1), event(11, "delivered", 1.5, 1.5), event(12, "delivered", 3, 1.9)]
    await store.commit(*old, *stay)
    metrics = await sweep(store, folder)
    assert await sids(store, EventRow) == [row.sid for row in stay]
    assert b'dialplane_store_rows_removed_total{table="events"} 7.0' in metrics.text()


@on_both_databases
async def test_what_has_not_ended_stays_however_old_it_is(store: Store, folder: RecordingFolder):
    await store.commit(AccountRow(sid=ACCOUNT, auth_token=""))
    text: dict[str, Any] = {"account_sid": ACCOUNT}
    text |= {"from_": "a", "to": "b", "body": "", "direction": "outbound-api"}
    await store.commit(call(1, "in-progress", 400), call(2, "completed", 400), call(3, "completed", 1))
    await store.commit(
        MessageRow(sid="SM1", status="queued", date_created=days_ago(400), **text),
        MessageRow(sid="SM2", status="delivered", date_created=days_ago(400), **text),
    )
    await sweep(store, folder, retention={"calls": 30, "messages": 30})
    assert await sids(store, CallRow) == [call(1, "", 0).sid, call(3, "", 0).sid]
    assert await sids(store, MessageRow) == ["SM1"]


async def test_nothing_goes_for_which_no_days_are_set(store: Store, folder: RecordingFolder):
    await store.commit(AccountRow(sid=ACCOUNT, auth_token=""))
    rows = owned(ACCOUNT)
    for row in rows:
        if hasattr(row, "date_created"):
            row.date_created = days_ago(3000)
    kinds = {kept.row for kept in (*KEPT, RECORDINGS)}
    await store.commit(*(row for row in rows if type(row) in kinds))
    await sweep(store, folder, retention=dict.fromkeys(KEYS, 0))
    assert {kind for kind in kinds if await store.count(kind)} == kinds
    await sweep(store, folder, retention=dict.fromkeys(KEYS, 1))
    # The conference of these rows runs, and their text and mail wait to be sent.
    left = {kind for kind in kinds if await store.count(kind)}
    assert left == {ConferenceRow, MessageRow, EmailRow}


async def test_a_recording_goes_with_its_sound_and_one_that_runs_stays(store: Store, folder: RecordingFolder):
    await store.commit(AccountRow(sid=ACCOUNT, auth_token=""))
    old, running, young = (
        RecordingRow(
            sid=f"RE{number:032x}", account_sid=ACCOUNT, call_sid=CALL, instance_sid="ID", status=status,
            date_created=days_ago(days),
        )
        for number, (status, days) in enumerate((("completed", 40), ("in-progress", 40), ("completed", 1)))
    )  # fmt: skip
    await store.commit(old, running, young)
    for row in (old, running, young):
        folder.file(row.sid).write_bytes(b"RIFF")
    await sweep(store, folder, retention={"recordings": 30})
    assert await sids(store, RecordingRow) == [running.sid, young.sid]
    assert [folder.file(row.sid).exists() for row in (old, running, young)] == [False, True, True]


async def test_a_recording_whose_sound_cannot_be_removed_stays_and_the_others_go(
    store: Store, folder: RecordingFolder
):
    await store.commit(AccountRow(sid=ACCOUNT, auth_token=""))
    stuck, free = (
        RecordingRow(
            sid=f"RE{number:032x}", account_sid=ACCOUNT, call_sid=CALL, instance_sid="ID", status="completed",
            date_created=days_ago(40),
        )
        for number in range(2)
    )  # fmt: skip
    await store.commit(stuck, free)
    folder.file(stuck.sid).mkdir()
    await sweep(store, folder, retention={"recordings": 30})
    assert await sids(store, RecordingRow) == [stuck.sid]


def trace(hours: float, number: int = 0) -> TraceRow:
    return TraceRow(
        sid=f"TX{number:032x}", account_sid=ACCOUNT, session_sid=None, direction="outbound", method="GET",
        url="http://a/", request_headers=[], request_body="", latency_ms=1,
        date_created=utc_now() - timedelta(hours=hours),
    )  # fmt: skip


async def test_traces_that_are_too_old_or_too_many_are_removed(store: Store, folder: RecordingFolder):
    ladder = LadderRow(sid=CALL, account_sid=ACCOUNT, steps=[], date_created=utc_now() - timedelta(hours=2))
    await store.commit(ladder, *(trace(1 + number / 100, number) for number in range(120)), trace(49, 999))
    await sweep(store, folder, traces={"http_hours": 48, "sip_hours": 1, "most_rows": 100})
    assert await sids(store, TraceRow) == [f"TX{number:032x}" for number in range(100)]
    assert await sids(store, LadderRow) == []
