"""SIP, SIPS and TEL URIs: RFC 3261 section 19.1 and RFC 3966; other schemes are kept as text.

Components hold the escaped text that was received, so that printing a parsed URI gives back the
same octets; ``username`` and the like undo the escapes. Two liberties are taken, because
telephones take them: ``#`` may stand unescaped in a user part (``*21#``), and a host name may
hold an underscore.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from urllib.parse import quote as percent_quote
from urllib.parse import unquote as percent_unquote

from sip.errors import MalformedValue, UriError, UsageError, shown
from sip.grammar import NO_PARAMETERS, Parameters, is_digits
from sip.remembered import kept

_ESCAPED: Final = "%[0-9A-Fa-f]{2}"
MAX_URI: Final = 8_192
"""Characters; a header line has no more either."""

_is_user = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#]|{_ESCAPED})+").fullmatch
_is_password = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()&=+$,]|{_ESCAPED})*").fullmatch
_is_parameter = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|{_ESCAPED})+").fullmatch
# Proxies that hide what is behind them write base64 there, with its padding.
_is_parameter_value = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$=]|{_ESCAPED})+").fullmatch
_is_header_part = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()\[\]/?:+$]|{_ESCAPED})*").fullmatch
_is_scheme = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*+").fullmatch
_is_opaque = re.compile(r"[!#-;=?-~]++").fullmatch
_is_host_name = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*+)(?<![\-])").fullmatch
_is_telephone_number = re.compile(r"\+?[0-9A-Fa-f*#\-.()]++").fullmatch
_some_digit = re.compile(r"[0-9A-Fa-f*#]").search
_escape = re.compile(_ESCAPED).sub
_USER_SAFE: Final = "-_.!~*'()&=+$,;?/"
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()")
_COMPARED_IF_EITHER_HAS: Final = ("user", "ttl", "method", "maddr")
"""Parameters that make two URIs differ when only one of them has it (19.1.4)."""


# "@" cannot stand in a host, parameter or header, so the first one ends the user part.
_sip_uri_parts = re.compile(
    r"(sips?):(?:([^:@]*+)(?::([^@]*+))?@)?(\[[^]]*+\]|[^:;?@\[]*+)(?::([^;?@]*+))?(;[^?@]*+)?(?:\?([^@]*+))?",
    re.IGNORECASE,
).fullmatch


def parse_host(text: str) -> str:
    """Return ``text`` if it is a host: a name, an IPv4 address, or an IPv6 address in brackets."""
    if text.startswith("["):
        try:
            ip_version_6(text)
        except ValueError:
            raise MalformedValue(text, "write an IPv6 address as [2001:db8::1]", what="host") from None
        return text
    if len(text) > 255 or not _is_host_name(text):
        raise MalformedValue(text, "write a host name, an IPv4 address or an [IPv6] address", what="host")
    return text


def ip_version_6(reference: str) -> ipaddress.IPv6Address:
    """Return the address in ``[...]``; ``ValueError`` if it is none."""
    if len(reference) > 48 or not reference.endswith("]") or "%" in reference:
        raise ValueError("not an IPv6 reference")
    inside = reference[1:-1]
    # RFC 5118 4.10: the grammar of RFC 3261 allowed ":::" before an embedded IPv4 address.
    if ":::" in inside and "." in inside.rpartition(":::")[2]:
        inside = inside.replace(":::", "::")
    return ipaddress.IPv6Address(inside)


def parse_port(text: str) -> int:
    """Return the port number ``text``, 1 to 65535."""
    if not is_digits(text, 5) or not 0 < int(text) < 65536:
        raise MalformedValue(text, "a port is 1 to 65535", what="port")
    return int(text)


def parse_host_port(text: str) -> tuple[str, int | None]:
    """Split ``host[:port]``, the host being a name, an IPv4 or an [IPv6] address."""
    host, colon, port = text.partition(":")
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        host += bracket
        if rest and not rest.startswith(":"):
            raise MalformedValue(text, "put only :port after the closing bracket", what="host and port")
        colon, port = rest[:1], rest[1:]
    return parse_host(host), parse_port(port) if colon else None


def bracketed(host: str) -> str:
    """Return ``host`` as it stands in a URI or Via: a bare IPv6 address gets its brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def unescape(text: str) -> str:
    """Undo percent escapes; octets that are not UTF-8 come out as surrogate escapes."""
    return percent_unquote(text, errors="surrogateescape") if "%" in text else text


def _canonical(text: str, fold_case: bool = False) -> str:
    """Undo escapes of unreserved characters only, as the comparison of 19.1.4 wants it."""

    def plain(found: re.Match[str]) -> str:
        character = chr(int(found[0][1:], 16))
        return character if character in _UNRESERVED else found[0].upper()

    text = _escape(plain, text)
    return text.lower() if fold_case else text


