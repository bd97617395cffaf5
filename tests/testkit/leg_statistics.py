"""The counters of a leg of which a test names what matters; of the rest the peer has reported nothing."""

from dataclasses import fields
from typing import Any

from media.plane.statistics import LegStatistics

_REPORTED = ("round_trip", "remote_fraction_lost", "remote_packets_lost", "remote_jitter", "since_heard")


def leg_statistics(**known: Any) -> LegStatistics:
    blank = {field.name: 0 for field in fields(LegStatistics)}
    return LegStatistics(**{**blank, **dict.fromkeys(_REPORTED), **known})
