"""Records move from one database to another."""

import asyncio
from pathlib import Path

import pytest

from engine.cli import run
from engine.errors import StoreError
from engine.store import AccountRow, CallRow, EventRow, Store, utc_now
from engine.store.copying import AT_ONCE, copy_rows
from engine.store.row import Row
from engine.store.store import TABLES
from tests.loopback.engine.store.test_store import call

ACCOUNT = "AC" + "0" * 32


def test_every_table_is_copied():
    assert {kind.__tablename__ for kind in TABLES} == set(Row.metadata.tables)


async def filled(url: str) -> list[Row]:
    """Put rows of several kinds into a database and return them."""
    rows: list[Row] = [
        call(number, start_time=utc_now(), quality={"mos": 4.1}) for number in range(AT_ONCE + 5)
    ]
    rows.append(AccountRow(sid=ACCOUNT, auth_token="t" * 32))
    rows.append(EventRow(sid="EV1", position=2**40, account_sid=ACCOUNT, url="u", parameters=[["a", "ü"]]))
    store = await Store.open(url)
    await store.commit(*rows, within=60.0)
    await store.close()
    return rows


async def kept(store: Store, rows: list[Row]) -> bool:
    found = [await store.get(type(row), row.values()["sid"]) for row in rows]
    return [row and row.values() for row in found] == [row.values() for row in rows]


async def test_every_row_is_in_the_other_database_as_it_was(store_url, tmp_path):
    source = f"sqlite:///{tmp_path}/source.db"
    rows = await filled(source)
    told: list[str] = []
    # One more: the instance, whose sid a store keeps.
    assert await copy_rows(source, store_url, told.append) == len(rows) + 1
    assert (f"calls: {AT_ONCE + 5}" in told, told[-1]) == (True, "accounts: 1")
    before, after = await Store.open(source), await Store.open(store_url)
    assert after.instance_sid == before.instance_sid
    assert await after.count(CallRow) == AT_ONCE + 5
    assert await kept(after, rows[:3] + rows[-8:])
    await before.close()
    await after.close()


async def test_a_copy_that_was_interrupted_is_made_again(store_url, tmp_path):
    source = f"sqlite:///{tmp_path}/source.db"
    rows = await filled(source)

    def give_up(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await copy_rows(source, store_url, give_up)
    assert await copy_rows(source, store_url, lambda line: None) == len(rows) + 1


async def test_a_database_that_is_in_use_is_neither_read_nor_written(store, store_url, tmp_path):
    other = f"sqlite:///{tmp_path}/other.db"
    await (await Store.open(other)).close()
    for source, target in ((store_url, other), (other, store_url)):
        with pytest.raises(StoreError, match="another dialplane uses this database; stop it"):
            await copy_rows(source, target, lambda line: None)


async def test_a_database_that_is_not_there_is_no_empty_one(tmp_path):
    missing, target = tmp_path / "missing.db", tmp_path / "target.db"
    with pytest.raises(StoreError, match=r"missing\.db: there is no database; run where the daemon runs"):
        await copy_rows(f"sqlite:///{missing}", f"sqlite:///{target}", lambda line: None)
    assert list(tmp_path.iterdir()) == []


async def test_the_command_refuses_a_database_that_has_accounts(tmp_path: Path, monkeypatch, capsys):
    source, target = (f"sqlite:///{tmp_path}/{name}.db" for name in ("source", "target"))
    await filled(source)
    monkeypatch.setenv("DIALPLANE_STORE__URL", source)
    assert await asyncio.to_thread(run, ["copy-store", target]) == 0
    assert "rows copied. Now let [store] url name the new database" in capsys.readouterr().out
    assert await asyncio.to_thread(run, ["copy-store", target]) == 1
    assert "has accounts already: name one that no daemon has used" in capsys.readouterr().err