@dataclass(frozen=True, slots=True)
class SipUri:
    """A ``sip:`` or ``sips:`` URI."""

    host: str
    """As written, so an IPv6 address is in brackets."""
    user: str | None = None
    """Escaped; see :attr:`username`."""
    port: int | None = None
    parameters: Parameters = NO_PARAMETERS
    headers: tuple[tuple[str, str], ...] = ()
    """Escaped names and values after the question mark."""
    password: str | None = None
    scheme: str = "sip"

    def __post_init__(self) -> None:
        """Refuse what could not be printed as one URI."""
        try:
            parse_host(self.host)
        except MalformedValue as flaw:
            raise UsageError(str(flaw)) from None
        if self.scheme not in ("sip", "sips"):
            raise UsageError(f"scheme {shown(self.scheme)} must be sip or sips")
        if self.port is not None and not 0 < self.port < 65536:
            raise UsageError(f"port {self.port} must be 1 to 65535")
        self._check_user()
        for name, value in self.parameters:
            if not _is_parameter(name) or not (value is None or _is_parameter_value(value)):
                raise UsageError(f"URI parameter {shown(name)}={shown(value or '')}: escape it with %XX")
        for name, content in self.headers:
            if not name or not _is_header_part(name) or not _is_header_part(content):
                raise UsageError(f"URI header {shown(name)}={shown(content)}: escape it with %XX")

    def _check_user(self) -> None:
        if self.user is not None and not _is_user(self.user):
            raise UsageError(f"user part {shown(self.user)}: escape it with %XX, or use SipUri.make")
        if self.password is not None and (self.user is None or not _is_password(self.password)):
            raise UsageError("a password needs a user part and %XX escapes")

    @classmethod
    def make(
        cls,
        username: str | None,
        host: str,
        port: int | None = None,
        *,
        scheme: str = "sip",
        **parameters: str,
    ) -> SipUri:
        """Make a URI of plain text: escapes ``username``, brackets an IPv6 ``host``.

        A parameter given as ``""`` has no value: ``lr=""`` prints ``;lr``.
        """
        try:
            user = percent_quote(username, _USER_SAFE, errors="surrogateescape") if username else None
        except UnicodeEncodeError:
            raise UsageError(f"user {shown(username or '')} holds half of a surrogate pair") from None
        pairs = tuple((name, value or None) for name, value in parameters.items())
        return cls(bracketed(host), user, port, Parameters(pairs), scheme=scheme)

    @classmethod
    def parse(cls, text: str) -> SipUri:
        """Read a whole SIP or SIPS URI."""
        found = _sip_uri_parts(text) if len(text) <= MAX_URI else None
        if found is None:
            raise UriError(text, "write sip:user@host:port;parameters?headers")
        scheme, user, password, host, port, parameters, headers = found.groups()
        try:
            return cls(
                host,
                user,
                None if port is None else parse_port(port),
                Parameters.parse(parameters) if parameters else NO_PARAMETERS,
                _parse_uri_headers(headers) if headers is not None else (),
                password,
                scheme.lower(),
            )
        except (MalformedValue, UsageError) as flaw:
            raise UriError(text, str(flaw)) from None

    @property
    def username(self) -> str | None:
        """The user part without escapes."""
        return None if self.user is None else unescape(self.user)

    @property
    def subscriber(self) -> str | None:
        """Whom the user part names: a telephone number without the parameters that follow it (19.1.6).

        Carriers write there what they found out of a call: ``;verstat=TN-Validation-Passed``, ``;npdi``.
        """
        name = self.username
        number, semicolon, _ = (name or "").partition(";")
        return number if semicolon and _is_a_number(number) else name

    @property
    def secure(self) -> bool:
        """True for ``sips:``."""
        return self.scheme == "sips"

    @property
    def transport(self) -> str | None:
        """The ``transport`` parameter in upper case, as a Via writes it."""
        value = self.parameters.get("transport")
        return value.upper() if value else None

    @property
    def address(self) -> str:
        """The host to resolve or connect to: ``maddr`` if given, an IPv6 address without brackets."""
        return (self.parameters.get("maddr") or self.host).strip("[]")

    @property
    def loose(self) -> bool:
        """True when the ``lr`` parameter is there (loose routing, 19.1.1)."""
        return "lr" in self.parameters

    def without_headers(self) -> SipUri:
        """Return a copy without the part after ``?``, which a Request-URI must not have (19.1.1)."""
        return replace(self, headers=()) if self.headers else self

    def equivalent(self, other: Uri) -> bool:
        """Compare as RFC 3261 19.1.4 does. That relation is not transitive, so it is not ``==``."""
        if not isinstance(other, SipUri) or self._fixed_parts() != other._fixed_parts():
            return False
        mine, theirs = self._compared_parameters(), other._compared_parameters()
        if any(mine.get(name) != theirs.get(name) for name in _COMPARED_IF_EITHER_HAS):
            return False
        if any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()):
            return False
        return self._compared_headers() == other._compared_headers()

    def _fixed_parts(self) -> tuple[object, ...]:
        user = None if self.user is None else _canonical(self.user)
        password = None if self.password is None else _canonical(self.password)
        return self.scheme, user, password, _comparable_host(self.host), self.port

    def _compared_parameters(self) -> dict[str, str]:
        return {_canonical(name, True): _canonical(value or "", True) for name, value in self.parameters}

    def _compared_headers(self) -> list[tuple[str, str]]:
        return sorted((_canonical(name, True), _canonical(value)) for name, value in self.headers)

    def __str__(self) -> str:
        secret = "" if self.password is None else f":{self.password}"
        who = "" if self.user is None else f"{self.user}{secret}@"
        port = "" if self.port is None else f":{self.port}"
        headers = "&".join(f"{name}={value}" for name, value in self.headers)
        mark = "?" if headers else ""
        return f"{self.scheme}:{who}{self.host}{port}{self.parameters}{mark}{headers}"


