"""What a leg of the plane and an outside RTP endpoint agree on, without SIP."""

from media.codecs.registry import G722, OPUS, PCMA, PCMU
from media.offer_answer import LocalMedia, Negotiated, answer
from media.plane.leg import Leg
from media.sdp import parse
from tests.testkit.rtp_peer import RtpPeer

OPUS_TYPE = 96
_NAMES = {0: "PCMU", 8: "PCMA", 9: "G722", 96: "opus"}


def agreed(
    port: int,
    *,
    host: str = "127.0.0.1",
    payload_type: int = 0,
    telephone_event: int | None = 101,
    direction: str = "sendrecv",
    ptime_ms: int = 20,
    mux: bool = False,
    fmtp: str = "useinbandfec=1",
) -> Negotiated:
    """Answer the offer of an endpoint on ``port``; ``direction`` is the endpoint's."""
    clock = "48000/2" if payload_type == OPUS_TYPE else "8000"
    family = "IP6" if ":" in host else "IP4"
    formats = f"{payload_type}" + (f" {telephone_event}" if telephone_event else "")
    lines = [
        "v=0",
        f"o=- 1 1 IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {formats}",
        f"a=rtpmap:{payload_type} {_NAMES[payload_type]}/{clock}",
        f"a=fmtp:{payload_type} {fmtp}",
        *([f"a=rtpmap:{telephone_event} telephone-event/{clock[:5]}"] if telephone_event else []),
        *(["a=rtcp-mux"] if mux else []),
        f"a=ptime:{ptime_ms}",
        f"a={direction}",
    ]
    codecs, ptimes_ms = (PCMU, PCMA, G722, OPUS), (10, 20, 30, 40, 60)
    local = LocalMedia(host, 40000, codecs, ptimes_ms=ptimes_ms, rtcp_mux=mux)
    return answer(parse("".join(f"{line}\r\n" for line in lines).encode()), local)


def connect(leg: Leg, peer: RtpPeer, host: str = "127.0.0.1") -> None:
    """Let a leg and an endpoint speak with one another."""
    leg.apply(agreed(peer.port, payload_type=peer.payload_type, telephone_event=peer.telephone_event))
    peer.connect(host, leg.local_port)
