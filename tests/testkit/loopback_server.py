"""An HTTP server on loopback in the process of the test: what all stand-ins for applications share."""

from __future__ import annotations

from abc import abstractmethod
from types import TracebackType
from typing import Any, Self

from aiohttp import web


class LoopbackServer:
    """Use as `async with`; a subclass says what it serves in `_application`, and may prepare for its end."""

    shutdown_timeout = 0.5
    """Seconds that requests get to end when the server does."""

    def __init__(self, port: int = 0, **runner: Any) -> None:
        """Take a port, 0 for any; ``runner`` are further options of aiohttp's ``AppRunner``."""
        self._port = port
        self._options = runner
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def _application(self) -> web.Application:
        """Return what is served."""

    def _close(self) -> None:
        """Let go of whatever would hold up the end."""

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(
            self._application(), access_log=None, shutdown_timeout=self.shutdown_timeout, **self._options
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner
        self._close()
        await self._runner.cleanup()
