"""An application behind a URL."""

from __future__ import annotations

import ipaddress

from aiohttp import web

from engine.config.schema import WebhooksSection
from engine.errors import RequestRefused
from engine.requests.fetch_options import FetchOptions
from engine.requests.network_policy import NetworkPolicy
from engine.requests.requester import Requester
from engine.testing.call_cookies import CallCookies
from engine.testing.in_process import wired
from engine.testing.loop_thread import LoopThread
from rcml.testing import Answer, ApplicationDown
from rcml.testing import Request as Asked

EVERYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
"""A test asks what its author named, and that may be anywhere."""


class LiveApplication:
    """An application behind a URL, asked as the daemon asks it; redirects, limits and all."""

    def __init__(self, loop: LoopThread, auth_token: str) -> None:
        self._loop = loop
        self._auth_token = auth_token
        self._requester: Requester | None = None
        self._cookies = CallCookies()

    def answer(self, asked: Asked) -> Answer:
        return self._loop.run(self._answer(asked))

    def close(self) -> None:
        """Close connections."""
        if self._requester is not None:
            self._loop.run(self._requester.close())

    async def _answer(self, asked: Asked) -> Answer:
        if self._requester is None:
            self._requester = _requester()
        try:
            answer = await self._requester.send(wired(asked, self._auth_token, self._cookies))
        except RequestRefused as refused:
            if refused.status is not None:
                return Answer(refused.body, None, refused.status)
            raise ApplicationDown(refused.reason) from refused
        return Answer(answer.body, answer.content_type, answer.status, answer.moved_to)


class ServedApplication:
    """An aiohttp application on a loopback port of its own."""

    def __init__(self, application: web.Application, loop: LoopThread) -> None:
        self._runner = web.AppRunner(application, access_log=None)
        self._loop = loop
        self.url = loop.run(self._serve())

    def close(self) -> None:
        """Stop serving."""
        self._loop.run(self._runner.cleanup())

    async def _serve(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}/"


def _requester() -> Requester:
    webhooks = WebhooksSection()
    options = FetchOptions(
        connect_timeout=webhooks.connect_timeout,
        read_timeout=webhooks.timeout,
        total_timeout=webhooks.timeout,
    )
    return Requester(options, NetworkPolicy(EVERYWHERE))
