"""Whom a noun names, and the SIP headers its text asks for: `alice?X-Ticket=12&X-Queue=gold`.

Everything that reaches a SIP message from here is printable, so that no text can end a header line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from rcml.dialling import Headers
from rcml.values import Kind, NotAllowed, Place

MAX_ADDRESS = 255
"""Characters of a SIP address, or of a login, without its headers."""
MAX_HEADERS = 1024
"""Characters of all headers as the document writes them."""


USER_TO_USER = "user-to-user"
"""The header of RFC 7433, which keeps its name: what it carries is the application's own."""


@dataclass(frozen=True, repr=False)
class Destination:
    """Whom to ring, and what to send them along."""

    address: str
    headers: Headers = ()

    def __repr__(self) -> str:
        return repr(self.address)


# RFC 3966 section 5.1.1: what makes a number easier to read and is no part of it.
VISUAL_SEPARATORS = re.compile(r"[-.()\s]")
_NUMBER = re.compile(r"\+?[0-9A-Da-d*#]{1,64}")
_SCHEME = re.compile(r"sips?:", re.IGNORECASE)
_SIP_ADDRESS = re.compile(
    r"""sips?: (?:[^@\s<>"]+@)?                             # user, password
        (?: \[[0-9a-f:.]+\] | [a-z0-9._-]+ ) (?::[0-9]{1,5})?  # host, port
        (?: ;[^@\s<>"]* )?                                 # parameters""",
    re.IGNORECASE | re.VERBOSE,
)
# RFC 3261 section 25.1: a token.
_HEADER_NAME = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")


def _read_number(written: str, place: Place) -> Destination:
    address, headers = _split(written)
    number = VISUAL_SEPARATORS.sub("", address)
    if not _NUMBER.fullmatch(number):
        raise NotAllowed
    return _with_headers(number, headers)


def _read_login(written: str, place: Place) -> Destination:
    address, headers = _split(written)
    login = re.sub(r"^client:", "", address, flags=re.IGNORECASE)
    if not login or len(login) > MAX_ADDRESS or not login.isprintable():
        raise NotAllowed
    return _with_headers(login, headers)


def _read_sip_address(written: str, place: Place) -> Destination:
    address, headers = _split(written)
    if not _SCHEME.match(address):
        address = f"sip:{address}"
    usable = address.isascii() and address.isprintable() and _SIP_ADDRESS.fullmatch(address)
    if not usable or len(address) > MAX_ADDRESS:
        raise NotAllowed
    return _with_headers(address, headers, prefix=_added)


def _read_refer_address(written: str, place: Place) -> Destination:
    address = _read_sip_address(written.partition("?")[0], place).address
    return _with_headers(address, written.partition("?")[2], prefix=_any)


def _split(written: str) -> tuple[str, str]:
    """Separate whom from the headers. RFC 3261 would allow `?` before an `@` too; write %3F there."""
    address, _, headers = written.partition("?")
    return address, headers


def _own(name: str) -> str | None:
    """Leave out a name that is not one of the document's own."""
    return name if name.lower().startswith("x-") else None


def _added(name: str) -> str | None:
    """Make every name one of the document's own."""
    return name if name.lower() == USER_TO_USER else _own(name) or f"X-{name}"


def _any(name: str) -> str | None:
    """Take every name: the header goes into the INVITE of somebody else."""
    return name


def _with_headers(address: str, written: str, *, prefix: Callable[[str], str | None] = _own) -> Destination:
    if len(written) > MAX_HEADERS:
        raise NotAllowed
    pairs = [pair for pair in written.split("&") if pair]
    destination = Destination(address, tuple(_headers(pairs, prefix)))
    if len(destination.headers) < len(pairs):
        raise NotAllowed(instead=destination)
    return destination


def _headers(pairs: list[str], prefix: Callable[[str], str | None]) -> Iterator[tuple[str, str]]:
    """Read what may be sent; the rest is left out."""
    for pair in pairs:
        written, _, value = pair.partition("=")
        found = header(written, unquote(value), prefix)
        if found is not None:
            yield found


def header(written: str, value: str, prefix: Callable[[str], str | None] = _added) -> tuple[str, str] | None:
    """Return a SIP header, None for a name or a value that no message can carry."""
    name = prefix(written)
    if name is None or not _HEADER_NAME.fullmatch(name.removeprefix("X-")) or not value.isprintable():
        return None
    return name, value


def within_limit(headers: Iterable[tuple[str, str] | None]) -> Headers:
    """Return those that are headers, as many as may be sent together."""
    sent, length = [], 0
    for name, value in filter(None, headers):
        length += len(name) + len(value)
        if length <= MAX_HEADERS:
            sent.append((name, value))
    return tuple(sent)


NUMBER = Kind("telephone number, `?X-Name=value&X-Other=value` for SIP headers", _read_number)
LOGIN = Kind("login of a client, `?X-Name=value&X-Other=value` for SIP headers", _read_login)
SIP_ADDRESS = Kind(
    f"SIP address of at most {MAX_ADDRESS} characters, `?name=value&other=value` for SIP headers of at most"
    f" {MAX_HEADERS}",
    _read_sip_address,
)
REFER_ADDRESS = Kind(
    f"SIP address of at most {MAX_ADDRESS} characters, `?name=value&other=value` for headers of at most"
    f" {MAX_HEADERS}",
    _read_refer_address,
)
