"""Copies of a database that is in use."""

import asyncio
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

import pytest

from engine.backup import NoBackup, back_up
from engine.cli import run
from engine.store import CallRow, Store
from tests.loopback.engine.store.test_store import call


async def test_a_copy_beside_calls_has_what_was_acknowledged_before_it_and_is_whole(
    store, store_url, tmp_path
):
    await store.commit(*(call(number) for number in range(500)))

    async def write_on() -> None:
        for number in range(500, 100_000):
            await store.commit(call(number))

    writing = asyncio.create_task(write_on())
    target = tmp_path / "copy.db"
    assert await asyncio.to_thread(back_up, store_url, target) == target.stat().st_size
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    restored = await Store.open(f"sqlite:///{target}")
    assert await restored.count(CallRow) >= 500
    await restored.close()
    assert [path.name for path in tmp_path.glob("copy.db*")] == ["copy.db", "copy.db.lock"]


async def test_a_database_that_nobody_uses_is_copied_too(tmp_path):
    url = f"sqlite:///{tmp_path}/d.db"
    store = await Store.open(url)
    await store.commit(call(1))
    await store.close()
    back_up(url, tmp_path / "copy.db")
    restored = await Store.open(f"sqlite:///{tmp_path}/copy.db")
    assert await restored.count(CallRow) == 1
    await restored.close()


async def test_a_file_that_is_there_is_never_written_over(store, store_url, tmp_path):
    target = tmp_path / "copy.db"
    target.write_text("last week's")
    with pytest.raises(NoBackup, match=r"copy\.db: there is such a file; name a new one"):
        back_up(store_url, target)
    assert target.read_text() == "last week's"


def test_a_copy_that_fails_leaves_nothing(tmp_path):
    source = tmp_path / "d.db"
    source.write_text("no database, but long enough to be looked at" * 50)
    with pytest.raises(NoBackup, match="the copy cannot be written: file is not a database"):
        back_up(f"sqlite:///{source}", tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["d.db"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://dialplane@db/dialplane", "use pg_dump"),
        ("sqlite:///nowhere/d.db", "there is no database; run where the daemon runs"),
    ],
)
def test_what_cannot_be_copied_is_told_with_the_cure(url: str, reason: str, tmp_path: Path):
    with pytest.raises(NoBackup, match=reason):
        back_up(url, tmp_path / "copy.db")


async def test_the_command_says_how_much_it_copied_and_what_is_to_be_copied_next(
    store, store_url, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("DIALPLANE_STORE__URL", store_url)
    assert await asyncio.to_thread(run, ["backup", str(tmp_path / "copy.db")]) == 0
    assert "MB. Now copy the recordings: var/recordings" in capsys.readouterr().out
    assert await asyncio.to_thread(run, ["backup", str(tmp_path / "copy.db")]) == 1
    assert "there is such a file" in capsys.readouterr().err
