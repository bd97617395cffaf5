"""SQLite as the store: its file, its lock against a second daemon, and the threads that use it.

SQLite runs in WAL mode with ``synchronous=NORMAL``: a committed transaction survives ``kill -9`` of
the process (43,077 of 43,077 in our measurement) and a loss of power cannot corrupt the file, though
it may take the last moments; FULL would hold each batch for up to 20 ms on an ordinary disk.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError

from engine.errors import ConfigurationError, StoreError
from engine.sqlite_file import SQLITE
from engine.store.database import Result, Work, migrate
from engine.store.work_thread import WorkThread
from engine.threads import started_threads

READERS = 4
"""Threads that read. A list over a large table keeps one busy for tens of milliseconds."""
_SAMPLE = 400
"""Rows of an index that are looked at to learn how many have the same value.

SQLite recommends 100 to 1,000. For 200,000 calls this takes 2 ms, or 35 ms when the disk has to be read.
"""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    f"analysis_limit={_SAMPLE}",
)


class SqliteDatabase:
    """One file, written by one thread and read by a few.

    A piece of work is one trip to a thread, however many statements it has (docs/decisions/0016).
    """

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.engine: Engine = create_engine(f"sqlite:///{path}", pool_size=READERS)
        self._lock = lock
        # SQLite lets one connection write at a time; a second writer would only wait for it.
        self._writer = WorkThread("store writer")
        self._readers = started_threads(READERS, "store reader")
        event.listen(self.engine, "connect", _set_pragmas)
        self._writing: Connection | None = None
        """The writer's own, from its first work on; it stays when the readers' are opened anew."""

    async def read(self, work: Work[Result]) -> Result:
        """Return what ``work`` reads."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def write(self, work: Work[Result]) -> Result:
        """Do ``work`` in one transaction."""
        return await self._writer.do(partial(self._write, work))

    async def analyse(self) -> None:
        """Count samples of what is indexed, table by table: rows of calls are written between two of them.

        ``PRAGMA optimize`` would count what its own connection has read, and ours reads nothing.
        """
        for table in await self.read(_tables):
            await self.write(partial(_analyse, table))
        await asyncio.to_thread(self._open_readers_anew)

    def _open_readers_anew(self) -> None:
        # A connection reads once what was counted, with the definitions of the tables; the writer's knows.
        self.engine.dispose()
        self.open_readers()

    def open_readers(self) -> None:
        """Open what the readers use now, while there are descriptors for it."""
        held = [self.engine.connect() for _ in range(READERS)]
        for connection in held:
            connection.close()

    async def close(self) -> None:
        """End the threads, close the file and let another daemon have it."""
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        if self._writing is not None:
            self._writing.close()
        self.engine.dispose()
        self._lock.release()

    def _read(self, work: Work[Result]) -> Result:
        with self.engine.connect() as connection:
            return work(connection)

    def _write(self, work: Work[Result]) -> Result:
        if self._writing is None:
            self._writing = self.engine.connect()
            self._writing.detach()
        with self._writing.begin():
            return work(self._writing)


class FileLock:
    """Held as long as a daemon uses a database file: two would end each other's calls at start."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise StoreError(
                f"{path.with_suffix('')}: another dialplane uses this database; stop it, or set [store] url"
            ) from None

    def release(self) -> None:
        """Let another daemon have the database."""
        self._file.close()


async def open_sqlite(url: str) -> SqliteDatabase:
    """Return the up-to-date database, which is ours alone until it is closed."""
    path = Path(url.removeprefix(SQLITE))
    try:
        lock = await asyncio.to_thread(_prepare_file, path)
    except OSError as error:
        raise ConfigurationError(
            f"store.url = {url!r}: {error.filename or path} cannot be written: {error.strerror}"
        ) from None
    opened = SqliteDatabase(path, lock)
    try:
        if await opened.write(migrate):
            # Of a new index nothing is known, which SQLite takes for the best.
            await opened.analyse()
        else:
            await asyncio.to_thread(opened.open_readers)
    except BaseException as error:
        await opened.close()
        if isinstance(error, DBAPIError):
            raise StoreError(f"{path}: this is not a usable database: {error.orig}") from error
        raise
    return opened


def _prepare_file(path: Path) -> FileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(path.name + ".lock"))
    # Tokens and hashes lie inside, so the file is ours alone; SQLite gives its -wal and -shm the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return lock


def _tables(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


def _analyse(table: str, connection: Connection) -> None:
    connection.exec_driver_sql(f'ANALYZE "{table}"')


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
