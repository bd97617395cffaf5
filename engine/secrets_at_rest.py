"""How secrets are kept that others prove to know: what a thief of the database gets, opens nothing.

A secret that we made has 256 bits of chance; SHA-256 of it cannot be turned round by trying, so that a slow
hash would only slow the server. A password that somebody chose can be guessed: it is kept as scrypt
(RFC 7914), which costs a guess about 50 ms and 16 MB.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
_SALT_BYTES = 16


def new_secret() -> str:
    """Return a fresh secret: 43 characters that need no escaping, 256 bits of chance."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """Return what is kept of a secret made by :func:`new_secret`."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(kept: str, given: str) -> bool:
    """Say whether ``given`` is the secret of which ``kept`` was kept, in a time that tells nothing."""
    return hmac.compare_digest(kept.encode(), hash_secret(given).encode())


def hash_password(password: str) -> str:
    """Return what is kept of a password: ``scrypt$<salt>$<hash>``. It takes long: run it in a thread."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt${_text(salt)}${_text(_scrypt(password, salt))}"


def is_password(kept: str, given: str) -> bool:
    """Say whether ``given`` is the password of which ``kept`` was kept. It takes long: run it in a thread."""
    _, salt, expected = kept.split("$")
    found = _scrypt(given, base64.b64decode(salt))
    return hmac.compare_digest(base64.b64decode(expected), found)


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, dklen=32)


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
