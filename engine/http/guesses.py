"""Holds up who guesses at secrets over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict

from engine.exchange.source_bans import SourceBans
from engine.http.problems import Problem
from engine.secrets_at_rest import hash_password, is_password

FAILURES, SECONDS = 20, 60.0
"""So many wrong secrets for one name from one address within so many seconds, and no further is looked at
for as long. By name and address: one address may be a proxy in front of everybody."""
MOST_WAITING = 20
"""Passwords that wait to be checked, a second of work; more are turned away."""
_REMEMBERED = 1000
_REMEMBERED_FOR = 300.0


class Guesses:
    """Counts wrong secrets, and checks passwords one after another in a thread.

    A password that was right is known again for five minutes, by a keyed hash in memory, so that a program
    that signs in with each request does not cost 50 ms each.
    """

    def __init__(self) -> None:
        self._bans = SourceBans(FAILURES, SECONDS, key=str)
        self._one_at_a_time = asyncio.Lock()
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._decoy = ""
        self._waiting = 0

    def check(self, address: str, name: str) -> None:
        """Raise :class:`Problem` when this address has guessed too often at this name."""
        if self._bans.banned(_key(address, name), time.monotonic()):
            message = "Too many wrong passwords or tokens: wait a minute, and look at what sends them."
            raise Problem(429, message, {"Retry-After": str(int(SECONDS))}, twilio=(429, 20429))

    def failed(self, address: str, name: str) -> None:
        """Count a wrong secret."""
        self._bans.failed(_key(address, name), time.monotonic())

    async def is_password(self, kept: str | None, given: str) -> bool:
        """Say whether a password is right; None, of nobody, takes as long as a wrong one."""
        seen = hmac.digest(self._key, f"{kept}\n{given}".encode(), hashlib.sha256)
        now = time.monotonic()
        if self._known.get(seen, now) > now:
            return True
        if self._waiting >= MOST_WAITING:
            raise Problem(503, "Too many sign in at once. Try again in a moment.", {"Retry-After": "1"})
        self._waiting += 1
        try:
            right = await self._compare(kept, given)
        finally:
            self._waiting -= 1
        if right:
            self._known[seen] = now + _REMEMBERED_FOR
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return right

    async def _compare(self, kept: str | None, given: str) -> bool:
        async with self._one_at_a_time:
            if kept is None:
                self._decoy = self._decoy or await asyncio.to_thread(hash_password, secrets.token_hex(8))
            return await asyncio.to_thread(is_password, kept or self._decoy, given) and kept is not None


def _key(address: str, name: str) -> str:
    # A name is as long as its sender likes.
    return f"{address} {name[:128]}"
