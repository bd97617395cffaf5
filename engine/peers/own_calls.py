"""The calls that we make to ourselves, as our own signalling finds them when they come in."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.exchange.routing import ClientCaller, Ourselves


class OwnCalls:
    """Knows, by Call-ID, what an INVITE along the local flow does not say of who calls.

    Only an INVITE that no socket carried may be looked up here: a Call-ID proves nothing.
    """

    def __init__(self) -> None:
        self._calls: dict[str, Ourselves | ClientCaller] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def made(self, call_id: str, who: Ourselves | ClientCaller, ended: asyncio.Future[Any]) -> None:
        """Know a call of ours until it has ``ended``."""
        self._calls[call_id] = who
        ended.add_done_callback(lambda _: self._calls.pop(call_id, None))

    def caller(self, call_id: str) -> Ourselves | ClientCaller:
        """Return who calls; one whose call ended before it came in has nobody to answer for it."""
        return self._calls.get(call_id, Ourselves())
