"""ICE and DTLS in the SDP of browsers: RFC 8829, with RFC 8839, 8842, 8843, 5576 and 8830."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from media.errors import OfferRejected
from media.sdp import MediaDescription, SessionDescription
from media.sdp_values import Attribute

PROFILES = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP")
"""RTP whose keys come out of a DTLS handshake (RFC 5764 section 8); browsers say the first."""
DIGESTS = ("sha-256", "sha-384", "sha-512")
"""Digests of a certificate that we can compare; older ones are not safe."""
_FIRST_MID = "0"

_ufrag = re.compile(r"[A-Za-z0-9+/]{4,256}").fullmatch
_password = re.compile(r"[A-Za-z0-9+/]{22,256}").fullmatch


@dataclass(frozen=True, slots=True)
class WebRtcLocal:
    """What we say of our side."""

    username: str
    """The ICE username fragment."""
    password: str
    candidates: tuple[str, ...]
    """Values of ``a=candidate``."""
    fingerprint: str
    """Digest and octets of our certificate, as ``a=fingerprint`` has them."""
    ssrc: int
    cname: str
    is_client: bool | None = None
    """Our role in the DTLS association there is; None before the first one."""


@dataclass(frozen=True, slots=True)
class WebRtcRemote:
    """What the peer said of its side."""

    username: str
    password: str
    candidates: tuple[str, ...]
    fingerprints: tuple[tuple[str, str], ...]
    """Digest, in small letters, and octets, in capitals."""
    lite: bool = False
    """Whether it leaves the checks to us (RFC 8445 section 2.5)."""


@dataclass(frozen=True, slots=True)
class WebRtcAgreement:
    """What both sides need to find each other."""

    remote: WebRtcRemote
    is_client: bool
    """Whether we begin the DTLS handshake (``a=setup:active``, RFC 5763 section 5)."""


def is_browsers(media: MediaDescription) -> bool:
    """Tell whether a stream is one of WebRTC."""
    return media.protocol in PROFILES


def wants_webrtc(offer: SessionDescription) -> bool:
    """Tell whether an offer has sound for WebRTC alone."""
    audio = [media for media in offer.media if media.media == "audio" and media.port]
    return bool(audio) and all(is_browsers(media) for media in audio)


def remote_of(description: SessionDescription, media: MediaDescription) -> WebRtcRemote:
    """Read what a peer says of ICE and DTLS; raises :class:`OfferRejected` naming what is missing."""
    username = _either(description, media, "ice-ufrag")
    password = _either(description, media, "ice-pwd")
    if not _ufrag(username) or not _password(password):
        raise OfferRejected("it has no a=ice-ufrag and a=ice-pwd that can be used (RFC 8839)")
    if not media.has("rtcp-mux"):
        raise OfferRejected("it has no a=rtcp-mux, and RTCP has no port of its own here")
    fingerprints = tuple(_fingerprints(description, media))
    if not fingerprints:
        raise OfferRejected(f"it has no a=fingerprint with {', '.join(DIGESTS)} (RFC 8122)")
    candidates = tuple(media.values("candidate"))
    return WebRtcRemote(username, password, candidates, fingerprints, description.has("ice-lite"))


def offered_remote(offer: SessionDescription) -> WebRtcRemote:
    """Read what an offer says of the stream that we have; raises :class:`OfferRejected` without one."""
    streams = [media for media in offer.media if media.media == "audio" and is_browsers(media) and media.port]
    if not streams:
        raise OfferRejected(f"it has no sound over {PROFILES[0]} any more")
    return remote_of(offer, streams[0])


def answers_as_client(description: SessionDescription, media: MediaDescription, local: WebRtcLocal) -> bool:
    """Return whether our answer to an offer makes us the DTLS client.

    An association that stands keeps its roles (RFC 8842 section 5.3); a new one begins with us, because
    our first packet opens the way through a NAT before us (RFC 5763 section 5).
    """
    setup = _either(description, media, "setup") or "actpass"
    if setup == "actpass":
        return True if local.is_client is None else local.is_client
    return setup == "passive"


def answered_by_client(description: SessionDescription, media: MediaDescription) -> bool:
    """Return whether an answer to our offer makes us the DTLS client; without a word it is the peer."""
    return _either(description, media, "setup") == "passive"


def attributes(local: WebRtcLocal, setup: str, mid: str | None) -> Iterator[Attribute]:
    """Yield what a stream of ours says beside its formats.

    The ``ssrc`` is the one that is sent: a browser plays no other. All candidates are here, so that none
    need follow (RFC 8840).
    """
    if mid is not None:
        yield Attribute("mid", mid)
    yield Attribute("ice-ufrag", local.username)
    yield Attribute("ice-pwd", local.password)
    yield Attribute("fingerprint", local.fingerprint)
    yield Attribute("setup", setup)
    yield from (Attribute("candidate", candidate) for candidate in local.candidates)
    yield Attribute("end-of-candidates")
    # A name for the stream, without which scripts that wait for one never see the sound.
    yield Attribute("msid", f"{local.cname} audio")
    yield Attribute("ssrc", f"{local.ssrc} cname:{local.cname}")


def mid_of(media: MediaDescription | None) -> str:
    """Return how our offers call a stream: as it was called before."""
    return (media.value("mid") if media else None) or _FIRST_MID


def bundle(mid: str | None) -> tuple[Attribute, ...]:
    """Return the session's line that puts the stream alone into a bundle (RFC 8843)."""
    return (Attribute("group", f"BUNDLE {mid}"),) if mid is not None else ()


def answered_bundle(offer: SessionDescription, mid: str | None) -> tuple[Attribute, ...]:
    """Return the answer to a bundle: the stream that we take, where it was offered in one."""
    groups = (value.split() for value in offer.values("group"))
    offered = any(words[:1] == ["BUNDLE"] and mid in words[1:] for words in groups)
    return bundle(mid) if offered else ()


def _either(description: SessionDescription, media: MediaDescription, name: str) -> str:
    value = media.value(name)
    return (description.value(name) if value is None else value) or ""


def _fingerprints(description: SessionDescription, media: MediaDescription) -> Iterator[tuple[str, str]]:
    values = list(media.values("fingerprint")) or list(description.values("fingerprint"))
    for value in values:
        digest, _, octets = value.partition(" ")
        if digest.lower() in DIGESTS:
            yield digest.lower(), octets.strip().upper()
