"""Scanning primitives of the RFC 3261 section 25 grammar.

Each function reads its input once. Regular expressions use possessive repetition wherever two
continuations could match the same characters, so no input makes them go back and try again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sip.errors import MalformedValue, UsageError, shown

LWS: Final = " \t\r\n"
"""Linear white space; folded lines are already joined, but values given by callers may not be."""
SPACE: Final = r"[ \t\r\n]*+"
"""Pattern of white space, or of none."""

TOKEN: Final = r"[A-Za-z0-9\-.!%*_+`'~]++"
"""Pattern of a ``token``."""
is_token = re.compile(TOKEN).fullmatch
"""Match of a whole ``token``, else ``None``."""

_QUOTED: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*"'
_quoted_prefix = re.compile(_QUOTED, re.DOTALL).match
_list_piece = re.compile(rf'{_QUOTED}|<[^>]*+>|[^",<]++|([",<])', re.DOTALL).finditer
# A gen-value is a token, a host or a quoted string; what real peers send in addition ("/", "@")
# is let through as long as it cannot be mistaken for a separator.
_PLAIN_VALUE: Final = r"[!#-+\--:=?-~]++"
_is_plain_value = re.compile(_PLAIN_VALUE).fullmatch
_PARAMETER: Final = rf"{SPACE};{SPACE}({TOKEN})(?:{SPACE}={SPACE}({_PLAIN_VALUE}|{_QUOTED}))?"
# A semicolon too many at the end is what some telephones write; more of them are RFC 4475 3.1.2.1.
_are_parameters = re.compile(f"(?:{_PARAMETER})*(?:{SPACE};)?", re.DOTALL).fullmatch
_each_parameter = re.compile(_PARAMETER, re.DOTALL).findall
_sound_parameters = re.compile(f"(?:{_PARAMETER})*", re.DOTALL).match
_escaped_pair = re.compile(r"\\(.)", re.DOTALL).sub
_has_only_quoted_nul = re.compile(r'(?:[^"\0]++|"[^"\\\0]*+(?:\\.[^"\\\0]*+)*")*', re.DOTALL).fullmatch
_MUST_ESCAPE: Final = {code: "\\" + chr(code) for code in (*range(9), *range(10, 32), 34, 92, 127)}
"""Controls except the tab, the double quote and the backslash itself."""


def is_digits(text: str, at_most: int = 10) -> bool:
    """Tell whether ``text`` is 1 to ``at_most`` ASCII digits.

    ``str.isdigit`` alone accepts digits of every script, and ``int`` is slow, then refuses, on
    thousands of them.
    """
    return 0 < len(text) <= at_most and text.isascii() and text.isdigit()


def quote(text: str) -> str:
    """Return ``text`` as a quoted-string (25.1). Line breaks have no spelling there."""
    if "\r" in text or "\n" in text:
        raise UsageError(f"{shown(text)} holds a line break, which a quoted string cannot carry; remove it")
    return f'"{text.translate(_MUST_ESCAPE)}"'


def unquote(text: str) -> str:
    """Return what a quoted-string says; anything else is returned as it is."""
    if len(text) >= 2 and text[0] == '"' == text[-1]:
        return _escaped_pair(r"\1", text[1:-1])
    return text


def quoted_end(text: str) -> int:
    """Return the index just after the quoted-string that ``text`` begins with."""
    found = _quoted_prefix(text)
    if found is None:
        raise MalformedValue(text, "close the quoted string with a double quote")
    return found.end()


def check_field_value(value: str, what: str) -> None:
    """Raise :class:`UsageError` if ``value`` could break out of its header line or cannot be encoded."""
    flaw = field_value_flaw(value)
    if flaw is not None:
        raise UsageError(f"{what} {shown(value)} {flaw}")


def field_value_flaw(value: str) -> str | None:
    """Say why ``value`` cannot be one header line; ``None`` when it can."""
    if "\r" in value or "\n" in value:
        return "holds a CR or LF, which would begin another header; remove it"
    if "\0" in value and not _has_only_quoted_nul(value):
        return "holds a NUL outside a quoted pair; remove it"
    if not value.isascii():
        try:
            value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return "holds half of a surrogate pair, which UTF-8 cannot carry; remove it"
    return None


def split_list(text: str) -> list[str]:
    """Split at commas outside quotes and angle brackets; pieces are stripped and may be empty."""
    if "," not in text:
        return [text.strip(LWS)]
    if '"' not in text and "<" not in text:
        return [piece.strip(LWS) for piece in text.split(",")]
    pieces: list[str] = []
    start = 0
    for found in _list_piece(text):
        separator = found[1]
        if separator is None:
            continue
        if separator != ",":
            raise MalformedValue(text, f"balance each {separator} with its closing character")
        pieces.append(text[start : found.start()].strip(LWS))
        start = found.end()
    pieces.append(text[start:].strip(LWS))
    return pieces


@dataclass(frozen=True, slots=True)
class Parameters:
    """The ``;name=value`` parameters of a header value or URI, in order.

    Names compare without case. Values are kept as received, quotes included; :meth:`get` takes
    the quotes off.
    """

    pairs: tuple[tuple[str, str | None], ...] = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str | None]]) -> Parameters:
        """Make parameters of plain values, quoting those that need it."""
        empty = cls()
        for name, value in pairs:
            empty = empty.with_value(name, value)
        return empty

    @classmethod
    def parse(cls, text: str) -> Parameters:
        """Read ``;a=b;c`` (the first semicolon included, and one at the end); blank text means none."""
        if not text or not (text := text.strip(LWS)):
            return NO_PARAMETERS
        if not _are_parameters(text):
            raise MalformedValue(text, _cure_of_parameters(text), what="parameters")
        pairs = [(name, value or None) for name, value in _each_parameter(text)]
        if len(pairs) > 1 and len({name.lower() for name, _ in pairs}) < len(pairs):
            raise MalformedValue(text, "give each parameter once", what="parameters")
        return cls(tuple(pairs))

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value without its quotes; ``""`` for a parameter that has none."""
        wanted = name.lower()
        for key, value in self.pairs:
            if key == wanted or key.lower() == wanted:
                return (unquote(value) if value[0] == '"' else value) if value else ""
        return default

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def with_value(self, name: str, value: str | None) -> Parameters:
        """Return a copy in which ``name`` has ``value``, in its place or at the end."""
        if not is_token(name):
            raise UsageError(f"parameter name {shown(name)} must be a token")
        if value is not None and not _is_plain_value(value):
            value = quote(value)
        if name in self:
            key = name.lower()
            return Parameters(tuple([(n, value if n.lower() == key else v) for n, v in self.pairs]))
        return Parameters((*self.pairs, (name, value)))

    def without(self, name: str) -> Parameters:
        """Return a copy that lacks ``name``."""
        key = name.lower()
        return Parameters(tuple(pair for pair in self.pairs if pair[0].lower() != key))

    def __iter__(self) -> Iterator[tuple[str, str | None]]:
        return iter(self.pairs)

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __str__(self) -> str:
        return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in self.pairs])


def _cure_of_parameters(text: str) -> str:
    sound = _sound_parameters(text)
    rest = text[sound.end() :] if sound is not None else text
    return f"write ;name or ;name=value, quotes closed, at {shown(rest)}"


NO_PARAMETERS: Final = Parameters()


def split_parameters(text: str) -> tuple[str, Parameters]:
    """Return what stands before the first semicolon, and the parameters from there on."""
    value, semicolon, rest = text.partition(";")
    return value.strip(LWS), Parameters.parse(semicolon + rest)
