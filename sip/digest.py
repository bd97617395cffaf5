"""Digest authentication: RFC 3261 section 22, RFC 2617, RFC 7616 and RFC 8760 (SHA-256 for SIP).

All of it is arithmetic on text; :mod:`sip.nonce` makes the nonces.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from sip.errors import MalformedValue, UsageError, shown
from sip.grammar import check_field_value, is_token, quote, unquote

ALGORITHMS: Final[dict[str, Callable[[bytes], str]]] = {
    "SHA-256": lambda octets: hashlib.sha256(octets).hexdigest(),
    "MD5": lambda octets: hashlib.md5(octets, usedforsecurity=False).hexdigest(),
}
"""Digest functions by name, the strongest first (RFC 8760 2.4)."""

_QUOTED_IN_CHALLENGE: Final = frozenset(("realm", "domain", "nonce", "opaque", "qop"))
_QUOTED_IN_CREDENTIALS: Final = frozenset(
    ("username", "realm", "nonce", "uri", "response", "cnonce", "opaque")
)
_MAX_PARAMETERS: Final = 32
_MAX_TEXT: Final = 8_192
_parameter = re.compile(
    r"[ \t,]*+([A-Za-z0-9\-.!%*_+`'~]++)[ \t]*+=[ \t]*+"
    r'("[^"\\]*+(?:\\.[^"\\]*+)*"|[^\s",]++)[ \t]*+(?=,|$)',
    re.DOTALL,
).match
_is_nonce_count = re.compile("[0-9A-Fa-f]{8}").fullmatch


def parse_parameters(text: str) -> dict[str, str] | None:
    """Return the parameters of ``Digest name=value, name="value"``, quotes undone, names in lower case.

    ``None`` for another scheme, of which nothing is read: what is none of ours is no error
    (RFC 4475 3.3.7). A parameter without a value, or given twice, is malformed.
    """
    scheme, _, rest = text.strip().partition(" ")
    if not is_token(scheme):
        raise MalformedValue(text, "begin with a scheme such as Digest", what="credentials")
    if scheme.lower() != "digest":
        return None
    if len(text) > _MAX_TEXT:
        raise MalformedValue(text, f"write at most {_MAX_TEXT} characters", what="credentials")
    parameters: dict[str, str] = {}
    rest = rest.strip(" \t,")
    place = 0
    while place < len(rest):
        found = _parameter(rest, place)
        if found is None or len(parameters) >= _MAX_PARAMETERS:
            raise MalformedValue(text, "write name=value pairs with commas between", what="credentials")
        name = found[1].lower()
        if name in parameters:
            raise MalformedValue(text, f"give {name} once", what="credentials")
        parameters[name] = unquote(found[2])
        place = found.end()
    return parameters


def _print(parameters: Iterable[tuple[str, str | None]], quoted: frozenset[str]) -> str:
    pieces = []
    for name, value in parameters:
        if value is None:
            continue
        if name not in quoted and not is_token(value):
            raise UsageError(f"digest parameter {name}={shown(value)} must be a token")
        text = quote(value) if name in quoted else value
        check_field_value(text, f"digest parameter {name}")
        pieces.append(f"{name}={text}")
    return "Digest " + ", ".join(pieces)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What WWW-Authenticate or Proxy-Authenticate asks for."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    """As written: ``MD5``, ``SHA-256``, either with ``-sess``, or one we do not know."""
    qop: tuple[str, ...] = ("auth",)
    """Empty when the challenger follows RFC 2069."""
    opaque: str | None = None
    stale: bool = False

    @classmethod
    def parse(cls, text: str) -> Challenge | None:
        """Read a challenge; ``None`` if its scheme is not Digest."""
        parameters = parse_parameters(text)
        if parameters is None:
            return None
        if "realm" not in parameters or "nonce" not in parameters:
            raise MalformedValue(text, "give realm and nonce", what="challenge")
        qop = parameters.get("qop", "").lower().split(",")
        return cls(
            realm=parameters["realm"],
            nonce=parameters["nonce"],
            algorithm=parameters.get("algorithm", "MD5"),
            qop=tuple(option for word in qop if (option := word.strip())),
            opaque=parameters.get("opaque"),
            stale=parameters.get("stale", "").lower() == "true",
        )

    @property
    def usable(self) -> bool:
        """True when we know the algorithm and one of the qop options."""
        return _base(self.algorithm) in ALGORITHMS and (not self.qop or "auth" in self.qop)

    def __str__(self) -> str:
        return _print(
            (
                ("realm", self.realm),
                ("nonce", self.nonce),
                ("opaque", self.opaque),
                ("algorithm", self.algorithm),
                ("qop", ",".join(self.qop) or None),
                ("stale", "true" if self.stale else None),
            ),
            _QUOTED_IN_CHALLENGE,
        )


@dataclass(frozen=True, slots=True)
class Credentials:
    """What Authorization or Proxy-Authorization proves."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str | None = None
    cnonce: str | None = None
    nonce_count: str | None = None
    """Eight hexadecimal digits, as they enter the digest."""
    opaque: str | None = None

    @classmethod
    def parse(cls, text: str) -> Credentials | None:
        """Read credentials; ``None`` if their scheme is not Digest."""
        parameters = parse_parameters(text)
        if parameters is None:
            return None
        missing = [
            name for name in ("username", "realm", "nonce", "uri", "response") if name not in parameters
        ]
        if missing:
            raise MalformedValue(text, f"give {' and '.join(missing)}", what="credentials")
        qop, nonce_count = parameters.get("qop"), parameters.get("nc")
        if qop is not None and (not _is_nonce_count(nonce_count or "") or not parameters.get("cnonce")):
            raise MalformedValue(
                text, "with qop give cnonce and an nc of 8 hexadecimal digits", what="credentials"
            )
        return cls(
            username=parameters["username"],
            realm=parameters["realm"],
            nonce=parameters["nonce"],
            uri=parameters["uri"],
            response=parameters["response"],
            algorithm=parameters.get("algorithm", "MD5"),
            qop=qop,
            cnonce=parameters.get("cnonce"),
            nonce_count=nonce_count,
            opaque=parameters.get("opaque"),
        )

    def verify(self, method: str, secret: str, *, body: bytes = b"") -> bool:
        """Tell whether the sender knows the password, given ``secret``: see :func:`shared_secret`.

        Compares in constant time. False for an algorithm or qop we do not know. The caller checks
        that realm, nonce and uri are those it asked for.
        """
        if _base(self.algorithm) not in ALGORITHMS or self.qop not in (None, "auth", "auth-int"):
            return False
        expected = _response(self, method, secret, body)
        return hmac.compare_digest(
            expected.encode(), self.response.lower().encode("utf-8", "surrogateescape")
        )

    def __str__(self) -> str:
        return _print(
            (
                ("username", self.username),
                ("realm", self.realm),
                ("nonce", self.nonce),
                ("uri", self.uri),
                ("response", self.response),
                ("algorithm", self.algorithm),
                ("cnonce", self.cnonce),
                ("opaque", self.opaque),
                ("qop", self.qop),
                ("nc", self.nonce_count),
            ),
            _QUOTED_IN_CREDENTIALS,
        )


