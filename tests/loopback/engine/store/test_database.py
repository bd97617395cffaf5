"""What is SQLite's own."""

import asyncio
import os
import sqlite3
import stat
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, text

from engine.errors import ConfigurationError, StoreError
from engine.store import CallRow, Store
from engine.store.sqlite import READERS, open_sqlite
from tests.loopback.engine.store.test_store import call
from tests.testkit.descriptors import descriptors_of


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/var/dialplane.db"


async def test_the_file_is_for_its_owner_alone(store, tmp_path):
    for name in ("dialplane.db", "dialplane.db-wal"):
        assert stat.S_IMODE((tmp_path / "var" / name).stat().st_mode) == 0o600


async def test_the_journal_is_a_write_ahead_log(store, tmp_path):
    with sqlite3.connect(tmp_path / "var" / "dialplane.db") as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


async def test_readers_that_come_all_at_once_open_nothing_more(store_url):
    # Who has run out of descriptors can still be asked what calls there were.
    database = await open_sqlite(store_url)
    before = descriptors_of(os.getpid()).names
    together = Barrier(READERS)

    def look(connection: Connection) -> int:
        together.wait(10.0)
        return int(connection.scalar(text("SELECT count(*) FROM calls")) or 0)

    assert await asyncio.gather(*(database.read(look) for _ in range(READERS))) == [0] * READERS
    assert descriptors_of(os.getpid()).names == before
    await database.close()


async def test_a_file_that_is_no_database_is_refused_by_name(tmp_path):
    path = tmp_path / "d.db"
    path.write_text("not a database, but long enough to be looked at" * 50)
    with pytest.raises(StoreError, match=r"d\.db: this is not a usable database: file is not a database"):
        await Store.open(f"sqlite:///{path}")


async def test_a_path_that_cannot_be_written_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"store\.url = .*cannot be written"):
        await Store.open(f"sqlite:///{tmp_path}/file/d.db")


async def test_another_database_is_refused_with_what_works_and_without_its_password():
    with pytest.raises(ConfigurationError, match="write sqlite:///PATH") as caught:
        await Store.open("mysql://user:hunter2@db/x")
    assert "hunter2" not in str(caught.value)


async def test_a_database_of_a_newer_program_is_left_alone(tmp_path):
    url = f"sqlite:///{tmp_path}/d.db"
    await (await Store.open(url)).close()
    with sqlite3.connect(tmp_path / "d.db") as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    with pytest.raises(StoreError, match="newer than this dialplane"):
        await Store.open(url)


async def test_a_locked_database_delays_but_loses_nothing(store, tmp_path):
    other = sqlite3.connect(tmp_path / "var" / "dialplane.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store.save(call(1))
    committing = asyncio.create_task(store.commit(call(2)))
    done, _ = await asyncio.wait([committing], timeout=0.3)
    assert not done
    other.execute("COMMIT")
    other.close()
    await committing
    assert await store.count(CallRow) == 2
