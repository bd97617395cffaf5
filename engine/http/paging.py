"""Pages of a list, with the fields and oddities of rest-api.md section 1.5, and as Twilio has them.

A page is asked for by its number or, as the URIs of other pages have it, by a token too; then the number is
only shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from engine.http.problems import Problem

DEFAULT_SIZE, LARGEST_SIZE = 50, 1000
_LARGEST_PAGE = 10_000_000
_PAGING = frozenset({"Page", "PageSize", "PageToken", "AfterSid"})


@dataclass(frozen=True, slots=True)
class Beside:
    """The tokens of the pages after and before one; empty where only numbers lead there."""

    after: str = ""
    before: str = ""


NOTHING_BESIDE = Beside()


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    number: int
    size: int
    query: str = ""
    """The other parameters, so that the next page is one of the same list."""
    token: str = ""

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Page:
        """Read ``Page`` and ``PageSize``; raise :exc:`Problem` for what is not a small whole number."""
        number = _number(query, "Page", 0, 0, _LARGEST_PAGE)
        size = _number(query, "PageSize", DEFAULT_SIZE, 1, LARGEST_SIZE)
        others = {name: value for name, value in query.items() if name not in _PAGING}
        return cls(number, size, urlencode(others), query.get("PageToken", ""))

    @property
    def offset(self) -> int:
        """Items before the page."""
        return self.number * self.size

    def body(
        self,
        path: str,
        key: str,
        items: Sequence[Any],
        total: int,
        last_sid: str,
        beside: Beside = NOTHING_BESIDE,
    ) -> dict[str, Any]:
        """Return the JSON object of this page; raise :exc:`Problem` when it lies beyond the end.

        ``end`` of the last page is one too high: Restcomm's tests assert it.
        """
        last = total // self.size
        if self.token:
            last = max(last, self.number)
        elif self.number > last:
            raise Problem(400, f"Page {self.number} is beyond the last page, {last}.")
        end = self.offset + (len(items) if self.number == last else self.size - 1)
        following = "null"
        if self.number < last:
            following = f"{self._at(path, self.number + 1, beside.after)}&AfterSid={last_sid}"
        return {
            "page": self.number,
            "num_pages": last,
            "page_size": self.size,
            "total": total,
            "start": str(self.offset),
            "end": str(end),
            "uri": path,
            "first_page_uri": self._at(path, 0),
            "previous_page_uri": self._previous(path, beside) or "null",
            "next_page_uri": following,
            "last_page_uri": self._at(path, last),
            key: items,
        }

    def twilio_body(
        self, path: str, key: str, items: Sequence[Any], *, more: bool, beside: Beside = NOTHING_BESIDE
    ) -> dict[str, Any]:
        """Return the JSON object of this page in Twilio's dialect; beyond the end it is empty."""
        return {
            "page": self.number,
            "page_size": self.size,
            "start": self.offset,
            "end": self.offset + max(len(items) - 1, 0),
            "uri": self._at(path, self.number, self.token),
            "first_page_uri": self._at(path, 0),
            "previous_page_uri": self._previous(path, beside),
            "next_page_uri": self._at(path, self.number + 1, beside.after) if more else None,
            key: items,
        }

    def _previous(self, path: str, beside: Beside) -> str | None:
        if self.number == 0:
            return None
        # The first page is the one without a token: whatever is newest by then.
        return self._at(path, self.number - 1, beside.before if self.number > 1 else "")

    def _at(self, path: str, number: int, token: str = "") -> str:
        others = f"&{self.query}" if self.query else ""
        place = f"&PageToken={token}" if token else ""
        return f"{path}?Page={number}&PageSize={self.size}{others}{place}"


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most:
        return int(text)
    raise Problem(400, f"{name} is a whole number from {least} to {most}.")
