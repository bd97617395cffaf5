"""Bytes to messages: RFC 3261 section 7.

Parsing checks the start line, the header names and the line structure, and finds the body. The
values of headers are parsed when somebody asks for them. Everything takes one pass.

Lines end with CR LF. A bare CR or LF is refused: implementations disagree on whether it ends a
line, and what one hop sees as a value the next would see as another header. Exactly one space
separates the parts of a start line, so RFC 4475 ``lwsstart`` and ``trws`` are refused too.
"""

from __future__ import annotations

import re
from typing import Final

from sip.errors import shown
from sip.grammar import field_value_flaw, is_digits, is_token
from sip.headers import KEYS, Headers, key_of
from sip.message import MalformedMessage, Request, Response

MAX_MESSAGE: Final = 65_536
"""Octets of a message, head and body; a UDP datagram cannot carry more."""

MAX_LINE: Final = 8_192
"""Characters of the start line or of one header, continuation lines included (as nginx and h11 do)."""

MAX_HEADERS: Final = 240
"""Header lines of a request; 34 Via lines are the most that RFC 4475 uses."""

MAX_ANSWER_HEADERS: Final = 256
"""Header lines of a response: it repeats those of its request that are Vias, and has its own."""

# White space before the line break stays: to take it too, a pattern would have to look at every
# run of blanks in the message once for each of its blanks.
_join_folded = re.compile("\r\n[ \t]++").sub
_is_version = re.compile(r"SIP/[0-9]{1,9}\.[0-9]{1,9}", re.IGNORECASE).fullmatch
_has_control_character = re.compile("[\x00-\x20\x7f]").search
_HEAD_END: Final = b"\r\n\r\n"


def parse_message(data: bytes) -> Request | Response:
    """Read the message in one datagram; octets after the declared body are dropped (18.3).

    Raises :class:`MalformedMessage`, and nothing else.
    """
    if len(data) > MAX_MESSAGE:
        raise MalformedMessage(f"a message of {len(data)} octets; send at most {MAX_MESSAGE}", 513)
    end = data.find(_HEAD_END)
    if end < 0 or data.startswith(b"\r\n"):
        data = data.lstrip(b"\r\n")  # 7.5: line breaks before the start line are ignored
        end = data.find(_HEAD_END)
        if end < 0:
            raise refused(data, "end the headers with an empty line")
    message = parse_head(data[:end])
    length = declared_length(message)
    body = data[end + 4 :]
    if length is not None and length != len(body):
        if length > len(body):
            raise MalformedMessage(
                f"Content-Length is {length} but only {len(body)} octets follow; send the whole body",
                headers=answerable_headers(message),
            )
        body = body[:length]
    message.body = body
    return message


def parse_head(head: bytes) -> Request | Response:
    """Read a start line and headers, without the empty line; the message has no body yet."""
    text = head.decode("utf-8", "surrogateescape")
    if "\r\n " in text or "\r\n\t" in text:
        text = _join_folded(" ", text)
    lines = text.split("\r\n")
    breaks = len(lines) - 1
    if text.count("\n") != breaks or text.count("\r") != breaks:
        raise refused(head, "end each line with CR LF and use neither alone", close=True)
    most = MAX_ANSWER_HEADERS if text.startswith("SIP/") else MAX_HEADERS
    if breaks > most:
        raise refused(head, f"{breaks} header lines; send at most {most}", close=True)
    if len(head) > MAX_LINE and max(map(len, lines)) > MAX_LINE:
        raise refused(head, f"a line longer than {MAX_LINE} characters; shorten it", close=True)
    start_line = lines[0]
    del lines[0]
    headers = _parse_headers(lines, head)
    if "\0" in text:
        _check_nul(lines, head)
    return _parse_start_line(start_line, headers, head)


