"""Messages that broke other servers, and the gaps next to them: each gets 400 or silence."""

from __future__ import annotations

import time

import pytest

from sip.digest import Credentials
from sip.errors import MalformedValue, SipError
from sip.framing import StreamFramer
from sip.message import MalformedMessage, Request, refusal
from sip.multipart import all_parts, body_part
from sip.parser import MAX_MESSAGE, parse_message
from sip.validation import check_request
from tests.testkit.sip_messages import CARRIER_INVITE, request

SOUND = request("OPTIONS").to_bytes()
VIA = b"SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-alice-1;rport"
TO = b"<sip:bob@example.org>"
FROM = b'"Alice" <sip:alice@example.com>;tag=alice-tag'


def outcome(data: bytes) -> str:
    """Return ``accept``, the status that can be answered, or ``drop``."""
    try:
        message = parse_message(data)
    except MalformedMessage as flaw:
        answer = refusal(flaw.headers, flaw.status)
    else:
        assert isinstance(message, Request)
        why = check_request(message)
        if why is None:
            return "accept"
        answer = why.response(message)
    return "drop" if answer is None else str(answer.status)


VIA_CASES = {
    "CVE-2023-27598 control octet in the transport": (b"SIP/2.0/U\x16P 192.0.2.10;branch=z9hG4bKx", "drop"),
    "CVE-2023-27598 control octet in a parameter": (b"SIP/2.0/UDP 192.0.2.10;bra\x16nch=z9hG4bKx", "400"),
    "port 0": (b"SIP/2.0/UDP 192.0.2.10:0;branch=z9hG4bKx", "drop"),
    "port 65536": (b"SIP/2.0/UDP 192.0.2.10:65536;branch=z9hG4bKx", "drop"),
    "port with letters": (b"SIP/2.0/UDP 192.0.2.10:8080xyz;branch=z9hG4bKx", "drop"),
    "port empty": (b"SIP/2.0/UDP 192.0.2.10:;branch=z9hG4bKx", "drop"),
    "empty branch": (b"SIP/2.0/UDP 192.0.2.10;branch=", "400"),
    "two branches": (b"SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKx;branch=z9hG4bKy", "400"),
    "empty host": (b"SIP/2.0/UDP ;branch=z9hG4bKx", "drop"),
    "unclosed IPv6 address": (b"SIP/2.0/UDP [::1;branch=z9hG4bKx", "drop"),
    "empty": (b"", "drop"),
    "no transport": (b"SIP/2.0 192.0.2.10;branch=z9hG4bKx", "drop"),
    "unterminated quote": (b'SIP/2.0/UDP 192.0.2.10;branch="z9hG4bKx', "400"),
    "comma without a second value": (VIA + b",", "accept"),
}


@pytest.mark.parametrize("case", VIA_CASES)
def test_hostile_via(case):
    via, expected = VIA_CASES[case]
    assert outcome(SOUND.replace(VIA, via)) == expected


