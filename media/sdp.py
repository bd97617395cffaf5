"""Session descriptions as values: parse and print (RFC 8866).

Reading is tolerant where carriers and old telephones need it: bare LF, a missing last line
end, unknown or missing lines other than ``v=``, capital letters, spaces in the user name of
``o=``. It is strict in what sound depends on: ports, addresses, ``m=`` lines. Every step is
linear in the size of the description.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from media.errors import SdpError
from media.sdp_values import Attribute, Connection, Origin, Rtpmap

MAX_OCTETS = 64 * 1024
MAX_MEDIA = 16
MAX_ATTRIBUTES = 256
MAX_FORMATS = 128
"""RTP has 128 payload types, so more formats can only be rubbish."""
MAX_LINES = 512
"""All that may be useful, twice."""
MAX_RTPMAP = 100
"""Characters; a longer one names no codec of ours."""
LONGEST_KEPT = 160
"""Characters of an attribute whose reading is kept: the calls of a peer repeat one another's."""
_CONTROLS = r"\x00-\x08\x0a-\x1f"
_control = re.compile(f"[{_CONTROLS}]").search
_is_line = re.compile(rf"([^\W\d_])=\s*+([^{_CONTROLS}]*+)").fullmatch


class Direction(enum.StrEnum):
    """Which way sound flows, seen from the side that describes itself (RFC 8866 section 6.7)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @classmethod
    def of(cls, sends: bool, receives: bool) -> Direction:
        if sends:
            return cls.SENDRECV if receives else cls.SENDONLY
        return cls.RECVONLY if receives else cls.INACTIVE

    @property
    def sends(self) -> bool:
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    @property
    def mirrored(self) -> Direction:
        """The same flow seen from the other side."""
        return Direction.of(sends=self.receives, receives=self.sends)


_DIRECTIONS = frozenset(Direction)


@dataclass(frozen=True)
class _Described:
    """What the session and each of its media have in common."""

    attributes: tuple[Attribute, ...] = field(default=(), kw_only=True)
    connection: Connection | None = field(default=None, kw_only=True)

    def values(self, name: str) -> Iterator[str]:
        """Yield the value of each attribute ``name``; empty for one without a value."""
        return iter(self._by_name.get(name, ()))

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        named: dict[str, list[str]] = {}
        for each in self.attributes:
            named.setdefault(each.name.lower(), []).append(each.value or "")
        return named

    def value(self, name: str) -> str | None:
        """Return the value of the first attribute ``name``, None without one."""
        return next(self.values(name), None)

    def has(self, name: str) -> bool:
        return self.value(name) is not None

    @cached_property
    def direction(self) -> Direction | None:
        """The last direction attribute; None without one."""
        named = [name for each in self.attributes if (name := each.name.lower()) in _DIRECTIONS]
        return Direction(named[-1]) if named else None


@dataclass(frozen=True)
class MediaDescription(_Described):
    """One ``m=`` line with the lines that belong to it (section 5.14)."""

    media: str
    port: int
    """0 when the stream is refused or removed."""
    protocol: str
    formats: tuple[str, ...]
    port_count: int = 1
    other_lines: tuple[str, ...] = ()
    """Lines that we do not interpret (``i= b= k=``), as they came."""

    @cached_property
    def payload_types(self) -> tuple[int, ...]:
        """The formats that are RTP payload types, in order of preference."""
        return tuple(int(each) for each in self.formats if _is_number(each, 127))

    def rtpmaps(self) -> dict[int, Rtpmap]:
        """Return what each payload type stands for; rules that cannot be read are left out."""
        return self._rtpmaps

    @cached_property
    def _rtpmaps(self) -> dict[int, Rtpmap]:
        found = [_parse_rtpmap(value) for value in self.values("rtpmap") if len(value) <= MAX_RTPMAP]
        return {rtpmap.payload_type: rtpmap for rtpmap in found if rtpmap is not None}

    def fmtp(self, payload_type: int) -> str | None:
        """Return the format parameters of a payload type."""
        for value in self.values("fmtp"):
            number, _, parameters = value.strip().partition(" ")
            if number == str(payload_type):
                return parameters.strip()
        return None

    def lines(self) -> list[str]:
        count = f"/{self.port_count}" if self.port_count != 1 else ""
        # Section 5 fixes the order: i=, c=, b=, k=, a=.
        return [
            f"m={self.media} {self.port}{count} {self.protocol} {' '.join(self.formats)}",
            *[line for line in self.other_lines if line.startswith("i=")],
            *([] if self.connection is None else [f"c={self.connection}"]),
            *[line for line in self.other_lines if not line.startswith("i=")],
            *[f"a={attribute}" for attribute in self.attributes],
        ]


@dataclass(frozen=True)
class SessionDescription(_Described):
    """A whole description; ``str()`` prints it as it travels."""

    origin: Origin = field(default_factory=Origin)
    name: str = "-"
    timing: tuple[str, ...] = ("t=0 0",)
    """The ``t= r= z=`` lines, as they came."""
    other_lines: tuple[str, ...] = ()
    """Lines that we do not interpret (``i= u= e= p= b= k=``), as they came."""
    media: tuple[MediaDescription, ...] = ()

    def connection_of(self, media: MediaDescription) -> Connection | None:
        """Return where ``media`` flows to: its own line, else that of the session."""
        return media.connection or self.connection

    def direction_of(self, media: MediaDescription) -> Direction:
        """Return the direction of ``media``, that of the session, or the default (section 6.7)."""
        return media.direction or self.direction or Direction.SENDRECV

    def lines(self) -> list[str]:
        # Section 5 fixes the order: i=, u=, e=, p=, c=, b=, t=, k=, a=.
        return [
            "v=0",
            f"o={self.origin}",
            f"s={self.name}",
            *[line for line in self.other_lines if line[0] in "iuep"],
            *([] if self.connection is None else [f"c={self.connection}"]),
            *[line for line in self.other_lines if line[0] == "b"],
            *self.timing,
            *[line for line in self.other_lines if line[0] == "k"],
            *[f"a={attribute}" for attribute in self.attributes],
            *[line for media in self.media for line in media.lines()],
        ]

    def build(self) -> bytes:
        return str(self).encode()

    def __str__(self) -> str:
        return "\r\n".join([*self.lines(), ""])


def parse(body: bytes) -> SessionDescription:
    """Read a description; raises :class:`SdpError`, naming the line, when it cannot be used."""
    if len(body) > MAX_OCTETS:
        raise SdpError(0, f"{len(body)} octets are more than the {MAX_OCTETS} that are read")
    reader = _Reader()
    lines = body.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, padded in enumerate(lines, start=1):
        line = padded.strip()
        if line:
            reader.read(number, line)
    return reader.finish()


class _Reader:
    """Takes the lines of one description in order.

    The current section is a session without media until the first ``m=``, then the last medium.
    """

    def __init__(self) -> None:
        self._begun = False
        self._origin, self._name = Origin(), "-"
        self._timing: list[str] = []
        self._of_session: dict[str, Any] = {}
        self._stream: dict[str, Any] | None = None
        """The fields of the last ``m=``, whose section is still open."""
        self._media: list[MediaDescription] = []
        self._attributes: list[Attribute] = []
        self._attribute_count = 0
        self._others: list[str] = []
        self._connection: Connection | None = None

    def read(self, number: int, line: str) -> None:
        if number > MAX_LINES:
            raise SdpError(number, f"more than {MAX_LINES} lines")
        parts = _is_line(line)
        if parts is None:
            control = _control(line[2:])
            flaw = "holds a control character" if control else "is not of the form <letter>=<value>"
            raise SdpError(number, f"{_shown(line)} {flaw}")
        kind, value = parts.groups()
        kind = kind.lower()
        if not self._begun:
            self._read_version(number, kind, value)
        elif kind in _READERS:
            _READERS[kind](self, number, value)
        elif kind in "iuepbk":
            self._others.append(f"{kind}={value}")

    def _read_version(self, number: int, kind: str, value: str) -> None:
        if (kind, value) != ("v", "0"):
            raise SdpError(number, f"a description begins with v=0, not {_shown(f'{kind}={value}')}")
        self._begun = True

    def _read_origin(self, number: int, value: str) -> None:
        fields = value.rsplit(None, 5)
        if len(fields) != 6:
            raise SdpError(number, f"o= has 6 fields, not {len(fields)}: {_shown(value)}")
        username, session_id, version, _, address_type, address = fields
        self._origin = Origin(username, session_id, version, Connection(address, address_type.upper()))

    def _read_name(self, number: int, value: str) -> None:
        self._name = value or "-"

    def _read_connection(self, number: int, value: str) -> None:
        self._connection = _parse_connection(number, value)

    def _read_time(self, number: int, value: str) -> None:
        self._timing.append(f"t={value}")

    def _read_attribute(self, number: int, value: str) -> None:
        self._attribute_count += 1
        if self._attribute_count > MAX_ATTRIBUTES:
            raise SdpError(number, f"more than {MAX_ATTRIBUTES} attributes")
        self._attributes.append((_known_attribute if len(value) <= LONGEST_KEPT else _attribute)(value))

    def _read_media(self, number: int, value: str) -> None:
        self._close_section()
        if len(self._media) == MAX_MEDIA:
            raise SdpError(number, f"more than {MAX_MEDIA} m= lines")
        self._stream = _parse_media(number, value)

    def _close_section(self) -> None:
        section: dict[str, Any] = {
            "attributes": tuple(self._attributes),
            "connection": self._connection,
            "other_lines": tuple(self._others),
        }
        if self._stream is None:
            self._of_session = section
        else:
            self._media.append(MediaDescription(**self._stream, **section))
        self._attributes, self._others, self._connection = [], [], None

    def finish(self) -> SessionDescription:
        if not self._begun:
            raise SdpError(0, "the description is empty")
        self._close_section()
        timing = tuple(self._timing) or ("t=0 0",)
        return SessionDescription(
            origin=self._origin, name=self._name, timing=timing, media=tuple(self._media), **self._of_session
        )


_READERS: dict[str, Callable[[_Reader, int, str], None]] = {
    "o": _Reader._read_origin,
    "s": _Reader._read_name,
    "c": _Reader._read_connection,
    "t": _Reader._read_time,
    "a": _Reader._read_attribute,
    "m": _Reader._read_media,
}


def _attribute(value: str) -> Attribute:
    name, colon, text = value.partition(":")
    return Attribute(name.strip(), text.strip() if colon else None)


_known_attribute = lru_cache(maxsize=1024)(_attribute)


def _parse_connection(number: int, value: str) -> Connection:
    fields = value.split()
    if len(fields) != 3 or fields[0].upper() != "IN" or fields[1].upper() not in ("IP4", "IP6"):
        raise SdpError(number, f"c= reads IN IP4 <address> or IN IP6 <address>, not {_shown(value)}")
    address, slash, suffix = fields[2].partition("/")
    connection = Connection(address, fields[1].upper(), slash + suffix)
    named_like_address = not address or ":" in address or address.replace(".", "").isdigit()
    if named_like_address and connection.ip is None:
        raise SdpError(number, f"{_shown(address)} is no address")
    if connection.ip is not None and f"IP{connection.ip.version}" != connection.address_type:
        raise SdpError(number, f"{_shown(address)} is no {connection.address_type} address")
    return connection


def _parse_media(number: int, value: str) -> dict[str, Any]:
    """Return the fields of a stream that its ``m=`` line says."""
    fields = value.split()
    if len(fields) < 4:
        raise SdpError(number, f"m= needs media, port, protocol and a format: {_shown(value)}")
    media, ports, protocol, *formats = fields
    port, slash, count = ports.partition("/")
    if not _is_number(port, 65535):
        raise SdpError(number, f"{_shown(port)} is no port")
    if slash and (not _is_number(count, 65535) or int(count) == 0):
        raise SdpError(number, f"{_shown(count)} is no number of ports")
    if len(formats) > MAX_FORMATS:
        raise SdpError(number, f"{len(formats)} formats are more than {MAX_FORMATS}")
    return {
        "media": media.lower(),
        "port": int(port),
        "protocol": protocol.upper(),
        "formats": tuple(formats),
        "port_count": int(count) if slash else 1,
    }


@lru_cache(maxsize=1024)
def _parse_rtpmap(value: str) -> Rtpmap | None:
    fields = value.split()
    if len(fields) < 2 or not _is_number(fields[0], 127):
        return None
    encoding_name, *parameters = fields[1].split("/")
    clock_rate = parameters[0] if parameters else ""
    channels = parameters[1] if len(parameters) > 1 else "1"
    # 192 kHz and 255 channels are beyond every registered format; more is rubbish.
    if not _is_number(clock_rate, 192_000) or not _is_number(channels, 255):
        return None
    return Rtpmap(int(fields[0]), encoding_name, int(clock_rate), int(channels))


def _is_number(text: str, largest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= largest


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
