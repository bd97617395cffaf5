"""What applications asked in this process have in common."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from yarl import URL

from engine import ids
from engine.requests.cookies import Cookies
from engine.requests.http_request import Request, Wire, on_wire, pairs, redirected, without_parameters
from engine.requests.requester import MOST_REDIRECTS, REDIRECTS
from engine.testing.call_cookies import CallCookies, told
from engine.testing.loop_thread import LoopThread
from rcml.api_version import TWILIOS_API_VERSION
from rcml.testing import Answer, ApplicationDown
from rcml.testing import Request as Asked


@dataclass(frozen=True)
class Response:
    """What an application in this process answered; names of headers are small."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Sequence[str] = ()
    """Its Set-Cookie headers."""


class InProcessApplication(ABC):
    """Asks an application object with the very request that the engine would send, and follows redirects."""

    def __init__(self, loop: LoopThread, auth_token: str) -> None:
        self._loop = loop
        self._auth_token = auth_token
        self._cookies = CallCookies()

    def answer(self, asked: Asked) -> Answer:
        request = wired(asked, self._auth_token, self._cookies)
        url, moved_to = URL(request.url), ""
        for _ in range(MOST_REDIRECTS + 1):
            wire = on_wire(request, url, time.time(), None)
            response = self._exchange(wire)
            if request.cookies is not None and response.cookies:
                self._loop.run(_keep(request.cookies, wire.url, response.cookies))
            target = response.headers.get("location")
            if response.status not in REDIRECTS or target is None:
                return Answer(response.body, response.headers.get("content-type"), response.status, moved_to)
            request = redirected(request, response.status)
            url = URL(urljoin(str(url), target))
            moved_to = without_parameters(url, request.parameters)
        raise ApplicationDown(f"redirected more than {MOST_REDIRECTS} times")

    @abstractmethod
    def _exchange(self, wire: Wire) -> Response:
        """Return the answer to one request."""


async def _keep(cookies: Cookies, url: URL, headers: Sequence[str]) -> None:
    """Keep what an answer sets; a jar is made on an event loop only."""
    cookies.receive(url, told(headers))


def wired(asked: Asked, auth_token: str, cookies: CallCookies) -> Request:
    """Return the request as the engine would make it, to be signed with this token."""
    version = asked.parameters.get("ApiVersion")
    return Request(
        url=asked.url,
        method=asked.method,
        parameters=pairs(asked.parameters),
        auth_token=auth_token,
        event_id=ids.new_sid(ids.EVENT),
        cookies=cookies.of(asked),
        redirected_as_get=asked.call is not None and version == TWILIOS_API_VERSION,
    )
