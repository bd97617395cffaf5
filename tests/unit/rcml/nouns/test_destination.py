"""Whom a noun names, and with which headers: rows of rcml.md 5.7 to 5.9."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcml.nouns.destination import LOGIN, NUMBER, SIP_ADDRESS, Destination
from rcml.values import Kind, NotAllowed, Place

KINDS = [NUMBER, LOGIN, SIP_ADDRESS]


def read(kind: Kind, written: str) -> Destination:
    destination = kind.read(written, Place())
    assert isinstance(destination, Destination)
    return destination


def refused(kind: Kind, written: str) -> Destination | None:
    with pytest.raises(NotAllowed) as refusal:
        kind.read(written, Place())
    instead = refusal.value.instead
    assert instead is None or isinstance(instead, Destination)
    return instead


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+131313", "+131313"),
        ("151261006100", "151261006100"),
        ("+1 (305) 555-01.00", "+13055550100"),
        ("*98#", "*98#"),
    ],
)
def test_a_number_is_its_keys_without_what_makes_it_readable(written: str, number: str):
    assert read(NUMBER, written) == Destination(number)


@pytest.mark.parametrize("written", ["bob", "1+2", "++1", "?X-A=1", "1" * 65, "12@host", "1;phone-context=2"])
def test_what_is_no_number_is_not_allowed(written: str):
    assert refused(NUMBER, written) is None


@pytest.mark.parametrize(
    ("written", "login"),
    [
        ("alice", "alice"),
        ("client:alice", "alice"),
        ("CLIENT:alice", "alice"),
        ("maria.t@x.org", "maria.t@x.org"),
    ],
)
def test_a_login_stands_with_or_without_client_in_front(written: str, login: str):
    assert read(LOGIN, written) == Destination(login)


@pytest.mark.parametrize("written", ["client:", "a\nb", "a" * 256, "?X-A=1"])
def test_what_is_no_login_is_not_allowed(written: str):
    assert refused(LOGIN, written) is None


@pytest.mark.parametrize(
    "address",
    [
        "sip:bob@example.com",
        "sip:bob@example.com:5080;transport=tcp",
        "SIPS:bob@example.com",
        "sip:127.0.0.1:5092",
        "sip:+1;ext=2@[2001:db8::1]:5060;lr",
        "sip:100",
        "sip:u:p@h",
    ],
)
def test_a_sip_address_keeps_its_parameters(address: str):
    assert read(SIP_ADDRESS, address) == Destination(address)


@pytest.mark.parametrize("address", ["bob@example.com", "example.com:5060"])
def test_an_address_without_scheme_is_a_sip_address(address: str):
    assert read(SIP_ADDRESS, address) == Destination(f"sip:{address}")


@pytest.mark.parametrize(
    "written",
    [
        "sip:",
        "sip:@h",
        "sip:a@b@c",
        "tel:+1305",
        "http://h/",
        "sip:a b@h",
        "sip:a@h\r\nX: y",
        "sip:ä@h",
        "<sip:a@h>",
    ],
)
def test_what_is_no_sip_address_is_not_allowed(written: str):
    assert refused(SIP_ADDRESS, written) is None


def test_a_sip_address_has_at_most_255_characters_without_its_headers():
    longest = "sip:bob@" + "h" * 247
    assert read(SIP_ADDRESS, f"{longest}?X-A=1").address == longest
    assert refused(SIP_ADDRESS, longest + "h") is None


@pytest.mark.parametrize("kind", KINDS)
def test_headers_have_at_most_1024_characters(kind: Kind):
    longest = "X-A=" + "v" * 1020
    assert read(kind, f"12?{longest}").headers == (("X-A", "v" * 1020),)
    assert refused(kind, f"12?{longest}v") is None


@pytest.mark.parametrize("kind", KINDS)
def test_headers_are_named_as_written_and_their_values_decoded(kind: Kind):
    headers = read(kind, "12?X-My-Header=a%20b%3Dc&x-other=+1=2&X-Empty=&X-Bare").headers
    assert headers == (("X-My-Header", "a b=c"), ("x-other", "+1=2"), ("X-Empty", ""), ("X-Bare", ""))


def test_sip_headers_get_the_prefix_that_they_lack():
    written = "sip:alice@127.0.0.1:5091?mycustomheader=foo&myotherheader=bar&X-Own=1"
    assert read(SIP_ADDRESS, written) == Destination(
        "sip:alice@127.0.0.1:5091",
        (("X-mycustomheader", "foo"), ("X-myotherheader", "bar"), ("X-Own", "1")),
    )


@pytest.mark.parametrize("kind", [NUMBER, LOGIN])
def test_headers_of_numbers_and_clients_without_the_prefix_are_left_out(kind: Kind):
    assert refused(kind, "12?Route=evil&X-A=1") == Destination("12", (("X-A", "1"),))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("header", ["X-A=1%0d%0aVia:x", "X-A=%00", "X-A B=1", "X-=1", "X-A:=1", "X-A=1%7f"])
def test_headers_that_would_break_a_message_are_left_out(kind: Kind, header: str):
    assert refused(kind, f"12?{header}&X-B=2").headers == (("X-B", "2"),)  # type: ignore[union-attr]


def test_an_ampersand_too_many_is_no_header():
    assert read(LOGIN, "alice?&X-A=1&&").headers == (("X-A", "1"),)


@given(st.text(max_size=60), st.sampled_from(KINDS))
def test_whatever_is_written_nothing_unprintable_comes_out(written: str, kind: Kind):
    try:
        found = kind.read(written.strip(), Place())
    except NotAllowed as refusal:
        found = refusal.instead
    if found is not None:
        values = [found.address, *(part for header in found.headers for part in header)]
        assert all(value.isprintable() for value in values)
        assert all(name.lower().startswith("x-") for name, _ in found.headers)


def test_a_destination_is_shown_as_its_address():
    assert repr(Destination("alice", (("X-A", "1"),))) == "'alice'"