def _is_a_number(text: str) -> bool:
    return _is_telephone_number(text) is not None and _some_digit(text) is not None


def _comparable_host(host: str) -> object:
    if host.startswith("["):
        return ip_version_6(host)
    return host.lower()


def _parse_uri_headers(text: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for piece in text.split("&"):
        name, equals, value = piece.partition("=")
        if not equals:
            raise MalformedValue(text, "write URI headers as name=value", what="URI headers")
        pairs.append((name, value))
    return tuple(pairs)


@dataclass(frozen=True, slots=True)
class TelUri:
    """A ``tel:`` URI (RFC 3966)."""

    number: str
    """As written, visual separators included; see :attr:`digits`."""
    parameters: Parameters = NO_PARAMETERS
    scheme: str = "tel"

    def __post_init__(self) -> None:
        """Refuse what is not a telephone number."""
        if not _is_a_number(self.number):
            raise UsageError(f"telephone number {shown(self.number)}: use digits, with + in front if global")

    @classmethod
    def parse(cls, text: str) -> TelUri:
        """Read a whole TEL URI."""
        if len(text) > MAX_URI:
            raise UriError(text, f"write at most {MAX_URI} characters")
        number, semicolon, parameters = text.partition(":")[2].partition(";")
        try:
            return cls(number, Parameters.parse(semicolon + parameters))
        except (MalformedValue, UsageError) as flaw:
            raise UriError(text, str(flaw)) from None

    @property
    def digits(self) -> str:
        """The number without visual separators; ``+`` stays."""
        return self.number.translate(_VISUAL_SEPARATORS)

    @property
    def username(self) -> str:
        """What a SIP URI would have as its user part."""
        return self.digits

    @property
    def subscriber(self) -> str:
        """Whom it names: the number."""
        return self.digits

    def equivalent(self, other: Uri) -> bool:
        """Compare as RFC 3966 section 4 does: separators and the order of parameters do not count."""
        if not isinstance(other, TelUri) or self.digits.lower() != other.digits.lower():
            return False
        return self._compared_parameters() == other._compared_parameters()

    def _compared_parameters(self) -> dict[str, str]:
        return {name.lower(): (value or "").lower() for name, value in self.parameters}

    def __str__(self) -> str:
        return f"tel:{self.number}{self.parameters}"


_VISUAL_SEPARATORS: Final = str.maketrans("", "", "-.()")


@dataclass(frozen=True, slots=True)
class OpaqueUri:
    """A URI of a scheme this floor only carries: ``mailto:``, ``urn:``, ``http:`` and the like."""

    scheme: str
    opaque: str
    """Everything after the first colon."""

    def __post_init__(self) -> None:
        """Refuse what could not be printed as one URI."""
        if not _is_scheme(self.scheme) or not _is_opaque(self.opaque):
            raise UsageError(f"URI {shown(f'{self.scheme}:{self.opaque}')}: escape it with %XX")

    @property
    def username(self) -> None:
        """Only SIP and TEL URIs name a user."""
        return None

    @property
    def subscriber(self) -> None:
        """As :attr:`username`."""
        return None

    def equivalent(self, other: Uri) -> bool:
        """Compare the text; only the scheme ignores case."""
        return isinstance(other, OpaqueUri) and str(self).partition(":") == str(other).partition(":")

    def __str__(self) -> str:
        return f"{self.scheme}:{self.opaque}"


Uri: TypeAlias = SipUri | TelUri | OpaqueUri


def parse_uri(text: str) -> Uri:
    """Read a URI of any scheme; raise :class:`UriError` (400) when it is none."""
    scheme, colon, opaque = text.partition(":")
    key = scheme.lower()
    if key in ("sip", "sips"):
        return SipUri.parse(text)
    if key == "tel":
        return TelUri.parse(text)
    if not colon or not _is_scheme(scheme):
        raise UriError(text, "begin with a scheme, as in sip:user@example.com")
    try:
        return OpaqueUri(key, opaque)
    except UsageError as flaw:
        raise UriError(text, str(flaw)) from None


known_uri: Final = kept(parse_uri)
"""The same, with a memory: the Request-URI, From and To of a call's messages name few."""
