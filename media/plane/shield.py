"""SRTP of one leg (RFC 3711): the contexts of libsrtp that the tick and RTCP use.

RTP belongs to the tick and RTCP to the event loop, so that each has contexts of its own; the two
have different keys and indices anyway (RFC 3711 sections 3.2.3 and 4.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pylibsrtp
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from media.errors import MediaMisuse
from media.srtp import SrtpKey, SrtpKeys, SrtpSuite

_PROFILES = {
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    SrtpSuite.AEAD_AES_128_GCM: Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    SrtpSuite.AEAD_AES_256_GCM: Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}


@cache
def functions() -> tuple[int, int]:
    """Return where ``srtp_protect`` and ``srtp_unprotect`` lie."""
    return tuple(  # type: ignore[return-value]
        int(ffi.cast("uintptr_t", ffi.addressof(lib, name))) for name in ("srtp_protect", "srtp_unprotect")
    )


def _context(key: SrtpKey, ssrc_type: int) -> Session:
    if len(key.key) != key.suite.key_octets:
        raise MediaMisuse(
            f"{key.suite.value} takes {key.suite.key_octets} octets of key and salt, not {len(key.key)}"
        )
    return Session(Policy(key=key.key, ssrc_type=ssrc_type, srtp_profile=_PROFILES[key.suite]))


@dataclass(frozen=True, eq=False)
class _Direction:
    """The contexts of one key."""

    key: SrtpKey
    rtp: Session
    rtcp: Session

    @classmethod
    def of(cls, key: SrtpKey, ssrc_type: int) -> _Direction:
        return cls(key, _context(key, ssrc_type), _context(key, ssrc_type))

    @property
    def address(self) -> int:
        """Where the tick finds the context of RTP."""
        return int(ffi.cast("uintptr_t", self.rtp._srtp[0]))


class Shield:
    """Protects what a leg sends and proves what it receives.

    A direction whose key stays keeps the context of ``before``: the peer counts on (ROC, replay list).
    """

    def __init__(self, keys: SrtpKeys, before: Shield | None = None) -> None:
        self.keys = keys
        same = before is not None and before._send.key == keys.send
        self._send: _Direction = (
            before._send if before and same else _Direction.of(keys.send, Policy.SSRC_ANY_OUTBOUND)
        )
        same = before is not None and before._receive.key == keys.receive
        self._receive: _Direction = (
            before._receive if before and same else _Direction.of(keys.receive, Policy.SSRC_ANY_INBOUND)
        )
        self.addresses = (self._receive.address, self._send.address)
        """Of what comes and of what goes; valid while this object lives."""

    def protect_rtcp(self, compound: bytes) -> bytes:
        """Return a compound as SRTCP."""
        protected: bytes = self._send.rtcp.protect_rtcp(compound)
        return protected

    def unprotect_rtcp(self, content: bytes) -> bytes | None:
        """Return the compound in a datagram; None when it is not the peer's, or came before."""
        try:
            compound: bytes = self._receive.rtcp.unprotect_rtcp(content)
        except (pylibsrtp.Error, ValueError):
            return None
        return compound
