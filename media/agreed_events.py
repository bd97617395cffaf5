"""Which ``telephone-event`` is used beside a codec: the clock of digits (RFC 4733 section 2.1).

The RFC wants the codec's clock. But Firefox, and most telephones and exchanges that speak Opus, have digits
on 8 kHz alone. Such digits count the duration of a key by that clock; where it lies in the sound is told by
the clock of the sound, as the timestamps of one stream can have one clock alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from media.codecs.registry import Codec
from media.payload_formats import EventFormat, events_in
from media.sdp import MediaDescription

EVENT_CLOCK = 8000
"""What everybody has who sends digits."""


def event_answered(offered: MediaDescription, clock_rate: int) -> EventFormat | None:
    """Return the digits of an offer that go with a codec of ``clock_rate``."""
    return events_in(offered, clock_rate) or events_in(offered, EVENT_CLOCK)


def clocks_to_offer(codecs: Sequence[Codec], *, to_browser: bool) -> list[int]:
    """Return the clocks that digits are offered on; a browser speaks the first codec."""
    clocks = [codec.clock_rate for codec in codecs]
    return list(dict.fromkeys([clocks[0], EVENT_CLOCK] if to_browser else clocks))


def agreed_events(
    offered: MediaDescription, answered: MediaDescription, clock_rate: int, *, by_browser: bool
) -> tuple[EventFormat | None, EventFormat | None]:
    """Return the digits that we send, and that we hear, after an answer to our offer.

    Of several clocks a browser uses the slowest, others that of the codec.
    """
    for clock in sorted({clock_rate, EVENT_CLOCK}, reverse=not by_browser):
        sent, heard = events_in(answered, clock), events_in(offered, clock)
        if sent is not None and heard is not None:
            return sent, heard
    return None, None
