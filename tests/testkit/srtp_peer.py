"""An outside caller whose sound is encrypted: :class:`RtpPeer` over pylibsrtp."""

import pylibsrtp
from pylibsrtp import Policy, Session

from media.offer_answer import Negotiated
from media.srtp import SrtpKey, SrtpKeys, SrtpSuite
from tests.testkit.rtp_peer import RtpPeer

_PROFILES = {
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    SrtpSuite.AEAD_AES_128_GCM: Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    SrtpSuite.AEAD_AES_256_GCM: Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}


def make_keys(suite: SrtpSuite, seed: int = 0) -> SrtpKeys:
    """Return keys as the leg sees them."""
    octets = suite.key_octets
    return SrtpKeys(
        send=SrtpKey(suite, bytes((seed + n) % 256 for n in range(octets))),
        receive=SrtpKey(suite, bytes((seed + 100 + n) % 256 for n in range(octets))),
    )


class SrtpPeer(RtpPeer):
    """An RTP endpoint that encrypts what it sends and hears only what was encrypted for it."""

    _sender: Session | None = None
    _receiver: Session | None = None
    unproven = 0
    """Datagrams that the key did not open."""

    def encrypt(self, keys: SrtpKeys) -> None:
        """Use the other side of a leg's keys from now on."""
        self._sender = _session(keys.receive, Policy.SSRC_ANY_OUTBOUND)
        self._receiver = _session(keys.send, Policy.SSRC_ANY_INBOUND)

    def agree(self, negotiated: Negotiated) -> None:
        """Use what a leg agreed on."""
        assert negotiated.srtp is not None
        self.encrypt(negotiated.srtp)

    def send_raw(self, datagram: bytes) -> None:
        super().send_raw(self._sender.protect(datagram) if self._sender else datagram)

    def send_unprotected(self, datagram: bytes) -> None:
        """Send any bytes as they are."""
        super().send_raw(datagram)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        assert self._receiver is not None
        try:
            plain = self._receiver.unprotect(data)
        except pylibsrtp.Error:
            self.unproven += 1
            return
        super().datagram_received(plain, source)


def _session(key: SrtpKey, direction: int) -> Session:
    return Session(Policy(key=key.key, ssrc_type=direction, srtp_profile=_PROFILES[key.suite]))
