"""Which file a database is, by the URL that ``[store] url`` gives it."""

from __future__ import annotations

from pathlib import Path

SQLITE = "sqlite:///"
"""How the URL of a file begins."""


def sqlite_file(url: str) -> Path | None:
    """Return the file of SQLite that a URL names; None for another database."""
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None
