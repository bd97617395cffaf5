"""What an encrypted stream needs to know (RFC 3711, RFC 7714), however the two sides agreed on it.

SDES brings the keys in SDP (:mod:`media.sdes`), DTLS-SRTP exports them; the plane takes either.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class SrtpSuite(enum.Enum):
    """A crypto suite by its name in SDP (RFC 4568 section 6.2, RFC 7714 section 14.2)."""

    AEAD_AES_256_GCM = "AEAD_AES_256_GCM"
    AEAD_AES_128_GCM = "AEAD_AES_128_GCM"
    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    AES_CM_128_HMAC_SHA1_32 = "AES_CM_128_HMAC_SHA1_32"

    @property
    def key_octets(self) -> int:
        """Octets of a master key with its salt behind it."""
        return _KEY_OCTETS[self]


_KEY_OCTETS = {
    SrtpSuite.AEAD_AES_256_GCM: 32 + 12,
    SrtpSuite.AEAD_AES_128_GCM: 16 + 12,
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: 16 + 14,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: 16 + 14,
}


class SrtpPolicy(enum.StrEnum):
    """Whether a leg's sound is encrypted."""

    OFF = "off"
    PREFERRED = "preferred"
    """When the peer can; it may also speak in clear."""
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class SrtpKey:
    """What packets of one direction are protected with."""

    suite: SrtpSuite
    key: bytes = field(repr=False)
    """Master key, then master salt."""


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """The keys of both directions, as one side sees them."""

    send: SrtpKey
    receive: SrtpKey
