import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.registry import G722, L16_16000, OPUS, PCMA, PCMU
from media.errors import AnswerRejected, OfferRejected, RemoteError, SdpError
from media.offer_answer import LocalMedia, accept_answer, answer, make_offer
from media.payload_formats import events_in
from media.sdp import Direction, SessionDescription, parse

OURS = LocalMedia("192.0.2.50", 20000, session_id=7)
HEAD = "v=0\r\no=bob 5 5 IN IP4 198.51.100.4\r\ns=-\r\nc=IN IP4 198.51.100.4\r\nt=0 0\r\n"


def offer(*lines: str, head: str = HEAD) -> SessionDescription:
    return parse((head + "".join(f"{line}\r\n" for line in lines)).encode())


def lines_of(description: SessionDescription) -> list[str]:
    return str(description).split("\r\n")[:-1]


PLAIN = offer("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15")


def test_an_answer_takes_the_first_codec_that_both_have():
    assert lines_of(answer(PLAIN, OURS).description) == [
        "v=0",
        "o=- 7 0 IN IP4 192.0.2.50",
        "s=-",
        "c=IN IP4 192.0.2.50",
        "t=0 0",
        "m=audio 20000 RTP/AVP 0 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
    ]


def test_an_answer_tells_the_plane_what_to_do():
    agreed = answer(PLAIN, OURS)
    assert agreed.remote == ("198.51.100.4", 4000)
    assert agreed.remote_rtcp == ("198.51.100.4", 4001)
    assert (agreed.codec, agreed.payload_type, agreed.receive_payload_type) == (PCMU, 0, 0)
    assert agreed.telephone_event_payload_type == agreed.receive_telephone_event_payload_type == 101
    assert (agreed.direction, agreed.ptime_ms) == (Direction.SENDRECV, 20)


@pytest.mark.parametrize(
    ("formats", "maps", "codecs", "codec", "payload_type"),
    [
        ("8 0", (), (PCMU, PCMA), PCMA, 8),
        ("9 18 3 0", (), (PCMU, PCMA), PCMU, 0),
        ("0 8", (), (PCMA,), PCMA, 8),
        ("9 0", (), (PCMU, G722), G722, 9),
        ("96 0", ("96 g722/8000",), (PCMU, G722), G722, 96),
        ("96 0", ("96 G722/16000",), (PCMU, G722), PCMU, 0),
        ("0", ("0 pcmu/8000",), (PCMU,), PCMU, 0),
        ("8", ("8 PCMA/8000/1",), (PCMU, PCMA), PCMA, 8),
        ("96 0", ("96 PCMA/8000",), (PCMU, PCMA), PCMA, 96),
        ("0 8", ("0 G726-32/8000",), (PCMU, PCMA), PCMA, 8),
        ("97 0", ("97 L16/16000",), (PCMU, L16_16000), L16_16000, 97),
        ("97 0", ("97 L16/16000/2",), (PCMU, L16_16000), PCMU, 0),
        ("96 0", (), (PCMU,), PCMU, 0),
    ],
)
def test_codecs_are_taken_in_the_order_of_the_offer(formats, maps, codecs, codec, payload_type):
    offered = offer(f"m=audio 4000 RTP/AVP {formats}", *(f"a=rtpmap:{each}" for each in maps))
    agreed = answer(offered, dataclasses.replace(OURS, codecs=codecs))
    assert (agreed.codec, agreed.payload_type) == (codec, payload_type)


