from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import HeaderError, UriError, UsageError
from sip.header_values import CSeq
from sip.headers import Headers
from sip.message import Message, Request, Response, refusal, top_hop
from sip.parser import parse_message
from sip.uri import SipUri
from sip.via import Via
from tests.testkit.sip_messages import CARRIER_INVITE, request, response

token = st.text(alphabet=st.sampled_from("abzAZ09-.!%*_+`'~"), min_size=1, max_size=12)
field_text = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=60)
own_names = token.filter(lambda name: name.lower() not in ("l", "content-length"))
fields = st.lists(st.tuples(own_names, field_text), max_size=12)


@given(token, fields, st.binary(max_size=80))
def test_request_survives_the_wire(method, headers, body):
    message = Request(method, "sip:bob@example.org", headers, body)
    assert parse_message(message.to_bytes()) == message


@given(st.integers(100, 699), field_text, fields, st.binary(max_size=80))
def test_response_survives_the_wire(status, reason, headers, body):
    message = Response(status, reason, headers, body)
    assert parse_message(message.to_bytes()) == message


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_nothing_that_is_put_into_a_message_can_become_a_header(method, uri, value, reason):
    for make in (
        lambda: Request(method, "sip:a", [("X", value)]),
        lambda: Request("OPTIONS", uri, [("X", value)]),
        lambda: Response(200, reason, [("X", value)]),
    ):
        try:
            octets = make().to_bytes()
        except UsageError:
            continue
        head, _, body = octets.partition(b"\r\n\r\n")
        assert (head.count(b"\r"), head.count(b"\n"), body) == (2, 2, b"")
        assert b"\0" not in head.partition(b"\r\n")[0]


def test_properties_of_a_carrier_invite():
    message = parse_message(CARRIER_INVITE)
    assert isinstance(message, Request)
    assert message.method == "INVITE"
    assert message.uri == SipUri.parse("sip:+4930123456789@192.0.2.20:5060;transport=udp")
    assert message.via.host == "198.51.100.7"
    assert [via.host for via in message.vias] == ["198.51.100.7"]
    assert (message.from_.display_name, message.from_.tag) == ("Ada Lovelace", "as5c3e2a1b")
    assert message.to.tag is None
    assert message.call_id == "3c26700c1adb-7a2b91c5d4e3f0@198.51.100.9"
    assert message.cseq == CSeq(102, "INVITE")
    assert message.contact is not None
    assert message.contact.uri.username == "+4915112345678"
    assert len(message.record_routes) == 1
    assert message.routes == ()
    assert message.max_forwards == 69
    assert message.supported == ("replaces", "timer", "100rel")
    assert message.allow[:2] == ("INVITE", "ACK")
    assert message.asserted_identities[0].uri.username == "+4915112345678"
    assert message.content_type is not None
    assert message.content_type.essence == "application/sdp"
    assert message.content_length == len(message.body) == 241


def test_optional_headers_that_are_absent():
    message = request("OPTIONS", headers={"Max-Forwards": None})
    assert message.contact is None
    for name in ("contacts", "require", "reasons", "accept", "routes"):
        assert getattr(message, name) == ()
    for name in ("max_forwards", "expires", "session_expires", "min_se", "rseq", "rack", "content_type"):
        assert getattr(message, name) is None
    assert not message.contact_is_star


def test_headers_of_the_later_rfcs():
    message = request(
        headers={
            "x": "1800;refresher=uas",
            "Min-SE": "90",
            "RSeq": "1",
            "RAck": "1 2 INVITE",
            "Reason": ['Q.850;cause=16;text="x, y"', "SIP;cause=200"],
            "Diversion": "<tel:+1>;reason=unconditional, <sip:a@b>",
            "r": "<sip:c@d>",
            "b": "<sip:e@f>",
            "Replaces": "a;to-tag=1;from-tag=2",
            "o": "refer;id=1",
            "Subscription-State": "active;expires=60",
            "Require": "100rel,,timer",
        }
    )
    assert message.session_expires is not None
    assert message.session_expires.refresher == "uas"
    assert (message.min_se, message.rseq) == (90, 1)
    assert message.rack is not None
    assert message.rack.cseq_number == 2
    assert [reason.cause for reason in message.reasons] == [16, 200]
    assert [str(diversion.uri) for diversion in message.diversions] == ["tel:+1", "sip:a@b"]
    assert message.refer_to is not None
    assert message.referred_by is not None
    assert message.replaces is not None
    assert message.event is not None
    assert message.event.value == "refer"
    assert message.subscription_state is not None
    assert message.require == ("100rel", "timer")


@pytest.mark.parametrize(
    ("headers", "read", "name"),
    [
        ({"From": None}, "from_", "From"),
        ({"Via": None}, "via", "Via"),
        ({"To": ["<sip:a@b>", "<sip:c@d>"]}, "to", "To"),
        ({"CSeq": "x INVITE"}, "cseq", "CSeq"),
        ({"Via": "SIP/2.0/UDP a,"}, "vias", "Via"),
        ({"Via": 'a;x="'}, "via", "Via"),
        ({"Route": 'a,"'}, "routes", "Route"),
        ({"Contact": "*, <sip:a@b>"}, "contacts", "Contact"),
        ({"Contact": "<name John>"}, "contacts", "Contact"),
        ({"Expires": "never"}, "expires", "Expires"),
        ({"Require": "a b"}, "require", "Require"),
    ],
)
def test_broken_header_says_its_name_and_what_to_answer(headers, read, name):
    message = request(headers=headers)
    with pytest.raises(HeaderError, match=f"header {name}") as caught:
        getattr(message, read)
    assert (caught.value.header, caught.value.status, caught.value.reason) == (name, 400, "Bad Request")


def test_broken_request_uri_is_found_when_it_is_read():
    with pytest.raises(UriError):
        _ = Request("OPTIONS", "bob").uri


def test_request_uri_may_be_given_parsed():
    uri = SipUri("example.org", "bob")
    message = Request("OPTIONS", uri)
    assert message.uri is uri
    assert message.uri_text == "sip:bob@example.org"


def test_star_contact_removes_bindings():
    message = request("REGISTER", headers={"Contact": "*"})
    assert message.contact_is_star
    assert message.contacts == ()


def test_parsed_value_is_kept_until_the_header_changes():
    message = request()
    assert message.via is message.via
    before = message.via
    message.headers.replace_first("Via", before.with_source("192.0.2.99", 4000))
    assert message.via.received == "192.0.2.99"
    assert message.via.rport == 4000


def test_content_length_is_always_that_of_the_body():
    for given_length in ({}, {"Content-Length": "777"}, {"l": "777", "Content-Length": "888"}):
        octets = request(headers=given_length, body=b"v=0\r\n").to_bytes()
        assert octets.lower().count(b"content-length: 5\r\n") == 1
        assert octets.count(b"777") + octets.count(b"888") == 0


def test_body_and_start_line_count_in_equality():
    assert request() == request()
    assert request() != request(body=b"x")
    assert request() != request("OPTIONS")
    assert response(200) != response(202)
    assert response(200) != request()
    assert request() != response(200)


@pytest.mark.parametrize("method", ["", "IN VITE", "INVITE\r\n", "\xe9"])
def test_method_of_ours_must_be_a_token(method):
    with pytest.raises(UsageError, match="method"):
        Request(method, "sip:a")


@pytest.mark.parametrize("uri", ["", "sip:a b", "sip:a\r\nX: y", "sip:a\0", "sip:\ud800"])
def test_request_uri_of_ours_must_be_one_word(uri):
    with pytest.raises(UsageError, match="Request-URI"):
        Request("OPTIONS", uri)


@pytest.mark.parametrize(("status", "reason"), [(99, None), (700, None), (200, "a\r\nb"), (200, "\0")])
def test_status_line_of_ours_must_be_sound(status, reason):
    with pytest.raises(UsageError):
        Response(status, reason)


def test_answer_repeats_what_8_2_6_2_names():
    asked = request(headers={"Via": ["SIP/2.0/UDP a;branch=z9hG4bKa", "SIP/2.0/UDP b"], "Timestamp": "54"})
    answer = Response.answer(asked, 180, to_tag="x", headers=[("Contact", "<sip:me@a>")])
    assert list(answer.headers) == [
        ("Via", "SIP/2.0/UDP a;branch=z9hG4bKa"),
        ("Via", "SIP/2.0/UDP b"),
        ("From", '"Alice" <sip:alice@example.com>;tag=alice-tag'),
        ("To", "<sip:bob@example.org>;tag=x"),
        ("Call-ID", "call-1@192.0.2.10"),
        ("CSeq", "1 INVITE"),
        ("Contact", "<sip:me@a>"),
    ]
    assert answer.reason == "Ringing"
    assert Response.answer(asked, 100).headers.get("Timestamp") == "54"


def test_answer_keeps_the_tag_of_a_dialog():
    asked = request("BYE", headers={"To": "<sip:bob@example.org>;tag=old"})
    assert Response.answer(asked, 200, to_tag="new").to.tag == "old"


def test_refusal_of_a_request_with_a_broken_to_repeats_it_as_it_is():
    answer = refusal(request(headers={"To": '"a <sip:b>'}).headers, 400, to_tag="x")
    assert answer is not None
    assert answer.headers.get("To") == '"a <sip:b>'


def test_refusal_needs_somebody_to_send_it_to():
    assert refusal(None, 400) is None
    assert refusal(Headers(), 400) is None
    assert refusal(Headers([("Via", "nonsense")]), 400) is None
    assert top_hop(request().headers) == Via("UDP", "192.0.2.10", 5060)


def test_messages_say_what_they_are():
    assert repr(request()) == "<Request INVITE 'sip:bob@example.org' Call-ID 'call-1@192.0.2.10'>"
    assert repr(response(486)) == "<Response 486 'Busy Here' CSeq '1 INVITE'>"


def test_a_header_is_declared_once_on_the_class():
    assert type(Message.via).__name__ == "Field"
