"""Who speaks, from how loud each member is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

LOUD_DBFS = -42.0
"""Level above which a member speaks: speech lies at -30 to -15, the noise of a quiet line below -55."""
STOPS_AFTER = 1.0
"""Seconds of quiet that end speech, so that a breath does not."""


class Speakers:
    """Turns levels, given again and again, into beginnings and ends of speech."""

    def __init__(self) -> None:
        self._last_loud: dict[str, float] = {}

    def update(self, levels: Mapping[str, float], now: float) -> Iterable[tuple[str, bool]]:
        """Take the level of everybody in dBFS; return who has begun to speak (true) or stopped (false).

        Who is not among ``levels`` any more is forgotten without a word.
        """
        changes = []
        for sid in self._last_loud.keys() - levels.keys():
            del self._last_loud[sid]
        for sid, level in levels.items():
            if level > LOUD_DBFS:
                if sid not in self._last_loud:
                    changes.append((sid, True))
                self._last_loud[sid] = now
            elif sid in self._last_loud and now - self._last_loud[sid] >= STOPS_AFTER:
                del self._last_loud[sid]
                changes.append((sid, False))
        return changes
