"""Connection overrides in a URL's fragment, as Twilio has them: ``#ct=2000&rt=500&rc=2&rp=5xx,ct``.

``ct``, ``rt``, ``tt`` are milliseconds to connect, to wait for an answer, and in all; ``rc`` is how
often to try again, ``rp`` after which failures.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qsl, urldefrag

from engine.errors import Cause
from rcml.values import LONGEST_URL

_SMALLEST_MS = 100
_LONGEST_CONNECT_MS, _LONGEST_MS = 10_000, 15_000
_MOST_RETRIES = 5
_POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How one request is made; all times in seconds."""

    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 15.0
    """Redirects and retries included."""
    retries: int = 1
    retry_after: frozenset[str] = frozenset({"ct"})

    def retries_after(self, cause: Cause, status: int | None) -> bool:
        """Say whether this failure is one to try again after."""
        if cause in (Cause.URL, Cause.ANSWER, Cause.SIZE):
            return False
        if "all" in self.retry_after:
            return True
        if cause is Cause.STATUS and status is not None:
            return f"{status // 100}xx" in self.retry_after
        return cause.value in self.retry_after


def split_options(url: str, defaults: FetchOptions) -> tuple[str, FetchOptions]:
    """Return the URL without its fragment, and the options that the fragment asks for.

    Values out of range are brought into it and unknown ones ignored: a caller is waiting.
    """
    # What is no URL at all is refused by whoever reads it.
    return _split(url, defaults) if len(url) <= LONGEST_URL else (url, defaults)


@lru_cache(256)
def _split(url: str, defaults: FetchOptions) -> tuple[str, FetchOptions]:
    try:
        plain, fragment = urldefrag(url)
    except ValueError:
        # Half a pair of brackets.
        return url, defaults
    if not plain:
        return url, defaults
    options = defaults
    for name, value in parse_qsl(fragment):
        options = _override(options, name, value)
    return plain, options


def _override(options: FetchOptions, name: str, value: str) -> FetchOptions:
    if name == "rp":
        wanted = frozenset(part.strip().lower() for part in value.split(",")) & _POLICIES
        return replace(options, retry_after=wanted) if wanted else options
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        return options
    number = int(value)
    if name == "ct":
        return replace(options, connect_timeout=_seconds(number, _LONGEST_CONNECT_MS))
    if name == "rt":
        return replace(options, read_timeout=_seconds(number, _LONGEST_MS))
    if name == "tt":
        return replace(options, total_timeout=_seconds(number, _LONGEST_MS))
    if name == "rc":
        return replace(options, retries=min(number, _MOST_RETRIES))
    return options


def _seconds(milliseconds: int, longest: int) -> float:
    return max(_SMALLEST_MS, min(milliseconds, longest)) / 1000
