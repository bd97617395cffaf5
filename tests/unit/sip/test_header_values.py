from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import MalformedValue, SipError, UsageError
from sip.grammar import Parameters
from sip.header_values import (
    CSeq,
    MediaType,
    NameAddr,
    RAck,
    Replaces,
    SessionExpires,
    TaggedValue,
    parse_call_id,
    parse_content_length,
    parse_delta_seconds,
    parse_max_forwards,
    parse_min_se,
    parse_rseq,
    parse_token,
)
from sip.uri import SipUri
from sip.via import Via


@pytest.mark.parametrize(
    ("text", "name", "uri", "tag"),
    [
        ("sip:a@b", None, "sip:a@b", None),
        ("sip:a@b;tag=1", None, "sip:a@b", "1"),
        ("<sip:a@b;tag=1>;tag=2", None, "sip:a@b;tag=1", "2"),
        ("Bell <sip:a@b>", "Bell", "sip:a@b", None),
        ("caller<sip:caller@example.com>;tag=323", "caller", "sip:caller@example.com", "323"),
        ('"Bell, A." <sip:a@b> ; tag = 3', "Bell, A.", "sip:a@b", "3"),
        ('"J \\\\\\"" <sip:a@b>', 'J \\"', "sip:a@b", None),
        ('""<sip:a@b>', "", "sip:a@b", None),
        ("Jürgen (home) <sip:a@b>", "Jürgen (home)", "sip:a@b", None),
        ("<sip:a@b?Route=%3Csip:c%3E>", None, "sip:a@b?Route=%3Csip:c%3E", None),
        ("<tel:+1>", None, "tel:+1", None),
    ],
)
def test_name_addr(text, name, uri, tag):
    address = NameAddr.parse(text)
    assert (address.display_name, str(address.uri), address.tag) == (name, uri, tag)
    assert NameAddr.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<",
        "<sip:a@b",
        "< sip:a@b >",
        '"a <sip:a@b>',
        '"a" sip:a@b',
        '"a"',
        "Bell, A <sip:a@b>",
        'a"b <sip:a@b>',
        "a\x01 <sip:a@b>",
        "sip:a@b?x=y",
        "sip:a,c@b",
        "<sip:a@b>x",
        "<sip:a@b>;tag=",
        "<a>",
        "*",
    ],
)
def test_malformed_name_addr_is_refused(text):
    with pytest.raises(MalformedValue):
        NameAddr.parse(text)


def test_contact_parameters():
    contact = NameAddr.parse("<sip:a@b>;expires=60;q=0.5")
    assert (contact.expires, contact.q) == (60, 0.5)
    plain = NameAddr.parse("<sip:a@b>;expires=soon;q=2")
    assert (plain.expires, plain.q) == (None, 1.0)
    assert NameAddr.parse("<sip:a@b>;expires=280297596632815").expires == 2**32 - 1


def test_tag_is_added_by_copy():
    address = NameAddr(SipUri("b", "a"), 'say "hi"')
    assert str(address.with_tag("x")) == '"say \\"hi\\"" <sip:a@b>;tag=x'
    assert address.tag is None


def test_display_name_with_a_line_break_cannot_be_printed():
    with pytest.raises(UsageError):
        str(NameAddr(SipUri("b"), "a\r\nX: y"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIP/2.0/UDP 192.0.2.1", Via("UDP", "192.0.2.1")),
        ("SIP/2.0/tcp a.example.com:5061", Via("TCP", "a.example.com", 5061)),
        ("SIP  / 2.0  / TCP     a.example.com   : 5060", Via("TCP", "a.example.com", 5060)),
        ("SIP/7.0/UDP a", Via("UDP", "a", version="SIP/7.0")),
        ("SIP/2.0/WSS [2001:db8::9:1]:6050", Via("WSS", "[2001:db8::9:1]", 6050)),
    ],
)
def test_via(text, expected):
    assert Via.parse(text) == expected
    assert Via.parse(str(expected)) == expected


def test_via_parameters():
    via = Via.parse("SIP/2.0/UDP a;branch=z9hG4bKx;received=[2001:db8::1];rport=5070;maddr=224.0.1.75")
    assert (via.branch, via.received, via.rport, via.maddr) == ("z9hG4bKx", "2001:db8::1", 5070, "224.0.1.75")
    assert via.has_magic_cookie
    assert via.wants_rport
    bare = Via.parse("SIP/2.0/UDP a;rport")
    assert (bare.branch, bare.received, bare.rport, bare.maddr) == (None, None, None, None)
    assert bare.wants_rport
    assert not bare.has_magic_cookie
    assert Via.parse("SIP/2.0/UDP a;rport=70000").rport is None


@pytest.mark.parametrize("branch", ["z9hG4bK", "390skdjuw", "Z9HG4BKx"])
def test_branch_that_identifies_nothing_has_no_magic_cookie(branch):
    assert not Via("UDP", "a", None, Parameters.of([("branch", branch)])).has_magic_cookie


