from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from engine.requests.http_request import Request, on_wire, pairs, read_url
from engine.requests.signatures import (
    DIALPLANE_HEADER,
    EVENT_HEADER,
    TWILIO_HEADER,
    check_dialplane_signature,
    dialplane_signature,
    twilio_signature,
)

TOKEN = "12345"
NOW = 1_700_000_000.0

texts = st.text(max_size=20)
names = st.text(min_size=1, max_size=12)
forms = st.lists(st.tuples(names, texts), max_size=8)
ports = st.sampled_from(["", ":80", ":443", ":8080"])
urls = st.builds(
    lambda scheme, host, port, path, query: f"{scheme}://{host}{port}/{path}{'?' if query else ''}{query}",
    st.sampled_from(["http", "https"]),
    st.sampled_from(["example.com", "Example.COM", "127.0.0.1", "münchen.example"]),
    ports,
    st.text("abcäöü/%20~-._+ ", max_size=15),
    st.builds(urlencode, st.lists(st.tuples(names, texts), max_size=3)),
)


def test_the_example_of_twilios_documentation_is_signed_alike():
    form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+12349013030"),
        ("Digits", "1234"),
        ("From", "+12349013030"),
        ("To", "+18005551212"),
    ]
    signature = twilio_signature(TOKEN, "https://mycompany.com/myapp.php?foo=1&bar=2", form)
    assert signature == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@settings(max_examples=1000)
@given(urls, forms)
def test_the_official_validator_accepts_every_post(url, parameters):
    wire = on_wire(
        Request(url, "POST", pairs(parameters), TOKEN, "EV1"), read_url(url), NOW, credentials=None
    )
    form = MultiDict(wire_form(wire.body))
    validator = RequestValidator(TOKEN)
    assert validator.validate(str(wire.url), form, wire.headers[TWILIO_HEADER])
    assert not validator.validate(str(wire.url) + "x", form, wire.headers[TWILIO_HEADER])
    form.add("Extra", "1")
    assert not validator.validate(str(wire.url), form, wire.headers[TWILIO_HEADER])


@settings(max_examples=1000)
@given(urls, forms)
def test_the_official_validator_accepts_every_get(url, parameters):
    wire = on_wire(Request(url, "GET", pairs(parameters), TOKEN, "EV1"), read_url(url), NOW, credentials=None)
    assert RequestValidator(TOKEN).validate(str(wire.url), {}, wire.headers[TWILIO_HEADER])
    assert wire.body is None


@given(st.binary(max_size=100))
def test_the_dated_signature_is_checked_over_the_body(body):
    header = dialplane_signature(TOKEN, body, NOW)
    assert check_dialplane_signature(TOKEN, body, header, NOW + 299)
    assert not check_dialplane_signature(TOKEN, body + b"x", header, NOW)
    assert not check_dialplane_signature(TOKEN + "x", body, header, NOW)


@pytest.mark.hostile("W10", sent="a signed request repeated later")
def test_a_request_that_is_repeated_later_is_refused():
    header = dialplane_signature(TOKEN, b"a=1", NOW)
    assert not check_dialplane_signature(TOKEN, b"a=1", header, NOW + 301)
    assert not check_dialplane_signature(TOKEN, b"a=1", header, NOW - 301)
    assert not check_dialplane_signature(TOKEN, b"a=1", header.replace("t=17", "t=18"), NOW)


@pytest.mark.hostile("W9", sent="forged signatures")
@pytest.mark.parametrize(
    "header",
    ["", "t=,v1=", "v1=abc", "t=1", "t=x,v1=y", "t=" + "9" * 5000 + ",v1=a", "t=1700000000,v1=é", "t=²,v1=a"],
)
def test_a_signature_that_is_none_is_refused(header):
    assert not check_dialplane_signature(TOKEN, b"", header, NOW)


def test_every_request_carries_the_three_headers():
    url = "http://a/x"
    wire = on_wire(Request(url, "POST", (("a", "1"),), TOKEN, "EV1"), read_url(url), NOW, None)
    assert wire.headers[EVENT_HEADER] == "EV1"
    assert check_dialplane_signature(TOKEN, b"a=1", wire.headers[DIALPLANE_HEADER], NOW)
    assert TWILIO_HEADER in wire.headers


def wire_form(body: bytes | None) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    assert body is not None
    return parse_qsl(body.decode("ascii"), keep_blank_values=True)
