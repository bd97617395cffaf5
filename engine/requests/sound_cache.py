"""Keeps fetched sounds, as the server that sent them allows (RFC 9111), within a bound of bytes."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.requests.http_request import Answer

LARGEST = 67_108_864
"""Bytes of all kept sounds; decoded prompts are cached again, by content, in the media floor."""
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NO_STORE = re.compile(r"(?:^|,)\s*no-store\b", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|,)\s*no-cache\b", re.IGNORECASE)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class KeptSound:
    """A sound, until when it may be used unasked, and how to ask whether it is still the same."""

    answer: Answer
    fresh_until: float
    conditions: Mapping[str, str]


class SoundCache:
    """Sounds by key; the least recently used is dropped first. Time is an argument, in seconds."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._sounds: OrderedDict[Key, KeptSound] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._sounds)

    def fresh(self, key: Key, now: float) -> Answer | None:
        """Return the sound when it may be used without asking."""
        kept = self._sounds.get(key)
        if kept is None or now >= kept.fresh_until:
            return None
        self._sounds.move_to_end(key)
        return kept.answer

    def conditions(self, key: Key) -> Mapping[str, str]:
        """Return the headers that ask for a change only."""
        kept = self._sounds.get(key)
        return kept.conditions if kept is not None else {}

    def receive(self, key: Key, answer: Answer, now: float) -> Answer | None:
        """Keep what came in and return the sound; None for a 304 to something no longer kept."""
        if answer.status == 304:
            kept = self._sounds.get(key)
            if kept is None:
                return None
            self._keep(key, replace(kept, fresh_until=now + _max_age(answer.headers)))
            return kept.answer
        self._forget(key)
        conditions = _conditions(answer.headers)
        max_age = _max_age(answer.headers)
        storable = not _NO_STORE.search(answer.headers.get("Cache-Control", ""))
        if storable and (conditions or max_age) and len(answer.body) <= self._largest:
            self._keep(key, KeptSound(answer, now + max_age, conditions))
        return answer

    def _keep(self, key: Key, kept: KeptSound) -> None:
        self._forget(key)
        self._sounds[key] = kept
        self._bytes += len(kept.answer.body)
        while self._bytes > self._largest:
            self._forget(next(iter(self._sounds)))

    def _forget(self, key: Key) -> None:
        dropped = self._sounds.pop(key, None)
        if dropped is not None:
            self._bytes -= len(dropped.answer.body)


def _max_age(headers: Mapping[str, str]) -> int:
    control = headers.get("Cache-Control", "")
    if _NO_CACHE.search(control) or _NO_STORE.search(control):
        return 0
    match = _MAX_AGE.search(control)
    return int(match[1]) if match else 0


def _conditions(headers: Mapping[str, str]) -> dict[str, str]:
    asked = {"If-None-Match": headers.get("ETag"), "If-Modified-Since": headers.get("Last-Modified")}
    return {name: value for name, value in asked.items() if value}
