"""PostgreSQL as the store: its address, its lock against a second daemon, and what it says when it fails.

``synchronous_commit`` is the server's choice. At its usual value a committed transaction survives a loss of
power; ``off`` for the role is as safe against the end of a process as ``on`` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.errors import ConfigurationError, StoreError
from engine.store.database import Result, Work, migrate

CONNECT_WITHIN, ANSWER_WITHIN = 5.0, 60.0
"""Seconds; the longest statement is a migration's index over a large table."""
MIGRATE_WITHIN = 3600.0
_LOCK = 0x6469616C
"""The number of the advisory lock, ``dial`` in ASCII; it counts within one database."""
_TROUBLE = (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What a connection that fails raises: the driver's errors come through bare before there is a connection."""


class PostgresDatabase:
    """A database on a server, with a few connections to it."""

    def __init__(self, engine: AsyncEngine, lock: AdvisoryLock) -> None:
        self._engine = engine
        self._lock = lock

    async def read(self, work: Work[Result]) -> Result:
        """Return what ``work`` reads."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def write(self, work: Work[Result]) -> Result:
        """Do ``work`` in one transaction."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def analyse(self) -> None:
        """Leave it to autovacuum, which counts what has changed by itself."""

    async def close(self) -> None:
        """Close the connections and let another daemon have the database."""
        await self._engine.dispose()
        await self._lock.release()


class AdvisoryLock:
    """Held by a connection of its own; the database lets go of it when the process dies, however that is."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @classmethod
    async def take(cls, engine: AsyncEngine, where: str) -> AdvisoryLock:
        """Return the lock; raise :exc:`StoreError` when another daemon has it."""
        connection = await engine.connect()
        # Outside of a transaction, which would stay open and keep VACUUM from its work.
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        if not await connection.scalar(text(f"SELECT pg_try_advisory_lock({_LOCK})")):
            await connection.close()
            raise StoreError(f"{where}: another dialplane uses this database; stop it, or set [store] url")
        return cls(connection)

    async def release(self) -> None:
        """Let another daemon have the database."""
        await self._connection.invalidate()
        await self._connection.close()
        await self._connection.engine.dispose()


async def open_postgresql(url: str) -> PostgresDatabase:
    """Return the up-to-date database, which is ours alone until it is closed."""
    address = _read(url)
    where = address.render_as_string(hide_password=True)
    # The lock's connection lives outside of the pool, whose connections come and go.
    alone = _engine(address, MIGRATE_WITHIN)
    try:
        lock = await AdvisoryLock.take(alone, where)
    except BaseException as error:
        await alone.dispose()
        if isinstance(error, _TROUBLE):
            raise StoreError(f"store.url = {where!r}: {_reason(error)}") from error
        raise
    try:
        async with alone.begin() as connection:
            await connection.run_sync(migrate)
    except BaseException as error:
        await lock.release()
        if isinstance(error, _TROUBLE):
            raise StoreError(f"{where}: the tables cannot be made: {_reason(error)}") from error
        raise
    return PostgresDatabase(_engine(address, ANSWER_WITHIN), lock)


async def read_one(url: str, query: str) -> Sequence[Any] | None:
    """Return the first row that a query finds beside a running daemon; None also when nothing can be read."""
    engine = _engine(_read(url), CONNECT_WITHIN)
    try:
        async with engine.connect() as connection:
            return (await connection.execute(text(query))).first()
    except _TROUBLE:
        return None
    finally:
        await engine.dispose()


async def ask_version(url: str) -> str:
    """Return what version the server is; raise :exc:`StoreError` with the reason when it cannot be asked."""
    engine = _engine(_read(url), CONNECT_WITHIN)
    try:
        async with engine.connect() as connection:
            return str(await connection.scalar(text("SHOW server_version")))
    except _TROUBLE as error:
        raise StoreError(_reason(error)) from error
    finally:
        await engine.dispose()


def _read(url: str) -> URL:
    try:
        address = make_url(url).set(drivername="postgresql+asyncpg")
    except (ArgumentError, ValueError):
        address = None
    if address is None or not address.database:
        raise ConfigurationError(
            "store.url names no database: write postgresql://USER:PASSWORD@HOST/DATABASE, "
            "with signs such as @ and / in the password written as %40 and %2F"
        )
    return address


def _engine(address: URL, answer_within: float) -> AsyncEngine:
    return create_async_engine(
        address,
        # A connection that a restart of the database broke is replaced before it is used.
        pool_pre_ping=True,
        connect_args={"timeout": CONNECT_WITHIN, "command_timeout": answer_within},
    )


def _reason(error: BaseException) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, TimeoutError):
        return f"no answer within {CONNECT_WITHIN:g} s; look at host and port, and at the firewall"
    if isinstance(original, ConnectionRefusedError | FileNotFoundError):
        return "nothing listens there; start PostgreSQL, or correct host and port"
    return str(original) or type(original).__name__
