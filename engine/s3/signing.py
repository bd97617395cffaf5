"""AWS Signature Version 4 for S3: what a request must carry so that the storage takes it for ours.

The words are those of Amazon's description: canonical request, string to sign, signing key. Time is an
argument. Only headers are signed with, no query.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_HASH = hashlib.sha256().hexdigest()
"""Of a request without a body."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs, and for which region."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str


def quoted_path(path: str) -> str:
    """Return a path as it is signed and sent: quoted once, slashes kept."""
    return quote(path, safe="/~")


def signed_headers(
    credentials: Credentials,
    method: str,
    host: str,
    path: str,
    now: datetime,
    *,
    payload_hash: str = EMPTY_HASH,
    headers: Mapping[str, str] | None = None,
    query: str = "",
) -> dict[str, str]:
    """Return the headers to send, those given included.

    ``path`` and ``query`` are as on the wire (the query's names in order), ``payload_hash`` is the SHA-256
    of the body in hex, and ``host`` has its port where the URL has.
    """
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    sent = {**(headers or {}), "x-amz-content-sha256": payload_hash, "x-amz-date": stamp}
    signed = {name.lower(): " ".join(value.split()) for name, value in {**sent, "host": host}.items()}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical_request = "\n".join((method, path, query, lines, names, payload_hash))
    scope = f"{stamp[:8]}/{credentials.region}/s3/aws4_request"
    hashed = hashlib.sha256(canonical_request.encode()).hexdigest()
    string_to_sign = "\n".join((ALGORITHM, stamp, scope, hashed))
    key = _signing_key(credentials, stamp[:8])
    signature = hmac.new(key, string_to_sign.encode(), hashlib.sha256).hexdigest()
    who = f"{credentials.access_key}/{scope}"
    sent["Authorization"] = f"{ALGORITHM} Credential={who}, SignedHeaders={names}, Signature={signature}"
    return sent


def _signing_key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for word in (day, credentials.region, "s3", "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return key