@pytest.mark.parametrize(
    "to",
    [
        pytest.param(b'<sip:bob@example.org>;x="abc', id="CVE-2023-27599 unterminated quote"),
        pytest.param(b"<sip:bob@example.org>;tag=", id="empty tag"),
        pytest.param(b"<sip:bob@example.org>;tag=a;tag=b", id="two tags"),
        pytest.param(b"<sip:bob@example.org>;tag=a;TAG=b", id="two tags, one in capitals"),
        pytest.param(b"<sip:bob@>", id="empty host"),
        pytest.param(b"<sip:bob@[::1>", id="unclosed IPv6 address"),
        pytest.param(b"<sip:bob@example.org;\x16=x>", id="control octet in a URI parameter name"),
        pytest.param(b"<sip:bob@example.org", id="unclosed bracket"),
        pytest.param(b"<sip:bob@example.org>x", id="text after the bracket"),
        pytest.param(b"<sip:bob@a@example.org>", id="two @"),
        pytest.param(b"<sip:%zz@example.org>", id="broken escape"),
        pytest.param(b"<sip:bob@example.org:65536>", id="port out of range"),
        pytest.param(b"<>", id="empty URI"),
        pytest.param(b"", id="empty"),
        pytest.param(b'"\\', id="lone backslash"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
    ],
)
def test_hostile_to_is_answered_400(to):
    assert outcome(SOUND.replace(b"To: " + TO, b"To: " + to)) == "400"


@pytest.mark.hostile("S4", sent="CVE fixtures: control bytes, open quotes, ports of 65536")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"CSeq: 1 OPTIONS", b"CSeq: 1"),
        (b"CSeq: 1 OPTIONS", b"CSeq: -1 OPTIONS"),
        (b"CSeq: 1 OPTIONS", b"CSeq: 2147483648 OPTIONS"),
        (b"CSeq: 1 OPTIONS", "CSeq: \u0661 OPTIONS".encode()),
        (b"CSeq: 1 OPTIONS", b"CSeq: " + b"9" * 5000 + b" OPTIONS"),
        (b"CSeq: 1 OPTIONS", b"CSeq: 1 options"),
        (b"Max-Forwards: 70", b"Max-Forwards: 256"),
        (b"Max-Forwards: 70", b"Max-Forwards: seventy"),
        (b"Max-Forwards: 70", b"Max-Forwards: 70\r\nMax-Forwards: 70"),
        (b"Call-ID: ", b"Call-ID: a b"),
        (b"Call-ID: ", b"X-Call: "),
        (b"Content-Length: 0", b"Content-Length: +0"),
        (b"Content-Length: 0", b"Content-Length: 1"),
        (b"Content-Length: 0", b"Content-Length: 0\r\nl: 0"),
        (b"Content-Length: 0", b"Content-Length: " + b"9" * 5000),
        (FROM, b"<sip:alice@example.com>"),
        (b"sip:bob@example.org SIP", b"bob SIP"),
        (b"sip:bob@example.org SIP", b"sip: SIP"),
        (b"Max-Forwards: 70\r\n", b"Max-Forwards 70\r\n"),
        (b"Max-Forwards: 70\r\n", b"Max Forwards: 70\r\n"),
        (b"Max-Forwards: 70\r\n", b"Max-Forwards: 70\n"),
        (b"Max-Forwards: 70\r\n", b"Max-Forwards: 70\r"),
        (b"Max-Forwards: 70\r\n", b"Max-Forwards: 70\r\nX: \x00\r\n"),
        (b"Max-Forwards: 70\r\n", b"Max-Forwards: 70\r\nX: " + b"a" * 9000 + b"\r\n"),
        (b"Max-Forwards: 70\r\n", b"Max-Forwards: 70\r\n" + b"X: 1\r\n" * 257),
    ],
)
def test_broken_request_is_answered_400(before, after):
    broken = SOUND.replace(before, after, 1)
    assert broken != SOUND
    assert outcome(broken) == "400"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\x00",
        b"\xff" * 100,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"SIP/2.0",
        b"\x80\x08" * 80,
    ],
)
def test_what_is_no_sip_request_is_dropped(data):
    assert outcome(data) == "drop"


def test_broken_ack_is_never_answered():
    ack = request("ACK").to_bytes()
    assert outcome(ack.replace(TO, b"<")) == "drop"
    assert outcome(ack.replace(b"Max-Forwards: 70", b"Max-Forwards 70")) == "drop"


@pytest.mark.parametrize(
    "text",
    [
        "Digest realm",  # CVE-2023-28098
        "Digest realm=",
        'Digest username="a", realm=, nonce="n", uri="u", response="r"',
        'Digest username="a, realm="r"',
        'Digest username="a" realm="r"',
        'Digest username="a", username="b"',
        "Digest",
        "Digest " + "a=b," * 40,
    ],
)
def test_digest_parameters_that_are_broken_are_refused(text):
    with pytest.raises(MalformedValue):
        Credentials.parse(text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b",
        b"--b--",
        b"--b\r\n",
        b"--b\r\n\r\n",
        b"--b\r\nbroken\r\n\r\nx\r\n--b--",
        b"\r\n--b--\r\n",
        b"--bb\r\n",
    ],
)
def test_multipart_body_without_usable_parts_has_no_sdp(body):
    message = request(headers={"Content-Type": "multipart/mixed;boundary=b"}, body=body)
    assert body_part(message, "application/sdp") is None
    assert len(all_parts(message)) <= 1


