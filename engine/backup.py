"""``dialplane backup``: a copy of the database as it is at one moment, beside a daemon that writes to it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from engine.errors import EngineError
from engine.sqlite_file import sqlite_file


class NoBackup(EngineError):
    """The copy could not be made; the message says why, and what to do."""


def back_up(url: str, target: Path) -> int:
    """Copy the database of a URL into a new file, and return its octets.

    It is made in one step, which no writer holds up and which holds up none. ``.backup`` of sqlite3 takes
    many steps, and begins anew whenever a daemon has written between two of them.
    """
    source = sqlite_file(url)
    if source is None:
        raise NoBackup("the database is PostgreSQL's: use pg_dump, or what your installation has")
    if not source.is_file():
        raise NoBackup(f"{source}: there is no database; run where the daemon runs, or name its --config")
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        _claim(target)
        try:
            _copy(source, unfinished)
            unfinished.replace(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            target.unlink()
            raise
    except FileExistsError:
        raise NoBackup(f"{target}: there is such a file; name a new one for each backup") from None
    except (OSError, sqlite3.Error) as error:
        raise NoBackup(f"{target}: the copy cannot be written: {error}") from error
    return target.stat().st_size


def _claim(path: Path) -> None:
    # Tokens and hashes lie inside, so the file is ours alone.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _copy(source: Path, unfinished: Path) -> None:
    unfinished.unlink(missing_ok=True)
    _claim(unfinished)
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as database,
        closing(sqlite3.connect(unfinished)) as copy,
    ):
        database.backup(copy, pages=-1)
        # One file, which can be moved: the log of the original is in it.
        copy.execute("PRAGMA journal_mode=DELETE")
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
