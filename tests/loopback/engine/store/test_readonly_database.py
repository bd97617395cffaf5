"""F5: a database that turned read-only, as on a full or remounted disk, and came back."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from engine.errors import StoreUnavailable
from engine.store import CallRow, CallStatus, Store
from engine.store.sqlite import SqliteDatabase

WAITING = 50


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """SQLite alone can be told to refuse rows by a pragma."""
    return f"sqlite:///{tmp_path}/dialplane.db"


def call(number: int) -> CallRow:
    return CallRow(
        sid=f"CA{number:032x}", account_sid="AC" + "0" * 32, instance_sid="ID1", from_="alice", to="+1555",
        direction="inbound", status=CallStatus.COMPLETED,
    )  # fmt: skip


def takes_rows(store: Store, yes: bool) -> None:
    """Let every transaction from now on find a database that takes rows, or one that is read-only."""

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if yes else 'ON'}")

    assert isinstance(store._database, SqliteDatabase)
    event.listen(store._database.engine, "begin", begin)


@pytest.mark.hostile("F5", sent="a database that turns read-only (SQLITE_READONLY), and back")
async def test_f5_a_database_that_turns_read_only_loses_no_row_and_calls_go_on(store: Store, record_property):
    takes_rows(store, False)
    for number in range(WAITING):
        store.save(call(number))
    with pytest.raises(StoreUnavailable, match="stay queued"):
        await store.commit(call(WAITING), within=0.3)
    assert store.healthy, "new calls are taken while there is room for their records"
    takes_rows(store, True)
    await store.commit(call(WAITING + 1))
    written = [row.sid for row in await store.find(CallRow, order_by=[CallRow.sid])]
    assert written == [call(number).sid for number in range(WAITING + 2)]
    record_property("held", f"{len(written)} of {WAITING + 2} rows written, none twice; calls go on")
