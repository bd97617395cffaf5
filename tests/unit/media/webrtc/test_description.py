"""What browsers offer, what we answer, and what we offer them; Chromium's lines are its own, as captured."""

from dataclasses import replace

import pytest

from media.codecs.registry import G722, OPUS, PCMA, PCMU
from media.errors import AnswerRejected, OfferRejected
from media.offer_answer import LocalMedia, accept_answer, answer, make_offer
from media.sdp import Direction, parse
from media.srtp import SrtpPolicy
from media.webrtc.description import WebRtcLocal, wants_webrtc

CHROMIUM = """v=0
o=- 3104316581225034078 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:4140637004 1 udp 2113937151 2bc0a8fb-b1cc-4a93-b521-37a24e4a93da.local 57761 typ host
a=ice-ufrag:j08Q
a=ice-pwd:XBbiG27wb1MawTFIq6Ahvb20
a=ice-options:trickle
a=fingerprint:sha-256 86:A4:76:A6:2E:4D:4C:CD:93:7B:47:6D:5B:F0:E8:5B:60:9C:85:89:CD:BF:8F:3B:CE:A6:5E:EB
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=msid:- 1da3a521-a329-4465-808c-bb021cf65956
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:3950466898 cname:w/3MP2YdBL1WgWgz
"""
OURS = WebRtcLocal("ufrg", "p" * 22, ("1 1 udp 1 192.0.2.20 20000 typ host",), "sha-256 AB:CD", 77, "cname1")


def local(**fields: object) -> LocalMedia:
    return replace(LocalMedia("192.0.2.20", 20000, (OPUS, G722, PCMU, PCMA), webrtc=OURS), **fields)  # type: ignore[arg-type]


def answered(offer: str, **fields: object) -> list[str]:
    return str(answer(parse(offer.encode()), local(**fields)).description).splitlines()


def test_chromium_is_answered_as_a_browser_expects():
    lines = answered(CHROMIUM)
    assert lines[lines.index("m=audio 20000 UDP/TLS/RTP/SAVPF 111 110") :] == [
        "m=audio 20000 UDP/TLS/RTP/SAVPF 111 110",
        "a=mid:0",
        "a=ice-ufrag:ufrg",
        f"a=ice-pwd:{'p' * 22}",
        "a=fingerprint:sha-256 AB:CD",
        "a=setup:active",
        "a=candidate:1 1 udp 1 192.0.2.20 20000 typ host",
        "a=end-of-candidates",
        "a=msid:cname1 audio",
        "a=ssrc:77 cname:cname1",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000",
        "a=rtpmap:110 telephone-event/48000",
        "a=fmtp:110 0-15",
        "a=ptime:20",
        "a=sendrecv",
        "a=rtcp-mux",
    ]
    assert "a=group:BUNDLE 0" in lines


def test_what_was_agreed_says_how_to_find_the_peer_and_not_where_it_is():
    settled = answer(parse(CHROMIUM.encode()), local())
    assert (settled.remote, settled.srtp, settled.direction) == (None, None, Direction.SENDRECV)
    assert settled.webrtc is not None
    assert settled.webrtc.is_client
    remote = settled.webrtc.remote
    assert (remote.username, remote.password) == ("j08Q", "XBbiG27wb1MawTFIq6Ahvb20")
    assert remote.fingerprints[0][0] == "sha-256"


@pytest.mark.parametrize(
    ("codecs", "formats"), [((PCMU, G722), "9 126"), ((PCMA, PCMU), "0 126"), ((OPUS,), "111 110")]
)
def test_the_browsers_order_decides_among_our_codecs(codecs, formats):
    assert f"m=audio 20000 UDP/TLS/RTP/SAVPF {formats}" in answered(CHROMIUM, codecs=codecs)


@pytest.mark.parametrize(
    ("theirs", "known", "ours"),
    [
        ("actpass", None, "active"),
        ("active", None, "passive"),
        ("passive", None, "active"),
        ("actpass", False, "passive"),
        ("actpass", True, "active"),
    ],
)
def test_the_dtls_roles_fit_and_stay_as_they_are(theirs, known, ours):
    offer = CHROMIUM.replace("a=setup:actpass", f"a=setup:{theirs}")
    assert f"a=setup:{ours}" in answered(offer, webrtc=replace(OURS, is_client=known))


def test_video_is_refused_under_its_name_and_left_out_of_the_bundle():
    video = "m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:1\na=rtpmap:96 VP8/90000\n"
    lines = answered(CHROMIUM.replace("BUNDLE 0", "BUNDLE 0 1") + video)
    assert lines[lines.index("m=video 0 UDP/TLS/RTP/SAVPF 96") + 1] == "a=mid:1"
    assert "a=group:BUNDLE 0" in lines


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("a=ice-ufrag:j08Q\n", "a=ice-ufrag"),
        ("a=ice-pwd:XBbiG27wb1MawTFIq6Ahvb20\n", "a=ice-pwd"),
        ("a=rtcp-mux\n", "a=rtcp-mux"),
        ("a=fingerprint:sha-256 ", "a=fingerprint"),
    ],
)
def test_an_offer_that_lacks_what_webrtc_needs_is_refused_by_name(line, named):
    offer = CHROMIUM.replace(line, "a=fingerprint:md5 " if "finger" in line else "")
    with pytest.raises(OfferRejected, match=named):
        answer(parse(offer.encode()), local())


