"""Reads the root account beside a running daemon, for commands on the same machine.

It lies outside of :mod:`engine.store`, which takes a third of a second to load.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

from engine.sqlite_file import sqlite_file

_ROOT = "SELECT sid, auth_token FROM accounts WHERE parent_sid IS NULL ORDER BY date_created LIMIT 1"


def read_root_account(url: str) -> tuple[str, str] | None:
    """Return sid and token of the root account in a database; None when there is none to be read."""
    if url.startswith("postgresql"):
        from engine.store.postgresql import read_one

        found = asyncio.run(read_one(url, _ROOT))
        return (str(found[0]), str(found[1])) if found else None
    path = sqlite_file(url)
    if path is None or not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute(_ROOT).fetchone()
    except sqlite3.Error:
        return None
    return (str(found[0]), str(found[1])) if found else None
