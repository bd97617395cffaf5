"""Making, renaming and deleting outgoing caller ids through the REST API."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from engine import ids
from engine.http.operations import Asked, Operations
from engine.http.provisioning import as_it_is_now
from engine.http.resources.caller_ids import CallerIdChange, CallerIdCreation
from engine.store import CallerIdRow, Store


class CallerIdOperations(Operations[CallerIdRow, CallerIdCreation, CallerIdChange]):
    """Keeps caller ids. As in Restcomm the number is checked for its form, and nobody is rung to prove it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = asyncio.Lock()

    async def create(self, asked: Asked, form: CallerIdCreation) -> Sequence[CallerIdRow]:
        """Make one; the same number again is the same one."""
        async with self._lock:
            owned = CallerIdRow.account_sid == asked.account.sid
            same = await self._store.find(CallerIdRow, owned, CallerIdRow.phone_number == form.phone_number)
            if same:
                return same
            row = CallerIdRow(
                sid=ids.new_sid(ids.NUMBER),
                account_sid=asked.account.sid,
                phone_number=form.phone_number,
                friendly_name=form.friendly_name or form.phone_number,
            )
            await self._store.commit(row)
        return [row]

    async def change(self, asked: Asked, row: CallerIdRow, form: CallerIdChange) -> CallerIdRow:
        async with self._lock:
            row = await as_it_is_now(self._store, row)
            form.write(row)
            row.friendly_name = row.friendly_name or row.phone_number
            await self._store.commit(row)
        return row

    async def delete(self, asked: Asked, row: CallerIdRow) -> None:
        async with self._lock:
            await self._store.delete(CallerIdRow, CallerIdRow.sid == row.sid)
