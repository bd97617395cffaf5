from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import SipError, UriError, UsageError
from sip.uri import OpaqueUri, SipUri, TelUri, bracketed, parse_uri


@pytest.mark.parametrize(
    "text",
    [
        "sip:alice@atlanta.com",
        "sip:alice:secretword@atlanta.com;transport=tcp",
        "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:+1-212-555-1212:1234@gateway.com;user=phone",
        "sip:alice@192.0.2.4",
        "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
        "sip:alice;day=tuesday@atlanta.com",
        "sip:[2001:db8::10]:5070",
        "sip:user@[2001:db8:::192.0.2.1]",
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
        "sip:*21#@pbx.example.com",
        "sip:null-%00-null@example.com",
        "sip:a:@b",
        "sip:under_score.example.com",
        "sip:example.com.",
        "tel:+1-201-555-0123",
        "tel:7042;phone-context=example.com",
        "tel:863-1234;phone-context=+1-914-555",
        "isbn:2983792873",
        "http://www.example.com",
        "soap.beep://192.0.2.103:3002",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ],
)
def test_uri_prints_as_it_was_received(text):
    assert str(parse_uri(text)) == text


def test_components_of_a_sip_uri():
    uri = SipUri.parse("SIPS:al%69ce:pw@Atlanta.com:5061;Transport=tls;lr;maddr=192.0.2.1?Subject=x%20y")
    assert (uri.scheme, uri.user, uri.username, uri.password) == ("sips", "al%69ce", "alice", "pw")
    assert (uri.host, uri.port, uri.transport, uri.loose, uri.secure) == (
        "Atlanta.com",
        5061,
        "TLS",
        True,
        True,
    )
    assert uri.address == "192.0.2.1"
    assert uri.headers == (("Subject", "x%20y"),)
    assert str(uri.without_headers()) == "sips:al%69ce:pw@Atlanta.com:5061;Transport=tls;lr;maddr=192.0.2.1"


def test_uri_without_user_has_no_username():
    uri = SipUri.parse("sip:example.com")
    assert (uri.user, uri.username, uri.password, uri.port) == (None, None, None, None)
    assert (uri.transport, uri.loose, uri.address) == (None, False, "example.com")
    assert uri.without_headers() is uri


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("sip:a@b;line=sr-N6IAzBFwMJZ==", "sip:a@b;line=sr-N6IAzBFwMJZ=="),
        ("sip:a@b:5060;transport=tcp;", "sip:a@b:5060;transport=tcp"),
        ("sip:a@b;", "sip:a@b"),
    ],
)
def test_what_telephones_and_proxies_write_beside_the_grammar_is_borne(written: str, printed: str):
    assert str(SipUri.parse(written)) == printed


def test_port_inside_the_brackets_belongs_to_the_address():
    uri = SipUri.parse("sip:[2001:db8::10:5070]")
    assert (uri.host, uri.port, uri.address) == ("[2001:db8::10:5070]", None, "2001:db8::10:5070")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        ":alice",
        "<sip:a@b>",
        "sip:",
        "sip:@b",
        "sip:a@",
        "sip:a@b@c",
        "sip:a b@c",
        "sip:a@b c",
        "sip:a@b:0",
        "sip:a@b:65536",
        "sip:a@b:8080xyz",
        "sip:a@b:",
        "sip:a@b;;",
        "sip:a@b;x=",
        "sip:a@b;x=1;X=2",
        "sip:a@b;\x16=1",
        'sip:a@b;x="q"',
        "sip:a@b?",
        "sip:a@b?x",
        "sip:a@b?x=1&",
        "sip:a@b?=1",
        "sip:%4@b",
        "sip:%zz@b",
        "sip:\xe9@b",
        "sip:a@-b-",
        "sip:a@" + "b" * 256,
        "sip:[::1",
        "sip:[::1]x",
        "sip:[::1%25eth0]",
        "sip:[:::1]",
        "sip:[::::192.0.2.1]",
        "sip:2001:db8::10",
        "sip:a@b;lr\r\nX: y",
        "tel:",
        "tel:abc xyz",
        "tel:()",
        "tel:1;x=",
        "http:",
        "http:a b",
        "1a:b",
    ],
)
def test_malformed_uri_is_refused_with_400(text):
    with pytest.raises(UriError) as caught:
        parse_uri(text)
    assert caught.value.status == 400


