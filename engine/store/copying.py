"""Copies all rows of a database into another one, such as from SQLite into PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from engine.errors import StoreError
from engine.sqlite_file import sqlite_file
from engine.store.database import Database
from engine.store.opening import open_database
from engine.store.row import Row
from engine.store.store import TABLES
from engine.store.tables import AccountRow
from engine.store.upsert import upsert
from engine.store.write_behind import Refused

AT_ONCE = 1000
"""Rows of one transaction."""


def copy_store(source_url: str, target_url: str, tell: Callable[[str], None]) -> int:
    """Do what :func:`copy_rows` does, for who has no event loop."""
    return asyncio.run(copy_rows(source_url, target_url, tell))


async def copy_rows(source_url: str, target_url: str, tell: Callable[[str], None]) -> int:
    """Copy every row, and return how many there are; ``tell`` hears of each table.

    Both databases are ours alone meanwhile: no daemon uses them. Accounts come last, and a target that has
    some is refused. A copy that was interrupted is made again over what there is.
    """
    path = sqlite_file(source_url)
    if path is not None and not path.is_file():
        raise StoreError(f"{path}: there is no database; run where the daemon runs, or name its --config")
    async with AsyncExitStack() as opened:
        source = await _opened(source_url, opened)
        target = await _opened(target_url, opened)
        if await target.read(partial(_count, AccountRow)):
            raise StoreError(
                "the database to copy into has accounts already: name one that no daemon has used"
            )
        total = 0
        for kind in sorted(TABLES, key=lambda kind: kind is AccountRow):
            copied = await _copy_table(kind, source, target)
            tell(f"{kind.__tablename__}: {copied}")
            total += copied
        await target.analyse()
        return total


async def _opened(url: str, stack: AsyncExitStack) -> Database:
    database = await open_database(url)
    stack.push_async_callback(database.close)
    return database


async def _copy_table(kind: type[Row], source: Database, target: Database) -> int:
    copied, last = 0, ""
    while rows := await source.read(partial(_rows_after, kind, last)):
        try:
            await target.write(partial(_write, kind, rows))
        except (DBAPIError, Refused) as error:
            reason = error.orig if isinstance(error, DBAPIError) else error
            raise StoreError(
                f"{kind.__tablename__}: {reason}; nothing counts until the copy is whole"
            ) from error
        copied, last = copied + len(rows), rows[-1]["sid"]
    return copied


def _rows_after(kind: type[Row], last: str, connection: Connection) -> list[dict[str, Any]]:
    table, names = kind.__table__, kind.attributes()
    query = select(table).where(table.c.sid > last).order_by(table.c.sid).limit(AT_ONCE)
    return [dict(zip(names, row, strict=True)) for row in connection.execute(query)]


def _write(kind: type[Row], rows: list[dict[str, Any]], connection: Connection) -> None:
    upsert(kind, connection.dialect).execute(connection, rows)


def _count(kind: type[Row], connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(kind.__table__)) or 0
