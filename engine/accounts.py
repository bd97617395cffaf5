"""The tree of accounts, in memory: every call and every signature asks for one, now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from engine.store import AccountRow, Store

ACTIVE, SUSPENDED, CLOSED = "active", "suspended", "closed"
DEEPEST = 3
"""Levels of accounts below the root account."""


class AccountTree:
    """Knows who is above whom, and by which key each account signs. :meth:`refresh` it after changes."""

    def __init__(self, rows: Iterable[AccountRow] = (), root: AccountRow | None = None) -> None:
        self._by_sid = {row.sid: row for row in rows}
        self._root = root

    @classmethod
    async def of(cls, store: Store) -> Self:
        """Return the accounts of a store."""
        tree = cls()
        await tree.refresh(store)
        return tree

    async def refresh(self, store: Store) -> None:
        """Read the accounts anew."""
        self._by_sid = {row.sid: row for row in await store.find(AccountRow)}
        self._root = self._by_sid.get(store.account.sid, store.account)

    def signing_key(self, sid: str) -> str:
        """Return the token that signs requests for an account; the root account's where none is named."""
        row = self._by_sid.get(sid, self._root)
        return row.auth_token if row is not None else ""

    def inactive(self, sid: str) -> str | None:
        """Return in which state an account is that may do nothing now; None for one that may."""
        row = self._by_sid.get(sid)
        return None if row is None or row.status == ACTIVE else row.status

    def owner(self, of_application: str, of_caller: str) -> str:
        """Return whose a call is, by who owns the application that runs and the client that calls.

        A sub-account's client may dial the numbers of the accounts above it: the call is the sub-account's
        then, and those above see it too. Else the application's owner must see it. Empty: of neither.
        """
        if of_caller and (not of_application or self._is_within(of_caller, of_application)):
            return of_caller
        return of_application

    def _is_within(self, sid: str, ancestor: str) -> bool:
        for _ in range(DEEPEST + 1):
            if sid == ancestor:
                return True
            row = self._by_sid.get(sid)
            if row is None or row.parent_sid is None:
                return False
            sid = row.parent_sid
        return False
