import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Cause, RequestRefused
from engine.requests.fetch_options import FetchOptions, split_options
from engine.requests.http_request import read_url

DEFAULTS = FetchOptions()


def options(fragment: str) -> FetchOptions:
    return split_options(f"http://a/x?y=1#{fragment}", DEFAULTS)[1]


def test_the_fragment_is_taken_off_the_url():
    assert split_options("http://a/x?y=1#rc=2", DEFAULTS)[0] == "http://a/x?y=1"
    assert split_options("http://a/x", DEFAULTS) == ("http://a/x", DEFAULTS)


def test_each_override_is_understood():
    assert options("ct=2000&rt=500&tt=5000&rc=2&rp=5xx,ct,rt") == FetchOptions(
        connect_timeout=2.0,
        read_timeout=0.5,
        total_timeout=5.0,
        retries=2,
        retry_after=frozenset({"5xx", "ct", "rt"}),
    )


@pytest.mark.parametrize(
    ("fragment", "name", "expected"),
    [
        ("ct=1", "connect_timeout", 0.1),
        ("ct=99999", "connect_timeout", 10.0),
        ("rt=99999", "read_timeout", 15.0),
        ("tt=99999", "total_timeout", 15.0),
        ("rc=99", "retries", 5),
        ("rc=0", "retries", 0),
    ],
)
def test_values_out_of_range_are_brought_into_it(fragment, name, expected):
    assert getattr(options(fragment), name) == expected


@pytest.mark.parametrize(
    "fragment", ["section-3", "ct=soon", "ct=-1", "rp=never", "xx=1", "rc=" + "9" * 5000, "ct=²"]
)
def test_what_means_nothing_changes_nothing(fragment):
    assert options(fragment) == DEFAULTS


@given(st.text())
def test_any_fragment_is_read_without_an_error(fragment):
    assert 0 <= options(fragment).retries <= 5


@pytest.mark.parametrize(
    ("policy", "cause", "status", "again"),
    [
        ("ct", Cause.CONNECT, None, True),
        ("ct", Cause.READ, None, False),
        ("rt", Cause.READ, None, True),
        ("5xx", Cause.STATUS, 503, True),
        ("5xx", Cause.STATUS, 404, False),
        ("4xx", Cause.STATUS, 404, True),
        ("all", Cause.STATUS, 404, True),
        ("all", Cause.READ, None, True),
        ("all", Cause.URL, None, False),
        ("all", Cause.ANSWER, None, False),
        ("all", Cause.SIZE, None, False),
    ],
)
def test_only_the_failures_that_were_named_are_tried_again(policy, cause, status, again):
    assert options(f"rp={policy}").retries_after(cause, status) is again


def test_by_default_a_failed_connection_is_tried_once_more():
    assert DEFAULTS.retries == 1
    assert DEFAULTS.retries_after(Cause.CONNECT, None)
    assert not DEFAULTS.retries_after(Cause.STATUS, 500)


@pytest.mark.parametrize("url", ["http://[x/#ct=1", "http://a/" + "b" * 9000 + "#ct=1", "#ct=1", ""])
def test_what_is_no_url_is_left_to_who_reads_it(url):
    assert split_options(url, DEFAULTS) == (url, DEFAULTS)
    with pytest.raises(RequestRefused):
        read_url(url)
