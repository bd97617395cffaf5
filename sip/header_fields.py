"""Headers read through properties of a message: parsed when first asked for, kept until a header changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Generic, Protocol, Self, TypeVar, overload

from sip.errors import HeaderError, MalformedValue
from sip.header_values import parse_token
from sip.headers import Headers, header_key

T = TypeVar("T")

KEPT_LENGTH: Final = 160
"""Characters of a value whose meaning is kept: what attackers send longer must not fill our memory."""
KEPT_VALUES: Final = 512
"""Values of each header whose meaning is kept: the messages of a call repeat one another's."""

_UNREAD: Final[Any] = object()


class Carrier(Protocol):
    """What has headers."""

    headers: Headers


class Field(Generic[T]):
    """A header read through a property of a message."""

    __slots__ = ("_name", "_read")

    def __init__(self, name: str, read: Callable[[Headers], T]) -> None:
        self._name = name
        self._read = read

    @overload
    def __get__(self, message: None, owner: type) -> Self: ...
    @overload
    def __get__(self, message: Carrier, owner: type) -> T: ...
    def __get__(self, message: Carrier | None, owner: type) -> T | Self:
        if message is None:
            return self
        headers = message.headers
        # A call reads its headers a hundred times; what was read before must cost no further call.
        meaning: T = headers.meanings.get(self._name, _UNREAD)
        if meaning is _UNREAD:
            meaning = headers.meanings[self._name] = self._read(headers)
        return meaning

    def keep(self, message: Carrier, meaning: T) -> None:
        """Keep what the header says that was just written of ``meaning``, so that it is not read again."""
        message.headers.meanings[self._name] = meaning


def kept(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Return ``parse`` with a memory of what short texts meant lately; values never change."""
    remembered = lru_cache(maxsize=KEPT_VALUES)(parse)
    return lambda text: remembered(text) if len(text) <= KEPT_LENGTH else parse(text)


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
    return Field(name, _at_most_one(name, parse))


def listed(name: str, parse: Callable[[str], T]) -> Field[tuple[T, ...]]:
    """Declare a header with any number of values, on one line or several."""

    def read(headers: Headers) -> tuple[T, ...]:
        values = values_of(headers, name)
        return tuple([parsed(name, value, parse) for value in values]) if values else ()

    return Field(name, read)


def tokens(name: str) -> Field[tuple[str, ...]]:
    """Declare a list of tokens; empty elements are passed over, which the grammar allows in some."""

    def read(headers: Headers) -> tuple[str, ...]:
        values = values_of(headers, name)
        return tuple([parsed(name, value, parse_token) for value in values if value]) if values else ()

    return Field(name, read)


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
