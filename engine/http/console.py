"""The console at ``/``: its files, which are served as they lie in this package, and a newcomer's key.

Everything that the page shows comes from the REST API, with the credentials of whoever signs in.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Final

from aiohttp import web

from engine.http import own_pages
from engine.http.answers import json_response
from engine.http.live_parts import LiveParts
from engine.http.own_pages import served_file
from engine.http.same_user import is_before_us
from engine.store import Store
from engine.version import version

PAGE: Final = Path(__file__).parent / "console_page"
FILES: Final = frozenset(path.name for path in PAGE.iterdir() if path.suffix in own_pages.TYPES)
HEADERS: Final = {
    **own_pages.HEADERS,
    # Where a browser knows trusted types, text cannot become markup by any mistake of the page.
    "Content-Security-Policy": (
        f"{own_pages.CONTENT_POLICY}; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Permissions-Policy": "microphone=(), camera=(), geolocation=()",
}


class ConsoleSite:
    """Serves the page, and grants a key to who opens it on the machine of ``dialplane dev``."""

    def __init__(self, store: Store, live: LiveParts) -> None:
        self._store = store
        self._live = live

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths."""
        router.add_get("/", self._page)
        router.add_get("/console/settings.json", self._tell_settings)
        router.add_post("/console/key", self._grant)
        router.add_get("/console/{file}", self._file)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return served_file(PAGE / "index.html", HEADERS)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if name not in FILES:
            raise web.HTTPNotFound
        return served_file(PAGE / name, HEADERS)

    async def _tell_settings(self, request: web.Request) -> web.Response:
        ready = self._live.passing_keys.offered and await is_before_us(request)
        return json_response({"version": version(), "ready": ready})

    async def _grant(self, request: web.Request) -> web.Response:
        # Browsers name their page with every POST; a program that was led here by a URL does not.
        named = "Origin" in request.headers
        if not named or not self._live.passing_keys.offered or not await is_before_us(request):
            raise web.HTTPNotFound
        key = self._live.passing_keys.grant()
        return json_response({"account_sid": self._store.account.sid, **asdict(key)})
