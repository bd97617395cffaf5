"""What texts and mails need of a daemon, as values: a store in memory, and what was told to whom."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.errors import StoreUnavailable
from engine.reporting.metrics import Metrics
from engine.store import CallRow
from engine.store.row import Row

ACCOUNT, CALL = "AC" + "2" * 32, "CA" + "1" * 32


class MemoryStore:
    """Keeps what was saved, each time as it was then."""

    def __init__(self) -> None:
        self.account = SimpleNamespace(sid=ACCOUNT)
        self.healthy = True
        self.takes_rows = True
        self.rows: dict[str, Row] = {}
        self.history: list[tuple[str, str]] = []
        self.found: list[Row] = []
        """What whoever looks for unfinished rows finds, once."""

    def save(self, *rows: Row) -> None:
        for row in rows:
            values = row.values()
            self.rows[values["sid"]] = type(row)(**values)
            self.history.append((values["sid"], str(values["status"])))

    async def commit(self, *rows: Row) -> None:
        if not self.takes_rows:
            raise StoreUnavailable("the disk is full")
        self.save(*rows)

    async def find(self, *_: Any, **__: Any) -> list[Row]:
        found, self.found = self.found, []
        return found

    def all(self, kind: type[Any]) -> list[Any]:
        return [row for row in self.rows.values() if isinstance(row, kind)]

    def statuses(self, sid: str) -> list[str]:
        """The states that a row went through, repetitions left out."""
        found = [status for each, status in self.history if each == sid]
        return list(dict.fromkeys(found))


class PostOffice:
    """The parts around a desk, and what they were told."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.told: list[tuple[str, dict[str, str]]] = []
        self.noted: list[tuple[int, str, str | None]] = []
        self.metrics = Metrics()
        self.outbox = SimpleNamespace(post=self._post)
        self.notifications = SimpleNamespace(add=self._note)

    def _post(self, url: str, parameters: dict[str, str], **more: Any) -> None:
        self.told.append((f"{more['method']} {url}", parameters))

    def _note(self, code: int, message: str, **more: Any) -> None:
        self.noted.append((code, message, more.get("call_sid")))

    @property
    def codes(self) -> list[int]:
        return [code for code, *_ in self.noted]


def call_row(direction: str = "inbound") -> CallRow:
    """Return the record of a call from bob to 1111."""
    return CallRow(
        sid=CALL, account_sid=ACCOUNT, instance_sid="ID" + "3" * 32,
        from_="bob", to="1111", direction=direction, status="in-progress",
    )  # fmt: skip
