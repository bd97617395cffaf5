"""Applications of FastAPI, Starlette and other ASGI frameworks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from engine.requests.http_request import Wire
from engine.testing.errors import UnknownApplication
from engine.testing.in_process import InProcessApplication, Response
from engine.testing.loop_thread import LoopThread


class AsgiApplication(InProcessApplication):
    """An application that speaks ASGI 3, with lifespan."""

    def __init__(self, application: Callable[..., Any], loop: LoopThread, auth_token: str) -> None:
        super().__init__(loop, auth_token)
        self._application = application
        self._awake = False

    def _exchange(self, wire: Wire) -> Response:
        return self._loop.run(self._ask(wire))

    async def _ask(self, wire: Wire) -> Response:
        if not self._awake:
            self._awake = True
            await self._begin_lifespan()
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": wire.body or b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            told.append(message)

        await self._application(_scope(wire), receive, send)
        start = next(message for message in told if message["type"] == "http.response.start")
        body = b"".join(
            message.get("body", b"") for message in told if message["type"] == "http.response.body"
        )
        headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"]
        ]
        cookies = [value for name, value in headers if name == "set-cookie"]
        return Response(start["status"], dict(headers), body, cookies)

    async def _begin_lifespan(self) -> None:
        """Let the application start up; one without lifespan raises or returns, which is no failure."""
        begun = asyncio.get_running_loop().create_future()
        heard = [{"type": "lifespan.startup"}]

        async def receive() -> dict[str, Any]:
            if heard:
                return heard.pop()
            await asyncio.Event().wait()
            raise AssertionError("nobody sets that event")

        async def send(message: dict[str, Any]) -> None:
            if not begun.done():
                begun.set_result(message)

        async def live() -> None:
            try:
                await self._application({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
            finally:
                if not begun.done():
                    begun.set_result(None)

        lifespan = asyncio.ensure_future(live())
        lifespan.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        message = await begun
        if message is not None and message["type"] == "lifespan.startup.failed":
            raise UnknownApplication(f"the application did not start: {message.get('message', '')}")


def _scope(wire: Wire) -> dict[str, Any]:
    """Return an ASGI HTTP connection scope."""
    headers = {"host": wire.url.authority, "content-length": str(len(wire.body or b"")), **wire.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": wire.method,
        "scheme": wire.url.scheme,
        "path": wire.url.path,
        "raw_path": wire.url.raw_path.encode("ascii"),
        "query_string": wire.url.raw_query_string.encode("ascii"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
        ],
        "client": ("127.0.0.1", 0),
        "server": (wire.url.host or "", wire.url.port or 80),
    }
