"""The formats of an audio ``m=`` line: codecs and digits under their payload types.

RFC 8866 section 6.6 (``rtpmap``, ``fmtp``), RFC 3551 section 6 (static types), RFC 4733
section 2.5.1.1 (``telephone-event``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from media.codecs.registry import Codec, codec_of_static_payload_type
from media.sdp import MediaDescription
from media.sdp_values import Attribute, Rtpmap

TELEPHONE_EVENT_PAYLOAD_TYPE = 101
"""What we offer for digits: a dynamic type, and the one that nearly every telephone uses."""

COMFORT_NOISE_PAYLOAD_TYPE = 13
"""RFC 3389, on a clock of 8 kHz: what a peer sends in place of its silence."""
COMFORT_NOISE_CLOCK = 8000

DYNAMIC_PAYLOAD_TYPES = range(96, 128)


@dataclass(frozen=True)
class PayloadFormat:
    """A codec under a payload type of one description."""

    payload_type: int
    codec: Codec


@dataclass(frozen=True)
class EventFormat:
    """Digits under a payload type, on the clock of a codec beside them."""

    payload_type: int
    clock_rate: int
    events: str = "0-15"


@dataclass(frozen=True)
class FormatList:
    """The formats that a description of ours names, in order of preference."""

    codecs: tuple[PayloadFormat, ...]
    events: tuple[EventFormat, ...] = ()
    comfort_noise: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What stands in the ``m=`` line."""
        numbers = [each.payload_type for each in self.codecs] + [each.payload_type for each in self.events]
        if self.comfort_noise:
            numbers.append(COMFORT_NOISE_PAYLOAD_TYPE)
        return tuple(str(number) for number in numbers)

    def attributes(self) -> Iterator[Attribute]:
        """Yield the ``rtpmap`` and ``fmtp`` attributes; static types are mapped too, as most do."""
        for each in self.codecs:
            yield Attribute("rtpmap", f"{each.payload_type} {each.codec}")
            if each.codec.fmtp:
                yield Attribute("fmtp", f"{each.payload_type} {each.codec.fmtp}")
        for event in self.events:
            yield Attribute("rtpmap", f"{event.payload_type} telephone-event/{event.clock_rate}")
            yield Attribute("fmtp", f"{event.payload_type} {event.events}")
        if self.comfort_noise:
            yield Attribute("rtpmap", f"{COMFORT_NOISE_PAYLOAD_TYPE} CN/{COMFORT_NOISE_CLOCK}")


def codecs_in(media: MediaDescription, codecs: Sequence[Codec]) -> Iterator[PayloadFormat]:
    """Yield the formats of ``media`` that are one of ``codecs``, in the order of ``media``."""
    rtpmaps = media.rtpmaps()
    for payload_type in media.payload_types:
        codec = _codec_of(payload_type, rtpmaps.get(payload_type), codecs)
        if codec is not None:
            yield PayloadFormat(payload_type, codec)


def _codec_of(payload_type: int, rtpmap: Rtpmap | None, codecs: Sequence[Codec]) -> Codec | None:
    if rtpmap is None:
        static = codec_of_static_payload_type(payload_type)
        return static if static in codecs else None
    named = (rtpmap.encoding_name, rtpmap.clock_rate, rtpmap.channels)
    return next((codec for codec in codecs if codec.is_named(*named)), None)


def events_in(media: MediaDescription, clock_rate: int) -> EventFormat | None:
    """Return the first ``telephone-event`` of ``media`` on the codec's clock (RFC 4733 section 2.1)."""
    rtpmaps = media.rtpmaps()
    for payload_type in media.payload_types:
        rtpmap = rtpmaps.get(payload_type)
        if rtpmap is None or rtpmap.encoding_name.lower() != "telephone-event":
            continue
        if rtpmap.clock_rate == clock_rate:
            # Many peers list 16, the hook flash, and expect to see it in the answer.
            flash = (media.fmtp(payload_type) or "").replace(" ", "").endswith("-16")
            return EventFormat(payload_type, clock_rate, "0-16" if flash else "0-15")
    return None


def comfort_noise_in(media: MediaDescription, codec: Codec) -> bool:
    """Whether ``media`` has comfort noise that goes with a codec: on its clock, under the static type.

    Browsers offer it and would send it in place of all silence; they are not made to.
    """
    is_there = COMFORT_NOISE_PAYLOAD_TYPE in media.payload_types and "TLS" not in media.protocol
    return is_there and codec.clock_rate == COMFORT_NOISE_CLOCK


def numbered(
    codecs: Sequence[Codec],
    clock_rates: Sequence[int],
    previous: MediaDescription | None,
    comfort_noise: bool = False,
) -> FormatList:
    """Give payload types to all that we offer: codecs, digits on the clocks given, and ``comfort_noise``.

    A dynamic type never changes its meaning within a stream (RFC 3264 section 8.3.2), so what
    ``previous`` maps keeps its number and its other numbers are not used again.
    """
    known = {each.codec: each.payload_type for each in codecs_in(previous, codecs)} if previous else {}
    used = set(previous.payload_types) if previous else set()
    free = (number for number in DYNAMIC_PAYLOAD_TYPES if number not in used)
    free_for_codecs = (number for number in free if number != TELEPHONE_EVENT_PAYLOAD_TYPE)
    formats = []
    for codec in codecs:
        payload_type = known.get(codec, codec.static_payload_type)
        formats.append(PayloadFormat(next(free_for_codecs) if payload_type is None else payload_type, codec))
    used |= {each.payload_type for each in formats}
    events: list[EventFormat] = []
    for clock_rate in clock_rates:
        events.append((events_in(previous, clock_rate) if previous else None) or _new_event(clock_rate, used))
        used.add(events[-1].payload_type)
    noise = comfort_noise and any(codec.clock_rate == COMFORT_NOISE_CLOCK for codec in codecs)
    return FormatList(tuple(formats), tuple(events), noise)


def _new_event(clock_rate: int, used: set[int]) -> EventFormat:
    candidates = (TELEPHONE_EVENT_PAYLOAD_TYPE, *reversed(DYNAMIC_PAYLOAD_TYPES))
    return EventFormat(next(number for number in candidates if number not in used), clock_rate)
