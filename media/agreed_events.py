"""Which ``telephone-event`` is used beside a codec: the clock of digits (RFC 4733 section 2.1).

The RFC wants the codec's clock. But Firefox, and most telephones that speak Opus, have digits on 8 kHz
alone: they are heard all the same, because one key is told from another without its clock. What we send
has the clock of our timestamps, so that such a peer hears our keys as tones.
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


def sent_type(event: EventFormat | None, clock_rate: int) -> int | None:
    """Return the payload type of digits that we send; None where they are not on the codec's clock."""
    return event.payload_type if event is not None and event.clock_rate == clock_rate else None


def clocks_to_offer(codecs: Sequence[Codec], *, to_browser: bool) -> list[int]:
    """Return the clocks that digits are offered on; a browser speaks the first codec."""
    clocks = [codec.clock_rate for codec in codecs]
    return list(dict.fromkeys([clocks[0], EVENT_CLOCK] if to_browser else clocks))


def agreed_types(
    offered: MediaDescription, answered: MediaDescription, clock_rate: int, *, by_browser: bool
) -> tuple[int | None, int | None]:
    """Return the payload types of digits that we send, and that we hear, after an answer to our offer.

    Of several clocks a browser uses the slowest, others that of the codec.
    """
    clocks = sorted({clock_rate, EVENT_CLOCK}, reverse=not by_browser)
    common = [clock for clock in clocks if events_in(offered, clock) and events_in(answered, clock)]
    if not common:
        return None, None
    heard = events_in(offered, common[0])
    sent = events_in(answered, clock_rate) if clock_rate in common else None
    return sent_type(sent, clock_rate), heard.payload_type if heard else None