def hostile_heads() -> dict[str, bytes]:
    """Return messages near 64 kB, each made of what makes a careless parser go back."""
    fill = 60_000
    one_line = {
        "quotes": b'"' * 8000,
        "backslashes": b'"' + b"\\" * 8000,
        "brackets": b"<" * 8000,
        "commas": b"," * 8000,
        "semicolons": b";" * 8000,
        "blanks": b"a" + b" " * 8000 + b"b",
        "escapes": b"<sip:" + b"%41" * 2600 + b">",
        "broken escapes": b"<sip:" + b"%4" * 3900 + b">",
        "digits": b"9" * 8000,
        "colons": b"<sip:[" + b":" * 7900 + b"]>",
        "parameters": b"<sip:a@b>" + b";a" * 3900,
    }
    head, _, rest = SOUND.partition(b"Max-Forwards: 70\r\n")
    heads = {
        f"{name} in every header": head
        + b"".join(
            field + b": " + value + b"\r\n" for field in (b"To", b"From", b"Via", b"Contact", b"Route")
        )
        + rest
        for name, value in one_line.items()
    }
    heads["blank continuation lines"] = head + b"X: a\r\n" + b" \r\n" * (fill // 3) + rest
    heads["blanks before line breaks"] = head + (b"X: " + b" " * 7000 + b"\r\n") * 8 + rest
    heads["very many headers"] = head + b"a:\r\n" * (fill // 4) + rest
    heads["no end of headers"] = head + b"a:b\r\n" * (fill // 5)
    heads["only carriage returns"] = b"\r" * fill
    heads["only line breaks"] = b"\r\n" * (fill // 2)
    heads["unknown names"] = head + b"".join(b"%060d: x\r\n" % i for i in range(240)) + rest
    heads["not UTF-8"] = head + (b"X: " + b"\xff" * 7000 + b"\r\n") * 8 + rest
    heads["NUL"] = head + (b"X: " + b'"\\\x00"' * 1700 + b"\r\n") * 8 + rest
    return heads


HOSTILE = hostile_heads()


@pytest.mark.hostile("S4", sent="64 kB of what is slow to parse")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_message_of_64_kB_takes_less_than_5_ms(name):
    data = HOSTILE[name]
    assert len(data) <= MAX_MESSAGE

    def seconds() -> float:
        begun = time.process_time()
        try:
            message = parse_message(data)
            assert isinstance(message, Request)
            check_request(message)
        except SipError:
            pass
        return time.process_time() - begun

    assert min(seconds() for _ in range(5)) < 0.005


@pytest.mark.hostile("S8", sent="Content-Length of 2^31, negative, none, two")
@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 2147483648\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: 65536\r\n\r\n",
    ],
)
def test_stream_that_cannot_be_framed_is_answered_and_closed(head):
    framer = StreamFramer()
    data = SOUND.replace(b"Content-Length: 0\r\n\r\n", head)
    (flaw,) = framer.receive_bytes(data)
    assert isinstance(flaw, MalformedMessage)
    assert flaw.close
    assert framer.closed
    assert refusal(flaw.headers, flaw.status) is not None
    assert framer.receive_bytes(SOUND) == []


@pytest.mark.hostile("S8", sent="10 MB of line breaks")
def test_ten_megabytes_of_line_breaks_leave_nothing_behind():
    framer = StreamFramer()
    for _ in range(160):
        assert len(framer.receive_bytes(b"\r\n" * 32_768)) == 1
    assert framer.buffered == 0
    (message,) = framer.receive_bytes(CARRIER_INVITE)
    assert isinstance(message, Request)


@pytest.mark.hostile("S8", sent="a header line of 1 MB")
def test_header_line_of_a_megabyte_costs_one_message_of_memory():
    framer = StreamFramer()
    events = []
    largest = 0
    for _ in range(16):
        events += framer.receive_bytes(b"X" * 65_536)
        largest = max(largest, framer.buffered)
    assert [type(event) for event in events] == [MalformedMessage]
    assert largest <= 2 * MAX_MESSAGE
    assert framer.buffered == 0
