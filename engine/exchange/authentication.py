"""Who sends a request: digest credentials checked against the clients' hashes (RFC 3261 22, RFC 8760).

A request may carry an access token instead (RFC 8898), in either field of credentials. A stranger learns
nothing about which clients exist: a known and an unknown login are challenged, computed and refused alike.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from engine.errors import TokenExpired, TokenRefused
from engine.exchange.access_tokens import AccessTokens
from engine.exchange.source_bans import SourceBans
from engine.reporting import log
from engine.store import ClientRow
from sip.digest import Challenge, Credentials
from sip.errors import PeerError
from sip.message import Request
from sip.nonce import NonceIssuer, NonceVerdict

ALGORITHMS: Final = ("MD5", "SHA-256")
"""Offered in this order. RFC 8760 section 2.4 wants the stronger first, but phones and test tools that know
MD5 alone read the first challenge and give up on another algorithm (SIPp 3.6 ends there)."""

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The request is this client's."""

    client: ClientRow


@dataclass(frozen=True, slots=True)
class Challenged:
    """Answer 401, or 407 to an INVITE, with these fields."""

    fields: Fields


@dataclass(frozen=True, slots=True)
class Denied:
    """Answer 403 without saying why; ``reason`` is for the log."""

    reason: str


Verdict = Authenticated | Challenged | Denied


@dataclass(frozen=True, slots=True)
class _Scheme:
    """Where credentials are asked for and given."""

    challenge: str
    credentials: str


_AS_REGISTRAR: Final = _Scheme("WWW-Authenticate", "Authorization")
_AS_PROXY: Final = _Scheme("Proxy-Authenticate", "Proxy-Authorization")


