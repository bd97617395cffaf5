"""What short texts meant is remembered, in bounded memory."""

from collections.abc import Callable

import pytest

from sip.errors import MalformedValue
from sip.remembered import KEPT_LENGTH, KEPT_VALUES, kept


def counting() -> tuple[list[str], Callable[[str], int]]:
    read: list[str] = []

    def parse(text: str) -> int:
        read.append(text)
        if not text:
            raise MalformedValue(text, "write something")
        return len(text)

    return read, kept(parse)


def test_a_short_text_is_parsed_once():
    read, parse = counting()
    assert [parse("abc"), parse("abc"), parse("abcd")] == [3, 3, 4]
    assert read == ["abc", "abcd"]


def test_a_long_text_is_not_kept():
    read, parse = counting()
    long = "x" * (KEPT_LENGTH + 1)
    assert parse(long) == parse(long) == len(long)
    assert len(read) == 2


def test_the_text_used_longest_ago_is_forgotten_first():
    read, parse = counting()
    for number in range(KEPT_VALUES + 1):
        parse(str(number))
    parse(str(KEPT_VALUES))
    assert len(read) == KEPT_VALUES + 1
    parse("0")
    assert len(read) == KEPT_VALUES + 2


def test_a_failure_is_made_anew_each_time():
    _, parse = counting()
    failures = []
    for _ in range(2):
        with pytest.raises(MalformedValue) as failure:
            parse("")
        failures.append(failure.value)
    assert failures[0] is not failures[1]
