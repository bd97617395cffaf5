"""What a registrar keeps over a restart, in memory."""

import asyncio
from collections.abc import Iterable

from engine.errors import StoreUnavailable
from sip.bindings import Binding


class MemoryBindings:
    """Keeps bindings as a store does, and breaks when told to."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, Binding]] = {}
        self.broken = False

    async def keep(self, login: str, bindings: Iterable[Binding], now: float) -> None:
        await asyncio.sleep(0.001)
        if self.broken:
            raise StoreUnavailable("broken for a test")
        self.rows.update({binding.identity: (login, binding) for binding in bindings})

    async def forget(self, bindings: Iterable[Binding]) -> None:
        await asyncio.sleep(0.001)
        if self.broken:
            raise StoreUnavailable("broken for a test")
        for binding in bindings:
            self.rows.pop(binding.identity, None)

    async def load(self, now: float) -> list[tuple[str, Binding]]:
        return list(self.rows.values())