@pytest.mark.parametrize(
    ("maps", "payload_type", "fmtp"),
    [
        (("rtpmap:101 telephone-event/8000", "fmtp:101 0-16"), 101, "0-16"),
        (("rtpmap:101 telephone-event/8000", "fmtp:101 0-11,16"), 101, "0-15"),
        (("rtpmap:101 telephone-event/8000",), 101, "0-15"),
        (("rtpmap:101 TELEPHONE-EVENT/8000/1",), 101, "0-15"),
        (("rtpmap:100 telephone-event/48000", "rtpmap:101 telephone-event/8000"), 101, "0-15"),
        (("rtpmap:100 telephone-event/48000",), None, None),
        ((), None, None),
    ],
)
def test_telephone_events_are_those_on_the_clock_of_the_codec(maps, payload_type, fmtp):
    agreed = answer(offer("m=audio 4000 RTP/AVP 0 100 101", *(f"a={each}" for each in maps)), OURS)
    assert agreed.telephone_event_payload_type == payload_type
    if payload_type is not None:
        assert agreed.description.media[0].fmtp(payload_type) == fmtp


OPUS_TELEPHONE = (
    "m=audio 4000 RTP/AVP 107 0 101",
    "a=rtpmap:107 opus/48000/2",
    "a=rtpmap:101 telephone-event/8000",
)
"""What most desk telephones offer that speak Opus: digits on 8 kHz alone."""


def test_a_telephone_that_offers_opus_and_digits_on_8_khz_has_digits():
    agreed = answer(offer(*OPUS_TELEPHONE), dataclasses.replace(OURS, codecs=(OPUS, PCMU)))
    assert agreed.description.media[0].formats == ("107", "101")
    assert (agreed.telephone_event_payload_type, agreed.receive_telephone_event_payload_type) == (101, 101)
    assert agreed.telephone_event_clock_rate == 8000


def test_a_telephone_that_answers_opus_and_digits_on_8_khz_has_digits():
    ours = dataclasses.replace(OURS, codecs=(OPUS, PCMU))
    our_offer = make_offer(ours)
    reply = ("m=audio 4000 RTP/AVP 96 100", "a=rtpmap:96 opus/48000/2", "a=rtpmap:100 telephone-event/8000")
    agreed = accept_answer(our_offer, offer(*reply), ours)
    on_8_khz = events_in(our_offer.media[0], 8000)
    assert on_8_khz is not None
    assert agreed.receive_telephone_event_payload_type == on_8_khz.payload_type
    assert (agreed.telephone_event_payload_type, agreed.telephone_event_clock_rate) == (100, 8000)


def test_telephone_events_are_left_out_when_we_do_not_want_them():
    agreed = answer(PLAIN, dataclasses.replace(OURS, telephone_event=False))
    assert agreed.telephone_event_payload_type is None
    assert agreed.description.media[0].formats == ("0",)


def test_other_streams_are_refused_by_port_0_in_their_order():
    offered = offer(
        "m=video 5000 RTP/AVP 31",
        "m=audio 4000 RTP/AVP 8",
        "m=audio 4002 RTP/AVP 0",
        "m=application 6000 UDP/BFCP *",
        "m=image 0 udptl t38",
    )
    media = answer(offered, OURS).description.media
    assert [(each.media, each.port, each.protocol) for each in media] == [
        ("video", 0, "RTP/AVP"),
        ("audio", 20000, "RTP/AVP"),
        ("audio", 0, "RTP/AVP"),
        ("application", 0, "UDP/BFCP"),
        ("image", 0, "UDPTL"),
    ]


