"""The clients of the store, in memory: every REGISTER and INVITE asks for one, now."""

from __future__ import annotations

from collections.abc import Iterable

from engine.accounts import AccountTree
from engine.store import ClientRow, Store


class ClientDirectory:
    """Finds clients by login. :meth:`refresh` it when clients were added, changed or removed."""

    def __init__(self, rows: Iterable[ClientRow] = ()) -> None:
        self._by_login = {row.login: row for row in rows}

    async def refresh(self, store: Store, accounts: AccountTree) -> None:
        """Read the clients anew. Those of an account that may do nothing now count as closed."""
        rows = await store.find(ClientRow)
        for row in rows:
            row.status = 0 if accounts.inactive(row.account_sid) else row.status
        self._by_login = {row.login: row for row in rows}

    def find(self, login: str) -> ClientRow | None:
        """Return the client with exactly this login."""
        return self._by_login.get(login)

    def enabled(self, login: str) -> bool:
        """Tell whether there is such a client and it is not closed."""
        row = self._by_login.get(login)
        return row is not None and row.status == 1

    def srtp(self, login: str) -> str:
        """Return a client's policy of encryption; empty where the configuration's default counts."""
        row = self._by_login.get(login)
        return row.srtp if row is not None else ""

    def __len__(self) -> int:
        return len(self._by_login)
