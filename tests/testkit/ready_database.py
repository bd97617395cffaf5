"""A database with all tables and no row, made once for all daemons of a test process."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine

from engine.store.database import migrate


@cache
def ready_database() -> bytes:
    """Return the file's content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ready.db")
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            migrate(connection)
        engine.dispose()
        return path.read_bytes()
