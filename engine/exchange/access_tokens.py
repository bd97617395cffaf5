"""Access tokens: what a client shows in the place of its password, for a short while (RFC 7519, RFC 8898).

A token is a JWT signed with HMAC-SHA256 by a key that the account's auth token makes. It names one client of
one account and a time of expiry, so nothing needs to be stored: whoever has the account's auth token may mint
one without asking us, in any language. docs/decisions/0013 tells why it is so.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from engine.errors import TokenExpired, TokenRefused
from engine.store import AccountRow, ClientRow, Store

AUDIENCE: Final = "dialplane:phone"
"""The ``aud`` of every token, so that no other JWT which the same key might sign is taken for one."""
USUAL_SECONDS: Final = 3600
LONGEST_SECONDS: Final = 86_400
"""A token cannot be called back one by one, so none lives longer than a day, whoever minted it."""
SHORTEST_SECONDS: Final = 60
RENEWABLE_SECONDS: Final = 12 * 3600.0
"""How long after a sign-in a page may get itself another token: a working day and its breaks."""
SKEW: Final = 30.0
"""Seconds that the clock of somebody else who mints may be ahead of ours."""

_ALGORITHM: Final = "HS256"
_KEY_PURPOSE: Final = b"dialplane access token"
_LONGEST_TEXT: Final = 2048


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says."""

    account_sid: str
    login: str
    issued: float
    """Seconds since 1970, as ``expires``."""
    expires: float
    signed_in: float | None = None
    """When its holder proved a password; a token without it cannot be renewed."""


def token_key(auth_token: str) -> bytes:
    """Return the key that signs an account's tokens: never the auth token itself, which signs webhooks."""
    return hmac.digest(auth_token.encode(), _KEY_PURPOSE, "sha256")


def mint(
    account_sid: str,
    auth_token: str,
    login: str,
    *,
    now: float,
    seconds: int = USUAL_SECONDS,
    signed_in: float | None = None,
) -> str:
    """Return a token for one client; ``now`` is in seconds since 1970."""
    return _signed(token_key(auth_token), account_sid, login, now, seconds, signed_in)


def _signed(
    key: bytes, account_sid: str, login: str, now: float, seconds: int, signed_in: float | None
) -> str:
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError(f"seconds = {seconds}: a token lives between 1 and {LONGEST_SECONDS}")
    claims: dict[str, Any] = {
        "iss": account_sid,
        "sub": login,
        "aud": AUDIENCE,
        "iat": int(now),
        "exp": int(now) + seconds,
    }
    if signed_in is not None:
        # The name OpenID Connect has for it.
        claims["auth_time"] = int(signed_in)
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def read_claims(text: str, key_of: Callable[[str], bytes | None], now: float) -> Claims:
    """Return what a token says once its signature and times are right; raise :exc:`TokenRefused` else.

    ``key_of`` returns the key of an account, None when there is no such account.
    """
    if len(text) > _LONGEST_TEXT:
        raise TokenRefused(f"it is longer than {_LONGEST_TEXT} characters")
    try:
        # Who signed it must be read before that is proved; only the choice of the key rests on it.
        unproved = jwt.decode(text, options={"verify_signature": False})
        key = key_of(str(unproved.get("iss", "")))
        if key is None:
            raise TokenRefused("no active account has the identifier in iss")
        proved = jwt.decode(
            text,
            key,
            algorithms=[_ALGORITHM],
            audience=AUDIENCE,
            # Times are judged below, by the clock that the caller has.
            options={"require": ["iss", "sub", "iat", "exp"], "verify_exp": False, "verify_iat": False},
        )
        return _judged(proved, now)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as error:
        raise TokenRefused(str(error)) from None
    except RecursionError:
        raise TokenRefused("it is nested too deeply") from None


def _judged(said: Mapping[str, Any], now: float) -> Claims:
    signed_in = said.get("auth_time")
    claims = Claims(
        account_sid=str(said["iss"]),
        login=str(said["sub"]),
        issued=float(said["iat"]),
        expires=float(said["exp"]),
        signed_in=None if signed_in is None else float(signed_in),
    )
    if claims.issued > now + SKEW:
        raise TokenRefused("iat lies in the future: set the clock of the machine that minted it")
    # Written so that a time which is no number fails too.
    if not claims.expires - claims.issued <= LONGEST_SECONDS:
        raise TokenRefused(f"it lives longer than {LONGEST_SECONDS} seconds after iat")
    if not now < claims.expires:
        raise TokenExpired("it has expired")
    return claims


class AccessTokens:
    """Mints tokens and tells whose one is. :meth:`refresh` it when accounts or clients were changed.

    The keys lie in memory: SIP asks for one with every call, now. ``find_client`` looks a client up by login;
    ``clock`` tells the seconds since 1970.
    """

    def __init__(self, find_client: Callable[[str], ClientRow | None], clock: Callable[[], float]) -> None:
        self._find_client = find_client
        self._clock = clock
        self._keys: dict[str, bytes] = {}

    async def refresh(self, store: Store) -> None:
        """Read the accounts anew."""
        self.use(await store.find(AccountRow))

    def use(self, accounts: Iterable[AccountRow]) -> None:
        """Take tokens of these accounts, as far as they are active, and of no others."""
        self._keys = {row.sid: token_key(row.auth_token) for row in accounts if row.status == "active"}

    def grant(
        self, client: ClientRow, seconds: int = USUAL_SECONDS, *, signed_in: float | None = None
    ) -> str:
        """Return a token for a client; raise :exc:`TokenRefused` when its account is not active."""
        key = self._keys.get(client.account_sid)
        if key is None:
            raise TokenRefused(f"account {client.account_sid} is not active")
        return _signed(key, client.account_sid, client.login, self._clock(), seconds, signed_in)

    def read(self, text: str) -> tuple[Claims, ClientRow]:
        """Return a token's claims and its client; raise :exc:`TokenRefused` when it is worth nothing.

        A client of the same name that was made after the token is another one.
        """
        claims = read_claims(text, self._keys.get, self._clock())
        client = self._find_client(claims.login)
        if client is None or client.account_sid != claims.account_sid:
            raise TokenRefused(f"account {claims.account_sid} has no client {claims.login!r}")
        if claims.issued + SKEW < client.date_created.timestamp():
            raise TokenRefused(f"client {claims.login!r} was made after the token")
        return claims, client
