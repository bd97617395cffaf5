from __future__ import annotations

import pytest

from sip.message import Request
from sip.validation import Capabilities, check_request, check_response
from tests.testkit.sip_messages import request, response

UAS = Capabilities(
    methods=frozenset(("INVITE", "ACK", "CANCEL", "BYE")),
    extensions=frozenset(("100rel",)),
    content_types=frozenset(("application/sdp",)),
)
OLD_VIA = "SIP/2.0/UDP 192.0.2.10"


@pytest.mark.parametrize(
    "method", ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "REFER", "MESSAGE", "FROBNICATE"]
)
def test_sound_request_passes(method):
    assert check_request(request(method)) is None


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_required_header_that_is_missing_is_refused(name):
    refusal = check_request(request(headers={name: None}))
    assert refusal is not None
    assert (refusal.status, refusal.reason) == (400, f"Bad {name} header")


@pytest.mark.parametrize("name", ["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type", "Expires"])
def test_single_header_that_is_repeated_is_refused(name):
    value = {"Content-Type": "application/sdp", "Expires": "60"}.get(name) or request().headers.get(name)
    refusal = check_request(request(headers={name: [value, value]}))
    assert refusal is not None
    assert (refusal.status, refusal.reason) == (400, f"Bad {name} header")


@pytest.mark.parametrize(
    ("method", "uri", "headers", "status"),
    [
        ("INVITE", "sip:bob@example.org", {"CSeq": "1 BYE"}, 400),
        ("INVITE", "sip:bob@example.org", {"Max-Forwards": "0"}, None),
        ("INVITE", "sip:bob@example.org", {"Max-Forwards": "256"}, 400),
        ("INVITE", "sip:bob@example.org", {"Max-Forwards": None}, None),
        ("INVITE", "sip:bob@example.org", {"From": "<sip:a@b>"}, 400),
        ("INVITE", "sip:bob@example.org", {"From": "<sip:a@b>", "Via": OLD_VIA}, None),
        ("INVITE", "sip:bob@example.org", {"Contact": None}, 400),
        ("INVITE", "sip:bob@example.org", {"Contact": None, "Via": OLD_VIA}, None),
        ("INVITE", "sip:bob@example.org", {"Contact": "<sip:a@b>, <sip:c@d>"}, 400),
        ("INVITE", "sip:bob@example.org", {"Contact": "<mailto:a@b>"}, 400),
        ("INVITE", "sip:bob@example.org", {"Contact": "*"}, 400),
        ("INVITE", "sip:bob@example.org", {"Record-Route": "<sip:"}, 400),
        ("BYE", "sip:bob@example.org", {"Contact": "<mailto:a@b>"}, None),
        ("REGISTER", "sip:example.org", {"Contact": "*"}, None),
        ("REGISTER", "sip:example.org", {"Contact": "<mailto:a@b>, <sip:c@d>"}, None),
        ("REGISTER", "sip:example.org", {"To": "<tel:+1>"}, 400),
        ("INVITE", "tel:+1", {}, None),
        ("INVITE", "sips:bob@example.org", {}, None),
        ("INVITE", "mailto:bob@example.org", {}, 416),
        ("INVITE", "sip:bob@example.org?Subject=x", {}, 400),
        ("INVITE", "bob", {}, 400),
    ],
)
def test_form_of_a_request(method, uri, headers, status):
    refusal = check_request(request(method, uri, headers))
    assert (refusal.status if refusal else None) == status


@pytest.mark.parametrize(
    ("method", "headers", "body", "status", "says"),
    [
        ("INVITE", {}, b"v=0", None, ()),
        ("OPTIONS", {}, b"", 405, (("Allow", "ACK, BYE, CANCEL, INVITE"),)),
        ("FROBNICATE", {}, b"", 501, (("Allow", "ACK, BYE, CANCEL, INVITE"),)),
        ("INVITE", {"Require": "100rel"}, b"", None, ()),
        ("INVITE", {"Require": "x, 100rel, y"}, b"", 420, (("Unsupported", "x, y"),)),
        ("INVITE", {"Require": "path"}, b"", 420, (("Unsupported", "path"),)),
        ("INVITE", {"Require": "a b"}, b"", 400, ()),
        ("CANCEL", {"Require": "x"}, b"", None, ()),
        ("INVITE", {"Content-Type": "text/plain"}, b"x", 415, (("Accept", "application/sdp"),)),
        ("INVITE", {"Content-Type": None}, b"x", 415, (("Accept", "application/sdp"),)),
        ("INVITE", {"Content-Type": "text/plain"}, b"", None, ()),
        (
            "INVITE",
            {"Content-Type": "text/plain", "Content-Disposition": "render;handling=optional"},
            b"x",
            None,
            (),
        ),
        ("INVITE", {"Content-Encoding": "gzip"}, b"x", 415, (("Accept-Encoding", "identity"),)),
        ("INVITE", {"Content-Encoding": "identity"}, b"x", None, ()),
        ("INVITE", {"Accept": "text/plain"}, b"", 406, ()),
        ("INVITE", {"Accept": "text/plain, application/*"}, b"", None, ()),
        ("BYE", {"Accept": "text/plain"}, b"", None, ()),
    ],
)
def test_what_is_served(method, headers, body, status, says):
    message = request(method, headers=headers, body=body)
    refusal = check_request(message, UAS)
    assert (refusal.status if refusal else None) == status
    if refusal is not None:
        assert refusal.headers == says
        answer = refusal.response(message, to_tag="x")
        assert answer is not None
        assert [answer.headers.get(name) for name, _ in says] == [value for _, value in says]


def test_form_is_checked_before_what_is_served():
    refusal = check_request(request("FROBNICATE", headers={"CSeq": "1 INVITE"}), UAS)
    assert refusal is not None
    assert refusal.status == 400


def test_detail_names_the_header_the_value_and_the_cure():
    refusal = check_request(request(headers={"CSeq": "1 BYE"}))
    assert refusal is not None
    assert refusal.detail == "header CSeq '1 BYE': repeat the method 'INVITE'"


def test_no_answer_to_an_ack_or_to_nobody():
    refusal = check_request(request("ACK", headers={"To": "<"}))
    assert refusal is not None
    assert refusal.response(request("ACK")) is None
    assert refusal.response(Request("OPTIONS", "sip:a")) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Via": ["SIP/2.0/UDP a", "SIP/2.0/UDP b"]},
        {"Via": None},
        {"CSeq": "9292394834772304023312 OPTIONS"},
        {"From": "<"},
        {"Contact": "<"},
        {"Record-Route": '"'},
    ],
)
def test_response_that_is_not_ours_or_broken_is_dropped(headers):
    assert check_response(response(headers=headers))


def test_sound_response_passes():
    assert check_response(response(200)) is None
