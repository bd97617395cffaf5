"""What the store asks of a database, and what all databases share: migrations and refusals.

SQLite is in :mod:`engine.store.sqlite`, PostgreSQL in :mod:`engine.store.postgresql`; the tables and their
migrations are the same.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from engine.errors import StoreError
from engine.store.migrations import NEWEST

Result = TypeVar("Result")
Work = Callable[[Connection], Result]
"""What is to be done on a connection. It may run in another thread, and waits as ordinary functions do."""


class Database(Protocol):
    """A database whose tables are up to date, and which no other daemon uses."""

    async def read(self, work: Work[Result]) -> Result:
        """Return what ``work`` reads."""

    async def write(self, work: Work[Result]) -> Result:
        """Do ``work`` in one transaction, and return what it returns."""

    async def analyse(self) -> None:
        """See to it that the database knows how its rows are spread, and so by which index to find them."""

    async def close(self) -> None:
        """Let another daemon have the database."""


def is_refusal(error: DBAPIError) -> bool:
    """Say whether the database refused a value, as opposed to not working.

    PostgreSQL says it in the first two digits of SQLSTATE: 22 is data, 23 integrity.
    """
    if isinstance(error, IntegrityError | DataError):
        return True
    original = error.orig
    # A value that asyncpg itself cannot encode is a ValueError too.
    return isinstance(original, ValueError) or str(getattr(original, "sqlstate", ""))[:2] in ("22", "23")


def migrate(connection: Connection) -> bool:
    """Bring the tables to the newest version, and say whether there were older ones.

    Raises :exc:`StoreError` for a database newer than this program.
    """
    before = _version(connection)
    if before == NEWEST:
        return False
    # It takes longer to load than to do its work, and most starts find nothing to do.
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
        raise StoreError(
            f"the database is newer than this dialplane: its tables are of revision {before}, and {NEWEST} is"
            " the last one known here. Run the newer version again, or restore the backup from before it"
        ) from error
    return before is not None


def _version(connection: Connection) -> str | None:
    """Return the revision that the tables are of, as alembic has noted it; None for a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version
