"""The offer/answer model for one audio stream (RFC 3264; RFC 3605, 4568, 4733 and 5761 in SDP).

A leg carries one audio stream over RTP or SRTP, whose keys are in SDP or come out of DTLS. Of an
offer we take the first audio ``m=`` line that we can, and refuse the others by port 0, in their
order. When each description may travel is SIP's business; nothing here knows of SIP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from media import sdes
from media.agreed_events import agreed_events, clocks_to_offer, event_answered
from media.codecs.registry import PCMA, PCMU, Codec
from media.errors import AnswerRejected, OfferRejected
from media.packet_time import ptime_to_send
from media.payload_formats import FormatList, PayloadFormat, codecs_in, comfort_noise_in, numbered
from media.remote_address import remote_address
from media.rtcp_address import rtcp_address
from media.sdp import Direction, MediaDescription, SessionDescription
from media.sdp_values import Attribute, Connection, Origin
from media.srtp import SrtpKeys, SrtpPolicy
from media.webrtc import description as webrtc
from media.webrtc.description import WebRtcAgreement, WebRtcLocal

PLAIN_PROFILES = ("RTP/AVP", "RTP/AVPF")
"""Profiles without encryption. AVPF adds early feedback, of which we promise none."""
SECURE_PROFILES = ("RTP/SAVP", "RTP/SAVPF")

Address = tuple[str, int]


@dataclass(frozen=True)
class LocalMedia:
    """What a leg of ours can do and where it listens."""

    address: str
    """The IP address written into the description."""
    port: int
    codecs: Sequence[Codec] = (PCMU, PCMA)
    """In order of preference; the order matters in offers only."""
    telephone_event: bool = True
    ptime_ms: int = 20
    """What we send when the peer asks for nothing that we can."""
    ptimes_ms: Sequence[int] = (20,)
    """Every packet time that we can send."""
    session_id: int = 0
    version: int = 0
    direction: Direction = Direction.SENDRECV
    """What we want; SENDONLY or INACTIVE puts the peer on hold."""
    rtcp_mux: bool = True
    """Whether RTCP shares the RTP port when the peer can (RFC 5761)."""
    srtp: SrtpPolicy = SrtpPolicy.OFF
    """Preferred: encrypted when the peer can, offered as RTP/AVP with keys, which one that cannot ignores."""
    webrtc: WebRtcLocal | None = None
    """Our side of ICE and DTLS: offers are WebRTC then, and offers of WebRTC can be taken."""
    peer_address: str | None = None
    """Where the peer's signalling comes from: tried when its description names an address that cannot be
    reached from ours (a softphone on this machine that prefers IPv6, a host name); its packets then say
    more."""


@dataclass(frozen=True)
class Negotiated:
    """What two sides agreed on, from our side."""

    description: SessionDescription
    """What we send, or have sent, to the peer."""
    remote: Address | None
    """Where our packets go; None while the peer is on hold by the address 0.0.0.0."""
    codec: Codec
    payload_type: int
    """The payload type of the codec in packets that we send."""
    telephone_event_payload_type: int | None
    """The payload type of digits that we send; None when the peer takes none."""
    direction: Direction
    ptime_ms: int
    """The time of sound in each packet that we send."""
    remote_rtcp: Address | None
    receive_payload_type: int
    """The payload type of the codec in packets that come; differs only when the peer renumbered."""
    receive_telephone_event_payload_type: int | None
    rtcp_mux: bool = False
    telephone_event_clock_rate: int | None = None
    """By what the duration of digits that we send is counted."""
    remote_fmtp: str = ""
    """What the peer asks of the codec."""
    srtp: SrtpKeys | None = None
    """What packets are protected with; None in clear. Keys that came by another way than SDP go here too."""
    webrtc: WebRtcAgreement | None = None
    """How ICE and DTLS find ``remote`` and ``srtp``, which are None in a description of theirs."""
    remote_moves: bool = False
    """Whether another ``remote`` is being sought: the port stays open to others, who must have the keys."""


def answer(
    offer: SessionDescription, local: LocalMedia, previous: SessionDescription | None = None
) -> Negotiated:
    """Answer ``offer``; raises :class:`OfferRejected` when no stream of it can be taken.

    ``previous`` is the last description that we sent in this dialog: the answer keeps its origin
    and raises its version only when something changed (RFC 3264 section 8).
    """
    index, chosen = _choose_stream(offer, local)
    offered = offer.media[index]
    event = event_answered(offered, chosen.codec.clock_rate) if local.telephone_event else None
    browser = _agreement(offer, offered, local)
    remote = _remote(offer, offered, local) if browser is None else None
    held = remote is None and browser is None
    direction = _answer_direction(offer.direction_of(offered), local.direction, held)
    mux = local.rtcp_mux and offered.has("rtcp-mux")
    formats = FormatList((chosen,), (event,) if event else (), comfort_noise_in(offered, chosen.codec))
    theirs = sdes.cryptos_in(offered) if local.srtp is not SrtpPolicy.OFF and browser is None else []
    crypto = sdes.answered(theirs, _previous_audio(previous)) if theirs else None
    secrets = _secrets((crypto,) if crypto else (), local, browser, offered)
    ours = _audio(local, offered.protocol, formats, direction, mux, secrets)
    media = tuple(ours if at == index else _refused(each) for at, each in enumerate(offer.media))
    bundle = webrtc.answered_bundle(offer, offered.value("mid")) if browser else ()
    return Negotiated(
        description=_described(local, media, offer.timing, previous, bundle),
        remote=remote,
        codec=chosen.codec,
        payload_type=chosen.payload_type,
        telephone_event_payload_type=event.payload_type if event else None,
        direction=direction,
        ptime_ms=ptime_to_send(offered, local.ptime_ms, local.ptimes_ms),
        remote_rtcp=rtcp_address(offered, remote, mux),
        receive_payload_type=chosen.payload_type,
        receive_telephone_event_payload_type=event.payload_type if event else None,
        rtcp_mux=mux,
        telephone_event_clock_rate=event.clock_rate if event else None,
        remote_fmtp=offered.fmtp(chosen.payload_type) or "",
        srtp=SrtpKeys(send=crypto.key, receive=theirs[0].key) if crypto else None,
        webrtc=browser,
    )


def at_port(agreed: Negotiated, port: int) -> Negotiated:
    """Return the same agreement for a stream that is heard on ``port``: a port is bound last."""
    streams = list(agreed.description.media)
    index = _own_audio(streams)
    streams[index] = replace(streams[index], port=port)
    return replace(agreed, description=replace(agreed.description, media=tuple(streams)))


def make_offer(local: LocalMedia, previous: SessionDescription | None = None) -> SessionDescription:
    """Return an offer of everything in ``local``.

    Streams of ``previous``, the last description that we sent, keep their place: RFC 3264
    section 8 lets the number of ``m=`` lines never shrink.
    """
    streams = previous.media if previous else ()
    index = _own_audio(streams)
    before = _previous_audio(previous)
    is_to_browser = local.webrtc is not None
    clocks = clocks_to_offer(local.codecs, to_browser=is_to_browser) if local.telephone_event else []
    formats = numbered(local.codecs, clocks, before, comfort_noise=not is_to_browser)
    profiles = SECURE_PROFILES if local.srtp is SrtpPolicy.REQUIRED else PLAIN_PROFILES
    if local.webrtc is not None:
        profiles = webrtc.PROFILES
        mid = webrtc.mid_of(before)
        secrets, bundle = tuple(webrtc.attributes(local.webrtc, "actpass", mid)), webrtc.bundle(mid)
    else:
        cryptos = sdes.offered(before) if local.srtp is not SrtpPolicy.OFF else ()
        secrets, bundle = tuple(crypto.attribute for crypto in cryptos), ()
    protocol = before.protocol if before else profiles[0]
    ours = _audio(local, protocol, formats, local.direction, local.rtcp_mux, secrets)
    media = [_refused(each) for each in streams]
    media[index : index + 1] = [ours]
    return _described(local, tuple(media), previous.timing if previous else ("t=0 0",), previous, bundle)


def accept_answer(our_offer: SessionDescription, answer: SessionDescription, local: LocalMedia) -> Negotiated:
    """Read the answer to ``our_offer``; raises :class:`AnswerRejected` when it does not fit."""
    index = _own_audio(our_offer.media)
    offered, answered = our_offer.media[index], _answered_stream(answer, index, local)
    ours = {each.codec: each.payload_type for each in codecs_in(offered, local.codecs)}
    chosen = next(codecs_in(answered, list(ours)), None)
    if chosen is None:
        raise AnswerRejected(f"the answer takes none of the offered codecs: {' '.join(answered.formats)}")
    try:
        browser = _answered_agreement(answer, answered, local)
        remote = _remote(answer, answered, local) if browser is None else None
    except OfferRejected as refusal:
        raise AnswerRejected(f"the answer cannot be used: {refusal}") from refusal
    mux = offered.has("rtcp-mux") and answered.has("rtcp-mux")
    held = remote is None and browser is None
    direction = _answer_direction(answer.direction_of(answered), local.direction, held)
    is_browser = local.webrtc is not None
    sent, heard = agreed_events(offered, answered, chosen.codec.clock_rate, by_browser=is_browser)
    return Negotiated(
        description=our_offer,
        remote=remote,
        codec=chosen.codec,
        payload_type=chosen.payload_type,
        telephone_event_payload_type=sent.payload_type if sent else None,
        direction=direction,
        ptime_ms=ptime_to_send(answered, local.ptime_ms, local.ptimes_ms),
        remote_rtcp=rtcp_address(answered, remote, mux),
        receive_payload_type=ours[chosen.codec],
        receive_telephone_event_payload_type=heard.payload_type if heard else None,
        rtcp_mux=mux,
        telephone_event_clock_rate=sent.clock_rate if sent else None,
        remote_fmtp=answered.fmtp(chosen.payload_type) or "",
        srtp=_answered_keys(offered, answered, local) if browser is None else None,
        webrtc=browser,
    )


def _agreement(
    offer: SessionDescription, offered: MediaDescription, local: LocalMedia
) -> WebRtcAgreement | None:
    """Return what an offer of WebRTC settles; None for another one."""
    if local.webrtc is None or not webrtc.is_browsers(offered):
        return None
    is_client = webrtc.answers_as_client(offer, offered, local.webrtc)
    return WebRtcAgreement(webrtc.remote_of(offer, offered), is_client)


def _answered_agreement(
    answer: SessionDescription, answered: MediaDescription, local: LocalMedia
) -> WebRtcAgreement | None:
    if local.webrtc is None:
        return None
    is_client = webrtc.answered_by_client(answer, answered)
    return WebRtcAgreement(webrtc.remote_of(answer, answered), is_client)


def _secrets(
    cryptos: Sequence[sdes.Crypto],
    local: LocalMedia,
    browser: WebRtcAgreement | None,
    offered: MediaDescription,
) -> tuple[Attribute, ...]:
    """Return the lines of an answer by which the peer comes to its keys."""
    if browser is None or local.webrtc is None:
        return tuple(crypto.attribute for crypto in cryptos)
    setup = "active" if browser.is_client else "passive"
    return tuple(webrtc.attributes(local.webrtc, setup, offered.value("mid")))


def _answered_keys(
    offered: MediaDescription, answered: MediaDescription, local: LocalMedia
) -> SrtpKeys | None:
    """Return the keys that an answer settles; raises :class:`AnswerRejected` where it should and does not."""
    keys = sdes.agreed(sdes.cryptos_in(offered), sdes.cryptos_in(answered))
    if keys is None and (local.srtp is SrtpPolicy.REQUIRED or answered.protocol in SECURE_PROFILES):
        raise AnswerRejected("the answer takes none of the offered a=crypto lines, and SRTP needs one")
    return keys


def _previous_audio(previous: SessionDescription | None) -> MediaDescription | None:
    index = _own_audio(previous.media) if previous else 0
    return previous.media[index] if previous and index < len(previous.media) else None


def _own_audio(streams: Sequence[MediaDescription]) -> int:
    """Return the place of the stream that is ours: the open audio, any audio, or a new last one."""
    audio = [at for at, each in enumerate(streams) if each.media == "audio"]
    return next((at for at in audio if streams[at].port), audio[0] if audio else len(streams))


def _audio(
    local: LocalMedia,
    protocol: str,
    formats: FormatList,
    direction: Direction,
    mux: bool,
    secrets: Sequence[Attribute],
) -> MediaDescription:
    attributes = [
        *secrets,
        *formats.attributes(),
        Attribute("ptime", str(local.ptime_ms)),
        Attribute(direction.value),
    ]
    if mux:
        attributes.append(Attribute("rtcp-mux"))
    return MediaDescription("audio", local.port, protocol, formats.names, attributes=tuple(attributes))


def _choose_stream(offer: SessionDescription, local: LocalMedia) -> tuple[int, PayloadFormat]:
    """Return the first stream that we can take and its format, or say why there is none."""
    reasons: list[str] = []
    for index, media in enumerate(offer.media):
        why = _why_not(offer, media, local)
        chosen = next(codecs_in(media, local.codecs), None) if why is None else None
        if chosen is not None:
            return index, chosen
        reasons.append(f"m={media.media} {media.protocol}: {why or _no_codec(media, local)}")
    raise OfferRejected("; ".join(reasons) or "the offer has no m= line")


def _why_not(offer: SessionDescription, media: MediaDescription, local: LocalMedia) -> str | None:
    if media.media != "audio":
        return "only audio is taken"
    if media.port == 0:
        return "the stream is switched off by port 0"
    if (unsafe := _why_not_protected(media, local)) is not None:
        return unsafe
    try:
        if _agreement(offer, media, local) is None:
            _remote(offer, media, local)
    except OfferRejected as rejected:
        return str(rejected)
    return None


def _why_not_protected(media: MediaDescription, local: LocalMedia) -> str | None:
    """Say why neither the stream's profile nor its keys suit our policy of encryption."""
    if webrtc.is_browsers(media):
        return None if local.webrtc is not None else "WebRTC is not taken here, only RTP/AVP and RTP/SAVP"
    if media.protocol in PLAIN_PROFILES:
        open_to_all = local.srtp is not SrtpPolicy.REQUIRED or sdes.cryptos_in(media)
        return None if open_to_all else "only SRTP is taken here, and it has no a=crypto line that we know"
    if local.srtp is SrtpPolicy.OFF:
        return "SRTP is not taken here, only RTP/AVP" if "SAVP" in media.protocol else "only RTP/AVP is taken"
    if media.protocol in SECURE_PROFILES:
        return None if sdes.cryptos_in(media) else "it has no a=crypto line that we know"
    return "only RTP/AVP and RTP/SAVP are taken"


