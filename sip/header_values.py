"""Structured values of single header fields: RFC 3261 section 20 and the RFCs named at each.

``parse`` reads the text of one value and raises :class:`MalformedValue`; ``str`` prints it back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sip.errors import MalformedValue
from sip.grammar import (
    LWS,
    NO_PARAMETERS,
    Parameters,
    is_digits,
    is_token,
    quote,
    quoted_end,
    split_parameters,
    unquote,
)
from sip.uri import Uri, known_uri, parse_uri

CSEQ_LIMIT: Final = 2**31
"""Sequence numbers are below this (8.1.1.5)."""

DELTA_SECONDS_LIMIT: Final = 2**32 - 1
"""delta-seconds above this mean this (20.19)."""

# RFC 3261 wants tokens in a display name without quotes. Many devices also send UTF-8 and
# unquoted punctuation there; all is let through that leaves the end of the name certain.
_is_bare_display_name = re.compile(r'[^\x00-\x08\x0a-\x1f\x7f"\\,;<>]*+').fullmatch
# The grammar of a word, and what telephones and session border controllers put there beside it: base64.
_WORD: Final = r"[A-Za-z0-9\-.!%*_+`'~()<>:\\\"/\[\]?{}=&$#|^]++"
_is_call_id = re.compile(f"{_WORD}(?:@{_WORD})?").fullmatch


def parse_call_id(text: str) -> str:
    """Check a Call-ID: ``word [ "@" word ]`` (20.8)."""
    if not _is_call_id(text):
        raise MalformedValue(text, "write word or word@word without spaces", what="Call-ID")
    return text


def parse_number(text: str, limit: int) -> int:
    """Return a decimal number from 0 up to, not including, ``limit``."""
    if not is_digits(text) or int(text) >= limit:
        raise MalformedValue(text, f"write a number from 0 to {limit - 1}", what="number")
    return int(text)


def parse_content_length(text: str) -> int:
    """Return the number of octets (20.14)."""
    return parse_number(text, 10**10)


def parse_max_forwards(text: str) -> int:
    """Return the number of hops, 0 to 255 (20.22); leading zeros are allowed."""
    return parse_number(text, 256)


def parse_delta_seconds(text: str) -> int:
    """Return a number of seconds; one that is too large counts as the largest (20.19)."""
    if text.isascii() and text.isdigit():
        return min(int(text), DELTA_SECONDS_LIMIT) if len(text) <= 10 else DELTA_SECONDS_LIMIT
    raise MalformedValue(text, "write a number of seconds", what="duration")


def parse_token(text: str) -> str:
    """Return ``text`` if it is a token."""
    if not is_token(text):
        raise MalformedValue(text, "write a token", what="token")
    return text


@dataclass(frozen=True, slots=True)
class NameAddr:
    """An address with an optional display name and the parameters of its header (20.10)."""

    uri: Uri
    display_name: str | None = None
    """Plain text, without quotes and escapes."""
    parameters: Parameters = NO_PARAMETERS

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """Read ``"Name" <uri>;params``, ``Name <uri>;params`` or ``uri;params``."""
        text = text.strip(LWS)
        if text.startswith('"'):
            end = quoted_end(text)
            name: str | None = unquote(text[:end])
            address = text[end:].lstrip(LWS)
            if not address.startswith("<"):
                raise MalformedValue(text, "put the URI in <> after a display name", what="address")
        else:
            bare, bracket, rest = text.partition("<")
            if not bracket or ";" in bare:
                return cls._parse_addr_spec(text)
            if not _is_bare_display_name(bare):
                raise MalformedValue(text, "put the display name in double quotes", what="address")
            name = bare.strip(LWS) or None
            address = bracket + rest
        uri, closed, parameters = address[1:].partition(">")
        if not closed:
            raise MalformedValue(text, "close the URI with >", what="address")
        return cls(known_uri(uri), name, Parameters.parse(parameters))

    @classmethod
    def _parse_addr_spec(cls, text: str) -> NameAddr:
        address, parameters = split_parameters(text)
        # 20.10: without brackets every parameter belongs to the header, and "?" or "," is illegal.
        if "?" in address or "," in address:
            raise MalformedValue(text, "put a URI that holds ? or , in <>", what="address")
        return cls(parse_uri(address), None, parameters)

    @property
    def tag(self) -> str | None:
        """The ``tag`` parameter of From and To."""
        return self.parameters.get("tag")

    def with_tag(self, tag: str) -> NameAddr:
        """Return a copy that has ``tag``."""
        return NameAddr(self.uri, self.display_name, self.parameters.with_value("tag", tag))

    @property
    def expires(self) -> int | None:
        """The ``expires`` parameter of a Contact in seconds; ``None`` if absent or unreadable (10.3)."""
        value = self.parameters.get("expires")
        return parse_delta_seconds(value) if value and value.isascii() and value.isdigit() else None

    @property
    def q(self) -> float:
        """The ``q`` parameter of a Contact, 0 to 1; 1 when absent or unreadable."""
        value = self.parameters.get("q") or ""
        return float(value) if _is_qvalue(value) else 1.0

    def __str__(self) -> str:
        name = "" if self.display_name is None else quote(self.display_name) + " "
        return f"{name}<{self.uri}>{self.parameters}"


_is_qvalue = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?").fullmatch


@dataclass(frozen=True, slots=True)
class CSeq:
    """The sequence number and method of a request (20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """Read ``number method``."""
        words = text.split()
        if len(words) != 2 or not is_token(words[1]):
            raise MalformedValue(text, "write a number and a method", what="CSeq")
        return cls(parse_number(words[0], CSEQ_LIMIT), words[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@dataclass(frozen=True, slots=True)
class RAck:
    """Which reliable provisional response a PRACK acknowledges (RFC 3262 7.2)."""

    response_number: int
    """The RSeq of that response."""
    cseq_number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> RAck:
        """Read ``response-num CSeq-num method``."""
        words = text.split()
        if len(words) != 3 or not is_token(words[2]):
            raise MalformedValue(text, "write two numbers and a method", what="RAck")
        return cls(parse_rseq(words[0]), parse_number(words[1], CSEQ_LIMIT), words[2])

    def __str__(self) -> str:
        return f"{self.response_number} {self.cseq_number} {self.method}"


def parse_rseq(text: str) -> int:
    """Return a response number, 1 to 2**32 - 1 (RFC 3262 7.1)."""
    number = parse_number(text, 2**32)
    if number == 0:
        raise MalformedValue(text, "response numbers begin at 1", what="RSeq")
    return number


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """The session interval and who refreshes (RFC 4028 section 4)."""

    interval: int
    """Seconds."""
    refresher: str | None = None
    """``uac``, ``uas`` or not decided."""

    @classmethod
    def parse(cls, text: str) -> SessionExpires:
        """Read ``seconds[;refresher=uac|uas]``."""
        seconds, parameters = split_parameters(text)
        refresher = (parameters.get("refresher") or "").lower() or None
        if refresher not in (None, "uac", "uas"):
            raise MalformedValue(text, "the refresher is uac or uas", what="Session-Expires")
        return cls(parse_delta_seconds(seconds), refresher)

    def __str__(self) -> str:
        return f"{self.interval}" if self.refresher is None else f"{self.interval};refresher={self.refresher}"


def parse_min_se(text: str) -> int:
    """Return the smallest session interval in seconds (RFC 4028 section 5)."""
    return parse_delta_seconds(split_parameters(text)[0])


@dataclass(frozen=True, slots=True)
class MediaType:
    """A Content-Type or one element of Accept (20.1, 20.15)."""

    type: str
    """Lower case; ``*`` in Accept means any."""
    subtype: str
    parameters: Parameters = NO_PARAMETERS

    @classmethod
    def parse(cls, text: str) -> MediaType:
        """Read ``type/subtype;params``."""
        value, parameters = split_parameters(text)
        kind, slash, subtype = value.partition("/")
        kind, subtype = kind.strip(LWS).lower(), subtype.strip(LWS).lower()
        if not slash or not is_token(kind) or not is_token(subtype):
            raise MalformedValue(text, "write type/subtype", what="media type")
        return cls(kind, subtype, parameters)

    @property
    def essence(self) -> str:
        """``type/subtype`` without parameters, lower case."""
        return f"{self.type}/{self.subtype}"

    def accepts(self, essence: str) -> bool:
        """Tell whether this element of Accept covers ``essence``."""
        return self.essence in ("*/*", essence.lower()) or (
            self.subtype == "*" and essence.lower().startswith(self.type + "/")
        )

    def __str__(self) -> str:
        return f"{self.essence}{self.parameters}"


@dataclass(frozen=True, slots=True)
class TaggedValue:
    """A token with parameters: Reason (RFC 3326), Event, Content-Disposition, Subscription-State."""

    value: str
    parameters: Parameters = NO_PARAMETERS

    @classmethod
    def parse(cls, text: str) -> TaggedValue:
        """Read ``token;params``."""
        value, parameters = split_parameters(text)
        return cls(parse_token(value), parameters)

    @property
    def cause(self) -> int | None:
        """The ``cause`` of a Reason: a Q.850 or SIP code."""
        value = self.parameters.get("cause") or ""
        return int(value) if is_digits(value, 4) else None

    @property
    def text(self) -> str | None:
        """The ``text`` of a Reason."""
        return self.parameters.get("text")

    def __str__(self) -> str:
        return f"{self.value}{self.parameters}"


@dataclass(frozen=True, slots=True)
class Replaces:
    """The dialog that a new one takes the place of (RFC 3891); also Join (RFC 3911)."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, text: str) -> Replaces:
        """Read ``call-id;to-tag=x;from-tag=y[;early-only]``."""
        call_id, parameters = split_parameters(text)
        to_tag, from_tag = parameters.get("to-tag"), parameters.get("from-tag")
        if not to_tag or not from_tag:
            raise MalformedValue(text, "give to-tag and from-tag", what="Replaces")
        return cls(parse_call_id(call_id), to_tag, from_tag, "early-only" in parameters)

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"
