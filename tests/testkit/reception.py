"""Reception counted packet by packet as RFC 3550 appendix A does: the twin of the kernel that receives."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from media.rtp.sequence import MAX_MISORDER, timestamp_delta

MAX_DROPOUT = 3000
"""A.1: a jump ahead smaller than this is loss."""

MIN_SEQUENTIAL = 2
"""A.1: a source is valid once this many packets came in sequence."""

_SEQUENCE_MODULUS = 1 << 16
_TIMESTAMP_MODULUS = 1 << 32


class Arrival(enum.Enum):
    """What A.1 says of a packet by its sequence number."""

    PROBATION = "probation"
    """The source is not valid yet."""
    IN_ORDER = "in order"
    """Ahead of everything before, perhaps after loss."""
    LATE = "late"
    """Behind the highest: a duplicate or a reordered packet."""
    RESTARTED = "restarted"
    """The source jumped, and a second packet confirmed it: counting begins again."""
    REFUSED = "refused"
    """A jump that nothing has confirmed."""


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """What a receiver tells a source about its packets (the fields of RFC 3550 section 6.4.1)."""

    fraction_lost: int
    """Packets lost since the last report, in 256ths; 0 when duplicates made up for it."""
    cumulative_lost: int
    """Packets lost since the beginning, clamped to 24 bits signed; negative with duplicates."""
    highest_sequence: int
    """Extended highest sequence number, 32 bits."""
    interarrival_jitter: int
    """In timestamp units."""


class ReceptionStatistics:
    """Counts what arrives from one source, as RFC 3550 appendix A counts it."""

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._probation = MIN_SEQUENTIAL
        self._expected_sequence: int | None = None
        self._base = 0
        self._highest = 0
        self._suspect: int | None = None
        self._reported_expected = 0
        self._reported_received = 0
        self._transit: int | None = None
        self._scaled_jitter = 0
        self.received = 0

    @property
    def highest_sequence(self) -> int:
        """The extended highest sequence number; its roll-overs are in the upper bits."""
        return self._highest

    @property
    def expected(self) -> int:
        return self._highest - self._base + 1 if self.received else 0

    @property
    def lost(self) -> int:
        """Packets missing so far; negative when duplicates outnumber them."""
        return self.expected - self.received

    @property
    def interarrival_jitter(self) -> int:
        """A.8's estimate, in timestamp units."""
        return self._scaled_jitter >> 4

    def receive(self, sequence_number: int, timestamp: int, arrival: float) -> Arrival:
        """Count a packet that arrived at ``arrival`` seconds on any steady clock."""
        verdict = self._update_sequence(sequence_number)
        if verdict not in (Arrival.PROBATION, Arrival.REFUSED):
            self.received += 1
            self._update_jitter(timestamp, arrival)
        return verdict

    def _update_sequence(self, sequence_number: int) -> Arrival:
        if self._probation:
            return self._prove(sequence_number)
        ahead = (sequence_number - self._highest) % _SEQUENCE_MODULUS
        if 0 < ahead < MAX_DROPOUT:
            self._highest += ahead
            return Arrival.IN_ORDER
        if ahead == 0 or ahead > _SEQUENCE_MODULUS - MAX_MISORDER:
            return Arrival.LATE
        if sequence_number == self._suspect:
            self._restart(sequence_number)
            return Arrival.RESTARTED
        self._suspect = (sequence_number + 1) % _SEQUENCE_MODULUS
        return Arrival.REFUSED

    def _prove(self, sequence_number: int) -> Arrival:
        in_sequence = sequence_number == self._expected_sequence
        self._probation = self._probation - 1 if in_sequence else MIN_SEQUENTIAL - 1
        self._expected_sequence = (sequence_number + 1) % _SEQUENCE_MODULUS
        if self._probation:
            return Arrival.PROBATION
        self._restart(sequence_number)
        return Arrival.IN_ORDER

    def _restart(self, sequence_number: int) -> None:
        self._base = self._highest = sequence_number
        self._suspect = None
        self._reported_expected = self._reported_received = 0
        self._transit = None
        self.received = 0

    def _update_jitter(self, timestamp: int, arrival: float) -> None:
        arrival_units = round(arrival * self._clock_rate) % _TIMESTAMP_MODULUS
        transit = (arrival_units - timestamp) % _TIMESTAMP_MODULUS
        if self._transit is not None:
            deviation = abs(timestamp_delta(transit, self._transit))
            self._scaled_jitter += deviation - ((self._scaled_jitter + 8) >> 4)
        self._transit = transit

    def report(self) -> ReceptionReport:
        """Return the figures for a report block and begin a new interval for the fraction."""
        expected_now = self.expected - self._reported_expected
        lost_now = expected_now - (self.received - self._reported_received)
        self._reported_expected, self._reported_received = self.expected, self.received
        fraction = min((lost_now << 8) // expected_now, 255) if expected_now > 0 and lost_now > 0 else 0
        return ReceptionReport(
            fraction_lost=fraction,
            cumulative_lost=max(-0x800000, min(self.lost, 0x7FFFFF)),
            highest_sequence=self._highest & 0xFFFFFFFF,
            interarrival_jitter=min(self.interarrival_jitter, 0xFFFFFFFF),
        )
