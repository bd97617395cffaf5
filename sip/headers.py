"""The header fields of a message: RFC 3261 section 7.3, with the compact forms of later RFCs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, TypeVar, overload

from sip.errors import UsageError, shown
from sip.grammar import check_field_value, is_token, split_list

T = TypeVar("T")

COMPACT_FORMS: Final[dict[str, str]] = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "n": "identity-info",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
    "y": "identity",
}
"""RFC 3261 7.3.3, 3515, 3841, 3892, 4028, 6665, 8224; the registry is IANA's."""

_COMMON_NAMES: Final = """
    Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authorization
    Call-ID Call-Info Contact Content-Disposition Content-Encoding Content-Language Content-Length
    Content-Type CSeq Date Diversion Error-Info Event Expires From History-Info Identity Identity-Info
    In-Reply-To Join Max-Forwards Min-Expires Min-SE MIME-Version Organization P-Access-Network-Info
    P-Asserted-Identity P-Associated-URI P-Called-Party-ID P-Charging-Vector P-Early-Media
    P-Preferred-Identity Path Priority Privacy Proxy-Authenticate Proxy-Authorization Proxy-Require RAck
    Reason Record-Route Refer-Sub Refer-To Referred-By Reject-Contact Remote-Party-ID Replaces Reply-To
    Request-Disposition Require Retry-After Route RSeq Server Service-Route Session-Expires Session-ID
    Subject Subscription-State Supported Timestamp To Unsupported User-Agent User-to-User Via Warning
    WWW-Authenticate
"""

_LISTS: Final = """
    accept accept-contact accept-encoding accept-language alert-info allow allow-events call-info contact
    content-encoding content-language diversion error-info history-info in-reply-to p-asserted-identity
    p-associated-uri p-early-media p-preferred-identity path proxy-require reason record-route recv-info
    reject-contact request-disposition require resource-priority route security-client security-server
    security-verify service-route supported unsupported user-to-user via warning
"""
"""Fields whose grammar is a comma-separated list, so that ``a, b`` equals two lines (7.3.1)."""


def _spellings() -> dict[str, str]:
    table: dict[str, str] = {}
    for name in _COMMON_NAMES.split():
        table |= dict.fromkeys((name, name.lower(), name.upper(), name.title()), name.lower())
    for compact, key in COMPACT_FORMS.items():
        table |= {compact: key, compact.upper(): key}
    return table


_LIST_KEYS: Final = frozenset(_LISTS.split())
KEYS: Final = _spellings()
"""From the usual spellings of a name to its key, so that most lookups need no case folding."""


def key_of(name: str) -> str:
    """Return the long form of ``name`` in lower case, by which fields are compared."""
    folded = name.lower()
    return COMPACT_FORMS.get(folded, folded)


_NAMES_KEPT: Final = 512
header_key = lru_cache(_NAMES_KEPT)(key_of)
"""The same, remembered: for the names that we ask for and write again and again, not for those of peers."""

_is_plain_text = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?").fullmatch
"""Matches the text of nearly every field: printable ASCII without white space at its ends."""


