"""What the plane and its legs say about themselves: frozen values, durations in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LegStatistics:
    """One leg's counters since it was opened."""

    packets_sent: int
    octets_sent: int
    """Payload octets, as RTCP sender reports count them."""
    packets_received: int
    """Packets of the accepted source, duplicates and late ones included."""
    octets_received: int
    packets_lost: int
    """Expected minus received (RFC 3550 A.3); negative when duplicates outnumber the lost."""
    packets_duplicated: int
    packets_replayed: int
    """Those of them that SRTP dropped before they counted as received, so that they hide no loss."""
    packets_reordered: int
    frames_late: int
    """Packets that came after their time to be played."""
    frames_concealed: int
    """Frames of 20 ms that were invented, wholly or in part, because nothing had come for them."""
    samples_inserted: int
    """Sound that was played twice or waited for, to make room for jitter or to follow a slow sender."""
    samples_removed: int
    """Sound that was left out, to return to a low delay or to follow a fast sender."""
    packets_foreign: int
    """Dropped: not from the peer."""
    packets_malformed: int
    """Dropped: not RTP, or a length in the packet lies."""
    packets_refused: int
    """Dropped: a payload type that was not agreed, an unproven source, or an unproven jump."""
    packets_unauthentic: int
    """Dropped: SRTP that the agreed key did not make."""
    talk_time: float
    """Seconds in which the party spoke, short pauses included, and somebody might have heard it."""
    level: float
    """How loud the party is now, dBFS RMS over about 160 ms; -90 is the least."""
    digits_received: int
    jitter: float
    """Interarrival jitter of what we hear (RFC 3550 A.8)."""
    delay: float
    """How long the jitter buffer holds sound now."""
    round_trip: float | None
    """As the peer's last RTCP report proves it; None before one came."""
    remote_fraction_lost: float | None
    """Share of our packets that the peer missed in its last report interval."""
    remote_packets_lost: int | None
    remote_jitter: float | None
    since_heard: float | None
    """Seconds since the last packet of the accepted source; None before the first."""


@dataclass(frozen=True, slots=True)
class PlaneStatistics:
    """The plane's counters since it was started, summed over its threads."""

    legs: int
    """Legs that are open, or closed and not released by the tick yet."""
    legs_speaking: int
    """Legs whose party speaks now, or did in the last second."""
    capacity: int
    ticks_on_time: int
    """Passes over a quarter of the legs, four in 20 ms, that began in time."""
    ticks_late: int
    """Passes that began 5 ms or more beyond their time."""
    ticks_skipped: int
    """Ticks of 20 ms that were left out, because a pass began later than that."""
    lateness_microseconds: tuple[tuple[int, int], ...]
    """Histogram of how late phases began: pairs of upper bound (exclusive) and count."""
    worst_lateness: float
    frames_concealed: int
    frames_late: int
    packets_sent: int
    packets_received: int
    packets_dropped: int
    """Foreign, malformed, refused and unauthentic packets together."""
    commands_waiting: int
    events_dropped: int
    """Events that found the ring to the event loop full: a loop that stood still for very long."""
    sounds_held: int
    """Prompts, digit strings and sound rings that the tick may still read or write."""
    rooms: int
    """Rooms that are open, or closed and not released by the tick yet; bridges are counted apart."""
    room_members: int
    bridges: int
    realtime: bool
    """Whether the system granted the media threads real-time priority."""
