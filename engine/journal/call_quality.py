"""How a leg sounded, for the record of its call: loss, jitter, delays and an estimated opinion."""

from __future__ import annotations

from typing import Any

from engine.legs.sip_leg import SipLeg
from media.plane.statistics import LegStatistics
from media.quality import Path, mean_opinion_score

FRAME = 0.020
"""Seconds of sound that are heard and said in one go: what passes through us waits so long at least."""


def quality_of(leg: SipLeg) -> dict[str, Any] | None:
    """Return the figures of a leg's sound as they stand, or were at its end; None for one that had none."""
    return described(leg.media.statistics(), leg.media.codec_name) if leg.has_media else None


def described(statistics: LegStatistics, codec: str) -> dict[str, Any]:
    """Return the figures under the names of the record; what the peer never reported is None.

    ``mos_heard`` is of what the party says, as it reached us. ``mos_sent`` is of what it hears of us, by
    its reports. Half a round trip counts as the network's delay, and where none is known, none.
    """
    expected = statistics.packets_received + statistics.packets_lost
    # A duplicate counts as received (RFC 3550 A.3), and so hides a loss; one that SRTP drops does not.
    hidden = statistics.packets_duplicated - statistics.packets_replayed
    missing = max(statistics.packets_lost + hidden, 0)
    unheard = missing + statistics.frames_late
    loss = min(unheard / expected, 1.0) if expected > 0 else None
    network = (statistics.round_trip or 0.0) / 2
    added = statistics.delay + FRAME
    sent_loss = _share(statistics.remote_packets_lost, statistics.packets_sent)
    return {
        "codec": codec,
        "packets_received": statistics.packets_received,
        "packets_sent": statistics.packets_sent,
        "packets_lost": missing,
        "packets_late": statistics.frames_late,
        "frames_concealed": statistics.frames_concealed,
        "jitter_ms": _milliseconds(statistics.jitter if expected > 0 else None),
        "added_delay_ms": _milliseconds(added if expected > 0 else None),
        "round_trip_ms": _milliseconds(statistics.round_trip),
        "remote_packets_lost": statistics.remote_packets_lost,
        "remote_jitter_ms": _milliseconds(statistics.remote_jitter),
        "talk_time": round(statistics.talk_time, 2),
        "mos_heard": _score(loss, network + added),
        "mos_sent": _score(sent_loss, network + FRAME),
    }


def _share(part: int | None, whole: int) -> float | None:
    return None if part is None or whole <= 0 else max(part, 0) / whole


def _score(loss: float | None, delay: float) -> float | None:
    return None if loss is None else round(mean_opinion_score(Path(loss, delay)), 2)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)
