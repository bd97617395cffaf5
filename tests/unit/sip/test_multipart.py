from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import HeaderError
from sip.events import Acknowledged, OfferReceived
from sip.header_values import MediaType
from sip.message import Request
from sip.multipart import MAX_PARTS, all_parts, body_part, split_parts
from sip.parser import parse_message
from tests.contract.sip.torture import torture_message
from tests.testkit.sip_messages import request
from tests.testkit.sip_scripts import answering
from tests.testkit.wire import two_phones

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"


def multipart(body: bytes, content_type: str = "multipart/mixed;boundary=b") -> Request:
    return request(headers={"Content-Type": content_type}, body=body)


def join_parts(parts: list[tuple[str, bytes]], boundary: str) -> bytes:
    """Return a multipart body of (content type, octets) pairs."""
    mark = b"--" + boundary.encode()
    pieces = [mark + f"\r\nContent-Type: {kind}\r\n\r\n".encode() + body + b"\r\n" for kind, body in parts]
    return b"".join(pieces) + mark + b"--\r\n"


def test_body_of_the_wanted_type_is_returned_whole():
    assert body_part(request(body=SDP), "Application/SDP") == SDP
    assert body_part(request(body=SDP), "text/plain") is None
    assert body_part(request(), "application/sdp") is None
    assert body_part(request(headers={"Content-Type": None}, body=SDP), "application/sdp") is None


def test_part_is_found_among_others():
    body = join_parts([("application/isup;version=x", b"\x01\r\n--c\r\n"), ("application/sdp", SDP)], "b")
    assert body_part(multipart(body), "application/sdp") == SDP
    assert body_part(multipart(body), "application/isup") == b"\x01\r\n--c\r\n"
    assert body_part(multipart(body), "application/none") is None


def test_part_is_found_one_level_down():
    inner = join_parts([("text/plain", b"x"), ("application/sdp", SDP)], "in")
    body = join_parts([("text/html", b"y"), ('multipart/alternative; boundary="in"', inner)], "b")
    assert body_part(multipart(body), "application/sdp") == SDP
    assert [part.content_type.essence for part in all_parts(multipart(body))] == [
        "text/html",
        "text/plain",
        "application/sdp",
    ]


def test_preamble_epilogue_padding_and_longer_boundaries():
    body = (
        b"preamble\r\n--b \t\r\nContent-Type: text/plain\r\n\r\n--bb is no delimiter\r\n--bc\r\nend\r\n"
        b"--b\r\ncontent-type :application/sdp;\r\n charset=x\r\n"
        b"Content-Disposition: session; handling = optional\r\n\r\n"
        + SDP
        + b"\r\n--b--\r\nepilogue\r\n--b\r\n\r\nx"
    )
    first, second = all_parts(multipart(body))
    assert first.body == b"--bb is no delimiter\r\n--bc\r\nend"
    assert not first.optional
    assert (second.body, second.optional) == (SDP, True)


def test_part_without_headers_is_plain_text():
    (part,) = all_parts(multipart(b"--b\r\n\r\nhello\r\n--b--"))
    assert (part.content_type.essence, part.body) == ("text/plain", b"hello")


def test_last_part_without_a_closing_delimiter_ends_with_the_body():
    assert (
        body_part(multipart(b"--b\r\nContent-Type: application/sdp\r\n\r\n" + SDP), "application/sdp") == SDP
    )


def test_malformed_part_is_passed_over():
    body = (
        b"--b\r\nno colon\r\n\r\nx\r\n--b\r\nContent-Type: sdp\r\n\r\nx\r\n"
        b"--b\r\nContent-Type: application/sdp\r\n\r\ny\r\n--b--"
    )
    assert body_part(multipart(body), "application/sdp") == b"y"


@pytest.mark.parametrize("parameters", ["", ";boundary=" + "x" * 71, ';boundary=""'])
def test_without_a_usable_boundary_there_are_no_parts(parameters):
    assert split_parts(b"--x\r\n\r\ny", MediaType.parse("multipart/mixed" + parameters)) == []


def test_parts_are_counted():
    assert len(all_parts(multipart(b"--b\r\n\r\nx\r\n" * 100))) == MAX_PARTS


def test_message_without_content_type_has_no_parts():
    assert all_parts(request("OPTIONS")) == []


def test_broken_content_type_is_the_senders_error():
    with pytest.raises(HeaderError):
        body_part(multipart(b"x", "multipart"), "application/sdp")


def test_parts_of_the_signed_torture_message():
    message = parse_message(torture_message("rfc4475", "mpart01"))
    assert body_part(message, "text/plain") == b"Hello"
    signature = body_part(message, "application/octet-stream")
    assert signature is not None
    assert signature.startswith(b"0\x82\x01R\x06\x09*\x86H")


@given(st.lists(st.binary(max_size=30).filter(lambda body: b"--bound" not in body), max_size=4))
def test_joined_parts_come_apart_again(bodies):
    body = join_parts([("application/x", part) for part in bodies], "bound")
    assert [part.body for part in all_parts(multipart(body, "multipart/mixed;boundary=bound"))] == bodies


@given(
    st.lists(
        st.sampled_from(
            [b"--b", b"\r\n", b"--", b"Content-Type:", b"multipart/a;boundary=b", b"x", b" ", b"\0"]
        )
    )
)
def test_any_body_gives_parts_and_no_error(pieces):
    all_parts(multipart(b"".join(pieces)))


def test_the_answer_in_an_ack_may_be_one_part_of_its_body():
    alice, bob, wire = two_phones(callee=answering(b"their offer"))
    alice.call(body=None)
    wire.run(0.2)
    (taken,) = alice.all(OfferReceived)
    taken.session.accept_offer(wire.now, b"our answer")
    (ack,) = [message for message in alice.take() if isinstance(message, Request)]
    ack.headers.set("Content-Type", "multipart/mixed;boundary=x")
    ack.body = b"--x\r\nContent-Type: application/sdp\r\n\r\nour answer\r\n--x--\r\n"
    bob.receive(ack, wire.now)
    assert bob.one(Acknowledged).body == b"our answer"