def test_the_first_audio_stream_that_we_can_is_taken():
    offered = offer("m=audio 4000 RTP/SAVP 0", "m=audio 4002 RTP/AVP 18", "m=audio 4004 RTP/AVP 0")
    agreed = answer(offered, OURS)
    assert agreed.remote == ("198.51.100.4", 4004)
    assert [media.port for media in agreed.description.media] == [0, 0, 20000]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "no m= line"),
        (("m=video 4000 RTP/AVP 31",), "only audio"),
        (("m=audio 0 RTP/AVP 0",), "port 0"),
        (("m=audio 4000 RTP/SAVP 0",), "SRTP is not taken"),
        (("m=audio 9 UDP/TLS/RTP/SAVPF 0",), "WebRTC is not taken"),
        (("m=audio 4000 TCP/RTP/AVP 0",), "only RTP/AVP"),
        (("m=audio 4000 RTP/AVP 18 3",), r"18 3 is one of ours \(PCMU/8000, PCMA/8000\)"),
        (("m=audio 4000 RTP/AVP 0", "c=IN IP4 pbx.example"), "host 'pbx.example'"),
        (("m=audio 4000 RTP/AVP 0", "c=IN IP4 233.252.0.1/127"), "no unicast"),
        (("m=audio 4000 RTP/AVP 0", "c=IN IP4 255.255.255.255"), "no unicast"),
        (("m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1"), "cannot be reached"),
    ],
)
def test_an_offer_that_we_cannot_take_is_rejected_with_488_and_a_reason(lines, why):
    with pytest.raises(OfferRejected, match=why) as caught:
        answer(offer(*lines), OURS)
    assert caught.value.status == 488


def test_an_offer_without_any_connection_is_rejected():
    head = HEAD.replace("c=IN IP4 198.51.100.4\r\n", "")
    with pytest.raises(OfferRejected, match="no c= line"):
        answer(offer("m=audio 4000 RTP/AVP 0", head=head), OURS)


def test_avpf_is_answered_in_kind_without_feedback():
    agreed = answer(offer("m=audio 4000 RTP/AVPF 0", "a=rtcp-fb:* nack"), OURS)
    assert agreed.description.media[0].protocol == "RTP/AVPF"
    assert not agreed.description.media[0].has("rtcp-fb")


@pytest.mark.parametrize(
    ("theirs", "ours", "answered"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendonly", "sendrecv", "recvonly"),
        ("recvonly", "sendrecv", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
        ("sendrecv", "sendonly", "sendonly"),
        ("sendonly", "sendonly", "inactive"),
        ("recvonly", "sendonly", "sendonly"),
        ("inactive", "sendonly", "inactive"),
        ("sendrecv", "recvonly", "recvonly"),
        ("sendonly", "recvonly", "recvonly"),
        ("recvonly", "recvonly", "inactive"),
        ("inactive", "recvonly", "inactive"),
        ("sendrecv", "inactive", "inactive"),
        ("sendonly", "inactive", "inactive"),
        ("recvonly", "inactive", "inactive"),
        ("inactive", "inactive", "inactive"),
    ],
)
def test_the_direction_is_what_both_sides_want(theirs, ours, answered):
    agreed = answer(
        offer("m=audio 4000 RTP/AVP 0", f"a={theirs}"), dataclasses.replace(OURS, direction=Direction(ours))
    )
    assert agreed.direction == answered
    assert agreed.description.direction_of(agreed.description.media[0]) == answered
    assert agreed.remote == ("198.51.100.4", 4000)


def test_a_direction_of_the_session_counts_for_its_streams():
    head = HEAD + "a=sendonly\r\n"
    assert answer(offer("m=audio 4000 RTP/AVP 0", head=head), OURS).direction == "recvonly"


@pytest.mark.parametrize(
    ("lines", "direction"),
    [
        (("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"), "recvonly"),
        (("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0", "a=sendonly"), "recvonly"),
        (("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0", "a=inactive"), "inactive"),
        (("m=audio 4000 RTP/AVP 0", "c=IN IP6 ::"), "recvonly"),
    ],
)
def test_hold_by_the_null_address_stops_our_sound(lines, direction):
    agreed = answer(offer(*lines), OURS)
    assert (agreed.remote, agreed.remote_rtcp, agreed.direction) == (None, None, direction)


@pytest.mark.parametrize(
    ("lines", "ptimes_ms", "ptime_ms"),
    [
        ((), (20,), 20),
        (("ptime:20",), (20,), 20),
        (("ptime:30",), (20,), 20),
        (("ptime:30",), (10, 20, 30), 30),
        (("maxptime:40",), (20, 40, 60), 20),
        (("ptime:60", "maxptime:40"), (20, 40, 60), 20),
        (("maxptime:10",), (10, 20), 10),
        (("maxptime:10",), (20, 40), 20),
        (("ptime:x", "maxptime:99999"), (20,), 20),
        (("ptime:20.0",), (20, 30), 20),
    ],
)
def test_packets_last_as_long_as_both_can(lines, ptimes_ms, ptime_ms):
    offered = offer("m=audio 4000 RTP/AVP 0", *(f"a={line}" for line in lines))
    assert answer(offered, dataclasses.replace(OURS, ptimes_ms=ptimes_ms)).ptime_ms == ptime_ms


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a=rtcp:4444", ("198.51.100.4", 4444)),
        ("a=rtcp:4444 IN IP4 198.51.100.4", ("198.51.100.4", 4444)),
        ("a=rtcp:53 IN IP4 203.0.113.9", ("198.51.100.4", 4001)),
        ("a=rtcp:0", ("198.51.100.4", 4001)),
        ("a=rtcp:99999999", ("198.51.100.4", 4001)),
        ("a=rtcp:x", ("198.51.100.4", 4001)),
        ("a=rtcp", ("198.51.100.4", 4001)),
        ("a=rtcp-mux", ("198.51.100.4", 4000)),
    ],
)
def test_reports_go_to_the_port_that_the_peer_names_but_to_no_other_host(line, expected):
    assert answer(offer("m=audio 4000 RTP/AVP 0", line), OURS).remote_rtcp == expected


