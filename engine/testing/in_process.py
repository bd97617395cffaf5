"""What applications asked in this process have in common."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from yarl import URL

from engine import ids
from engine.requests.http_request import Request, Wire, on_wire, pairs
from engine.requests.requester import MOST_REDIRECTS, REDIRECTS
from rcml.testing import Answer, ApplicationDown
from rcml.testing import Request as Asked


@dataclass(frozen=True)
class Response:
    """What an application in this process answered; names of headers are small."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class InProcessApplication(ABC):
    """Asks an application object with the very request that the engine would send, and follows redirects."""

    def __init__(self, auth_token: str) -> None:
        self._auth_token = auth_token

    def answer(self, asked: Asked) -> Answer:
        request = wired(asked, self._auth_token)
        url = URL(request.url)
        for _ in range(MOST_REDIRECTS + 1):
            response = self._exchange(on_wire(request, url, time.time(), None))
            target = response.headers.get("location")
            if response.status not in REDIRECTS or target is None:
                return Answer(response.body, response.headers.get("content-type"), response.status)
            url = URL(urljoin(str(url), target))
        raise ApplicationDown(f"redirected more than {MOST_REDIRECTS} times")

    @abstractmethod
    def _exchange(self, wire: Wire) -> Response:
        """Return the answer to one request."""


def wired(asked: Asked, auth_token: str) -> Request:
    """Return the request as the engine would make it, to be signed with this token."""
    return Request(
        url=asked.url,
        method=asked.method,
        parameters=pairs(asked.parameters),
        auth_token=auth_token,
        event_id=ids.new_sid(ids.EVENT),
    )
