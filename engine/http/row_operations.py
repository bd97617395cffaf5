"""What the resources whose objects are rows of the store have in common: how a row is changed and deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from engine.http.operations import Asked, ChangeT, CreationT, Operations, R
from engine.http.provisioning import Entry, as_it_is_now
from engine.store import Store

Changing = Callable[[], AbstractAsyncContextManager[None]]
"""Holds off every other change of such rows meanwhile, so that what was looked up stays true."""


class RowOperations(Operations[R, CreationT, ChangeT]):
    """Changes and deletes rows one after another. A kind of rows says what is its own about that."""

    def __init__(self, store: Store, changing: Changing | None = None) -> None:
        """Without ``changing`` rows of this kind alone wait for each other."""
        self._store = store
        lock = asyncio.Lock()
        self._changing = changing or (lambda: lock)

    async def change(self, asked: Asked, row: R, form: ChangeT) -> R:
        self._refuse(row)
        async with self._changing():
            await self._check(row, form)
            row = await as_it_is_now(self._store, row)
            self._write(form, row)
            await self._store.commit(row)
        return row

    async def delete(self, asked: Asked, row: R) -> None:
        self._refuse(row)
        async with self._changing():
            await self._let_go(row)
            kind: Any = type(row)
            await self._store.delete(kind, kind.sid == row.values()["sid"])

    def _refuse(self, row: R) -> None:
        """Raise :class:`engine.http.problems.Problem` for a row that the REST API may not touch."""

    async def _check(self, row: R, form: ChangeT) -> None:
        """Raise :class:`engine.http.problems.Problem` for a form that names what there is not."""

    def _write(self, form: ChangeT, row: R) -> None:
        """Write what was given into the row."""
        assert isinstance(form, Entry), "a form of other fields is written by the kind of its rows"
        form.write(row)

    async def _let_go(self, row: R) -> None:
        """Change or delete what depends on a row that is about to be deleted."""