def test_reports_have_nowhere_to_go_above_the_last_port():
    assert answer(offer("m=audio 65535 RTP/AVP 0"), OURS).remote_rtcp is None


def test_rtcp_mux_is_answered_when_offered_only():
    muxed = offer("m=audio 4000 RTP/AVP 0", "a=rtcp-mux")
    assert answer(muxed, OURS).description.media[0].has("rtcp-mux")
    assert answer(muxed, OURS).rtcp_mux
    assert not answer(PLAIN, OURS).description.media[0].has("rtcp-mux")
    assert not answer(muxed, dataclasses.replace(OURS, rtcp_mux=False)).description.media[0].has("rtcp-mux")


def test_the_time_line_of_the_offer_is_repeated():
    head = HEAD.replace("t=0 0", "t=2873397496 2873404696")
    assert answer(offer("m=audio 4000 RTP/AVP 0", head=head), OURS).description.timing == (
        "t=2873397496 2873404696",
    )


def test_the_same_answer_again_keeps_its_version():
    first = answer(PLAIN, OURS).description
    assert answer(PLAIN, OURS, first).description == first


def test_a_changed_answer_raises_the_version_by_one():
    first = answer(PLAIN, OURS).description
    held = answer(offer("m=audio 4000 RTP/AVP 0", "a=sendonly"), OURS, first).description
    again = answer(PLAIN, OURS, held).description
    assert [each.origin.version for each in (first, held, again)] == ["0", "1", "2"]
    assert {each.origin.session_id for each in (first, held, again)} == {"7"}


def test_an_offer_of_ours_names_everything_we_can():
    assert lines_of(make_offer(dataclasses.replace(OURS, codecs=(PCMU, PCMA, L16_16000)))) == [
        "v=0",
        "o=- 7 0 IN IP4 192.0.2.50",
        "s=-",
        "c=IN IP4 192.0.2.50",
        "t=0 0",
        "m=audio 20000 RTP/AVP 0 8 96 101 127 13",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:96 L16/16000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=rtpmap:127 telephone-event/16000",
        "a=fmtp:127 0-15",
        "a=rtpmap:13 CN/8000",
        "a=ptime:20",
        "a=sendrecv",
        "a=rtcp-mux",
    ]


def test_an_offer_over_ipv6_says_so():
    assert "c=IN IP6 2001:db8::5" in lines_of(make_offer(LocalMedia("2001:db8::5", 20000)))


