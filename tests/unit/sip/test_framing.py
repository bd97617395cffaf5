from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.framing import Ping, StreamFramer
from sip.message import MalformedMessage, Request, refusal
from sip.parser import MAX_MESSAGE
from tests.testkit.sip_messages import CARRIER_INVITE, request, response

OPTIONS = request("OPTIONS")
RINGING = response(180, body=b"v=0\r\n\r\n")


def flaw_of(event: object) -> MalformedMessage:
    assert isinstance(event, MalformedMessage)
    return event


@given(st.lists(st.integers(1, 900), max_size=30), st.integers(0, 3))
def test_messages_come_out_whatever_the_segments(cuts, blank_lines):
    sent = [OPTIONS, RINGING, request(body=b"\r\n\r\n"), OPTIONS]
    data = (b"\r\n" * blank_lines).join(message.to_bytes() for message in sent)
    framer = StreamFramer()
    events = []
    for size in [*cuts, len(data)]:
        events += framer.receive_bytes(data[:size])
        data = data[size:]
    assert [event for event in events if not isinstance(event, Ping)] == sent
    assert framer.buffered == 0
    assert not framer.inside_message


def test_double_line_break_is_a_ping_and_a_single_one_is_not():
    framer = StreamFramer()
    assert framer.receive_bytes(b"\r\n") == []
    assert framer.receive_bytes(b"\r\n") == [Ping()]
    assert framer.receive_bytes(b"\r\n\r") == []
    assert framer.receive_bytes(b"\n") == [Ping()]
    assert framer.receive_bytes(b"\r\n" * 9) == [Ping()]


def test_line_break_before_a_message_and_one_after_are_no_ping():
    framer = StreamFramer()
    assert framer.receive_bytes(b"\r\n" + OPTIONS.to_bytes() + b"\r\n") == [OPTIONS]
    assert framer.receive_bytes(b"\r\n") == [Ping()]


def test_ping_between_messages_keeps_its_place():
    events = StreamFramer().receive_bytes(OPTIONS.to_bytes() + b"\r\n\r\n" + RINGING.to_bytes())
    assert events == [OPTIONS, Ping(), RINGING]


def test_message_without_content_length_closes_the_stream():
    framer = StreamFramer()
    data = OPTIONS.to_bytes().replace(b"Content-Length: 0\r\n", b"")
    (event,) = framer.receive_bytes(data + OPTIONS.to_bytes())
    flaw = flaw_of(event)
    assert (flaw.status, flaw.close, framer.closed, framer.buffered) == (400, True, True, 0)
    assert refusal(flaw.headers, flaw.status) is not None
    assert framer.receive_bytes(OPTIONS.to_bytes()) == []


def test_malformed_head_with_a_certain_length_leaves_the_stream_usable():
    broken = request(body=b"x" * 10).to_bytes().replace(b"Max-Forwards:", b"Max Forwards:")
    framer = StreamFramer()
    assert framer.receive_bytes(broken[:-5]) == []
    first, second = framer.receive_bytes(broken[-5:] + OPTIONS.to_bytes())
    flaw = flaw_of(first)
    assert (flaw.status, flaw.close) == (400, False)
    assert refusal(flaw.headers, flaw.status) is not None
    assert second == OPTIONS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Max-Forwards: 70", b"Max-Forwards: 70\nX: y"),
        (b"Max-Forwards: 70", b"Max-Forwards: " + b"7" * 9000),
        (b"Max-Forwards: 70\r\n", b"X: y\r\n" * 300),
        (b"Content-Length: 0", b"Content-Length 0"),
    ],
)
def test_head_whose_end_or_body_is_uncertain_closes_the_stream(before, after):
    framer = StreamFramer()
    (event,) = framer.receive_bytes(OPTIONS.to_bytes().replace(before, after))
    assert flaw_of(event).close
    assert framer.closed


def test_message_larger_than_the_limit_closes_before_its_body_is_kept():
    framer = StreamFramer()
    head = OPTIONS.to_bytes().replace(b"Content-Length: 0", b"Content-Length: 65400")
    (event,) = framer.receive_bytes(head)
    flaw = flaw_of(event)
    assert (flaw.status, flaw.close) == (513, True)
    assert refusal(flaw.headers, flaw.status) is not None


def test_malformed_head_that_declares_too_much_closes_the_stream():
    broken = OPTIONS.to_bytes().replace(b"Max-Forwards:", b"Max Forwards:")
    (event,) = StreamFramer().receive_bytes(broken.replace(b"Content-Length: 0", b"Content-Length: 65500"))
    assert flaw_of(event).close


def test_head_without_end_closes_at_the_limit():
    framer = StreamFramer(max_message=1000)
    assert framer.receive_bytes(b"X" * 1000) == []
    assert framer.inside_message
    (event,) = framer.receive_bytes(b"X")
    flaw = flaw_of(event)
    assert (flaw.status, flaw.close, flaw.headers) == (513, True, None)


def test_largest_message_passes():
    body = b"x" * (MAX_MESSAGE - len(request(body=b"x" * 10_000).to_bytes()) + 10_000)
    data = request(body=body).to_bytes()
    assert len(data) == MAX_MESSAGE
    (message,) = StreamFramer().receive_bytes(data)
    assert isinstance(message, Request)
    assert message.body == body


def test_many_messages_in_one_segment():
    events = StreamFramer().receive_bytes(CARRIER_INVITE * 100)
    assert len(events) == 100


@given(st.lists(st.binary(max_size=120), max_size=8))
def test_any_octets_end_in_events_and_bounded_memory(segments):
    framer = StreamFramer(max_message=300)
    for segment in segments:
        framer.receive_bytes(segment)
        assert framer.buffered <= 300 + 120
