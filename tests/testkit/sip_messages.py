"""Builders of SIP messages with sound defaults, so that a test states only what matters."""

from __future__ import annotations

from collections.abc import Mapping

from sip.message import Request, Response

REQUEST_DEFAULTS: dict[str, str] = {
    "Via": "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-alice-1;rport",
    "Max-Forwards": "70",
    "From": '"Alice" <sip:alice@example.com>;tag=alice-tag',
    "To": "<sip:bob@example.org>",
    "Call-ID": "call-1@192.0.2.10",
}


def _fields(defaults: dict[str, str], changes: Mapping[str, object] | None) -> list[tuple[str, object]]:
    fields: dict[str, object] = {**defaults, **(changes or {})}
    return [
        (name, value)
        for name, given in fields.items()
        if given is not None
        for value in (given if isinstance(given, list) else [given])
    ]


def request(
    method: str = "INVITE",
    uri: str = "sip:bob@example.org",
    headers: Mapping[str, object] | None = None,
    body: bytes = b"",
    *,
    cseq: int = 1,
) -> Request:
    """Return a sound request. In ``headers``, ``None`` takes a default away and a list repeats it."""
    defaults = {**REQUEST_DEFAULTS, "CSeq": f"{cseq} {method}"}
    if method in ("INVITE", "SUBSCRIBE", "REFER", "UPDATE", "NOTIFY"):
        defaults["Contact"] = "<sip:alice@192.0.2.10:5060>"
    if body:
        defaults["Content-Type"] = "application/sdp"
    return Request(method, uri, _fields(defaults, headers), body)


def response(
    status: int = 200,
    reason: str | None = None,
    headers: Mapping[str, object] | None = None,
    body: bytes = b"",
    *,
    to: Request | None = None,
    to_tag: str = "bob-tag",
) -> Response:
    """Return a sound response to ``to`` (an INVITE when not given), from a UAS tagged ``to_tag``."""
    answered = to if to is not None else request()
    made = Response.answer(answered, status, reason, to_tag=None if status == 100 else to_tag, body=body)
    if status >= 180 and status < 300 and answered.method == "INVITE":
        made.headers.add("Contact", "<sip:bob@192.0.2.20:5060>")
    if body:
        made.headers.add("Content-Type", "application/sdp")
    for name, given in (headers or {}).items():
        made.headers.remove(name)
        for value in given if isinstance(given, list) else [given]:
            if value is not None:
                made.headers.add(name, value)
    return made


CARRIER_INVITE = (
    b"INVITE sip:+4930123456789@192.0.2.20:5060;transport=udp SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK0dc1.3f2a7be4c1d05e66a0000000000000001;rport\r\n"
    b"Record-Route: <sip:198.51.100.7;lr;ftag=as5c3e2a1b>\r\n"
    b"Max-Forwards: 69\r\n"
    b'From: "Ada Lovelace" <sip:+4915112345678@carrier.example.net;user=phone>;tag=as5c3e2a1b\r\n'
    b"To: <sip:+4930123456789@192.0.2.20;user=phone>\r\n"
    b"Contact: <sip:+4915112345678@198.51.100.9:5060;transport=udp>\r\n"
    b"Call-ID: 3c26700c1adb-7a2b91c5d4e3f0@198.51.100.9\r\n"
    b"CSeq: 102 INVITE\r\n"
    b"User-Agent: Example SBC 7.2.1\r\n"
    b"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, PRACK, UPDATE\r\n"
    b"Supported: replaces, timer, 100rel\r\n"
    b"P-Asserted-Identity: <sip:+4915112345678@carrier.example.net>\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: 241\r\n"
    b"\r\n"
    b"v=0\r\n"
    b"o=- 1732185600 1732185600 IN IP4 198.51.100.9\r\n"
    b"s=call\r\n"
    b"c=IN IP4 198.51.100.9\r\n"
    b"t=0 0\r\n"
    b"m=audio 18342 RTP/AVP 8 0 101\r\n"
    b"a=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:0 PCMU/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\n"
    b"a=fmtp:101 0-15\r\n"
    b"a=ptime:20\r\n"
    b"a=sendrecv\r\n"
)
"""An INVITE as a carrier sends it: 14 headers, an SDP body, about 1 kB."""
