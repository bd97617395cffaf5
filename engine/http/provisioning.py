"""Rows that the REST API makes and the live server follows at once: numbers, clients, trunks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, AliasChoices, model_validator
from pydantic_core import PydanticUndefined

from engine.exchange.routing import Router
from engine.http.forms import Form, checked_url
from engine.http.problems import Problem
from engine.store import Row, Source, Store, utc_now

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Exchange:
    """The live server, as seen from the rows it works by."""

    router: Callable[[], Router]
    take_over: Callable[[], Awaitable[None]]
    """Routes, registers and connects by what the store has now."""


class Inventory:
    """Sees to it that rows change one after another, and that the live server follows."""

    def __init__(self, exchange: Callable[[], Exchange | None]) -> None:
        self._find_exchange = exchange
        self._lock = asyncio.Lock()

    @property
    def exchange(self) -> Exchange:
        """The live server; raises :class:`Problem` as long as it starts."""
        exchange = self._find_exchange()
        if exchange is None:
            message = "The server is starting. Try again in a moment."
            raise Problem(503, message, {"Retry-After": "1"})
        return exchange

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Let no other change happen meanwhile, so that what was looked up stays true; then take it over."""
        exchange = self.exchange
        async with self._lock:
            yield
            await exchange.take_over()


async def as_it_is_now(store: Store, row: R) -> R:
    """Return a row anew; raises :class:`Problem` when it was deleted since it was looked up."""
    found = await store.get(type(row), row.values()["sid"])
    if found is None:
        raise Problem(404, "It was deleted a moment ago.")
    return found


def refuse_of_file(row: Any, name: str) -> None:
    """Refuse to change what the configuration file made: the next reload would undo it."""
    if row.source == Source.FILE:
        message = f"{name} is written in the configuration file: change it there, and reload with SIGHUP."
        raise Problem(409, message, twilio=(409, 20409))


def _checked_or_empty(text: str) -> str:
    return checked_url(text) if text else text


StoredUrl = Annotated[str, AfterValidator(_checked_or_empty)]
"""An http or https URL, or a path of this server, or nothing."""


class Entry(Form):
    """A form whose fields are columns of a row. A parameter that is given empty takes its default again."""

    keeps_blanks: ClassVar[bool] = True

    @model_validator(mode="before")
    @classmethod
    def _blanks_are_defaults(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        defaults = {alias: field.default for field in cls.model_fields.values() for alias in _aliases(field)}
        values = {}
        for name, value in given.items():
            if str(value).strip() or name not in defaults:
                values[name] = value
            elif defaults[name] is not PydanticUndefined:
                values[name] = defaults[name]
        return values

    def write(self, row: Any) -> None:
        """Write what was given into the row; fields that are no columns are left to the caller."""
        for name in self.model_fields_set & set(row.attributes()):
            setattr(row, name, getattr(self, name))
        row.date_updated = utc_now()


def _aliases(field: Any) -> list[str]:
    if isinstance(field.validation_alias, AliasChoices):
        return [str(choice) for choice in field.validation_alias.choices]
    return [field.alias] if field.alias else []