@pytest.mark.parametrize(
    ("via", "host", "noted"),
    [
        ("SIP/2.0/UDP 192.0.2.1;branch=x", "192.0.2.1", ";branch=x"),
        ("SIP/2.0/UDP 10.0.0.1;branch=x", "192.0.2.1", ";branch=x;received=192.0.2.1"),
        ("SIP/2.0/UDP 192.0.2.1;rport", "192.0.2.1", ";rport=4000;received=192.0.2.1"),
        ("SIP/2.0/UDP [2001:DB8::1]", "2001:db8::1", ""),
        ("SIP/2.0/UDP a;received=1.2.3.4;rport=1", "192.0.2.1", ";received=192.0.2.1;rport=4000"),
    ],
)
def test_source_is_noted_in_via(via, host, noted):
    assert str(Via.parse(via).with_source(host, 4000).parameters) == noted


def test_hop_is_readable_behind_broken_parameters():
    assert Via.parse_hop("SIP/2.0/UDP 192.0.2.15;;,;,,") == Via("UDP", "192.0.2.15")


def test_cseq_and_rack():
    assert CSeq.parse("0009 INVITE") == CSeq(9, "INVITE")
    assert str(CSeq(9, "INVITE")) == "9 INVITE"
    assert RAck.parse("776656 1 INVITE") == RAck(776656, 1, "INVITE")
    assert str(RAck(776656, 1, "INVITE")) == "776656 1 INVITE"


def test_session_expires():
    assert SessionExpires.parse("1800 ; Refresher=UAS") == SessionExpires(1800, "uas")
    assert SessionExpires.parse("90;x=y") == SessionExpires(90)
    assert str(SessionExpires(1800, "uac")) == "1800;refresher=uac"
    assert str(SessionExpires(90)) == "90"
    assert parse_min_se("90;x=y") == 90


def test_media_type():
    media_type = MediaType.parse("Application / SDP ; charset=utf-8")
    assert media_type.essence == "application/sdp"
    assert media_type.parameters.get("charset") == "utf-8"
    assert str(media_type) == "application/sdp;charset=utf-8"


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("*/*", True),
        ("application/*;q=0.5", True),
        ("application/sdp", True),
        ("text/*", False),
        ("text/sdp", False),
    ],
)
def test_accept_covers_a_type(text, accepted):
    assert MediaType.parse(text).accepts("application/sdp") is accepted


def test_reason_and_replaces():
    reason = TaggedValue.parse('Q.850;cause=16;text="Normal call clearing"')
    assert (reason.value, reason.cause, reason.text) == ("Q.850", 16, "Normal call clearing")
    assert str(reason) == 'Q.850;cause=16;text="Normal call clearing"'
    assert TaggedValue("SIP").cause is None
    replaces = Replaces.parse("a@b;to-tag=1;from-tag=2;early-only")
    assert replaces == Replaces("a@b", "1", "2", True)
    assert Replaces.parse(str(replaces)) == replaces


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (CSeq.parse, "1"),
        (CSeq.parse, "1 A B"),
        (CSeq.parse, "2147483648 INVITE"),
        (CSeq.parse, "1 IN@VITE"),
        (RAck.parse, "1 2"),
        (RAck.parse, "0 2 INVITE"),
        (RAck.parse, "1 2 @"),
        (SessionExpires.parse, "soon"),
        (SessionExpires.parse, "90;refresher=me"),
        (MediaType.parse, "sdp"),
        (MediaType.parse, "a/b/c d"),
        (TaggedValue.parse, ""),
        (Replaces.parse, "a;to-tag=1"),
        (parse_call_id, ""),
        (parse_call_id, "a@b@c"),
        (parse_content_length, "-1"),
        (parse_max_forwards, "256"),
        (parse_delta_seconds, ""),
        (parse_rseq, "0"),
        (parse_rseq, "4294967296"),
        (parse_token, "a b"),
        (Via.parse, "SIP/2.0/UDP"),
        (Via.parse, "SIP/2.0 a"),
        (Via.parse, "SIP/2.0/UDP a b"),
    ],
)
def test_malformed_value_says_what_is_right(parse, text):
    with pytest.raises(MalformedValue) as caught:
        parse(text)
    assert caught.value.status == 400
    assert caught.value.cure


@pytest.mark.parametrize(
    "text", ["MTIzNDU2Nzg5MA==@10.0.0.1", "a#b$c&d|e^f@host", "f81d4fae-7dec@foo.bar.com"]
)
def test_a_call_id_may_be_base64_and_the_like(text: str):
    assert parse_call_id(text) == text


def test_durations_beyond_the_limit_count_as_the_limit():
    assert parse_delta_seconds("9" * 5000) == 2**32 - 1
    assert parse_delta_seconds("4294967296") == 2**32 - 1
    assert parse_delta_seconds("60") == 60


def test_max_forwards_may_have_leading_zeros():
    assert parse_max_forwards("0068") == 68


soup = st.text(alphabet=st.sampled_from('SIP/2.0 UDPa@b<>";,=:\\[]%4\t\x00\xe9*tag19'), max_size=60)


@pytest.mark.parametrize(
    "parse",
    [NameAddr.parse, Via.parse, CSeq.parse, RAck.parse, MediaType.parse, Replaces.parse, TaggedValue.parse],
)
@given(text=soup)
def test_any_text_is_read_or_refused_by_an_error_of_ours(parse, text):
    try:
        value = parse(text)
    except SipError:
        return
    assert parse(str(value)) == value