def _no_codec(media: MediaDescription, local: LocalMedia) -> str:
    ours = ", ".join(str(codec) for codec in local.codecs)
    return f"none of its formats {' '.join(media.formats)} is one of ours ({ours})"


def _remote(description: SessionDescription, media: MediaDescription, local: LocalMedia) -> Address | None:
    return remote_address(description, media, local.address, local.peer_address)


def _answer_direction(theirs: Direction, wanted: Direction, held: bool) -> Direction:
    """Return ours: what they receive we may send, and the reverse (RFC 3264 section 6.1).

    An address of 0.0.0.0 means that the peer receives nothing (section 8.4).
    """
    return Direction.of(
        sends=theirs.receives and not held and wanted.sends,
        receives=theirs.sends and wanted.receives,
    )


def _answered_stream(answer: SessionDescription, index: int, local: LocalMedia) -> MediaDescription:
    if index >= len(answer.media):
        count = len(answer.media)
        raise AnswerRejected(f"the answer has {count} m= lines; the offered audio is number {index + 1}")
    media = answer.media[index]
    possible = PLAIN_PROFILES + (() if local.srtp is SrtpPolicy.OFF else SECURE_PROFILES)
    if local.webrtc is not None:
        possible = webrtc.PROFILES
    if media.media != "audio" or media.protocol not in possible:
        raise AnswerRejected(f"audio over {possible[0]} was answered by m={media.media} {media.protocol}")
    if media.port == 0:
        raise AnswerRejected("the answer refuses the audio stream")
    return media


def _refused(media: MediaDescription) -> MediaDescription:
    """Return the answer to a stream that is not taken (RFC 3264 section 6)."""
    mid = tuple(Attribute("mid", value) for value in media.values("mid"))
    return MediaDescription(media.media, 0, media.protocol, media.formats, attributes=mid)


def _described(
    local: LocalMedia,
    media: tuple[MediaDescription, ...],
    timing: tuple[str, ...],
    previous: SessionDescription | None,
    attributes: tuple[Attribute, ...],
) -> SessionDescription:
    """Return the description of ``media``, one version above ``previous`` when they differ."""
    address = Connection.to(local.address)
    origin = Origin("-", str(local.session_id), str(local.version), address)
    described = SessionDescription(
        origin=origin, connection=address, timing=timing, media=media, attributes=attributes
    )
    if previous is None:
        return described
    unchanged = replace(described, origin=previous.origin)
    if unchanged == previous:
        return unchanged
    version = str(int(previous.origin.version) + 1)
    return replace(unchanged, origin=replace(previous.origin, version=version))