EQUIVALENT = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
    ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
    (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    ("sip:[2001:db8::1]", "sip:[2001:DB8:0::1]"),
    ("tel:+1-201-555-0123", "tel:+12015550123"),
    ("tel:1;a=b;c=d", "tel:1;C=D;A=B"),
    ("URN:a", "urn:a"),
]

DIFFERENT = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;user=phone"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;maddr=192.0.2.1"),
    ("sip:bob@biloxi.com;transport=udp", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ("sip:a@b", "sips:a@b"),
    ("sip:a;b@c", "sip:a%3Bb@c"),
    ("sip:a:p@c", "sip:a@c"),
    ("sip:1@c", "tel:1"),
    ("tel:1", "sip:1@c"),
    ("tel:1", "tel:2"),
    ("tel:1;a=b", "tel:1"),
    ("urn:a", "urn:A"),
    ("urn:a", "sip:a"),
]


@pytest.mark.parametrize(("one", "other"), EQUIVALENT)
def test_equivalent_uris_of_19_1_4(one, other):
    assert parse_uri(one).equivalent(parse_uri(other))
    assert parse_uri(other).equivalent(parse_uri(one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_uris_of_19_1_4(one, other):
    assert not parse_uri(one).equivalent(parse_uri(other))
    assert not parse_uri(other).equivalent(parse_uri(one))


def test_make_escapes_the_user_and_brackets_the_host():
    uri = SipUri.make("sips:user@example.com", "2001:db8::1", 5070, transport="tcp", lr="")
    assert str(uri) == "sip:sips%3Auser%40example.com@[2001:db8::1]:5070;transport=tcp;lr"
    assert uri.username == "sips:user@example.com"
    assert str(SipUri.make(None, "example.com", scheme="sips")) == "sips:example.com"
    assert bracketed("[::1]") == "[::1]"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_user_survives_make_and_parse(username):
    uri = SipUri.make(username, "example.com")
    assert SipUri.parse(str(uri)) == uri
    assert uri.username == username


@pytest.mark.parametrize(
    "make",
    [
        lambda: SipUri("a b"),
        lambda: SipUri("a\r\nX: y"),
        lambda: SipUri("a", user="x@y"),
        lambda: SipUri("a", port=0),
        lambda: SipUri("a", scheme="http"),
        lambda: SipUri("a", password="x"),
        lambda: SipUri("a", headers=(("x y", "z"),)),
        lambda: SipUri.make("\ud800", "a"),
        lambda: SipUri.make("a", "b", transport="tcp;lr"),
        lambda: TelUri("x"),
        lambda: OpaqueUri("a b", "c"),
        lambda: OpaqueUri("a", "c d"),
    ],
)
def test_uri_of_ours_that_would_not_print_is_a_usage_error(make):
    with pytest.raises(UsageError):
        make()


def test_tel_uri_knows_its_digits():
    uri = TelUri.parse("tel:+49-(30)-123.456;ext=7")
    assert (uri.digits, uri.username, uri.parameters.get("ext")) == ("+4930123456", "+4930123456", "7")
    assert OpaqueUri("urn", "x").username is None


@given(st.text(alphabet=st.sampled_from('sipstel:@[];?&=%41.-+\x00\r\n"<> \xe9\ud800'), max_size=40))
def test_any_text_is_a_uri_or_an_error_of_ours(text):
    with contextlib.suppress(SipError):
        assert str(parse_uri(text)).lower() == text.lower()
