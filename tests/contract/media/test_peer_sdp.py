"""Session descriptions in the shapes that well-known peers send, written from their habits."""

import pytest

from media.codecs.registry import PCMA, PCMU
from media.errors import OfferRejected
from media.offer_answer import LocalMedia, answer
from media.sdp import parse

OURS = LocalMedia("192.0.2.50", 20000, session_id=1)

ASTERISK = """\
v=0
o=- 1821741963 1821741963 IN IP4 198.51.100.10
s=Asterisk
c=IN IP4 198.51.100.10
t=0 0
m=audio 14768 RTP/AVP 8 0 3 111 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:3 GSM/8000
a=rtpmap:111 G726-32/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:140
a=sendrecv
"""

FREESWITCH = """\
v=0
o=FreeSWITCH 1718000000 1718000001 IN IP4 198.51.100.11
s=FreeSWITCH
c=IN IP4 198.51.100.11
t=0 0
m=audio 31868 RTP/AVP 102 9 0 8 103 101
a=rtpmap:102 opus/48000/2
a=fmtp:102 useinbandfec=1; maxaveragebitrate=30000; maxplaybackrate=48000; ptime=20; minptime=10
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:103 telephone-event/48000
a=fmtp:103 0-15
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a=rtcp:31869 IN IP4 198.51.100.11
"""

CISCO = """\
v=0
o=CiscoSystemsSIP-GW-UserAgent 3722 2415 IN IP4 198.51.100.12
s=SIP Call
c=IN IP4 198.51.100.12
t=0 0
m=audio 17594 RTP/AVP 18 0 101 19
c=IN IP4 198.51.100.12
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtpmap:19 CN/8000
a=ptime:20
"""

TWILIO = """\
v=0
o=root 1294512213 1294512213 IN IP4 203.0.113.20
s=Twilio Media Gateway
c=IN IP4 203.0.113.20
t=0 0
m=audio 17278 RTP/AVP 0 8 101
a=maxptime:150
a=ptime:20
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=sendrecv
a=rtcp-mux
a=direction:both
"""

CHROMIUM = """\
v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:YAfH
a=ice-pwd:Vw5r3dR8Qs0O3Oqg6RkXqIvS
a=ice-options:trickle
a=fingerprint:sha-256 AA:BB:CC
a=setup:actpass
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:63 red/48000/2
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
"""

SNOM_OPTIONAL_SRTP = """\
v=0
o=root 961527 961527 IN IP4 198.51.100.13
s=call
c=IN IP4 198.51.100.13
t=0 0
m=audio 50316 RTP/SAVP 9 8 0 101
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abcdefghijklmnopqrstuvwxyz0123456789ABCD
a=rtpmap:9 G722/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=sendrecv
m=audio 50318 RTP/AVP 9 8 0 101
a=rtpmap:9 G722/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=sendrecv
"""

LINPHONE_AVPF = """\
v=0
o=alice 2654 1098 IN IP4 198.51.100.14
s=Talk
c=IN IP4 198.51.100.14
b=AS:380
t=0 0
a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics
m=audio 7078 RTP/AVPF 96 97 0 8 18 101 99
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:97 speex/16000
a=rtpmap:101 telephone-event/48000
a=rtpmap:99 telephone-event/8000
a=rtcp-fb:* trr-int 5000
m=video 9078 RTP/AVPF 96
a=rtpmap:96 VP8/90000
"""

POLYCOM_HOLD = """\
v=0
o=- 1447096214 1447096215 IN IP4 198.51.100.15
s=Polycom IP Phone
c=IN IP4 0.0.0.0
t=0 0
a=sendonly
m=audio 2226 RTP/AVP 0 8 127
a=rtpmap:127 telephone-event/8000
"""

T38_REINVITE = """\
v=0
o=- 1821741963 1821741964 IN IP4 198.51.100.10
s=Asterisk
c=IN IP4 198.51.100.10
t=0 0
m=audio 0 RTP/AVP 8
m=image 4422 udptl t38
a=T38FaxVersion:0
a=T38MaxBitRate:14400
"""

SPARSE_GATEWAY = """\
v=0
o=- 0 0 IN IP4 198.51.100.16
s=-
t=0 0
m=audio 10000 RTP/AVP 8 96
c=IN IP4 198.51.100.16
a=rtpmap:96 telephone-event/8000"""


@pytest.mark.parametrize(
    ("body", "codec", "remote", "event", "direction"),
    [
        (ASTERISK, PCMA, ("198.51.100.10", 14768), 101, "sendrecv"),
        (FREESWITCH, PCMU, ("198.51.100.11", 31868), 101, "sendrecv"),
        (CISCO, PCMU, ("198.51.100.12", 17594), 101, "sendrecv"),
        (TWILIO, PCMU, ("203.0.113.20", 17278), 101, "sendrecv"),
        (SNOM_OPTIONAL_SRTP, PCMA, ("198.51.100.13", 50318), 101, "sendrecv"),
        (LINPHONE_AVPF, PCMU, ("198.51.100.14", 7078), 99, "sendrecv"),
        (POLYCOM_HOLD, PCMU, None, 127, "recvonly"),
        (SPARSE_GATEWAY, PCMA, ("198.51.100.16", 10000), 96, "sendrecv"),
    ],
    ids=["Asterisk", "FreeSWITCH", "Cisco", "Twilio", "Snom", "Linphone", "Polycom hold", "no last line end"],
)
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_peers_are_answered_with_their_codec(body, codec, remote, event, direction, line_end):
    agreed = answer(parse(body.replace("\n", line_end).encode()), OURS)
    assert (agreed.codec, agreed.remote) == (codec, remote)
    assert (agreed.telephone_event_payload_type, agreed.direction) == (event, direction)
    assert len(agreed.description.media) == body.count("m=audio") + body.count("m=video")


@pytest.mark.parametrize(
    ("body", "why"),
    [(CHROMIUM, "WebRTC is not taken"), (T38_REINVITE, "port 0.*only audio is taken")],
    ids=["Chromium", "T.38"],
)
def test_peers_that_want_what_we_have_not_are_told_so(body, why):
    with pytest.raises(OfferRejected, match=why) as caught:
        answer(parse(body.encode()), OURS)
    assert caught.value.status == 488


def test_rtcp_of_a_gateway_that_muxes_is_muxed():
    assert answer(parse(TWILIO.encode()), OURS).remote_rtcp == ("203.0.113.20", 17278)


def test_rtcp_goes_to_the_port_that_freeswitch_names():
    assert answer(parse(FREESWITCH.encode()), OURS).remote_rtcp == ("198.51.100.11", 31869)
