import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import SdpError
from media.sdp import (
    MAX_ATTRIBUTES,
    MAX_MEDIA,
    MAX_OCTETS,
    Direction,
    SessionDescription,
    parse,
)
from media.sdp_values import Connection, Rtpmap

MINIMAL = (
    "v=0\r\no=alice 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0 8\r\n"
)


def with_line(line: str) -> bytes:
    return (MINIMAL + line + "\r\n").encode()


def test_a_description_is_read_into_its_parts():
    description = parse(MINIMAL.encode())
    assert description.origin.username == "alice"
    assert (description.origin.session_id, description.origin.version) == ("1", "2")
    assert description.connection == Connection("192.0.2.1")
    (audio,) = description.media
    assert (audio.media, audio.port, audio.protocol, audio.formats) == ("audio", 4000, "RTP/AVP", ("0", "8"))
    assert audio.payload_types == (0, 8)


def test_what_is_printed_is_what_was_read():
    assert str(parse(MINIMAL.encode())) == MINIMAL


def test_lines_are_printed_in_the_order_of_section_5():
    text = (
        "v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=call\r\ni=about\r\nu=http://a.example\r\ne=a@a.example\r\n"
        "p=+1 555\r\nc=IN IP6 2001:db8::1\r\nb=AS:64\r\nt=0 0\r\nk=clear:x\r\na=tool:x\r\n"
        "m=audio 4000/2 RTP/AVP 0\r\ni=voice\r\nc=IN IP6 2001:db8::2\r\nb=AS:64\r\na=ptime:20\r\n"
        "m=video 0 RTP/AVP 31\r\n"
    )
    assert str(parse(text.encode())) == text


@pytest.mark.parametrize(
    "body",
    [
        MINIMAL.replace("\r\n", "\n"),
        MINIMAL.rstrip(),
        MINIMAL.replace("\r\n", "\r"),
        "\r\n" + MINIMAL + "\r\n\r\n",
        MINIMAL.replace("\r\n", "  \r\n"),
        MINIMAL.replace("t=0 0\r\n", "t=0 0\r\nx=unknown\r\nz=0 0\r\n"),
        MINIMAL.replace("m=audio", "M=AUDIO").replace("RTP/AVP", "rtp/avp").replace("IN IP4", "in ip4"),
        MINIMAL.replace("s=-\r\n", ""),
        MINIMAL.replace("t=0 0\r\n", ""),
    ],
    ids=[
        "LF",
        "no last line end",
        "CR",
        "empty lines",
        "spaces at the end",
        "unknown lines",
        "case",
        "no s=",
        "no t=",
    ],
)
def test_what_carriers_send_is_read_all_the_same(body):
    description = parse(body.encode())
    assert description.media[0].payload_types == (0, 8)
    assert description.connection_of(description.media[0]) == Connection("192.0.2.1")


def test_a_user_name_with_spaces_is_kept():
    body = MINIMAL.replace("o=alice", "o=Front Door 2")
    assert parse(body.encode()).origin.username == "Front Door 2"


def test_octets_that_are_no_utf_8_do_not_hurt():
    assert parse(MINIMAL.encode().replace(b"s=-", b"s=stra\xdfe")).name == "stra\ufffde"


def test_the_connection_of_a_medium_counts_before_that_of_the_session():
    description = parse(with_line("c=IN IP4 198.51.100.7"))
    assert description.connection_of(description.media[0]) == Connection("198.51.100.7")


def test_a_connection_may_stand_with_the_medium_alone():
    body = MINIMAL.replace("c=IN IP4 192.0.2.1\r\n", "") + "c=IN IP4 198.51.100.7\r\n"
    description = parse(body.encode())
    assert description.connection is None
    assert description.connection_of(description.media[0]) == Connection("198.51.100.7")


def test_multicast_keeps_its_ttl_and_count():
    assert (
        str(parse(with_line("c=IN IP4 233.252.0.1/127/3")).media[0].connection) == "IN IP4 233.252.0.1/127/3"
    )


def test_rtpmaps_are_read_by_payload_type():
    description = parse((MINIMAL + "a=rtpmap:0 PCMU/8000\r\na=RTPMAP: 97 L16/16000/2\r\n").encode())
    assert description.media[0].rtpmaps() == {0: Rtpmap(0, "PCMU", 8000), 97: Rtpmap(97, "L16", 16000, 2)}


@pytest.mark.parametrize(
    "value",
    [
        "65535 PCMU/8000",
        "128 PCMU/8000",
        "-1 PCMU/8000",
        "0",
        "0 PCMU",
        "0 PCMU/x",
        "0 PCMU/9999999999",
        "0 PCMU/8000/x",
        "²",
    ],
)
def test_an_rtpmap_that_makes_no_sense_maps_nothing(value):
    assert parse(with_line(f"a=rtpmap:{value}")).media[0].rtpmaps() == {}


def test_formats_that_are_no_payload_types_are_passed_over():
    body = MINIMAL.replace("RTP/AVP 0 8", "RTP/AVP 0 128 65535 x 8")
    assert parse(body.encode()).media[0].payload_types == (0, 8)


def test_fmtp_is_found_by_payload_type():
    media = parse((MINIMAL + "a=fmtp:10 no\r\na=fmtp:101  0-15 \r\n").encode()).media[0]
    assert (media.fmtp(101), media.fmtp(1)) == ("0-15", None)


