"""The store: rows of calls, recordings, notifications, numbers, clients, trunks and events.

Live calls ``save`` (returns at once, written within 0.2 s); whatever is acknowledged to somebody is
``commit``-ted first ("acknowledged is stored").
"""

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any, Self, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, delete, func, literal, select
from sqlalchemy.exc import DBAPIError

from engine import ids
from engine.errors import StoreFull, StoreUnavailable
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.store.account_rows import ACCOUNT_TABLES
from engine.store.database import Database, Result, is_refusal
from engine.store.execution_rows import EXECUTION_TABLES
from engine.store.message_rows import MESSAGE_TABLES
from engine.store.opening import open_database
from engine.store.ordering import Cursor, Order, page_query
from engine.store.provisioned_rows import PROVISIONED_TABLES
from engine.store.row import Row
from engine.store.tables import ALL, AccountRow, InstanceRow
from engine.store.transcription_rows import TranscriptionRow
from engine.store.trigger_rows import UsageTriggerRow
from engine.store.upload_rows import UploadRow
from engine.store.upsert import upsert
from engine.store.write_behind import Pending, Refused, WriteBehind

R = TypeVar("R", bound=Row)

WITHIN = 5.0
"""Seconds to wait for the database before an acknowledged row counts as not stored."""
_INSTANCE_NAME = "embedded"
_OTHERS: tuple[type[Row], ...] = (TranscriptionRow, UploadRow, UsageTriggerRow)
TABLES = (
    *ALL,
    *PROVISIONED_TABLES,
    *MESSAGE_TABLES,
    *EXECUTION_TABLES,
    *ACCOUNT_TABLES,
    *_OTHERS,
)
_SLOT = {kind: slot for slot, kind in enumerate(TABLES)}


