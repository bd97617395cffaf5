"""A PostgreSQL server of our own: under a temporary folder, on a socket there, gone with the tests."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from engine.store import Row, Store
from tests.testkit.ready_database import ready_database
from tests.testkit.waiting import eventually_blocking

DATABASE = "calls"
_STARTS_WITHIN = 60.0
_READY = "database system is ready to accept connections"
# Nothing of it outlives the tests, so nothing needs to reach the disk.
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=16MB",
)


def find_binaries() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``, of the newest version; None when not installed."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class PostgresServer:
    """Runs inside a ``with``; has one database with all tables, for one test at a time."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="dialplane-postgresql-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._user: str | None = None
        self._data = self._folder / "data"
        self._log = self._folder / "log"

    def __enter__(self) -> PostgresServer:
        try:
            self._user = self._unprivileged_user()
            initdb: list[str | Path] = [
                self._binaries / "initdb",
                "-D",
                self._data,
                "-U",
                "tests",
                "-A",
                "trust",
                "-E",
                "UTF8",
            ]
            self._run([*initdb, "--locale=C", "--no-sync"])
            self.begin()
            _apart(self._make_tables())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            # Without a checkpoint: nobody will read it again.
            self.end(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def begin(self) -> None:
        """Let it listen, with what it had when it ended."""
        said_before = self._story().count(_READY)
        settings = (*_FAST, "listen_addresses=", f"unix_socket_directories={self._folder}")
        command: list[str | Path] = [
            self._binaries / "postgres",
            "-D",
            self._data,
            *(f"-c{setting}" for setting in settings),
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self._user, cwd="/")
        eventually_blocking(
            lambda: self._story().count(_READY) > said_before,
            _STARTS_WITHIN,
            "it is ready",
            context=self._story,
        )

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it and its connections at once."""
        assert self._process is not None, "what runs can end"
        self._process.send_signal(how)
        self._process.wait(_STARTS_WITHIN)
        self._process = None

    def new_database(self) -> str:
        """Empty the tables and return the URL: a database for each test costs a hundred times more."""
        _apart(self._empty())
        return self.url(DATABASE)

    def url(self, database: str) -> str:
        """Return the URL of a database, as the configuration has it."""
        return f"postgresql://tests@/{database}?host={quote(str(self._folder), safe='')}"

    async def _make_tables(self) -> None:
        connection = await self._connect("postgres")
        await connection.execute(f"CREATE DATABASE {DATABASE}")
        await connection.close()
        await (await Store.open(self.url(DATABASE))).close()

    async def _empty(self) -> None:
        connection = await self._connect(DATABASE)
        # A test that left a connection open fails here, in words, rather than hanging.
        await connection.execute("SET lock_timeout = '5s'")
        tables = ", ".join(f'"{name}"' for name in Row.metadata.tables)
        await connection.execute(f"TRUNCATE {tables}")
        await connection.close()

    async def _connect(self, database: str) -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(user="tests", database=database, host=str(self._folder))

    def _unprivileged_user(self) -> str | None:
        """Return whom to run as, and give the folder to them: PostgreSQL refuses to run as root."""
        if os.getuid() != 0:
            return None
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            user = pwd.getpwnam("nobody")
        os.chown(self._folder, user.pw_uid, -1)
        return user.pw_name

    def _run(self, command: list[str | Path]) -> None:
        with self._log.open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, user=self._user, cwd="/")

    def _story(self) -> str:
        return self._log.read_text(errors="replace")


def _apart(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on a loop of its own: fixtures are made while a test's loop exists."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def new_url(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the URL of a database of a kind, which has all tables and no row."""
    if kind == "sqlite":
        path = folder / "dialplane.db"
        path.write_bytes(ready_database())
        return f"sqlite:///{path}"
    server: PostgresServer = request.getfixturevalue("postgresql")
    return server.new_database()


BOTH = ("sqlite", "postgresql")
"""The databases that a test of the store runs on."""
