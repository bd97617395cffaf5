"""What a leg of the plane and an outside RTP endpoint agree on, without SIP."""

from media.codecs.registry import G722, PCMA, PCMU
from media.offer_answer import LocalMedia, Negotiated, answer
from media.plane.leg import Leg
from media.sdp import parse
from tests.testkit.rtp_peer import RtpPeer

_NAMES = {0: "PCMU", 8: "PCMA", 9: "G722"}


def agreed(
    port: int,
    *,
    host: str = "127.0.0.1",
    payload_type: int = 0,
    telephone_event: int | None = 101,
    direction: str = "sendrecv",
    ptime_ms: int = 20,
    mux: bool = False,
) -> Negotiated:
    """Answer the offer of an endpoint on ``port``; ``direction`` is the endpoint's."""
    family = "IP6" if ":" in host else "IP4"
    formats = f"{payload_type}" + (f" {telephone_event}" if telephone_event else "")
    lines = [
        "v=0",
        f"o=- 1 1 IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {formats}",
        f"a=rtpmap:{payload_type} {_NAMES[payload_type]}/8000",
        *([f"a=rtpmap:{telephone_event} telephone-event/8000"] if telephone_event else []),
        *(["a=rtcp-mux"] if mux else []),
        f"a=ptime:{ptime_ms}",
        f"a={direction}",
    ]
    local = LocalMedia(host, 40000, codecs=(PCMU, PCMA, G722), ptimes_ms=(10, 20, 30, 40, 60), rtcp_mux=mux)
    return answer(parse("".join(f"{line}\r\n" for line in lines).encode()), local)


def connect(leg: Leg, peer: RtpPeer, host: str = "127.0.0.1") -> None:
    """Let a leg and an endpoint speak with one another."""
    leg.apply(agreed(peer.port, payload_type=peer.payload_type, telephone_event=peer.telephone_event))
    peer.connect(host, leg.local_port)
