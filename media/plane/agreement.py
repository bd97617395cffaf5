"""What offer and answer settled, in the words that the tick understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.agreed_events import EVENT_CLOCK
from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.socket_address import hides_a_network, parse_host, to_words

if TYPE_CHECKING:
    from media.offer_answer import Negotiated

LAWS = {"PCMU": c.LAW_MU, "PCMA": c.LAW_A, "G722": c.G722, "opus": c.OPUS}
WIDEBAND = frozenset({"G722", "opus"})
"""Those of them that carry sound above 4 kHz."""
NO_TYPE = -1
"""A payload type that no packet has."""


def to_command(negotiated: Negotiated, family: int) -> list[int]:
    """Return the arguments of an APPLY command; raises :class:`MediaMisuse` for what the tick cannot do."""
    codec = negotiated.codec
    law = LAWS.get(codec.encoding_name)
    if law is None:
        raise MediaMisuse(f"the plane does not speak {codec}; offer {' and '.join(LAWS)} only")
    samples = 8 * negotiated.ptime_ms
    if not 80 <= samples <= c.MAX_FRAME_OUT:
        raise MediaMisuse(f"packets of {negotiated.ptime_ms} ms cannot be sent; 10 to 60 ms can")
    if law == c.OPUS and samples != c.FRAME:
        raise MediaMisuse(f"packets of Opus of {negotiated.ptime_ms} ms cannot be sent; 20 ms can")
    return [
        _flags(negotiated, family),
        negotiated.payload_type,
        _type_or_none(negotiated.telephone_event_payload_type),
        negotiated.receive_payload_type,
        _type_or_none(negotiated.receive_telephone_event_payload_type),
        law,
        samples,
        *(to_words(negotiated.remote, family) if negotiated.remote else ()),
    ]


def _type_or_none(payload_type: int | None) -> int:
    return NO_TYPE if payload_type is None else payload_type


def _flags(negotiated: Negotiated, family: int) -> int:
    remote = negotiated.remote
    hidden = remote is not None and hides_a_network(parse_host(remote[0], family))
    flags = (
        (c.FLAG_HEARING, negotiated.direction in ("sendrecv", "recvonly")),
        (c.FLAG_SENDING, negotiated.direction in ("sendrecv", "sendonly")),
        (c.FLAG_INBAND, negotiated.receive_telephone_event_payload_type is None),
        (c.FLAG_ANY_HOST, hidden),
        (c.FLAG_MUX, negotiated.rtcp_mux),
        (c.FLAG_REMOTE_KNOWN, remote is not None),
        (c.FLAG_MOVING, negotiated.remote_moves),
        (c.FLAG_SLOW_EVENTS, negotiated.telephone_event_clock_rate == EVENT_CLOCK),
    )
    return sum(flag for flag, is_set in flags if is_set)
