"""What all tables share: the class of their rows, and the types of their columns.

A row is never attached to a database session. Saving copies its present values, so the owner may go
on changing it. Column names follow rest-api.md; what the reference calls ``from`` is ``from_``.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass, mapped_column

from engine.utf8 import storable

API_VERSION = "2012-04-24"


def utc_now() -> datetime:
    """Return the time now; all times in the store are UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. SQLite keeps no time zone, so it is stored as UTC without one and given back with it."""

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What the column's values are."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without zone: it would be somebody's local time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; use utc_now()")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


class StoredText(TypeDecorator[str]):
    """A text that every database takes: peers may send bytes that are no UTF-8, and PostgreSQL has no NUL."""

    impl = Text
    cache_ok = True

    @property
    def python_type(self) -> type[str]:
        """What the column's values are."""
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Leave out or replace what cannot be stored, rather than hold up this row and all others."""
        return None if value is None else storable(value)


class Row(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """What all tables share."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: StoredText(),
        datetime: UtcDateTime(),
        list[str]: JSON(),
        list[list[str]]: JSON(),
        dict[str, Any]: JSON(none_as_null=True),
    }
    # Names of constraints are part of the schema: migrations refer to them.
    metadata = MetaData(
        naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"}
    )

    @classmethod
    @cache
    def attributes(cls) -> tuple[str, ...]:
        """Return the attribute names of the columns, in the order of declaration."""
        return tuple(column.key for column in cls.__mapper__.column_attrs)

    def values(self) -> dict[str, Any]:
        """Return a copy of the row's columns by attribute name."""
        # Not by getattr: SQLAlchemy's descriptors take 70 microseconds for a row of a call. What was left
        # to its default is not there, and only they know it.
        present = self.__dict__
        return {name: present[name] if name in present else getattr(self, name) for name in self.attributes()}


def created() -> Any:
    """Return the column of when a row was made, or changed."""
    return mapped_column(default_factory=utc_now)
