"""The exchanges of RFC 3264 section 10, with addresses where it writes host names."""

import pytest

from media.codecs.registry import PCMU
from media.errors import OfferRejected
from media.offer_answer import LocalMedia, accept_answer, answer, make_offer
from media.sdp import parse

OURS = LocalMedia("192.0.2.50", 49920, session_id=2890844730, version=2890844730)

ALICE = """\
v=0
o=alice 2890844526 2890844526 IN IP4 198.51.100.1
s=
c=IN IP4 198.51.100.1
t=0 0
m=audio 49170 RTP/AVP 0
a=rtpmap:0 PCMU/8000
m=video 51372 RTP/AVP 31
a=rtpmap:31 H261/90000
m=video 53000 RTP/AVP 32
a=rtpmap:32 MPV/90000
"""

BOB_CHANGES = """\
v=0
o=bob 2890844730 2890844731 IN IP4 198.51.100.1
s=
c=IN IP4 198.51.100.1
t=0 0
m=audio 65422 RTP/AVP 0
a=rtpmap:0 PCMU/8000
m=video 0 RTP/AVP 31
m=video 53000 RTP/AVP 32
a=rtpmap:32 MPV/90000
m=audio 51434 RTP/AVP 110
a=rtpmap:110 telephone-events/8000
a=recvonly
"""

ONE_OF_THREE = """\
v=0
o=alice 2890844526 2890844526 IN IP4 198.51.100.1
s=
c=IN IP4 198.51.100.1
t=0 0
m=audio 62986 RTP/AVP 0 4 18
a=rtpmap:0 PCMU/8000
a=rtpmap:4 G723/8000
a=rtpmap:18 G729/8000
a=inactive
"""


def test_10_1_audio_is_taken_and_both_videos_are_refused():
    agreed = answer(parse(ALICE.encode()), OURS)
    assert [(media.media, media.port) for media in agreed.description.media] == [
        ("audio", 49920),
        ("video", 0),
        ("video", 0),
    ]
    assert agreed.description.media[1].formats == ("31",)
    assert agreed.remote == ("198.51.100.1", 49170)


def test_10_1_a_changed_port_and_an_added_stream_are_answered_in_the_same_order():
    first = answer(parse(ALICE.encode()), OURS).description
    agreed = answer(parse(BOB_CHANGES.encode()), OURS, first)
    assert agreed.remote == ("198.51.100.1", 65422)
    assert [media.port for media in agreed.description.media] == [49920, 0, 0, 0]
    assert agreed.description.origin.version == "2890844731"


def test_10_2_one_of_n_codecs_is_selected_while_the_stream_is_inactive():
    agreed = answer(parse(ONE_OF_THREE.encode()), OURS)
    assert agreed.codec is PCMU
    assert agreed.description.media[0].formats == ("0",)
    assert agreed.direction == "inactive"


def test_10_2_the_stream_is_then_opened_with_the_selected_codec():
    first = answer(parse(ONE_OF_THREE.encode()), OURS).description
    opened = ONE_OF_THREE.replace("2890844526 IN", "2890844527 IN").replace("0 4 18", "0 4")
    agreed = answer(parse(opened.replace("a=inactive", "a=sendrecv").encode()), OURS, first)
    assert (agreed.codec, agreed.direction) == (PCMU, "sendrecv")


def test_our_offer_answered_in_the_manner_of_10_1_is_agreed():
    ours = make_offer(LocalMedia("192.0.2.50", 20000))
    theirs = parse(ALICE.split("m=video", maxsplit=1)[0].encode())
    agreed = accept_answer(ours, theirs, LocalMedia("192.0.2.50", 20000))
    assert (agreed.codec, agreed.remote) == (PCMU, ("198.51.100.1", 49170))


def test_a_host_name_as_the_rfc_writes_it_is_refused_by_name():
    body = ALICE.replace("c=IN IP4 198.51.100.1", "c=IN IP4 host.anywhere.example")
    with pytest.raises(OfferRejected, match=r"host\.anywhere\.example"):
        answer(parse(body.encode()), OURS)