def test_credentials_and_fingerprint_of_the_session_count_for_its_stream():
    moved = "a=ice-ufrag:j08Q\n"
    offer = CHROMIUM.replace(moved, "").replace("t=0 0\n", f"t=0 0\n{moved}")
    settled = answer(parse(offer.encode()), local())
    assert settled.webrtc is not None
    assert settled.webrtc.remote.username == "j08Q"


def test_webrtc_is_told_from_telephones():
    assert wants_webrtc(parse(CHROMIUM.encode()))
    assert not wants_webrtc(parse(CHROMIUM.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP").encode()))
    assert not wants_webrtc(parse(CHROMIUM.replace("m=audio 9", "m=audio 0").encode()))


def test_without_a_side_of_ours_webrtc_is_refused():
    with pytest.raises(OfferRejected, match="WebRTC is not taken"):
        answer(parse(CHROMIUM.encode()), local(webrtc=None))


def test_our_offer_bundles_the_stream_and_names_the_digits_on_the_clocks_of_all_browsers():
    lines = str(make_offer(local())).splitlines()
    assert "m=audio 20000 UDP/TLS/RTP/SAVPF 96 9 0 8 101 127" in lines
    assert {"a=group:BUNDLE 0", "a=mid:0", "a=setup:actpass", "a=rtcp-mux"} <= set(lines)
    assert [line for line in lines if "telephone-event" in line] == [
        "a=rtpmap:101 telephone-event/48000",
        "a=rtpmap:127 telephone-event/8000",
    ]


FIREFOX = """v=0
o=mozilla...THIS_IS_SDPARTA-99.0 6189412347718239716 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 E3:1B:FE:36:28:50:1F:1D:58:8E:C0:E0:FB:45:F2:0B:28:DC:FE:F4:19:78:49:EB
a=group:BUNDLE 0
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 44440 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 192.0.2.14
a=candidate:0 1 UDP 2122252543 192.0.2.14 44440 typ host
a=candidate:2 1 TCP 2105524479 192.0.2.14 9 typ host tcptype active
a=sendrecv
a=end-of-candidates
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
a=fmtp:101 0-15
a=ice-pwd:65255873441c59296e82b673959f8c67
a=ice-ufrag:6d2c0b1e
a=mid:0
a=msid:{5b1f7a2e} {6c1f7a2e}
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000/1
a=setup:actpass
a=ssrc:2287231412 cname:{a1b2c3d4}
"""


def test_firefox_whose_digits_are_on_8_khz_beside_opus_is_heard_pressing_them():
    settled = answer(parse(FIREFOX.encode()), local())
    assert settled.description.media[0].formats == ("109", "101")
    assert "a=rtpmap:101 telephone-event/8000" in str(settled.description).splitlines()
    assert settled.receive_telephone_event_payload_type == 101
    assert (settled.telephone_event_payload_type, settled.telephone_event_clock_rate) == (101, 8000)


@pytest.mark.parametrize(
    ("formats", "event", "clock_rate"),
    [("96 101", 101, 48000), ("96 127", 127, 8000), ("96 101 127", 127, 8000)],
    ids=["none that we know", "Firefox", "Chromium and Safari, which use the slower clock"],
)
def test_digits_of_a_browser_that_we_call_have_the_clock_that_it_uses(formats, event, clock_rate):
    reply = FIREFOX.replace("109 9 0 8 101", formats).replace("actpass", "active").replace(":109 ", ":96 ")
    reply = reply.replace("a=rtpmap:101 telephone-event/8000/1", "a=rtpmap:101 telephone-event/48000")
    reply += "a=rtpmap:127 telephone-event/8000/1\n"
    settled = accept_answer(make_offer(local()), parse(reply.encode()), local())
    assert settled.telephone_event_payload_type == settled.receive_telephone_event_payload_type == event
    assert settled.telephone_event_clock_rate == clock_rate


@pytest.mark.parametrize(("setup", "is_client"), [("active", False), ("passive", True)])
def test_the_answer_to_our_offer_says_who_begins(setup, is_client):
    offer = make_offer(local())
    reply = CHROMIUM.replace("actpass", setup).replace("111 63 9 0 8 13 110 126", "96 101")
    reply = reply.replace(":111 ", ":96 ").replace(":110 ", ":101 ")
    settled = accept_answer(offer, parse(reply.encode()), local())
    assert settled.webrtc is not None
    assert (settled.webrtc.is_client, settled.payload_type) == (is_client, 96)
    assert settled.telephone_event_payload_type == 101


def test_an_answer_in_clear_to_an_offer_of_webrtc_is_not_taken():
    offer = make_offer(local(srtp=SrtpPolicy.PREFERRED))
    plain = "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\nm=audio 4000 RTP/AVP 0\n"
    with pytest.raises(AnswerRejected, match="UDP/TLS/RTP/SAVPF"):
        accept_answer(offer, parse(plain.encode()), local())


def test_a_further_offer_keeps_the_name_that_the_browser_gave_the_stream():
    first = answer(
        parse(CHROMIUM.replace("mid:0", "mid:voice").replace("BUNDLE 0", "BUNDLE voice").encode()), local()
    )
    again = str(make_offer(local(direction=Direction.SENDONLY), first.description)).splitlines()
    assert {"a=mid:voice", "a=group:BUNDLE voice", "a=sendonly"} <= set(again)
