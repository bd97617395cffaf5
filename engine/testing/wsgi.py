"""Applications of Flask, Django and other WSGI frameworks."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any

from engine.requests.http_request import Wire
from engine.testing.in_process import InProcessApplication, Response
from engine.testing.loop_thread import LoopThread


class WsgiApplication(InProcessApplication):
    """An application that speaks WSGI (PEP 3333)."""

    def __init__(
        self, application: Callable[..., Iterable[bytes]], loop: LoopThread, auth_token: str
    ) -> None:
        super().__init__(loop, auth_token)
        self._application = application

    def _exchange(self, wire: Wire) -> Response:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], error: object = None) -> None:
            begun.append((status, headers))

        body = self._application(_environ(wire), start_response)
        try:
            content = b"".join(body)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
        status, headers = begun[-1]
        cookies = [value for name, value in headers if name.lower() == "set-cookie"]
        return Response(
            int(status.split()[0]), {name.lower(): value for name, value in headers}, content, cookies
        )


def _environ(wire: Wire) -> dict[str, Any]:
    """Return a WSGI environment (PEP 3333)."""
    body = wire.body or b""
    environ = {
        "REQUEST_METHOD": wire.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": wire.url.path,
        "QUERY_STRING": wire.url.raw_query_string,
        "SERVER_NAME": wire.url.host or "",
        "SERVER_PORT": str(wire.url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": wire.url.authority,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": wire.url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in wire.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ
