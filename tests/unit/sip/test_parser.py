from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import SipError
from sip.message import MalformedMessage, Request, Response, refusal
from sip.parser import MAX_ANSWER_HEADERS, MAX_HEADERS, MAX_LINE, MAX_MESSAGE, parse_message, salvage
from sip.validation import check_request, check_response
from tests.testkit.sip_messages import CARRIER_INVITE, request, response

HEAD = b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bKd\r\n"


def test_request_line():
    message = parse_message(HEAD + b"\r\n")
    assert isinstance(message, Request)
    assert (message.method, message.uri_text, message.body) == ("OPTIONS", "sip:a@b", b"")


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        (b"SIP/2.0 200 OK", 200, "OK"),
        (b"SIP/2.0 100 ", 100, ""),
        (b"SIP/2.0 100", 100, ""),
        (b"sip/2.0 486 Busy  Here", 486, "Busy  Here"),
        ("SIP/2.0 200 Всё хорошо".encode(), 200, "Всё хорошо"),
        (b"SIP/2.0 200 \xff", 200, "\udcff"),
    ],
)
def test_status_line(line, status, reason):
    message = parse_message(line + b"\r\nl: 0\r\n\r\n")
    assert isinstance(message, Response)
    assert (message.status, message.reason) == (status, reason)


@pytest.mark.parametrize(
    "line",
    [
        b"SIP/2.0 99 x",
        b"SIP/2.0 700 x",
        b"SIP/2.0 2000 x",
        b"SIP/2.0 OK",
        b"SIP/3.0 200 OK",
        b"SIP/2.0 200 \0",
    ],
)
def test_broken_response_has_no_answer(line):
    with pytest.raises(MalformedMessage) as caught:
        parse_message(line + b"\r\nVia: SIP/2.0/UDP c\r\n\r\n")
    assert caught.value.headers is None


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"OPTIONS sip:a@b SIP/7.0", 505),
        (b"OPTIONS sip:a@b SIP/2.1", 505),
        (b"OPTIONS  sip:a@b SIP/2.0", 400),
        (b"OPTIONS sip:a@b SIP/2.0 ", 400),
        (b"OPTIONS sip:a@b;x y SIP/2.0", 400),
        (b"OPTIONS sip:a@b", 400),
        (b"OPTIONS\tsip:a@b\tSIP/2.0", 400),
        (b"OPT@IONS sip:a@b SIP/2.0", 400),
        (b"OPTIONS sip:a\x01b SIP/2.0", 400),
        (b"OPTIONS  SIP/2.0", 400),
        (b"OPTIONS sip:a@b HTTP/1.1", 400),
        (b"", 400),
    ],
)
def test_broken_request_line_can_be_answered(line, status):
    with pytest.raises(MalformedMessage) as caught:
        parse_message(b"X" * (not line) + line + HEAD[23:] + b"\r\n")
    assert caught.value.status == status
    answer = refusal(caught.value.headers, caught.value.status)
    assert answer is not None
    assert answer.via.host == "c"


def test_version_is_compared_without_case():
    assert isinstance(parse_message(HEAD.replace(b"SIP/2.0\r\nVia", b"sip/2.0\r\nVia") + b"\r\n"), Request)


def test_lower_case_method_is_another_method():
    message = parse_message(HEAD.replace(b"OPTIONS", b"options") + b"\r\n")
    assert isinstance(message, Request)
    assert message.method == "options"


def test_folded_header_is_one_line():
    message = parse_message(HEAD + b"Subject: one\r\n two\r\n\t three  \r\nX:\r\n y\r\n\r\n")
    assert message.headers.get("Subject") == "one two three"
    assert message.headers.get("X") == "y"


def test_names_and_values_are_kept_as_received():
    message = parse_message(HEAD + b"sUBJECT \t :  a:b  \r\nS:\r\n\r\n")
    assert list(message.headers)[1:] == [("sUBJECT", "a:b"), ("S", "")]
    assert message.headers.lines("Subject") == ["a:b", ""]


def test_octets_that_are_not_utf_8_come_back_as_they_were():
    message = parse_message(HEAD + b"Subject: \xff\xc3\xa9\xed\xa0\x80\r\n\r\n")
    assert b"Subject: \xff\xc3\xa9\xed\xa0\x80\r\n" in message.to_bytes()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_line_breaks_before_the_start_line_are_ignored(count):
    assert parse_message(b"\r\n" * count + CARRIER_INVITE) == parse_message(CARRIER_INVITE)


def test_octets_after_the_declared_body_are_dropped():
    assert parse_message(HEAD + b"l: 3\r\n\r\nabcdef").body == b"abc"
    assert parse_message(HEAD + b"\r\nabcdef").body == b"abcdef"


