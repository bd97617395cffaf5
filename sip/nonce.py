"""Nonces that need no table: signed with their time (RFC 7616 section 5.4), checked against replay."""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import struct
from collections import OrderedDict
from typing import Final

_TIME: Final = struct.Struct(">d")
_SALT_LENGTH: Final = 12
_SIGNATURE_LENGTH: Final = 16
_NONCE_LENGTH: Final = (8 + _SALT_LENGTH + _SIGNATURE_LENGTH) * 4 // 3


class NonceVerdict(enum.Enum):
    """What a nonce and its count are worth."""

    GOOD = "good"
    STALE = "stale"
    """Ours, but too old: challenge again with ``stale=true``, so that no password is asked for."""
    REPLAYED = "replayed"
    """This count was used before."""
    FOREIGN = "foreign"
    """Not made by us."""


class NonceIssuer:
    """Makes nonces and judges those that come back.

    A nonce is its time, a fresh token and an HMAC over both, so any process with the same ``key``
    knows it again. ``now`` is in seconds of any clock that never goes back. The counts of the last
    ``remembered`` nonces are kept; a nonce that might be one of the forgotten ones is stale, so
    forgetting never lets a replay through.
    """

    def __init__(self, key: bytes, *, lifetime: float = 300.0, remembered: int = 10_000) -> None:
        self._key = key
        self._lifetime = lifetime
        self._remembered = remembered
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._forgotten_up_to = float("-inf")

    def issue(self, now: float, token: str) -> str:
        """Return a nonce; ``token`` is fresh and unguessable."""
        salt = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()[:_SALT_LENGTH]
        content = _TIME.pack(now) + salt
        return base64.urlsafe_b64encode(content + self._sign(content)).decode("ascii")

    def judge(self, nonce: str, count: int | None, now: float) -> NonceVerdict:
        """Tell what ``nonce`` is worth with ``count`` (its ``nc``; ``None`` without qop: one use only).

        Nothing is remembered yet: call :meth:`accept` when the credentials have proved right, so
        that a stranger cannot use up the nonce of another.
        """
        issued = self._issued_at(nonce)
        if issued is None:
            return NonceVerdict.FOREIGN
        if not 0 <= now - issued <= self._lifetime:
            return NonceVerdict.STALE
        known = self._counts.get(nonce)
        if known is None:
            return NonceVerdict.STALE if issued <= self._forgotten_up_to else NonceVerdict.GOOD
        return NonceVerdict.GOOD if (count or 1) > known[1] else NonceVerdict.REPLAYED

    def accept(self, nonce: str, count: int | None) -> None:
        """Remember that the owner of ``nonce`` has used it up to ``count``."""
        issued = self._issued_at(nonce)
        if issued is None:
            return
        known = self._counts.pop(nonce, (issued, 0))
        self._counts[nonce] = (issued, max(count or 1, known[1]))
        while len(self._counts) > self._remembered:
            _, (forgotten, _) = self._counts.popitem(last=False)
            self._forgotten_up_to = max(self._forgotten_up_to, forgotten)

    def _sign(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")[:_SIGNATURE_LENGTH]

    def _issued_at(self, nonce: str) -> float | None:
        if len(nonce) != _NONCE_LENGTH or not nonce.isascii():
            return None
        try:
            octets = base64.b64decode(nonce, altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        content, signature = octets[:-_SIGNATURE_LENGTH], octets[-_SIGNATURE_LENGTH:]
        if not hmac.compare_digest(signature, self._sign(content)):
            return None
        issued: float = _TIME.unpack_from(content)[0]
        return issued
