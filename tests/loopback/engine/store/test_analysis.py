"""What SQLite has counted, and the index that it takes then."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, insert, text

import engine.store.migrations
from engine.store import CallRow, Store
from engine.store.sqlite import SqliteDatabase, open_sqlite
from tests.loopback.engine.store.test_store import call

TO_AND_STATUS = text(
    "EXPLAIN QUERY PLAN SELECT * FROM calls WHERE account_sid = 'AC' AND \"to\" = '+15557'"
    " AND status = 'completed' ORDER BY date_created DESC, sid DESC LIMIT 50"
)


def calls_to_many(connection: Connection) -> None:
    rows = [call(number, to=f"+1555{number}", status="completed").values() for number in range(600)]
    for row in rows:
        row["from"] = row.pop("from_")
    connection.execute(insert(CallRow), rows)


def plan(connection: Connection) -> str:
    return "; ".join(str(step.detail) for step in connection.execute(TO_AND_STATUS))


async def opened(path: Path) -> SqliteDatabase:
    return await open_sqlite(f"sqlite:///{path}/d.db")


async def test_the_calls_to_a_number_are_found_by_the_number_although_most_calls_have_their_status(tmp_path):
    database = await opened(tmp_path)
    await database.write(calls_to_many)
    assert "ix_calls_account_sid_status" in await database.read(plan)
    await database.analyse()
    assert "ix_calls_account_sid_to" in await database.read(plan)
    await database.close()


async def test_what_is_counted_later_counts_too(tmp_path):
    # A connection that was open before reads none of it.
    database = await opened(tmp_path)
    await database.write(lambda connection: connection.execute(insert(CallRow), [_one()]).close())
    await database.analyse()
    await database.write(calls_to_many)
    await database.analyse()
    assert "ix_calls_account_sid_to" in await database.read(plan)
    await database.close()


def _one() -> dict[str, object]:
    values = call(1_000).values()
    values["from"] = values.pop("from_")
    return values


async def test_rows_are_counted_by_samples(tmp_path):
    database = await opened(tmp_path)
    for _ in range(2):
        assert await database.read(lambda connection: connection.scalar(text("PRAGMA analysis_limit"))) == 400
        await database.analyse()
    await database.close()


async def test_after_a_migration_rows_are_counted_before_there_are_calls(tmp_path):
    _make_tables(tmp_path / "d.db", "0022")
    await (await opened(tmp_path)).close()
    with sqlite3.connect(tmp_path / "d.db") as other:
        assert other.execute("SELECT count(*) FROM sqlite_stat1").fetchone() > (0,)
    other.close()


def _make_tables(path: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(engine.store.migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    database = create_engine(f"sqlite:///{path}")
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.dispose()


async def test_rows_that_are_saved_beside_it_are_there_afterwards(store_url):
    store = await Store.open(store_url)
    store.save(call(1))
    await store.analyse()
    store.save(call(2))
    assert await store.count(CallRow) == 2
    await store.close()
