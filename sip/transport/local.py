"""What we send to ourselves: a flow without a socket, so that nobody outside can write to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from sip.flow import LOCAL, Flow, Route

HOST: Final = "localhost"
"""The host of both ends. A flow that came along a socket has an address there, and never a name."""

CALLING: Final = Flow(LOCAL, (HOST, 1), (HOST, 2), identity=1)
"""Where our requests to ourselves go, and their responses come from."""
CALLED: Final = Flow(LOCAL, (HOST, 2), (HOST, 1), identity=2)
"""The same path from the other end."""


class LocalTransport:
    """Carries messages from one end of the flow to the other, in order.

    Each arrives in a later turn of the loop, as from a network: who sends is done with sending by then.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_message: Callable[[bytes, Flow], None]) -> None:
        self._loop = loop
        self._on_message = on_message

    def send(self, data: bytes, route: Route) -> None:
        """Send one message along an end of the flow."""
        self._loop.call_soon(self._on_message, data, CALLED if route == CALLING else CALLING)
