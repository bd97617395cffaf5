"""Cookies that applications set for one call, and get back with its later requests (RFC 6265)."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie

from aiohttp import CookieJar
from yarl import URL

MOST_COOKIES, LONGEST_COOKIE = 50, 4096
"""As many, and characters of one, as RFC 6265 section 6.1 asks of a user agent at least."""


class Cookies:
    """The cookies of one call, by the host that set them.

    An application that keeps its state in the framework's session finds it again with every document of the
    call. They live in memory and end with the call.
    """

    def __init__(self) -> None:
        self._jar: CookieJar | None = None

    def receive(self, url: URL, told: SimpleCookie) -> None:
        """Keep what the answer of a URL sets; what is too much is left out."""
        if not told:
            return
        if self._jar is None:
            # Unsafe is aiohttp's word for a host that is an address: applications of a private network are.
            self._jar = CookieJar(unsafe=True, quote_cookie=False)
        fits = {
            name: _as_written(cookie)
            for name, cookie in told.items()
            if len(name) + len(cookie.coded_value) <= LONGEST_COOKIE
        }
        if len(self._jar) + len(fits) <= MOST_COOKIES:
            self._jar.update_cookies(fits, url)

    def header(self, url: URL) -> str:
        """Return the Cookie header of a request to a URL; empty for none."""
        if self._jar is None:
            return ""
        kept = self._jar.filter_cookies(url)
        return "; ".join(f"{name}={cookie.value}" for name, cookie in kept.items())


def _as_written(cookie: Morsel[str]) -> Morsel[str]:
    """Return the cookie with the value that was sent: it goes back as it came, quotes included."""
    written: Morsel[str] = Morsel()
    written.update(cookie)
    written.set(cookie.key, cookie.coded_value, cookie.coded_value)
    return written
