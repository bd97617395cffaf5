"""The kinds of value an attribute or a text may have.

A kind reads trimmed text. A text it does not take raises ``NotAllowed``, which may name the value to go on
with; otherwise the default of the attribute is used. Kinds that only one verb has stand in that verb's file.
"""

from __future__ import annotations

import enum
import re
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, NewType, Union, get_args, get_origin
from urllib.parse import urljoin, urlsplit

from rcml.errors import INVALID_URI, UNKNOWN_NAME, DeclarationError, InvalidUrl

Seconds = NewType("Seconds", int)
Keys = NewType("Keys", str)
"""A set of keys of the telephone; empty for none."""
Presses = NewType("Presses", str)
"""Keys in the order they are pressed: `0-9 * # A-D`, and `w` for half a second."""


class HttpMethod(enum.Enum):
    """How a document or a callback is requested."""

    GET = "GET"
    POST = "POST"


class Voice(enum.Enum):
    """Who speaks."""

    MAN = "man"
    WOMAN = "woman"


class RejectReason(enum.Enum):
    """Why a call is refused."""

    REJECTED = "rejected"
    BUSY = "busy"

    @property
    def status(self) -> int:
        """The SIP status that says so: 603 Decline or 486 Busy Here."""
        return 603 if self is RejectReason.REJECTED else 486


@dataclass(frozen=True)
class Place:
    """Where a text was found, for values that must remember it."""

    line: int | None = None
    base: str = ""
    """URL of the document."""
    url_code: int = INVALID_URI
    """The number under which a URL found here is reported when it is none."""


# RFC 3986 allows none of these unescaped; letters beyond ASCII are left to be encoded as UTF-8.
_NOT_IN_A_URI = re.compile(r'[\x00-\x20\x7f<>"{}|\\^`]|%(?![0-9A-Fa-f]{2})')


LONGEST_URL = 8_192
"""Characters; servers take no more."""


@dataclass(frozen=True)
class Url:
    """A URL as a document writes it; it is judged when it is needed, not when it is read."""

    schemes: ClassVar[tuple[str, ...]] = ("http", "https")

    text: str
    place: Place = field(default=Place(), compare=False, repr=False)

    def absolute(self) -> str:
        """Resolve against the document's URL; raises ``InvalidUrl`` unless that gives one of the schemes."""
        if len(self.text) > LONGEST_URL:
            raise self._invalid(f"is longer than {LONGEST_URL} characters: shorten it")
        if _NOT_IN_A_URI.search(self.text):
            raise self._invalid("is not a URL: percent-encode blanks and special characters")
        try:
            # urljoin takes `http:` and `http://` for references to the base.
            written = urlsplit(self.text)
            url = self.text if written.scheme else self._beside_document()
            usable = _has_host(url, self.schemes)
        except ValueError as error:
            raise self._invalid(f"is not a URL: {error}") from None
        if not usable:
            raise self._invalid(f"leads to no {' or '.join(self.schemes)} URL: write it in full")
        return url

    def _beside_document(self) -> str:
        return _joined(self.place.base, self.text)

    def _invalid(self, what: str) -> InvalidUrl:
        return InvalidUrl(f"{shortened(self.text)!r} {what}", self.place.line, self.place.url_code)


class WebSocketUrl(Url):
    """A URL to which a WebSocket is opened; a relative one leads to the server of the document."""

    schemes = ("ws", "wss")

    def _beside_document(self) -> str:
        return re.sub("^http", "ws", super()._beside_document())


# Documents are kept parsed, and what stands in them is resolved for each call.
@lru_cache(512)
def _has_host(url: str, schemes: tuple[str, ...]) -> bool:
    """Tell whether a URL is of one of the schemes and names a host; raises ``ValueError`` for no URL."""
    parts = urlsplit(url)
    return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0


@lru_cache(512)
def _joined(base: str, text: str) -> str:
    return urljoin(base, text)