def test_a_later_offer_keeps_the_place_and_numbers_of_every_stream():
    first = answer(
        offer(
            "m=video 5000 RTP/AVP 31",
            "m=audio 4000 RTP/AVPF 8 99",
            "a=rtpmap:99 telephone-event/8000",
        ),
        OURS,
    ).description
    later = make_offer(dataclasses.replace(OURS, direction=Direction.SENDONLY), first)
    assert [(each.media, each.port, each.protocol) for each in later.media] == [
        ("video", 0, "RTP/AVP"),
        ("audio", 20000, "RTP/AVPF"),
    ]
    assert later.media[1].formats == ("0", "8", "99", "13")
    assert later.origin.version == "1"


def test_a_later_offer_after_a_refusal_of_all_audio_adds_a_stream():
    refused = parse((HEAD + "m=video 0 RTP/AVP 31\r\n").encode())
    assert [each.media for each in make_offer(OURS, refused).media] == ["video", "audio"]


def test_an_answer_to_our_offer_is_taken():
    ours = make_offer(OURS)
    agreed = accept_answer(ours, answer(ours, LocalMedia("192.0.2.9", 6000)).description, OURS)
    assert agreed.description is ours
    assert (agreed.remote, agreed.codec, agreed.payload_type) == (("192.0.2.9", 6000), PCMU, 0)
    assert (agreed.telephone_event_payload_type, agreed.receive_telephone_event_payload_type) == (101, 101)
    assert (agreed.rtcp_mux, agreed.remote_rtcp) == (True, ("192.0.2.9", 6000))
    assert agreed.direction == "sendrecv"


def test_an_answer_that_renumbers_types_makes_us_send_and_hear_different_ones():
    ours = make_offer(dataclasses.replace(OURS, codecs=(L16_16000,)))
    theirs = offer(
        "m=audio 4000 RTP/AVP 110 111", "a=rtpmap:110 L16/16000", "a=rtpmap:111 telephone-event/16000"
    )
    agreed = accept_answer(ours, theirs, dataclasses.replace(OURS, codecs=(L16_16000,)))
    assert (agreed.payload_type, agreed.receive_payload_type) == (110, 96)
    assert (agreed.telephone_event_payload_type, agreed.receive_telephone_event_payload_type) == (111, 101)


def test_an_answer_without_telephone_events_turns_them_off_both_ways():
    agreed = accept_answer(make_offer(OURS), offer("m=audio 4000 RTP/AVP 8"), OURS)
    assert agreed.codec is PCMA
    assert agreed.telephone_event_payload_type is None
    assert agreed.receive_telephone_event_payload_type is None


@pytest.mark.parametrize(
    ("direction", "ours", "agreed"),
    [
        ("sendonly", "sendrecv", "recvonly"),
        ("recvonly", "sendrecv", "sendonly"),
        ("recvonly", "sendonly", "sendonly"),
    ],
)
def test_an_answer_decides_the_direction_with_us(direction, ours, agreed):
    local = dataclasses.replace(OURS, direction=Direction(ours))
    theirs = offer("m=audio 4000 RTP/AVP 0", f"a={direction}")
    assert accept_answer(make_offer(local), theirs, local).direction == agreed


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "0 m= lines"),
        (("m=audio 0 RTP/AVP 0",), "refuses the audio"),
        (("m=video 4000 RTP/AVP 0",), "answered by m=video"),
        (("m=audio 4000 RTP/SAVP 0",), "answered by m=audio RTP/SAVP"),
        (("m=audio 4000 RTP/AVP 18",), "none of the offered codecs: 18"),
        (
            ("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"),
            "none of the offered codecs: 101",
        ),
        (("m=audio 4000 RTP/AVP 0", "c=IN IP4 233.252.0.1"), "no unicast"),
    ],
)
def test_an_answer_that_does_not_fit_is_rejected_with_a_reason(lines, why):
    with pytest.raises(AnswerRejected, match=why):
        accept_answer(make_offer(OURS), offer(*lines), OURS)