class Headers:
    """Header fields in order; names compare without case and in their long form.

    Names and values are kept as received. A value can be anything whose ``str`` is the text of
    the field. No value can hold a line break or a stray NUL, so a header can never become two;
    trying raises :class:`UsageError`.
    """

    __slots__ = ("_keys", "_names", "_values", "first", "meanings")

    def __init__(self, fields: Iterable[tuple[str, object]] = ()) -> None:
        self._keys: list[str] = []
        self._names: list[str] = []
        self._values: list[str] = []
        self.first: dict[str, int] | None = None
        """Where each key is found first; None after a change, until :meth:`locate` has looked again."""
        self.meanings: dict[object, Any] = {}
        """What was read of the fields so far, under names of the readers' own; a change empties it."""
        for name, value in fields:
            self.add(name, value)

    @classmethod
    def received(cls, keys: list[str], names: list[str], values: list[str]) -> Headers:
        """Make headers of what the parser has already checked; the lists are taken over."""
        headers = cls.__new__(cls)
        headers._keys = keys
        headers._names = names
        headers._values = values
        headers.first = None
        headers.meanings = {}
        return headers

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the text of the first line named ``name``."""
        key = header_key(name)
        return self._values[self._keys.index(key)] if key in self._keys else default

    def lines(self, name: str) -> list[str]:
        """Return the text of every line named ``name``, not split at commas."""
        return self.texts(header_key(name))

    def texts(self, key: str) -> list[str]:
        """Return the same by key: the long name in lower case."""
        keys, first = self._keys, self.first or self.locate()
        place = first.get(key)
        if place is None:
            return []
        if len(first) == len(keys) or keys.count(key) == 1:
            return [self._values[place]]
        return [value for k, value in zip(keys, self._values, strict=True) if k == key]

    def locate(self) -> dict[str, int]:
        """Look for each key, of which a message is asked for some twenty; return where it is found first."""
        keys = self._keys
        self.first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
        return self.first

    @property
    def repeats(self) -> bool:
        """Whether any name is there more than once."""
        return len(self.first or self.locate()) < len(self._keys)

    def get_all(self, name: str) -> list[str]:
        """Return every value, in order; comma-joined ones apart where the grammar has a list.

        An unbalanced quote or angle bracket raises :class:`sip.errors.MalformedValue`.
        """
        key = header_key(name)
        lines = self.texts(key)
        if not lines or key not in _LIST_KEYS:
            return lines
        return [value for line in lines if line for value in split_list(line)]

    def add(self, name: str, value: object) -> None:
        """Append a field."""
        self._append(header_key(name), name, _checked(name, value))

    def set(self, name: str, value: object) -> None:
        """Make this the only field of its name, in the place of the first one, else at the end."""
        key = header_key(name)
        text = _checked(name, value)
        place = self._keys.index(key) if key in self._keys else len(self._keys)
        self.remove(name)
        self._insert(place, name, text)

    def insert_first(self, name: str, value: object) -> None:
        """Put a field before the others of its name, as each hop does with Via and Record-Route."""
        key = header_key(name)
        text = _checked(name, value)
        self._insert(self._keys.index(key) if key in self._keys else 0, name, text)

    def replace_first(self, name: str, value: object) -> None:
        """Replace the first value, also where several share its line (Via gets ``received`` so)."""
        first = self.get(name)
        if first is None:
            raise UsageError(f"there is no header {name} to change; add it first")
        self._changed()
        key = header_key(name)
        rest = split_list(first)[1:] if key in _LIST_KEYS else []
        self._values[self._keys.index(key)] = ", ".join((_checked(name, value), *rest))

    def remove(self, name: str) -> None:
        """Remove every field of that name; none is fine."""
        key = header_key(name)
        if key in self._keys:
            kept = [place for place, k in enumerate(self._keys) if k != key]
            self._keys = [self._keys[place] for place in kept]
            self._names = [self._names[place] for place in kept]
            self._values = [self._values[place] for place in kept]
            self._changed()

    def copy_from(self, other: Headers, *names: str) -> None:
        """Append every field of ``other`` that has one of ``names``, as it was received."""
        for name in names:
            key = header_key(name)
            place = -1
            for _ in range(other._keys.count(key)):
                place = other._keys.index(key, place + 1)
                self._append(key, other._names[place], other._values[place])

    def selected(self, keys: Iterable[str]) -> Headers:
        """Return the fields that have these keys, in the order of the keys, as they were received."""
        first = self.first or self.locate()
        if self.repeats:
            places = [place for key in keys for place, other in enumerate(self._keys) if other == key]
        else:
            places = [first[key] for key in keys if key in first]
        return Headers.received(
            [self._keys[place] for place in places],
            [self._names[place] for place in places],
            [self._values[place] for place in places],
        )

    def copy(self) -> Headers:
        """Return headers that change independently of these."""
        return Headers.received(self._keys.copy(), self._names.copy(), self._values.copy())

    def count(self, name: str) -> int:
        """Return how many lines have that name."""
        return self._keys.count(header_key(name))

    def structured(self, key: object, parse: Callable[[Headers], T]) -> T:
        """Return ``parse(self)``, kept under ``key`` until a field changes."""
        if key in self.meanings:
            kept: T = self.meanings[key]
            return kept
        value = self.meanings[key] = parse(self)
        return value

    def keyed(self) -> Iterator[tuple[str, str]]:
        """Iterate over (key, value): the long lower-case name and the text."""
        return zip(self._keys, self._values, strict=True)

    def fields(self) -> Iterator[tuple[str, str, str]]:
        """Iterate over (key, name as received, text)."""
        return zip(self._keys, self._names, self._values, strict=True)

    def _insert(self, place: int, name: str, text: str) -> None:
        self._keys.insert(place, header_key(name))
        self._names.insert(place, name)
        self._values.insert(place, text)
        self._changed()

    def _append(self, key: str, name: str, text: str) -> None:
        self._keys.append(key)
        self._names.append(name)
        self._values.append(text)
        self._changed()

    def _changed(self) -> None:
        self.first = None
        if self.meanings:
            self.meanings.clear()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return zip(self._names, self._values, strict=True)

    def __contains__(self, name: str) -> bool:
        return header_key(name) in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return self._keys == other._keys and self._values == other._values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({list(self)!r})"


def _checked(name: str, value: object) -> str:
    if name not in KEYS and not is_token(name):
        raise UsageError(f"header name {shown(name)} must be a token")
    text = str(value)
    if not _is_plain_text(text):
        text = text.strip(" \t")
        check_field_value(text, f"header {name}")
    return text