@pytest.mark.parametrize(
    ("session", "media", "direction"),
    [
        ("", "", "sendrecv"),
        ("a=inactive\r\n", "", "inactive"),
        ("a=inactive\r\n", "a=sendonly\r\n", "sendonly"),
        ("", "a=RecvOnly\r\n", "recvonly"),
        ("", "a=sendrecv\r\na=sendonly\r\n", "sendonly"),
    ],
)
def test_the_direction_is_that_of_the_medium_or_the_session(session, media, direction):
    description = parse((MINIMAL.replace("m=", session + "m=") + media).encode())
    assert description.direction_of(description.media[0]) == direction


@pytest.mark.parametrize("direction", Direction)
def test_a_direction_mirrored_twice_is_itself(direction):
    assert direction.mirrored.mirrored is direction
    assert direction.mirrored.sends is direction.receives


@pytest.mark.parametrize(
    ("body", "line", "why"),
    [
        (b"", 0, "empty"),
        (b"\r\n \r\n", 0, "empty"),
        (b"o=- 1 1 IN IP4 1.1.1.1\r\n", 1, "begins with v=0"),
        (b"v=1\r\n", 1, "begins with v=0"),
        (b"v=0\r\nhello\r\n", 2, "<letter>=<value>"),
        (b"v=0\r\n=x\r\n", 2, "<letter>=<value>"),
        (b"v=0\r\no=- 1 IN IP4 1.1.1.1\r\n", 2, "6 fields, not 5"),
        (b"v=0\r\nc=IN IP4\r\n", 2, "c= reads"),
        (b"v=0\r\nc=IN IP5 1.1.1.1\r\n", 2, "c= reads"),
        (b"v=0\r\nc=IN IP4 1.2.3.400\r\n", 2, "no address"),
        (b"v=0\r\nc=IN IP4 1.2.3\r\n", 2, "no address"),
        (b"v=0\r\nc=IN IP6 1.2.3.4\r\n", 2, "no IP6 address"),
        (b"v=0\r\nc=IN IP4 ::1\r\n", 2, "no IP4 address"),
        (b"v=0\r\nm=audio 4000 RTP/AVP\r\n", 2, "m= needs"),
        (b"v=0\r\nm=audio 65536 RTP/AVP 0\r\n", 2, "no port"),
        (b"v=0\r\nm=audio 99999999 RTP/AVP 0\r\n", 2, "no port"),
        (b"v=0\r\nm=audio -1 RTP/AVP 0\r\n", 2, "no port"),
        ("v=0\r\nm=audio \uff14 RTP/AVP 0\r\n".encode(), 2, "no port"),
        (b"v=0\r\nm=audio 4000/0 RTP/AVP 0\r\n", 2, "number of ports"),
        (b"v=0\r\nm=audio 4000/ RTP/AVP 0\r\n", 2, "number of ports"),
        (b"v=0\r\nm=audio 4000 RTP/AVP" + b" 0" * 129 + b"\r\n", 2, "129 formats"),
        (b"v=0\r\ns=a\0b\r\n", 2, "control character"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(body, line, why):
    with pytest.raises(SdpError, match=why) as caught:
        parse(body)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"v=0\r\ns=" + b"x" * MAX_OCTETS, "more than the 65536"),
        (b"v=0\r\n" + b"m=audio 4000 RTP/AVP 0\r\n" * (MAX_MEDIA + 1), "more than 16 m="),
        (b"v=0\r\n" + b"a=x\r\n" * (MAX_ATTRIBUTES + 1), "more than 256 attributes"),
        (
            b"v=0\r\n" + b"m=audio 1 RTP/AVP 0\r\n" + b"a=x\r\n" * (MAX_ATTRIBUTES + 1),
            "more than 256 attributes",
        ),
    ],
)
def test_a_description_beyond_the_caps_is_refused(body, why):
    with pytest.raises(SdpError, match=why):
        parse(body)


def test_a_description_at_the_caps_is_read():
    body = b"v=0\r\n" + b"m=audio 4000 RTP/AVP 0\r\n" * MAX_MEDIA + b"a=x\r\n" * MAX_ATTRIBUTES
    assert len(parse(body).media) == MAX_MEDIA


@pytest.mark.parametrize(
    "line", [b"a=rtpmap:" + b"1" * 60_000, b"m=audio " + b"1 " * 30_000, b"c=" + b":" * 60_000]
)
def test_long_lines_take_no_more_than_linear_time(line):
    started = time.process_time()
    for _ in range(3):
        try:
            parse(b"v=0\r\nm=audio 1 RTP/AVP 0\r\n" + line).media[-1].rtpmaps()
        except SdpError:
            continue
    assert time.process_time() - started < 0.5


LINES = st.one_of(
    st.text(max_size=30),
    st.builds(
        "{}={}".format,
        st.sampled_from("vosicuepbtrzkamVx"),
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(
                [
                    "0",
                    "IN IP4 0.0.0.0",
                    "- 1 1 IN IP6 ::",
                    "audio 65535 RTP/AVP 0 8 101",
                    "audio 5 RTP/SAVPF 111",
                    "rtpmap:65535 x/8000",
                    "rtpmap:101 telephone-event/8000",
                    "fmtp:101 0-16",
                    "sendonly",
                    "rtcp:99999999 IN IP4 1.2.3.4",
                    "maxptime:999999",
                ]
            ),
        ),
    ),
)


@given(st.lists(LINES, max_size=12).map(lambda lines: "\n".join(["v=0", *lines]).encode()))
def test_any_lines_are_read_or_refused_with_an_sdp_error(body):
    try:
        description = parse(body)
    except SdpError:
        return
    assert str(parse(description.build())) == str(description)
    assert all(isinstance(media.rtpmaps(), dict) for media in description.media)


@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused_with_an_sdp_error(body):
    with contextlib.suppress(SdpError):
        assert isinstance(parse(body), SessionDescription)