ATTRIBUTES = st.sampled_from(
    [
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 G722/8000",
        "a=rtpmap:96 PCMA/8000",
        "a=rtpmap:65535 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        "a=sendonly",
        "a=inactive",
        "a=ptime:0",
        "a=maxptime:5",
        "a=rtcp:1 IN IP4 x",
        "a=rtcp:70000",
        "a=rtcp-mux",
        "c=IN IP4 0.0.0.0",
        "c=IN IP4 host",
        "c=IN IP6 ::1",
        "m=audio 7 RTP/AVP 0 96 101",
        "m=audio 65535 RTP/AVP 65535 8",
        "m=audio 1/65535 RTP/AVP 0",
        "m=video 9 RTP/SAVPF 31",
        "b=AS:64",
    ]
)


@given(st.lists(ATTRIBUTES | st.text(max_size=20).map("a={}".format), max_size=12))
def test_any_offer_is_answered_or_refused_by_an_error_of_ours(lines):
    try:
        offered = offer(*lines)
        agreed = answer(offered, OURS)
    except (SdpError, OfferRejected):
        return
    assert parse(agreed.description.build()) == agreed.description
    assert len(agreed.description.media) == len(offered.media)
    assert sum(media.port > 0 for media in agreed.description.media) == 1
    assert (
        str(agreed.payload_type)
        in agreed.description.media[[m.port for m in agreed.description.media].index(20000)].formats
    )


@given(st.lists(ATTRIBUTES | st.text(max_size=20).map("a={}".format), max_size=12))
def test_any_answer_is_taken_or_refused_by_an_error_of_ours(lines):
    ours = make_offer(OURS)
    try:
        agreed = accept_answer(ours, offer("m=audio 4000 RTP/AVP 0", *lines), OURS)
    except RemoteError:
        return
    assert agreed.codec in (PCMU, PCMA)


def test_an_unreachable_address_is_replaced_by_where_the_signalling_comes_from():
    offer = parse(
        b"v=0\r\no=- 1 1 IN IP6 fd00::2\r\ns=-\r\nc=IN IP6 fd00::2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
    )
    local = LocalMedia("127.0.0.1", 20000, peer_address="127.0.0.7")
    assert answer(offer, local).remote == ("127.0.0.7", 4000)


def test_an_unreachable_address_is_refused_when_the_signalling_is_as_far_away():
    offer = parse(
        b"v=0\r\no=- 1 1 IN IP6 fd00::2\r\ns=-\r\nc=IN IP6 fd00::2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
    )
    with pytest.raises(OfferRejected):
        answer(offer, LocalMedia("127.0.0.1", 20000, peer_address="fd00::9"))


@pytest.mark.parametrize(
    ("line", "taken"),
    [("0 101 13", True), ("13 8", True), ("9 13", True), ("0 101", False), ("98 13", False)],
)
def test_comfort_noise_is_answered_where_it_goes_with_the_codec(line, taken):
    made = offer(f"m=audio 4000 RTP/AVP {line}", "a=rtpmap:98 L16/16000", "a=rtpmap:13 CN/8000")
    ours = dataclasses.replace(OURS, codecs=(PCMU, PCMA, G722, L16_16000))
    answered = answer(made, ours).description.media[0]
    assert ("13" in answered.formats) == taken
    assert ("13 CN/8000" in answered.values("rtpmap")) == taken


def test_comfort_noise_is_not_offered_without_a_codec_of_its_clock():
    assert "13" not in make_offer(dataclasses.replace(OURS, codecs=(L16_16000,))).media[0].formats


def test_a_peer_that_takes_comfort_noise_and_no_codec_is_refused():
    with pytest.raises(AnswerRejected, match="none of the offered codecs"):
        accept_answer(make_offer(OURS), offer("m=audio 4000 RTP/AVP 13"), OURS)