class Store:
    """The daemon's database. Make it with :meth:`open`."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._queue = WriteBehind(self._write, lambda kind: metrics.store_failures.labels(kind).inc())
        metrics.store_waiting.set_function(lambda: self._queue.waiting)
        self.instance_sid = ""
        """``ID…`` of this server; the same at each start on this database."""
        self.account: AccountRow
        """The root account; set by :func:`engine.store.provisioning.adopt`."""

    @classmethod
    async def open(cls, url: str, metrics: Metrics | None = None) -> Self:
        """Open the database, bring its tables up to date and start the writer.

        Raise :exc:`engine.errors.ConfigurationError` for a URL that cannot be used, and
        :exc:`engine.errors.StoreError` for a database that cannot.
        """
        store = cls(await open_database(url), metrics or Metrics())
        store._queue.start()
        try:
            await store._find_instance()
        except BaseException:
            await store.close()
            raise
        return store

    def save(self, *rows: Row) -> None:
        """Queue the rows' present values for writing and return at once; never fails.

        A row that finds no place in the queue, after minutes without a database, is lost: that is
        logged and counted, and :attr:`healthy` was false long before.
        """
        try:
            self._queue.put(rows)
        except StoreFull as error:
            self._metrics.store_failures.labels("lost").inc()
            log.get("store").error(
                "store.row_lost", error=str(error), rows=[row.values()["sid"] for row in rows]
            )

    async def commit(self, *rows: Row, within: float = WITHIN) -> None:
        """Write the rows and whatever was saved before them, and return when the database has them.

        Raise :exc:`engine.errors.StoreUnavailable` after ``within`` seconds (the rows stay queued), and
        :exc:`engine.errors.StoreError` when the database refuses one of them or the queue is full.
        """
        await self._queue.confirm(self._queue.put(rows), within)

    async def flush(self, within: float = WITHIN) -> None:
        """Return when everything saved so far is in the database."""
        await self._queue.confirm((), within)

    @property
    def waiting(self) -> int:
        """Rows not yet in the database."""
        return self._queue.waiting

    @property
    def healthy(self) -> bool:
        """Whether the database takes rows and half of the queue is free: a reason to take calls."""
        return not (self._queue.stalled and self._queue.waiting > self._queue.limit // 2)

    async def get(self, kind: type[R], sid: str) -> R | None:
        """Return the row with this identifier, or None. Saved rows are seen."""
        found = await self.find(kind, _column(kind, "sid") == sid, limit=1)
        return found[0] if found else None

    async def find(
        self,
        kind: type[R],
        *where: ColumnElement[bool],
        order_by: Sequence[Any] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[R]:
        """Return the rows for which all of ``where`` holds. Saved rows are seen."""
        await self.flush()
        query = select(kind.__table__).where(*where).order_by(*order_by).limit(limit).offset(offset)
        return await self._rows(kind, query)

    async def _rows(self, kind: type[R], query: Select[Any]) -> list[R]:
        names = kind.attributes()

        def read(connection: Connection) -> list[R]:
            return [kind(**dict(zip(names, row, strict=True))) for row in connection.execute(query)]

        return await self._asked(self._database.read(read))

    async def page(
        self,
        kind: type[R],
        *where: ColumnElement[bool],
        order: Order,
        limit: int,
        offset: int = 0,
        beside: Cursor | None = None,
    ) -> list[R]:
        """Return a page of a list: after ``offset`` rows, or beside a cursor. Saved rows are seen."""
        await self.flush()
        rows = await self._rows(
            kind, page_query(kind, where, order, limit=limit, offset=offset, beside=beside)
        )
        return rows[::-1] if beside is not None and beside.backwards else rows

    async def count(self, kind: type[Row], *where: ColumnElement[bool], at_most: int | None = None) -> int:
        """Return how many rows fit; counting ends with ``at_most``."""
        await self.flush()
        fitting = select(literal(1)).select_from(kind.__table__).where(*where).limit(at_most)
        total = select(func.count()).select_from(fitting.subquery())
        return await self._asked(self._database.read(lambda connection: connection.scalar(total))) or 0

    async def read(self, query: Select[Any]) -> list[Any]:
        """Return the rows of a query that adds up or chooses columns. Saved rows are seen."""
        await self.flush()
        return await self._asked(self._database.read(lambda connection: list(connection.execute(query))))

    async def delete(self, kind: type[Row], *where: ColumnElement[bool]) -> int:
        """Delete the rows that fit, at least one condition given, and return how many there were."""
        if not where:
            raise ValueError("say which rows to delete")
        await self.flush()
        statement = delete(kind).where(*where)
        return await self._asked(
            self._database.write(lambda connection: connection.execute(statement).rowcount)
        )

    async def analyse(self) -> None:
        """Let the database count how its rows are spread, so that it finds them by the right index."""
        await self._asked(self._database.analyse())

    async def close(self, within: float = WITHIN) -> None:
        """Write what is queued, as far as that succeeds within so many seconds, and close."""
        try:
            await self.flush(within)
        finally:
            await self._queue.close()
            await self._database.close()

    async def _asked(self, answer: Awaitable[Result]) -> Result:
        try:
            return await answer
        except DBAPIError as error:
            raise StoreUnavailable(f"the database cannot be read: {error.orig}") from error
        except OSError as error:
            # No connection, or none in time: the driver of PostgreSQL lets these through as they are.
            raise StoreUnavailable(f"the database cannot be reached: {error or 'no answer'}") from error

    async def _write(self, batch: list[Pending]) -> None:
        by_kind: dict[type[Row], list[dict[str, Any]]] = {}
        for pending in batch:
            by_kind.setdefault(pending.kind, []).append(pending.values)
        try:
            await self._database.write(partial(_write_rows, by_kind))
        except OverflowError as error:
            raise Refused(str(error)) from error
        except DBAPIError as error:
            # A rule of the tables, which no retry changes; any other error is the database's own trouble.
            if is_refusal(error):
                raise Refused(str(error.orig)) from error
            raise

    async def _find_instance(self) -> None:
        known = await self.find(InstanceRow, InstanceRow.name == _INSTANCE_NAME)
        instance = known[0] if known else InstanceRow(sid=ids.new_sid(ids.INSTANCE), name=_INSTANCE_NAME)
        if not known:
            await self.commit(instance)
        self.instance_sid = instance.sid


def _write_rows(by_kind: dict[type[Row], list[dict[str, Any]]], connection: Connection) -> None:
    for kind in sorted(by_kind, key=lambda kind: _SLOT[kind]):
        upsert(kind, connection.dialect).execute(connection, by_kind[kind])


def _column(kind: type[Row], name: str) -> Any:
    return kind.__table__.c[name]
