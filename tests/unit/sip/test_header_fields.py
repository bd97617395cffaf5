"""Headers read through properties: parsed once, again after a change, and not at all when they are absent."""

import pytest

from sip.errors import HeaderError
from sip.header_fields import Field, abilities, listed, optional, required, tokens
from sip.headers import Headers


class Parser:
    """Counts what it is asked to read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, text: str) -> str:
        self.read.append(text)
        return text.upper()


PARSE = Parser()


class Letter:
    """Something with headers."""

    subject = required("Subject", PARSE)
    priority = optional("Priority", PARSE)
    routes = listed("Route", PARSE)
    supported = tokens("Supported")
    allow = abilities("Allow")

    def __init__(self, *fields: tuple[str, str]) -> None:
        self.headers = Headers(fields)


@pytest.fixture(autouse=True)
def nothing_read():
    PARSE.read.clear()


def test_a_header_that_is_read_twice_is_parsed_once():
    letter = Letter(("Subject", "a"))
    assert (letter.subject, letter.subject) == ("A", "A")
    assert PARSE.read == ["a"]


def test_a_header_is_parsed_again_after_any_change():
    letter = Letter(("Subject", "a"))
    assert letter.subject == "A"
    letter.headers.set("Subject", "b")
    assert letter.subject == "B"


def test_a_header_that_is_not_there_is_found_once_it_was_added():
    letter = Letter(("Subject", "a"))
    assert (letter.priority, letter.routes, letter.supported) == (None, (), ())
    letter.headers.add("Priority", "urgent")
    letter.headers.add("Route", "x, y")
    letter.headers.add("k", "timer,, 100rel")
    assert (letter.priority, letter.routes, letter.supported) == ("URGENT", ("X", "Y"), ("timer", "100rel"))


def test_a_header_that_is_gone_is_not_remembered():
    letter = Letter(("Subject", "a"), ("Priority", "urgent"))
    assert letter.priority == "URGENT"
    letter.headers.remove("Priority")
    assert letter.priority is None


@pytest.mark.parametrize("read", [lambda letter: letter.subject, lambda letter: letter.priority])
def test_a_second_line_of_a_single_header_is_an_error_that_names_it(read):
    with pytest.raises(HeaderError, match="once, it is there 2 times"):
        read(Letter(("Subject", "a"), ("s", "b"), ("Priority", "c"), ("Priority", "d")))


def test_a_required_header_that_is_missing_is_an_error_that_names_it():
    with pytest.raises(HeaderError, match="send the missing header Subject"):
        _ = Letter(("Priority", "c")).subject


def test_what_was_just_written_is_not_parsed_until_a_change():
    letter = Letter(("Subject", "a"))
    Letter.subject.keep(letter, "known")
    assert letter.subject == "known"
    letter.headers.add("Priority", "c")
    assert letter.subject == "A"


def test_on_the_class_it_is_the_field_itself():
    assert isinstance(Letter.subject, Field)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("INVITE, ACK,, BYE", ("INVITE", "ACK", "BYE")),
        ("INVITE;ACK, BYE", ("BYE",)),
        ('"INVITE, ACK', ()),
        ("", ()),
    ],
)
def test_of_what_a_peer_can_that_is_taken_which_can_be_read(written: str, read: tuple[str, ...]):
    assert Letter(("Allow", written)).allow == read
