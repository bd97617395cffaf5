"""How the media plane's and the SIP stack's own counters are named in ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from media.plane.statistics import PlaneStatistics
from sip.endpoint import EndpointStatistics

GAUGES = frozenset(
    {
        *("legs", "capacity", "worst_lateness", "commands_waiting", "sounds_held", "realtime"),
        *("rooms", "room_members", "bridges", "legs_speaking"),
        *("server_transactions", "client_transactions", "sessions", "dialogs", "streams"),
    }
)
"""Fields of the plane's and the endpoint's statistics that also fall; all others only grow."""


def figures(statistics: PlaneStatistics | EndpointStatistics) -> Mapping[str, float]:
    """Return the numeric fields under the names that Prometheus expects: what only grows is a total."""
    return {
        shown_as(name): float(value)
        for name, value in asdict(statistics).items()
        if isinstance(value, int | float)
    }


def lateness(statistics: PlaneStatistics) -> Iterable[tuple[float, int]]:
    """Return how late passes began, in seconds: upper bounds, and how many lie below each."""
    return ((bound / 1e6, times) for bound, times in statistics.lateness_microseconds)


def shown_as(name: str) -> str:
    """Return the name that Prometheus expects for a field."""
    return name if name in GAUGES else f"{name}_total"
