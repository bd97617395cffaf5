"""What all tables share: the class of their rows, and the types of their columns.

A row is never attached to a database session. Saving copies its present values, so the owner may go
on changing it. SQLAlchemy declares the columns and makes the queries; its watch over each attribute, which
only sessions need, is taken off the rows again. Column names follow rest-api.md; what the reference calls
``from`` is ``from_``.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from types import FunctionType
from typing import Any, ClassVar, cast

from sqlalchemy import JSON, DateTime, Dialect, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, MappedAsDataclass, mapped_column
from sqlalchemy.orm.base import LoaderCallableStatus

from engine.utf8 import storable


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
        return _storable(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], Any] | None:
        """Return what binds a value; without the calls around it that SQLAlchemy makes for each."""
        further = self.impl_instance.bind_processor(dialect)
        return super().bind_processor(dialect) if further is not None else _storable


def _storable(value: str | None) -> str | None:
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

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _make_plain(cls)

    @classmethod
    @cache
    def attributes(cls) -> tuple[str, ...]:
        """Return the attribute names of the columns, in the order of declaration."""
        return tuple(column.key for column in cls.__mapper__.column_attrs)

    def values(self) -> dict[str, Any]:
        """Return a copy of the row's columns by attribute name."""
        present = self.__dict__
        return {name: present[name] for name in self.attributes()}


class _Column:
    """What a class of rows has by the name of a column: queries find the column, and rows their own value.

    Without a ``__set__`` it leaves values where those of all objects are, in the row's ``__dict__``.
    """

    def __init__(self, column: InstrumentedAttribute[Any]) -> None:
        self._column = column

    def __get__(self, row: Row | None, kind: type[Row]) -> InstrumentedAttribute[Any]:
        return self._column


def _make_plain(kind: type[Row]) -> None:
    """Let the rows of a class be ordinary objects: 4 microseconds to make and copy one, not 80."""
    begin = cast(FunctionType, kind.__mapper__.class_manager.original_init)
    defaults = begin.__kwdefaults__ or {}
    usual = kind(**{name: None for name in kind.attributes() if name not in defaults})
    for name, default in defaults.items():
        if default is LoaderCallableStatus.DONT_SET:
            # Left to the descriptors, which are about to go.
            defaults[name] = getattr(usual, name)
    # Past the metaclass, which would make a new column of each.
    type.__setattr__(kind, "__init__", begin)
    for name in kind.attributes():
        type.__setattr__(kind, name, _Column(getattr(kind, name)))


def created() -> Any:
    """Return the column of when a row was made, or changed."""
    return mapped_column(default_factory=utc_now)
