"""How late a daemon's event loop was while something was done to it, by the daemon's own metrics."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_BUCKET = re.compile(r'dialplane_loop_(own_)?lag_seconds_bucket\{le="([^"]+)"\} (\S+)')


@dataclass(frozen=True)
class LoopLag:
    """Histograms: wake-ups by the seconds that they were late at most, and what the loop's work caused."""

    every: dict[float, float]
    own: dict[float, float]

    @classmethod
    def of(cls, metrics: str) -> LoopLag:
        """Read the text of /metrics."""
        found: tuple[dict[float, float], dict[float, float]] = ({}, {})
        for own, limit, count in _BUCKET.findall(metrics):
            found[bool(own)][float(limit)] = float(count)
        return cls(*found)

    def since(self, before: LoopLag) -> LoopLag:
        """Return the wake-ups after those of ``before``."""
        return LoopLag(_less(self.every, before.every), _less(self.own, before.own))

    def plus(self, more: LoopLag) -> LoopLag:
        """Return both together."""
        return LoopLag(_more(self.every, more.every), _more(self.own, more.own))

    def text(self) -> str:
        """Return it as it stands in /metrics: what one process of tests tells another is text."""
        return "".join(
            f'dialplane_loop_{kind}lag_seconds_bucket{{le="{limit}"}} {count}\n'
            for kind, histogram in (("", self.every), ("own_", self.own))
            for limit, count in histogram.items()
        )

    @property
    def wake_ups(self) -> int:
        return int(self.every.get(math.inf, 0))

    def __str__(self) -> str:
        return (
            f"lag p99 {_percentile(self.every, 0.99)} ms ({_percentile(self.own, 0.99)} of the loop's own "
            f"work) in {self.wake_ups} wake-ups"
        )


def _less(histogram: dict[float, float], before: dict[float, float]) -> dict[float, float]:
    return {limit: count - before.get(limit, 0.0) for limit, count in histogram.items()}


def _more(histogram: dict[float, float], more: dict[float, float]) -> dict[float, float]:
    return {limit: count + more.get(limit, 0.0) for limit, count in histogram.items()}


def _percentile(histogram: dict[float, float], share: float) -> str:
    """Return the limit, in ms, within which this share lies: ``<= 5``, or beyond all that are counted."""
    most = histogram.get(math.inf, 0.0) * share
    limits = [limit for limit, count in sorted(histogram.items()) if count >= most]
    if not limits:
        return "?"
    return f"<= {limits[0] * 1000:g}" if limits[0] < math.inf else "beyond 1000"