class Authenticator:
    """Checks credentials of one realm. ``find`` looks a client up by login; time is an argument.

    Where credentials are not ``required`` a client is believed to be who it says, and nobody is asked.

    The digest's ``uri`` enters the digest as the sender wrote it and is not compared with the Request-URI:
    proxies rewrite that one, and test tools leave its user part out. Replays are stopped by the nonce.
    """

    def __init__(
        self,
        realm: str,
        find: Callable[[str], ClientRow | None],
        nonces: NonceIssuer,
        token: Callable[[], str],
        bans: SourceBans | None = None,
        algorithms: Iterable[str] = ALGORITHMS,
        *,
        required: bool = True,
        tokens: AccessTokens | None = None,
        vouches: Callable[[str], bool] = lambda host: False,
    ) -> None:
        """``vouches`` tells the proxies of ours: who sent what comes from one stands in its Via."""
        self.realm = realm
        self.bans = bans or SourceBans()
        self.failures = 0
        """Requests whose credentials did not fit, since the start."""
        self._find = find
        self._nonces = nonces
        self._token = token
        self._tokens = tokens or AccessTokens(find, time.time)
        self._algorithms = tuple(algorithms)
        self._required = required
        self._vouches = vouches
        # What an unknown login is checked against: nobody knows a password that hashes to it.
        self._decoy = secrets.token_hex(32)

    def presented(self, request: Request) -> bool:
        """Tell whether a request carries credentials of our realm."""
        return bool(self._bearer(request)) or self._credentials(request, _scheme(request)) is not None

    def check(self, request: Request, source: str, claimed: str | None, now: float) -> Verdict:
        """Judge a request from host ``source`` that claims to be of client ``claimed``.

        None claims to be nobody: it is of the client whose credentials it carries.
        """
        source = self._origin(request, source)
        if self.bans.banned(source, now):
            return Denied(f"{source} is banned for now")
        if not self._required:
            return self._believed(claimed)
        scheme = _scheme(request)
        bearer = self._bearer(request)
        if bearer:
            return self._check_token(bearer, source, claimed, now, scheme)
        credentials = self._credentials(request, scheme)
        if credentials is None or not self._was_offered(credentials):
            return self._challenged(scheme, now, stale=False)
        client = self._find(credentials.username)
        if not credentials.verify(request.method, self._secret(client, credentials)) or client is None:
            return self._failed(source, now, "user name and password do not fit")
        count = int(credentials.nonce_count or "", 16) if credentials.qop else None
        if self._nonces.judge(credentials.nonce, count, now) is not NonceVerdict.GOOD:
            # The password is right, so the phone need not ask its user for it again (RFC 7616 section 3.3).
            return self._challenged(scheme, now, stale=True)
        self._nonces.accept(credentials.nonce, count)
        return self._admitted(client, source, claimed, now)

    def _origin(self, request: Request, source: str) -> str:
        """Return who asks: behind a proxy of ours the one that this heard, so that no guesser bans them all.

        The proxy writes ``received`` into the Via below its own (RFC 3261 section 18.2.1).
        """
        if not self._vouches(source):
            return source
        try:
            below = request.vias[1:2]
        except PeerError:
            return source
        return next((via.received or via.host.strip("[]") for via in below), source)

    def _check_token(
        self, text: str, source: str, claimed: str | None, now: float, scheme: _Scheme
    ) -> Verdict:
        """Judge a token. One that has expired is no attack: its holder is told so, and gets another one."""
        try:
            _, client = self._tokens.read(text)
        except TokenExpired:
            expired = (scheme.challenge, f'Bearer realm="{self.realm}", error="invalid_token"')
            digests = self._challenged(scheme, now, stale=False)
            return Challenged((*digests.fields, expired))
        except TokenRefused as refusal:
            return self._failed(source, now, f"access token: {refusal}")
        return self._admitted(client, source, claimed, now)

    def _admitted(self, client: ClientRow, source: str, claimed: str | None, now: float) -> Verdict:
        """Let in who proved to be a client, if that is whom the request claims to come from."""
        if claimed is not None and claimed != client.login:
            return self._failed(source, now, f"client {client.login!r} claims to be {claimed!r}")
        if client.status != 1:
            return Denied(f"client {client.login!r} is closed")
        return Authenticated(client)

    def _believed(self, claimed: str | None) -> Verdict:
        """Take a client's word for who it is, whatever credentials it sends."""
        client = self._find(claimed or "")
        if client is None or client.status != 1:
            return Denied(f"there is no client {claimed!r}, or it is closed")
        return Authenticated(client)

    def _bearer(self, request: Request) -> str:
        """Return the first token; browsers' SIP libraries put it into Authorization of every request."""
        for name in (_AS_REGISTRAR.credentials, _AS_PROXY.credentials):
            for line in request.headers.lines(name):
                scheme, _, token = line.strip().partition(" ")
                if scheme.lower() == "bearer":
                    return token.strip()
        return ""

    def _credentials(self, request: Request, scheme: _Scheme) -> Credentials | None:
        """Return the first readable credentials of our realm; those of others are not our business."""
        for line in request.headers.lines(scheme.credentials):
            try:
                credentials = Credentials.parse(line)
            except PeerError:
                continue
            if credentials is not None and credentials.realm == self.realm:
                return credentials
        return None

    def _was_offered(self, credentials: Credentials) -> bool:
        """Check algorithm and qop. Without qop (RFC 2069) a nonce serves once, which old phones manage."""
        return credentials.algorithm.upper() in self._algorithms and credentials.qop in (None, "auth")

    def _secret(self, client: ClientRow | None, credentials: Credentials) -> str:
        if client is None:
            return self._decoy
        return client.ha1_md5 if credentials.algorithm.upper() == "MD5" else client.ha1_sha256

    def _challenged(self, scheme: _Scheme, now: float, *, stale: bool) -> Challenged:
        nonce = self._nonces.issue(now, self._token())
        return Challenged(
            tuple(
                (scheme.challenge, str(Challenge(self.realm, nonce, algorithm, stale=stale)))
                for algorithm in self._algorithms
            )
        )

    def _failed(self, source: str, now: float, reason: str) -> Denied:
        self.failures += 1
        if self.bans.failed(source, now):
            log.get("authentication").warning("source.banned", source=source, seconds=self.bans.seconds)
        return Denied(reason)


def _scheme(request: Request) -> _Scheme:
    """A REGISTER is answered 401 as a registrar does, all else 407 as the way to somebody (22.1, 22.3)."""
    return _AS_REGISTRAR if request.method == "REGISTER" else _AS_PROXY