def _parse_headers(lines: list[str], head: bytes) -> Headers:
    parts = [line.partition(":") for line in lines]
    names = [name for name, _, _ in parts]
    keys = [KEYS.get(name, "") for name in names]
    if not all(keys) or not all([colon for _, colon, _ in parts]):
        for place, (spelled, colon, _) in enumerate(parts):
            if not keys[place]:
                names[place] = name = spelled.rstrip(" \t")
                if not is_token(name):
                    flaw = "must be a name, a colon and a value"
                    raise refused(head, f"header line {shown(lines[place])} {flaw}")
                keys[place] = key_of(name)
            if not colon:
                raise refused(head, f"header line {shown(lines[place])} must have a colon")
    return Headers.received(keys, names, [value.strip(" \t") for _, _, value in parts])


def _check_nul(lines: list[str], head: bytes) -> None:
    for line in lines:
        flaw = field_value_flaw(line)
        if flaw is not None:
            raise refused(head, f"header line {shown(line)} {flaw}")


def _parse_start_line(line: str, headers: Headers, head: bytes) -> Request | Response:
    words = line.split(" ")
    if len(words) == 3 and words[2] == "SIP/2.0" and _is_request_line(words[0], words[1]):
        return Request.received(words[0], words[1], headers, b"")
    if line[:4].upper() == "SIP/":
        return _parse_status_line(line, headers)
    if len(words) == 3 and _is_version(words[2]):
        if words[2].upper() != "SIP/2.0":
            raise refused(head, f"version {shown(words[2])}; use SIP/2.0", 505)
        if _is_request_line(words[0], words[1]):  # 7.1: the version is compared without case
            return Request.received(words[0], words[1], headers, b"")
    raise refused(head, f"start line {shown(line)} must be a method, a URI and SIP/2.0")


def _is_request_line(method: str, uri: str) -> bool:
    return is_token(method) is not None and uri != "" and _has_control_character(uri) is None


def _parse_status_line(line: str, headers: Headers) -> Response:
    version, _, rest = line.partition(" ")
    status, _, reason = rest.partition(" ")
    if version.upper() != "SIP/2.0" or not is_digits(status, 3) or not 100 <= int(status) <= 699:
        raise MalformedMessage(
            f"status line {shown(line)} must be SIP/2.0, a status from 100 to 699, a reason"
        )
    if "\0" in reason:
        raise MalformedMessage(f"status line {shown(line)} holds a NUL; remove it")
    return Response.received(int(status), reason, headers, b"")


def declared_length(message: Request | Response) -> int | None:
    """Return the Content-Length; ``None`` without one. Framing is lost when it is no number or not one."""
    headers = message.headers
    text = headers.get("Content-Length")
    if text is None:
        return None
    if not is_digits(text) or headers.count("Content-Length") > 1:
        shown_lengths = shown(", ".join(headers.lines("Content-Length")))
        raise MalformedMessage(
            f"Content-Length {shown_lengths}: send one number of octets",
            headers=answerable_headers(message),
            close=True,
        )
    return int(text)


def answerable_headers(message: Request | Response) -> Headers | None:
    """Return the headers to answer with: none for a response or an ACK, which nobody answers (17.1.1)."""
    if isinstance(message, Response) or message.method == "ACK":
        return None
    return message.headers


def refused(head: bytes, message: str, status: int = 400, *, close: bool = False) -> MalformedMessage:
    """Return the error for a head, with those of its headers that can be read."""
    answerable = not head[:4].upper().startswith((b"SIP/", b"ACK "))
    headers = salvage(head) if answerable else None
    return MalformedMessage(message, status, headers=headers, close=close)


def salvage(head: bytes) -> Headers:
    """Return the headers that are sound in a head that as a whole is not."""
    headers = Headers()
    text = _join_folded(" ", head[:MAX_MESSAGE].decode("utf-8", "surrogateescape"))
    for line in text.split("\r\n", MAX_HEADERS + 1)[1 : MAX_HEADERS + 1]:
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")
        if colon and len(line) <= MAX_LINE and is_token(name) and field_value_flaw(value) is None:
            headers.add(name, value)
    return headers
