"""The cookies that applications set for those who write to them."""

from __future__ import annotations

from collections import OrderedDict

from engine.requests.cookies import Cookies
from engine.store import MessageRow

KEPT_FOR = 4 * 3600.0
"""Seconds after the last text that the cookies of two who write to each other are kept, as with Twilio."""
MOST_KEPT = 10_000
"""Pairs of sender and number; those who wrote longest ago are forgotten first."""


class Correspondence:
    """Gives each text the cookies of the ones before it, from the same sender to the same number.

    An application that keeps what was said in its framework's session finds it again. They live in memory.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], tuple[Cookies, float]] = OrderedDict()

    def cookies(self, text: MessageRow, now: float) -> Cookies:
        """Return what the application of a text is sent along, and may add to."""
        key = text.account_sid, text.from_, text.to
        cookies, until = self._kept.pop(key, (Cookies(), now))
        if until < now:
            cookies = Cookies()
        self._kept[key] = cookies, now + KEPT_FOR
        self._forget(now)
        return cookies

    def _forget(self, now: float) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            if len(self._kept) <= MOST_KEPT and self._kept[oldest][1] >= now:
                return
            del self._kept[oldest]
