"""The HTTP server of the daemon: health, readiness, metrics, recordings and the REST resources."""

from __future__ import annotations

import asyncio
import functools
import json
import ssl
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.conferences import Conferences
from engine.config import Settings
from engine.config.listening import cannot_listen
from engine.http import docs_page
from engine.http.auth import GUESSES, PASSING_KEYS
from engine.http.broken_requests import server_log
from engine.http.doorkeeper import IDLE_WITHIN, Doorkeeper, GuardedSite
from engine.http.guesses import Guesses
from engine.http.live_parts import LiveParts
from engine.http.noted_requests import noting
from engine.http.openapi import description
from engine.http.path_table import PathTable
from engine.http.problems import Problem, add_security_headers, answer_problems
from engine.http.proxies import is_trusted
from engine.http.rest import RestApi
from engine.http.rest_routes import Served, add_routes
from engine.http.trace_context import continue_trace
from engine.queues import Queues
from engine.reporting.metrics import Metrics
from engine.store import Store
from engine.turns import a_request_turn
from engine.usage_triggers import UsageTriggers

MOST_CONNECTIONS = 1000
LARGEST_BODY = 1_048_576
"""Bytes of a request: the form of a long mail, each letter of it escaped."""
_CLOSE_WITHIN = 2.0


Readiness = Callable[[], str | None]
"""Returns None when calls are taken, else why not, such as ``starting`` or ``draining``."""


class HttpServer:
    """Serves until stopped. ``settings`` may be replaced at a reload; the address stays."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        metrics: Metrics,
        readiness: Readiness,
        conferences: Conferences | None = None,
        queues: Queues | None = None,
        most_connections: int = MOST_CONNECTIONS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.settings = settings
        self.live = LiveParts()
        """What the daemon has by now; it says so itself."""
        self.usage_triggers = UsageTriggers(store)
        """Those that the REST API makes; they are looked at once the daemon starts that."""
        self._served = Served(
            store=store,
            conferences=conferences if conferences is not None else Conferences(),
            queues=queues if queues is not None else Queues(store, metrics),
            usage_triggers=self.usage_triggers,
            live=self.live,
            metrics=metrics,
            settings=lambda: self.settings,
        )
        self._metrics = metrics
        self._readiness = readiness
        self._runner: web.AppRunner | None = None
        self._tls = tls
        self._doorkeeper = Doorkeeper(most_connections, trusts=self._trusts)
        self._api: RestApi | None = None
        self._describing = asyncio.Lock()

    async def start(self) -> None:
        """Listen; raise :exc:`engine.errors.ConfigurationError` when the address cannot be had."""
        note = noting(lambda: self.live.traces)
        middlewares = [self._doorkeeper.note_request, self._count, continue_trace, note, answer_problems]
        app = web.Application(middlewares=middlewares, client_max_size=LARGEST_BODY)
        app[GUESSES] = Guesses()
        app[PASSING_KEYS] = self.live.passing_keys
        app.on_response_prepare.append(add_security_headers)
        table = PathTable()
        self._add_routes(table)
        table.move_to(app.router)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=server_log(),
            shutdown_timeout=_CLOSE_WITHIN,
            keepalive_timeout=IDLE_WITHIN,
        )
        await self._runner.setup()
        try:
            listen = self.settings.http.listen
            site = GuardedSite(self._runner, listen.host, listen.port, self._doorkeeper, self._tls)
            await site.start()
        except OSError as error:
            await self.stop()
            raise cannot_listen("http.listen", str(self.settings.http.listen), error) from error

    def _trusts(self, host: str) -> bool:
        return is_trusted(host, self.settings.http.trusted_proxies)

    @property
    def port(self) -> int:
        """The port that is listened on, also when the configuration says 0."""
        assert self._runner is not None, "the server has not been started"
        return int(self._runner.addresses[0][1])

    def routes(self) -> list[web.AbstractRoute]:
        """Return everything that can be asked for."""
        assert self._runner is not None, "the server has not been started"
        return list(self._runner.app.router.routes())

    async def stop(self) -> None:
        """Close, letting requests under way end within two seconds."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._api is not None:
            await self._api.close()

    def _add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/healthz", self._healthz)
        router.add_get("/readyz", self._readyz)
        router.add_get("/metrics", self._show_metrics)
        router.add_get("/openapi.json", self._describe)
        router.add_get("/docs", self._show_docs)
        router.add_get("/sip", self._speak_sip, allow_head=False)
        self._api = add_routes(router, self._served)

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _state(200, "alive")

    async def _readyz(self, _request: web.Request) -> web.Response:
        reason = self._readiness()
        if reason is None and not self._served.store.healthy:
            reason = "the store takes no rows"
        return _state(200, "ready") if reason is None else _state(503, reason)

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=await self._metrics.text_in_turns(a_request_turn),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    async def _describe(self, _request: web.Request) -> web.Response:
        text, _ = await self._described()
        return web.Response(body=text, content_type="application/json", charset="utf-8")

    async def _described(self) -> tuple[bytes, bytes]:
        """Return the description; however many ask for the first one, it is made once."""
        async with self._describing:
            return await asyncio.to_thread(_description, self.settings.public_url)

    async def _show_docs(self, _request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": docs_page.SECURITY_POLICY}
        _, text = await self._described()
        return web.Response(body=text, content_type="text/html", charset="utf-8", headers=headers)

    async def _speak_sip(self, request: web.Request) -> web.StreamResponse:
        sip = self.live.sip
        if sip is None:
            raise Problem(503, "SIP is not served yet. Try again in a second.", {"Retry-After": "1"})
        self._doorkeeper.note(request)
        return await sip.serve(request)

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        await a_request_turn()
        response = await handler(request)
        # Only known methods become a label: the name is the peer's choice.
        method = request.method if request.method in ("GET", "HEAD", "POST", "PUT", "DELETE") else "other"
        self._metrics.http_requests.labels(method, str(response.status)).inc()
        return response


@functools.lru_cache(maxsize=2)
def _description(public_url: str) -> tuple[bytes, bytes]:
    """Return the description as JSON and as a page; making them takes some tenths of a second."""
    document = description(public_url)
    return json.dumps(document, ensure_ascii=False).encode(), docs_page.page(document).encode()


def _state(status: int, word: str) -> web.Response:
    return web.Response(status=status, text=json.dumps({"status": word}), content_type="application/json")
