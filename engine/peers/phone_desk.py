"""Signs browser phones in: a client's password, or a token that ends soon, for a fresh access token."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine import ids
from engine.errors import EngineError, TokenRefused
from engine.exchange.access_tokens import RENEWABLE_SECONDS, USUAL_SECONDS, AccessTokens
from engine.exchange.source_bans import SourceBans
from engine.peers.clients import ClientDirectory
from engine.reporting import log
from engine.store import ClientRow, Store, digest_hashes

READY_LOGIN: Final = "browser"
"""The client that ``dialplane dev`` has ready for whoever sits before the machine."""


class SignInRefused(EngineError):
    """Somebody is not signed in; the message is for them."""


class TooManyFailures(SignInRefused):
    """Their address failed too often, and is not listened to for a while."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A client's token, for as long as it lives."""

    login: str
    token: str
    seconds: int
    renewable: bool
    """Whether :meth:`PhoneDesk.renew` would take it now."""


class PhoneDesk:
    """Grants access tokens to the phone page. ``clock`` tells the seconds since 1970.

    A password is compared with its SHA-256 hash for ``realm``. Failures are counted by address, apart from
    those of SIP: a mistyped password must not keep others behind the same address from calling. ``ready``
    is a login that may sign in without a password, empty for none.
    """

    def __init__(
        self,
        clients: ClientDirectory,
        tokens: AccessTokens,
        realm: str,
        bans: SourceBans,
        clock: Callable[[], float],
        *,
        ready: str = "",
    ) -> None:
        self.ready = ready
        self._clients = clients
        self._tokens = tokens
        self._realm = realm
        self._bans = bans
        self._clock = clock

    def sign_in(self, login: str, password: str, host: str) -> SignedIn:
        """Grant a token for a password; raise :exc:`SignInRefused` with what to tell whoever asks."""
        now = self._clock()
        if self._bans.banned(host, now):
            raise TooManyFailures("Too many wrong passwords came from your address. Wait five minutes.")
        client = self._clients.find(login)
        # Hashed and compared also for an unknown login, so that time does not tell one from the other.
        _, given = digest_hashes(login, self._realm, password)
        kept = client.ha1_sha256 if client is not None else "0" * 64
        if not hmac.compare_digest(given, kept) or client is None or client.status != 1:
            self._bans.failed(host, now)
            log.get("phone").info("phone.refused", source=host, login=login)
            raise SignInRefused("Login and password do not fit. Check both; capitals count.")
        return self._granted(client, now)

    def sign_in_ready(self) -> SignedIn:
        """Grant a token for the ready client; the caller has made sure who asks."""
        client = self._clients.find(self.ready) if self.ready else None
        if client is None or client.status != 1:
            raise SignInRefused("No client is ready to be used without a password.")
        return self._granted(client, self._clock())

    def renew(self, token: str) -> SignedIn:
        """Grant another token for one that lives; who changed the client since wants it to sign in anew."""
        try:
            claims, client = self._tokens.read(token)
        except TokenRefused as refusal:
            raise SignInRefused(f"The access token is not valid: {refusal}.") from None
        since = claims.signed_in
        if since is None:
            raise SignInRefused("This access token cannot be renewed: ask whoever gave it for another one.")
        changed = client.date_updated.timestamp() > since + 1
        if client.status != 1 or changed or self._clock() > since + RENEWABLE_SECONDS:
            raise SignInRefused("The sign-in has ended. Sign in again.")
        return self._granted(client, since)

    def look(self, token: str) -> SignedIn:
        """Return what a token that somebody else minted is good for."""
        try:
            claims, client = self._tokens.read(token)
        except TokenRefused as refusal:
            raise SignInRefused(f"The access token is not valid: {refusal}.") from None
        seconds = max(int(claims.expires - self._clock()), 1)
        return SignedIn(client.login, token, seconds, claims.signed_in is not None)

    def _granted(self, client: ClientRow, signed_in: float) -> SignedIn:
        try:
            token = self._tokens.grant(client, USUAL_SECONDS, signed_in=signed_in)
        except TokenRefused:
            raise SignInRefused("The account of this client is not active.") from None
        return SignedIn(client.login, token, USUAL_SECONDS, renewable=True)


async def have_ready_client(store: Store, realm: str) -> None:
    """Make sure that there is the client whom a newcomer's browser is; nobody knows its password."""
    if await store.count(ClientRow, ClientRow.login == READY_LOGIN):
        return
    md5, sha256 = digest_hashes(READY_LOGIN, realm, ids.new_auth_token())
    await store.commit(
        ClientRow(
            sid=ids.new_sid(ids.CLIENT),
            account_sid=store.account.sid,
            login=READY_LOGIN,
            ha1_md5=md5,
            ha1_sha256=sha256,
            friendly_name="The browser phone of dialplane dev",
        )
    )
