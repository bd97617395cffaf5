"""The certificate that our DTLS shows: what proves it is its fingerprint in SDP (RFC 5763)."""

from __future__ import annotations

from aiortc.rtcdtlstransport import RTCCertificate

from media.webrtc.description import DIGESTS


class Certificate:
    """A key and what is said of it; made once, when the process starts, because that takes a while."""

    def __init__(self) -> None:
        self.rtc = RTCCertificate.generateCertificate()
        digests = {each.algorithm: each.value for each in self.rtc.getFingerprints()}
        self.fingerprint = f"{DIGESTS[0]} {digests[DIGESTS[0]]}"
        """The value of ``a=fingerprint``."""
