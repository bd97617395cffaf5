from urllib.parse import parse_qsl

import pytest

from engine.errors import Cause, RequestRefused
from engine.requests.http_request import Parameters, Request, Wire, on_wire, pairs, read_url, shown

NOW = 1_700_000_000.0


def wire(url: str, method: str = "POST", parameters: Parameters = ()) -> Wire:
    return on_wire(Request(url, method, pairs(parameters), "key", "EV1"), read_url(url), NOW, None)


def test_get_appends_the_parameters_to_the_query():
    sent = wire("http://a/x?y=1", "GET", {"From": "+1 5", "To": "ü"})
    assert str(sent.url) == "http://a/x?y=1&From=%2B1+5&To=%C3%BC"
    assert sent.body is None


def test_get_without_a_query_begins_one():
    assert str(wire("http://a", "GET", {"a": "1"}).url) == "http://a/?a=1"
    assert str(wire("http://a/x?", "GET", {"a": "1"}).url) == "http://a/x?a=1"


def test_get_does_not_double_what_a_redirect_hands_back():
    assert str(wire("http://a/x?a=1&b=2", "GET", {"a": "1", "c": "3"}).url) == "http://a/x?a=1&b=2&c=3"


def test_post_sends_a_form_in_order():
    sent = wire("http://a/x", "POST", {"CallSid": "CA1", "From": "+1", "Empty": ""})
    assert sent.body == b"CallSid=CA1&From=%2B1&Empty="
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=utf-8"


def test_post_repeats_the_query_in_the_form_and_leaves_the_url_alone():
    sent = wire("http://a/x?step=2&From=forged&e=", "POST", {"From": "+1"})
    assert str(sent.url) == "http://a/x?step=2&From=forged&e="
    assert parse_qsl((sent.body or b"").decode(), keep_blank_values=True) == [
        ("From", "+1"), ("step", "2"), ("e", ""),
    ]  # fmt: skip


def test_bytes_that_are_no_text_do_not_stop_a_request():
    sent = wire("http://a/x", "POST", {"SipHeader_X-A": "ab\udcff\ud800"})
    assert sent.body == b"SipHeader_X-A=ab%3F%3F"


def test_user_name_password_and_fragment_never_leave_in_the_url():
    sent = wire("http://u:p@a/x#rc=1")
    assert str(sent.url) == "http://a/x"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("http://u:p@a/x", "http://a/x"),
        ("http://u:p@a:1/x?m=a@b", "http://a:1/x?m=a@b"),
        ("http://a/x@y", "http://a/x@y"),
        ("http://u:p@ss@a/", "http://a/"),
        ("nonsense", "nonsense"),
    ],
)
def test_urls_are_shown_without_credentials(url, safe):
    assert shown(url) == safe


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "/x", "//a/x", "file:///etc/passwd", "gopher://a/", "javascript:1",
        "http://", "http:///x", "http://a:0/", "http://a:99999/", "http://[::",
    ],
)  # fmt: skip
def test_what_is_no_http_url_is_refused(url):
    with pytest.raises(RequestRefused) as caught:
        read_url(url)
    assert caught.value.cause is Cause.URL


def test_the_host_after_user_info_is_the_one_that_counts():
    assert read_url("http://example.com@127.0.0.1/").host == "127.0.0.1"


def test_a_bracket_after_an_empty_host_is_no_url():
    with pytest.raises(RequestRefused, match="not an http"):
        read_url("https://[2001:db8::1]@/x")


def test_a_host_whose_punycode_overflows_is_no_url():
    with pytest.raises(RequestRefused, match="not an http"):
        read_url(f"http://xn--bcher-{'9' * 400}k")
