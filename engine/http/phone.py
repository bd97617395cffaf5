"""The browser phone at ``/phone``: its files, and the tokens that its page signs in with.

The page is built from `phone/` (JavaScript and JsSIP) into a folder of this package, which a wheel has and a
checkout without Node has not: then a page says how to get it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from aiohttp import web
from pydantic import Field

from engine.config import Settings
from engine.http import own_pages
from engine.http.answers import json_response
from engine.http.forms import Form, read_form
from engine.http.own_pages import served_file
from engine.http.problems import Problem
from engine.http.proxies import source_of
from engine.http.same_user import is_before_us
from engine.legs.ice_servers import LONGEST_CALL, ice_servers, relay_user
from engine.peers.phone_desk import PhoneDesk, SignedIn, SignInRefused, TooManyFailures
from engine.version import version

BUILT: Final = Path(__file__).parent / "phone_page"
FILES: Final = ("phone.js", "phone.css", "icon.svg", "licences.txt")
HEADERS: Final = {
    **own_pages.HEADERS,
    "Permissions-Policy": "microphone=(self), speaker-selection=(self), camera=(), geolocation=()",
}
NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The phone is not built</title>
<h1>The phone is not built yet</h1>
<p>This is a checkout of the sources, and the page of the browser phone was not built in it.</p>
<p>Install Node.js 18 or newer with npm, run <code>make phone</code>, and reload this page.
An installed package of Dialplane has the page built in. Everything else works without it:
call Dialplane with a softphone meanwhile.</p>
</html>
"""


def is_built() -> bool:
    """Tell whether there is a page to be served."""
    return (BUILT / "index.html").is_file()


class SignIn(Form):
    """What the page sends to sign in."""

    login: str = Field("", alias="Login", max_length=64)
    password: str = Field("", alias="Password", max_length=128, repr=False)


class PhoneSite:
    """Serves the page. ``find_desk`` returns None while the daemon starts."""

    def __init__(
        self, find_desk: Callable[[], PhoneDesk | None], settings: Callable[[], Settings], built: Path = BUILT
    ) -> None:
        self._find_desk = find_desk
        self._settings = settings
        self._built = built

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths."""
        router.add_get("/phone", self._page)
        router.add_get("/phone/", self._without_slash)
        router.add_get("/phone/settings.json", self._tell_settings)
        router.add_get("/phone/token", self._look)
        router.add_post("/phone/token", self._sign_in)
        router.add_post("/phone/token/renewed", self._renew)
        router.add_post("/phone/token/ready", self._sign_in_ready)
        router.add_get("/phone/{file}", self._file)

    async def _without_slash(self, request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("/phone")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        page = self._built / "index.html"
        if not page.is_file():
            return web.Response(status=503, text=NOT_BUILT, content_type="text/html", charset="utf-8")
        return served_file(page, HEADERS)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if name not in FILES:
            raise web.HTTPNotFound
        return served_file(self._built / name, HEADERS)

    async def _tell_settings(self, request: web.Request) -> web.Response:
        ready = self._desk.ready if self._desk.ready and await is_before_us(request) else ""
        return json_response(
            {
                "realm": self._settings().sip.realm,
                "version": version(),
                "ready_login": ready,
                # Whom a newcomer may call: the demo takes every name, and so does an --app in its place.
                "suggestion": "demo" if ready else "",
            }
        )

    async def _sign_in(self, request: web.Request) -> web.Response:
        form = await read_form(request, SignIn)
        forwarded = request.headers.getall("X-Forwarded-For", [])
        source = source_of(request.remote or "", forwarded, self._settings().http.trusted_proxies)
        return self._answer(lambda: self._desk.sign_in(form.login, form.password, source))

    async def _sign_in_ready(self, request: web.Request) -> web.Response:
        if not self._desk.ready or not await is_before_us(request):
            raise web.HTTPNotFound
        return self._answer(self._desk.sign_in_ready)

    async def _renew(self, request: web.Request) -> web.Response:
        return self._answer(lambda: self._desk.renew(_bearer(request)))

    async def _look(self, request: web.Request) -> web.Response:
        return self._answer(lambda: self._desk.look(_bearer(request)))

    def _answer(self, ask: Callable[[], SignedIn]) -> web.Response:
        try:
            signed_in = ask()
        except TooManyFailures as refusal:
            raise Problem(429, str(refusal), {"Retry-After": "300"}) from None
        except SignInRefused as refusal:
            raise Problem(401, str(refusal), {"WWW-Authenticate": "Bearer"}) from None
        media = self._settings().media
        user = relay_user(media, signed_in.login, int(time.time()) + signed_in.seconds + LONGEST_CALL)
        return json_response({**asdict(signed_in), "ice_servers": ice_servers(media, user)})

    @property
    def _desk(self) -> PhoneDesk:
        desk = self._find_desk()
        if desk is None:
            raise Problem(503, "The server is starting. Try again in a moment.", {"Retry-After": "1"})
        return desk


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
