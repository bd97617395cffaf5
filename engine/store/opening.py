"""Which database a URL means."""

from engine.errors import ConfigurationError
from engine.sqlite_file import SQLITE
from engine.store.database import Database


async def open_database(url: str) -> Database:
    """Bring the tables of a database up to date and return it.

    Raises :exc:`ConfigurationError` for a URL that cannot be used, and :exc:`StoreError` for a database
    that cannot.
    """
    # The driver is loaded for those alone who use it.
    if url.startswith(SQLITE):
        from engine.store.sqlite import open_sqlite

        return await open_sqlite(url)
    if url.startswith("postgresql"):
        from engine.store.postgresql import open_postgresql

        return await open_postgresql(url)
    raise ConfigurationError(
        f"store.url = {url.partition('@')[2] or url!r}: write sqlite:///PATH, such as "
        "sqlite:///var/dialplane.db, or postgresql://USER:PASSWORD@HOST/DATABASE"
    )
