"""DTLS-SRTP (RFC 5764): a handshake by aiortc, whose keys go to the plane."""

from __future__ import annotations

from typing import Protocol, cast

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from aiortc.rtcicetransport import RTCIceTransport

from media.srtp import SrtpKey, SrtpKeys, SrtpSuite
from media.webrtc.certificate import Certificate
from media.webrtc.description import WebRtcRemote

SUITES: dict[bytes, SrtpSuite] = {
    SRTP_AES128_CM_SHA1_80.openssl_profile: SrtpSuite.AES_CM_128_HMAC_SHA1_80,
    SRTP_AEAD_AES_128_GCM.openssl_profile: SrtpSuite.AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM.openssl_profile: SrtpSuite.AEAD_AES_256_GCM,
}
EXPORTER = b"EXTRACTOR-dtls_srtp"
"""The label of the keys (RFC 5764 section 4.2)."""


class DtlsFailed(ConnectionError):
    """The handshake came to nothing; the message says why."""


class DatagramPath(Protocol):
    """Carries the datagrams of one association."""

    async def recv(self) -> bytes: ...

    async def send(self, data: bytes) -> None: ...


class _Ice:
    """What aiortc asks of ICE; the path may change below the association (an ICE restart)."""

    role = "controlled"
    """Unused: the DTLS role is always said."""

    def __init__(self, path: DatagramPath) -> None:
        self.path = path

    async def _recv(self) -> bytes:
        while True:
            path = self.path
            try:
                return await path.recv()
            except ConnectionError:
                # A path that the association has left may end.
                if path is self.path:
                    raise

    async def _send(self, data: bytes) -> None:
        await self.path.send(data)


class DtlsAssociation(RTCDtlsTransport):
    """One association. Once :meth:`establish` returned, ``keys`` protect the sound both ways."""

    def __init__(self, path: DatagramPath, certificate: Certificate) -> None:
        self._ice = _Ice(path)
        super().__init__(cast(RTCIceTransport, self._ice), [certificate.rtc])
        self.keys: SrtpKeys | None = None

    async def establish(self, remote: WebRtcRemote, *, is_client: bool) -> SrtpKeys:
        """Shake hands with whoever has a certificate of the fingerprints; raises :class:`DtlsFailed`."""
        self._set_role("client" if is_client else "server")
        prints = [RTCDtlsFingerprint(digest, octets) for digest, octets in remote.fingerprints]
        await self.start(RTCDtlsParameters(prints))
        if self.keys is None:
            raise DtlsFailed(f"the DTLS handshake is {self.state}: {self._why()}")
        return self.keys

    def move(self, path: DatagramPath) -> None:
        """Go on over another path."""
        self._ice.path = path

    def _why(self) -> str:
        assert self._ssl is not None, "a handshake was begun"
        if self._ssl.get_peer_certificate() is None:
            return "the peer broke it off, or its certificate never came"
        if self._ssl.get_selected_srtp_profile() not in SUITES:
            return "the peer takes none of our SRTP suites"
        return "the peer's certificate is not the one whose fingerprint its SDP has"

    def _setup_srtp(self) -> None:
        """Derive the keys in place of the sessions that aiortc would make of them."""
        assert self._ssl is not None, "a handshake was made"
        selected = self._ssl.get_selected_srtp_profile()
        profile = next((each for each in self._srtp_profiles if each.openssl_profile == selected), None)
        if profile is None:
            self.keys = None
            return
        octets = 2 * (profile.key_length + profile.salt_length)
        self.keys = _keys(profile, self._ssl.export_keying_material(EXPORTER, octets), self._role)


def _keys(profile: SRTPProtectionProfile, material: bytes, role: str) -> SrtpKeys:
    """Cut the exported material: the client's key and the server's, then their salts (RFC 5764 4.2)."""
    suite = SUITES[profile.openssl_profile]
    client, server = (SrtpKey(suite, profile.get_key_and_salt(material, side)) for side in (0, 1))
    return SrtpKeys(client, server) if role == "client" else SrtpKeys(server, client)
