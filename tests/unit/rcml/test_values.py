import enum

import pytest

from rcml.errors import DeclarationError, InvalidUrl
from rcml.values import (
    LONGEST_URL,
    HttpMethod,
    Keys,
    NotAllowed,
    Place,
    Presses,
    RejectReason,
    Seconds,
    Url,
    kind_of,
    shortened,
)

BASE = "http://app.test/a/b?c=d"


@pytest.mark.parametrize(
    ("written", "absolute"),
    [
        ("http://h/x", "http://h/x"),
        ("HTTPS://h/x", "HTTPS://h/x"),
        ("x", "http://app.test/a/x"),
        ("/x", "http://app.test/x"),
        ("?x=1", "http://app.test/a/b?x=1"),
        ("http://u:p@h:81/x#rc=2", "http://u:p@h:81/x#rc=2"),
        ("http://[::1]/x", "http://[::1]/x"),
    ],
)
def test_a_url_is_resolved_against_its_document(written: str, absolute: str):
    assert Url(written, Place(base=BASE)).absolute() == absolute


@pytest.mark.parametrize(
    "written",
    [
        "http://",
        "http:x",
        "https:///x",
        "ftp://h/x",
        "file:///x",
        "javascript:x",
        "http://h:99999/",
        "http://h:0/",
        *["http://h:x/", "a b", "a\tb", "a<b", "%", "%g0", "http://[::1/", "a\x00b", "a\\b"],
    ],
)
def test_what_leads_to_no_http_url_is_invalid(written: str):
    with pytest.raises(InvalidUrl) as caught:
        Url(written, Place(line=7, base=BASE, url_code=13325)).absolute()
    assert (caught.value.line, caught.value.code) == (7, 13325)


def test_a_relative_url_in_a_document_without_url_is_invalid():
    with pytest.raises(InvalidUrl, match="write it in full"):
        Url("/x").absolute()


def test_the_place_is_no_part_of_a_urls_value():
    assert Url("x", Place(3, BASE)) == Url("x")


def test_a_url_that_no_server_takes_is_invalid_before_it_is_resolved():
    longest = Url("https://a.example/" + "x" * (LONGEST_URL - 18))
    assert longest.absolute() == longest.text
    with pytest.raises(InvalidUrl, match="longer than 8192 characters: shorten it"):
        Url(longest.text + "x").absolute()


def test_the_message_of_an_invalid_url_is_short():
    with pytest.raises(InvalidUrl) as caught:
        Url("<" * 10_000).absolute()
    assert len(str(caught.value)) < 200


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


@pytest.mark.parametrize(
    ("annotation", "written", "value"),
    [
        (int, "+12", 12),
        (int | None, "-3", -3),
        (Seconds, "5", 5),
        (Seconds | None, "5", 5),
        (bool, "True", True),
        (Keys, "12*#", "12*#"),
        (Presses, "w12*#aD", "w12*#aD"),
        (Presses, "W1", "ww1"),
        (HttpMethod, "gEt", HttpMethod.GET),
        (Colour, "red", Colour.RED),
        (tuple[Colour, ...], "green,red green", (Colour.GREEN, Colour.RED)),
        (str | None, "x", "x"),
    ],
)
def test_the_annotation_decides_how_a_value_is_read(annotation: object, written: str, value: object):
    assert kind_of(annotation).read(written, Place()) == value


@pytest.mark.parametrize(
    ("annotation", "written"),
    [
        (int, "1e3"),
        (int, "1_0"),
        (int, " 1"),
        (int, "1" * 5000),
        (int, "\u0663"),
        (Keys, "A"),
        (Presses, "1 2"),
        (Presses, "1" * 129),
        (Keys, "1" * 13),
    ],
)
def test_what_is_no_value_is_not_allowed(annotation: object, written: str):
    with pytest.raises(NotAllowed):
        kind_of(annotation).read(written, Place())


def test_known_words_of_a_list_survive_an_unknown_one():
    with pytest.raises(NotAllowed) as caught:
        kind_of(tuple[Colour, ...]).read("red, blue", Place())
    assert caught.value.instead == (Colour.RED,)


def test_an_annotation_nobody_reads_is_a_mistake_of_ours():
    with pytest.raises(DeclarationError, match="pass kind="):
        kind_of(dict)


def test_reject_reasons_have_their_status():
    assert [reason.status for reason in RejectReason] == [603, 486]


def test_long_texts_are_shortened():
    assert shortened("x" * 80) == "x" * 80
    assert shortened("x" * 81) == "x" * 77 + "..."