@pytest.mark.parametrize(
    "length", [b"4", b"-1", b"+3", b"3.0", b"", b"\xd9\xa3", b"9" * 5000, b"3\r\nContent-Length: 3"]
)
def test_content_length_that_does_not_fit_is_answered_400(length):
    with pytest.raises(MalformedMessage) as caught:
        parse_message(HEAD + b"l: " + length + b"\r\n\r\nabc")
    assert caught.value.status == 400
    assert refusal(caught.value.headers, 400) is not None


def test_missing_empty_line_is_answered_400():
    with pytest.raises(MalformedMessage, match="empty line") as caught:
        parse_message(HEAD)
    assert refusal(caught.value.headers, 400) is not None


@pytest.mark.parametrize("line", [b"X: a\nb", b"X: a\rb", b"X: a\n Y: b"])
def test_bare_cr_or_lf_costs_the_framing(line):
    with pytest.raises(MalformedMessage, match="CR LF") as caught:
        parse_message(HEAD + line + b"\r\n\r\n")
    assert caught.value.close


def test_nul_is_let_through_in_a_quoted_pair_only():
    message = parse_message(HEAD + b'To: "\\\0" <sip:a@b>\r\n\r\n')
    assert message.to.display_name == "\0"
    with pytest.raises(MalformedMessage, match="NUL"):
        parse_message(HEAD + b"X: \0\r\n\r\n")


def test_limits():
    def lines(count: int, size: int = 1) -> bytes:
        return HEAD + b"".join(b"X: " + b"y" * size + b"\r\n" for _ in range(count)) + b"\r\n"

    assert len(parse_message(lines(MAX_HEADERS - 1)).headers) == MAX_HEADERS
    assert len(parse_message(lines(1, MAX_LINE - 3)).headers) == 2
    for data in (lines(MAX_HEADERS), lines(1, MAX_LINE - 2), HEAD + b"X: y\r\n" + b" z\r\n" * 4200 + b"\r\n"):
        with pytest.raises(MalformedMessage) as caught:
            parse_message(data)
        assert caught.value.close
    with pytest.raises(MalformedMessage) as caught:
        parse_message(HEAD + b"\r\n" + b"x" * MAX_MESSAGE)
    assert caught.value.status == 513


def test_an_answer_to_as_many_vias_as_a_request_may_have_is_readable():
    vias = b"Via: SIP/2.0/UDP c;branch=z9hG4bKd\r\n" * (MAX_HEADERS - 1)
    answer = refusal(parse_message(HEAD + vias + b"\r\n").headers, 400, to_tag="t")
    assert answer is not None
    for number in range(MAX_ANSWER_HEADERS - MAX_HEADERS - 1):
        answer.headers.add("X-Ours", number)
    assert len(parse_message(answer.to_bytes()).headers) == MAX_ANSWER_HEADERS, "with Content-Length"
    answer.headers.add("X-Ours", "one more")
    with pytest.raises(MalformedMessage, match="257 header lines; send at most 256"):
        parse_message(answer.to_bytes())


def test_salvage_takes_the_sound_headers_of_a_broken_head():
    headers = salvage(HEAD + b"no colon\r\nbad name: x\r\nFrom: a\r\n b\r\nX: \0\r\nY: \n\r\n: z")
    assert list(headers) == [("Via", "SIP/2.0/UDP c;branch=z9hG4bKd"), ("From", "a b")]


def examine(data: bytes) -> None:
    """Parse and check; only errors of ours may come out."""
    try:
        message = parse_message(data)
    except MalformedMessage as flaw:
        answer = refusal(flaw.headers, flaw.status)
        assert answer is None or parse_message(answer.to_bytes()) == answer
        return
    if isinstance(message, Response):
        check_response(message)
    else:
        why = check_request(message)
        answer = why.response(message, to_tag="x") if why else Response.answer(message, 200, to_tag="x")
        assert answer is None or parse_message(answer.to_bytes()) == answer
    assert parse_message(message.to_bytes()) == message


@given(st.binary(max_size=400))
def test_any_octets_are_read_or_refused(data):
    examine(data)


sound = st.sampled_from([CARRIER_INVITE, request("REGISTER").to_bytes(), response(180).to_bytes()])
nasty = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b'"',
        b"<",
        b">",
        b",",
        b";",
        b":",
        b" ",
        b"\r\n ",
        b"\xff",
        b"%",
        b"=",
        b"",
        b"[",
        b"\\",
    ]
)


@given(sound, st.lists(st.tuples(st.integers(0, 1100), st.integers(0, 3), nasty), min_size=1, max_size=6))
def test_any_mutant_of_a_message_is_read_or_refused(data, changes):
    for place, removed, inserted in changes:
        data = data[:place] + inserted + data[place + removed :]
    try:
        examine(data)
    except SipError as flaw:
        raise AssertionError(f"{flaw!r} came out") from flaw
