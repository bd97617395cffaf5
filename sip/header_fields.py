"""Headers read through properties of a message: parsed when first asked for, kept until a header changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, Self, TypeVar, overload

from sip.errors import HeaderError, MalformedValue
from sip.grammar import is_token
from sip.header_values import parse_token
from sip.headers import Headers, header_key

T = TypeVar("T")

_UNREAD: Final[Any] = object()


class Carrier(Protocol):
    """What has headers."""

    headers: Headers


class Field(Generic[T]):
    """A header read through a property of a message; ``absent`` is what it means that there is none."""

    __slots__ = ("_absent", "_key", "_name", "_read")

    def __init__(self, name: str, read: Callable[[Headers], T], absent: T = _UNREAD) -> None:
        self._name = name
        self._key = header_key(name)
        self._read = read
        self._absent = absent

    @overload
    def __get__(self, message: None, owner: type) -> Self: ...
    @overload
    def __get__(self, message: Carrier, owner: type) -> T: ...
    def __get__(self, message: Carrier | None, owner: type) -> T | Self:
        if message is None:
            return self
        headers = message.headers
        # A call reads a hundred headers, most of them again or in vain: neither may cost a further call.
        meaning: T = headers.meanings.get(self._name, _UNREAD)
        if meaning is not _UNREAD:
            return meaning
        if self._absent is not _UNREAD and self._key not in (headers.first or headers.locate()):
            return self._absent
        meaning = headers.meanings[self._name] = self._read(headers)
        return meaning

    def keep(self, message: Carrier, meaning: T) -> None:
        """Keep what the header says that was just written of ``meaning``, so that it is not read again."""
        message.headers.meanings[self._name] = meaning


def required(name: str, parse: Callable[[str], T]) -> Field[T]:
    """Declare a header that is there exactly once."""
    read_optional = _at_most_one(name, parse)

    def read(headers: Headers) -> T:
        meaning = read_optional(headers)
        if meaning is None:
            raise HeaderError(name, "", f"send the missing header {name}")
        return meaning

    return Field(name, read)


def optional(name: str, parse: Callable[[str], T]) -> Field[T | None]:
    """Declare a header that is there at most once; ``None`` without it."""
    return Field(name, _at_most_one(name, parse), None)


def listed(name: str, parse: Callable[[str], T]) -> Field[tuple[T, ...]]:
    """Declare a header with any number of values, on one line or several."""

    def read(headers: Headers) -> tuple[T, ...]:
        return tuple([parsed(name, value, parse) for value in values_of(headers, name)])

    return Field(name, read, ())


def tokens(name: str) -> Field[tuple[str, ...]]:
    """Declare a list of tokens; empty elements are passed over, which the grammar allows in some."""

    def read(headers: Headers) -> tuple[str, ...]:
        return tuple([parsed(name, value, parse_token) for value in values_of(headers, name) if value])

    return Field(name, read, ())


def abilities(name: str) -> Field[tuple[str, ...]]:
    """Declare a list of tokens that tells what a peer can; what cannot be read there is nothing we could use.

    A call is not refused, nor an answer dropped, for a slip in what nobody asked for.
    """

    def read(headers: Headers) -> tuple[str, ...]:
        try:
            return tuple([value for value in headers.get_all(name) if is_token(value)])
        except MalformedValue:
            return ()

    return Field(name, read, ())


def parsed(name: str, text: str, parse: Callable[[str], T]) -> T:
    """Return what ``parse`` makes of a value; a malformed one is an error of the header ``name``."""
    try:
        return parse(text)
    except MalformedValue as flaw:
        raise HeaderError(name, text, str(flaw), status=flaw.status) from None


def values_of(headers: Headers, name: str) -> list[str]:
    """Return every value of a header; one that cannot be split is an error of it."""
    try:
        return headers.get_all(name)
    except MalformedValue as flaw:
        raise HeaderError(name, flaw.value, flaw.cure) from None


def _at_most_one(name: str, parse: Callable[[str], T]) -> Callable[[Headers], T | None]:
    key = header_key(name)

    def read(headers: Headers) -> T | None:
        lines = headers.texts(key)
        if not lines:
            return None
        if len(lines) > 1:
            raise HeaderError(name, lines[1], f"send {name} once, it is there {len(lines)} times")
        return parsed(name, lines[0], parse)

    return read
