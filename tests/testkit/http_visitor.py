"""Somebody who asks a running HTTP server, with the accounts that its tests know."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from engine.http import HttpServer

ROOT, CHILD, STRANGER, CLOSED = ("AC" + letter * 32 for letter in "abcd")
TOKEN = "t" * 32


class Visitor:
    """Asks a running server, as whoever it is told to be."""

    def __init__(self, server: HttpServer, session: aiohttp.ClientSession) -> None:
        self.url = f"http://127.0.0.1:{server.port}"
        self._session = session

    async def get(
        self, path: str, user: str | None = ROOT, token: str = TOKEN, **more: Any
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        headers = {"Accept": "application/json", **more.pop("headers", {})}
        if user is not None:
            headers["Authorization"] = aiohttp.encode_basic_auth(user, token)
        method = more.pop("method", "GET")
        url = self.url + path
        async with self._session.request(method, url, headers=headers, **more) as response:
            body = await response.read()
        return response, body

    async def post(self, path: str, user: str | None = ROOT, **fields: str) -> tuple[int, Any]:
        """Send a form; return status and body."""
        response, body = await self.get(path, user, method="POST", data=fields)
        return response.status, json.loads(body)

    async def json(self, path: str, **more: Any) -> Any:
        response, body = await self.get(path, **more)
        assert response.status == 200, body
        return json.loads(body)
