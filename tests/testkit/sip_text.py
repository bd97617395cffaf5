"""SIP messages and session descriptions as text, as the peers of the system tests write and read them.

Independent of `sip/` and `media/sdp.py` on purpose: the tests look at Dialplane from outside.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class SipMessage:
    """A SIP message as it came from the wire: first line, headers in order, body."""

    first_line: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    @classmethod
    def parse(cls, text: str) -> "SipMessage":
        head, _, body = text.replace("\r\n", "\n").partition("\n\n")
        first_line, *lines = head.split("\n")
        headers = []
        for line in lines:
            name, _, value = line.partition(":")
            headers.append((name.strip(), value.strip()))
        return cls(first_line.strip(), tuple(headers), body)

    @property
    def status(self) -> int:
        """The status code of a response, 0 for a request."""
        match = re.match(r"SIP/2\.0 (\d{3})", self.first_line)
        return int(match.group(1)) if match else 0

    @property
    def method(self) -> str:
        """The method of a request, or the one a response answers."""
        if self.status:
            return self.header("CSeq").split()[-1]
        return self.first_line.split(" ", 1)[0]

    def header(self, name: str) -> str:
        """Return the first value of a header, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def call_sid(self) -> str:
        return self.header("X-RestComm-CallSid")


@dataclass(frozen=True)
class MediaAddress:
    """What a session description says about its first audio stream."""

    host: str
    port: int
    payload_types: tuple[int, ...]
    direction: str
    telephone_event: int | None


def audio_of(body: str) -> MediaAddress:
    """Read the address, the payload types and the direction of the first audio stream."""
    lines = body.replace("\r\n", "\n")
    connection = re.search(r"^c=IN IP4 (\S+)", lines, re.M)
    media = re.search(r"^m=audio (\d+) RTP/AVP ([\d ]+)", lines, re.M)
    assert connection, f"no c= line in {body!r}"
    assert media, f"no audio in {body!r}"
    direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", lines, re.M)
    event = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", lines, re.M | re.I)
    return MediaAddress(
        host=connection.group(1),
        port=int(media.group(1)),
        payload_types=tuple(int(number) for number in media.group(2).split()),
        direction=direction.group(1) if direction else "sendrecv",
        telephone_event=int(event.group(1)) if event else None,
    )


@dataclass(frozen=True)
class Offer:
    """The session description a caller sends; `str()` gives its text."""

    port: int
    host: str = "127.0.0.1"
    payload_types: tuple[int, ...] = (0, 8)
    telephone_event: int | None = 101
    direction: str = "sendrecv"
    version: int = 1

    def __str__(self) -> str:
        formats = [*self.payload_types, *([] if self.telephone_event is None else [self.telephone_event])]
        names = {0: "PCMU/8000", 8: "PCMA/8000", 3: "GSM/8000", 9: "G722/8000"}
        lines = [
            "v=0",
            f"o=caller 20518 {self.version} IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP {' '.join(map(str, formats))}",
            *(f"a=rtpmap:{number} {names[number]}" for number in self.payload_types if number in names),
        ]
        if self.telephone_event is not None:
            lines += [
                f"a=rtpmap:{self.telephone_event} telephone-event/8000",
                f"a=fmtp:{self.telephone_event} 0-15",
            ]
        return "\r\n".join([*lines, "a=ptime:20", f"a={self.direction}"]) + "\r\n"


def in_multipart(session_description: str) -> tuple[str, str]:
    """Return a multipart body (RFC 5621) with the description between other parts, and its Content-Type."""
    parts = (
        ("text/plain", "This call carries more than sound."),
        ("application/sdp", session_description.rstrip()),
        ("application/x-unknown", "nothing of interest"),
    )
    text = "".join(f"--outer\r\nContent-Type: {kind}\r\n\r\n{body}\r\n" for kind, body in parts)
    return f"{text}--outer--\r\n", 'multipart/mixed;boundary="outer"'


def replaces(answer: SipMessage | None) -> dict[str, str]:
    """Return the header that names the dialog of a caller, whose INVITE was answered thus (RFC 3891)."""
    assert answer
    tags = [re.search(r";tag=([^;]+)", answer.header(name)) for name in ("To", "From")]
    to_tag, from_tag = (tag.group(1) for tag in tags if tag)
    return {"Replaces": f"{answer.header('Call-ID')};to-tag={to_tag};from-tag={from_tag}"}
