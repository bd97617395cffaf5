"""The cookies of each call under test."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import SimpleCookie
from weakref import WeakKeyDictionary

from engine.requests.cookies import Cookies
from rcml.testing import Request


class CallCookies:
    """Keeps them as the engine does: for the documents of one call, until it is over and forgotten."""

    def __init__(self) -> None:
        self._by_call: WeakKeyDictionary[object, Cookies] = WeakKeyDictionary()

    def of(self, asked: Request) -> Cookies | None:
        """Return those that go with a request; None for one that is no call's, such as a callback."""
        return None if asked.call is None else self._by_call.setdefault(asked.call, Cookies())


def told(headers: Iterable[str]) -> SimpleCookie:
    """Read Set-Cookie headers; one that is none sets nothing."""
    cookies = SimpleCookie()
    for header in headers:
        cookies.update(SimpleCookie(header))
    return cookies