def _base(algorithm: str) -> str:
    return algorithm.upper().removesuffix("-SESS")


def _hash(algorithm: str, *parts: str) -> str:
    return ALGORITHMS[_base(algorithm)](":".join(parts).encode("utf-8", "surrogateescape"))


def shared_secret(username: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    """Return H(username:realm:password), which may be stored in the place of the password."""
    if _base(algorithm) not in ALGORITHMS:
        raise UsageError(f"algorithm {shown(algorithm)} is none of {', '.join(ALGORITHMS)}")
    return _hash(algorithm, username, realm, password)


def _response(credentials: Credentials, method: str, secret: str, body: bytes) -> str:
    """Return the request-digest of RFC 7616 section 3.4.1."""
    algorithm, nonce, cnonce = credentials.algorithm, credentials.nonce, credentials.cnonce or ""
    if algorithm.upper().endswith("-SESS"):
        secret = _hash(algorithm, secret, nonce, cnonce)
    about = [method, credentials.uri]
    if credentials.qop == "auth-int":
        about.append(ALGORITHMS[_base(algorithm)](body))
    digest = _hash(algorithm, *about)
    if credentials.qop is None:
        return _hash(algorithm, secret, nonce, digest)
    return _hash(algorithm, secret, nonce, credentials.nonce_count or "", cnonce, credentials.qop, digest)


def best_challenge(challenges: Iterable[Challenge]) -> Challenge | None:
    """Return the usable challenge with the strongest algorithm; the first of equals (RFC 8760 2.4)."""
    strength = list(ALGORITHMS)
    usable = [challenge for challenge in challenges if challenge.usable]
    return min(usable, key=lambda challenge: strength.index(_base(challenge.algorithm)), default=None)


def answer_challenge(
    challenge: Challenge, method: str, uri: str, username: str, password: str, *, cnonce: str, count: int = 1
) -> Credentials:
    """Make the credentials a UAC sends. ``cnonce`` is fresh; ``count`` is the use of this nonce, from 1."""
    if not challenge.usable:
        raise UsageError(
            f"challenge with algorithm {shown(challenge.algorithm)} and qop {challenge.qop} is not ours"
        )
    qop = "auth" if challenge.qop else None
    session = challenge.algorithm.upper().endswith("-SESS")
    credentials = Credentials(
        username=username,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response="",
        algorithm=challenge.algorithm,
        qop=qop,
        cnonce=cnonce if qop or session else None,
        nonce_count=f"{count:08x}" if qop else None,
        opaque=challenge.opaque,
    )
    secret = shared_secret(username, challenge.realm, password, challenge.algorithm)
    return replace(credentials, response=_response(credentials, method, secret, b""))