def shortened(text: str, limit: int = 80) -> str:
    """Return ``text`` cut to a length that a log line can hold."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


class NotAllowed(ValueError):
    """A text is no value of a kind; ``instead``, when given, is what it is taken as."""

    def __init__(self, instead: Any = None) -> None:
        super().__init__("not an allowed value")
        self.instead = instead


@dataclass(frozen=True)
class Kind:
    """How a value is written, and how it is read."""

    allowed: str
    """The wording of the reference page and of error messages (Markdown)."""
    read: Callable[[str, Place], Any]
    empty_is_absent: bool = True
    """Whether an attribute with an empty value counts as not written."""
    code: int | None = UNKNOWN_NAME
    """The number of the warning for a text it does not take; None when it takes any."""


def _read_text(text: str, place: Place) -> str:
    return text


_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")


def _read_number(text: str, place: Place) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise NotAllowed
    return int(text)


def _read_boolean(text: str, place: Place) -> bool:
    word = text.lower()
    if word not in ("true", "false"):
        # Anything that is not "true" is false, whatever the default: Java's parseBoolean.
        raise NotAllowed(instead=False)
    return word == "true"


_KEYS = re.compile(r"[0-9*#]{0,12}")


def read_keys(text: str, place: Place) -> str:
    """Read a set of keys."""
    if not _KEYS.fullmatch(text):
        raise NotAllowed
    return text


_PRESSES = re.compile(r"[0-9A-Da-d*#wW]{1,128}")


def _read_presses(text: str, place: Place) -> str:
    if not _PRESSES.fullmatch(text):
        raise NotAllowed
    # TwiML's `W` is a whole second.
    return text.replace("W", "ww")


def _one_of(choices: type[enum.Enum]) -> Kind:
    by_text = {str(choice.value).lower(): choice for choice in choices}

    def read(text: str, place: Place) -> enum.Enum:
        choice = by_text.get(text.lower())
        if choice is None:
            raise NotAllowed
        return choice

    return Kind(", ".join(f"`{choice.value}`" for choice in choices), read, empty_is_absent=False)


_SEPARATORS = re.compile(r"[\s,]+")


def _several_of(choices: type[enum.Enum]) -> Kind:
    by_text = {str(choice.value).lower(): choice for choice in choices}

    def read(text: str, place: Place) -> tuple[enum.Enum, ...]:
        words = [word for word in _SEPARATORS.split(text.lower()) if word]
        found = tuple(dict.fromkeys(by_text[word] for word in words if word in by_text))
        if not by_text.keys() >= set(words):
            raise NotAllowed(instead=found or None)
        return found

    listed = ", ".join(f"`{choice.value}`" for choice in choices)
    return Kind(f"any of {listed}, separated by blanks or commas", read)


_KINDS: dict[object, Kind] = {
    str: Kind("text", _read_text, code=None),
    int: Kind("whole number", _read_number, empty_is_absent=False),
    bool: Kind("`true`, `false`", _read_boolean, empty_is_absent=False),
    Seconds: Kind("whole number of seconds", _read_number, empty_is_absent=False),
    Keys: Kind("keys `0`-`9` `*` `#`, at most 12; empty for none", read_keys, empty_is_absent=False),
    Presses: Kind("keys `0`-`9` `A`-`D` `*` `#`, `w` for half a second, `W` for one", _read_presses),
    Url: Kind("URL, may be relative", Url, code=INVALID_URI),
    WebSocketUrl: Kind("`wss:` or `ws:` URL, may be relative", WebSocketUrl, code=INVALID_URI),
}


def kind_of(annotation: Any) -> Kind:
    """Return the kind for a field's annotation; ``X | None`` counts as ``X``."""
    if get_origin(annotation) in (Union, types.UnionType):
        present = [part for part in get_args(annotation) if part is not type(None)]
        annotation = present[0] if len(present) == 1 else annotation
    if annotation in _KINDS:
        return _KINDS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _one_of(annotation)
    items = get_args(annotation)
    if get_origin(annotation) is tuple and isinstance(items[0], type) and issubclass(items[0], enum.Enum):
        return _several_of(items[0])
    raise DeclarationError(f"no kind reads {annotation!r}: pass kind= to attr() or text()")
