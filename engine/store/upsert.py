"""The statement that writes rows of one kind, made once.

SQLAlchemy makes it, and knows how each type is bound; what depends on the rows alone is left for each batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Dialect

from engine.store.row import Row
from engine.store.write_behind import Refused


class Upsert:
    """Writes rows of one kind: each is inserted, or changed when its ``sid`` is there."""

    def __init__(self, kind: type[Row], dialect: Dialect) -> None:
        columns = kind.__mapper__.columns
        # By its name: the other database's dialect takes 4 % of a start to import.
        plain = import_module(f"sqlalchemy.dialects.{dialect.name}").insert(kind)
        changed = {column.name: plain.excluded[column.name] for column in columns if not column.primary_key}
        compiled = plain.on_conflict_do_update(index_elements=["sid"], set_=changed).compile(dialect=dialect)
        self._table = kind.__tablename__
        self._statement = str(compiled)
        # Attribute names differ from column names where Python reserves the word (``from_``).
        attributes = {column.name: attribute for attribute, column in columns.items()}
        types = {column.name: column.type for column in columns}
        self._binds = [
            (attributes[name], types[name].dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup
        ]

    def execute(self, connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows, given as their values by attribute name; :exc:`Refused` for what no column takes."""
        connection.exec_driver_sql(self._statement, [self._bound(row) for row in rows])

    def _bound(self, row: dict[str, Any]) -> tuple[Any, ...]:
        try:
            # None is NULL, whatever the type.
            return tuple(
                [
                    value if (value := row[name]) is None or bind is None else bind(value)
                    for name, bind in self._binds
                ]
            )
        except Exception as error:
            # A value that its column's type cannot take: that is ours to mend, and no retry helps.
            raise Refused(f"{self._table}: {error}") from error


@cache
def upsert(kind: type[Row], dialect: Dialect) -> Upsert:
    """Return what writes rows of this kind into databases of this dialect."""
    return Upsert(kind, dialect)
