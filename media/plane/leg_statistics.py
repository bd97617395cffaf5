"""Reads a leg's statistics out of the leg table."""

from __future__ import annotations

import math

from media.plane import layout as c
from media.plane.legs import LegRow
from media.plane.rtcp_reporter import SAMPLES_PER_SECOND, RemoteView
from media.plane.statistics import LegStatistics
from media.sound import FULL_SCALE

WRAP = 1 << 32
SILENCE_DBFS = -90.0
"""The level of a party that is not heard."""


def read_leg(leg: LegRow, now_ns: int, remote: RemoteView) -> LegStatistics:
    """Return the counters of a row; the tick goes on counting meanwhile."""
    count: list[int] = leg["count"].tolist()
    lost = int(leg["lost_before"])
    if leg["source_known"]:
        lost += int(leg["highest"] - leg["first_sequence"] + 1 - leg["received"])
    return LegStatistics(
        packets_sent=count[c.PACKETS_SENT],
        octets_sent=count[c.OCTETS_SENT],
        packets_received=count[c.PACKETS_RECEIVED],
        octets_received=count[c.OCTETS_RECEIVED],
        packets_lost=lost,
        packets_duplicated=count[c.DUPLICATED],
        packets_replayed=count[c.DUPLICATED] if leg["unseal"] else 0,
        packets_reordered=count[c.REORDERED],
        frames_late=count[c.LATE],
        frames_concealed=count[c.CONCEALED],
        samples_inserted=count[c.INSERTED],
        samples_removed=count[c.REMOVED],
        packets_foreign=count[c.FOREIGN],
        packets_malformed=count[c.MALFORMED],
        packets_refused=count[c.REFUSED],
        packets_unauthentic=count[c.UNAUTHENTIC],
        talk_time=talk_time_of(leg),
        level=level_of(leg),
        digits_received=count[c.DIGITS_HEARD],
        jitter=(int(leg["scaled_jitter"]) >> 4) / SAMPLES_PER_SECOND,
        delay=_delay(leg),
        round_trip=remote.round_trip,
        remote_fraction_lost=remote.fraction_lost,
        remote_packets_lost=remote.packets_lost,
        remote_jitter=remote.jitter,
        since_heard=(now_ns - int(leg["last_heard_ns"])) / 1e9 if leg["source_known"] else None,
    )


def talk_time_of(leg: LegRow) -> float:
    """Return for how many seconds the party has spoken, pauses between words included."""
    return int(leg["talk_ticks"]) * c.FRAME / SAMPLES_PER_SECOND


def level_of(leg: LegRow) -> float:
    """Return how loud the party is, in dBFS RMS over about the last 160 ms; at least ``SILENCE_DBFS``."""
    # The sum of squares of a frame, of samples without their last four bits.
    mean_square = int(leg["power"]) * 256 / c.FRAME
    return max(10.0 * math.log10(max(mean_square, 1e-3) / FULL_SCALE**2), SILENCE_DBFS)


def _delay(leg: LegRow) -> float:
    if not leg["started"]:
        return 0.0
    waiting = (int(leg["high"]) - int(leg["play"]) + WRAP // 2) % WRAP - WRAP // 2
    return max(waiting, 0) / SAMPLES_PER_SECOND
