"""Patterns of numbers: `testcases.md`, the rows of numbers with a regular expression."""

import re

import pytest

from engine.exchange.number_pattern import compile_pattern


@pytest.mark.parametrize(
    ("row", "regex", "dialled"),
    [
        ("S01", "7777|8888", "7777"),
        ("S02", "7777|8888", "8888"),
        ("S04", "*7722233#", "*7722233#"),
        ("S05", "^[12]2233#$", "12233#"),
        ("S07", "^*222*...*...*500#$", "*222*888*999*500#"),
        ("S08", "^*222*...*...*500#$", "*222*333*444*500#"),
        ("S11", "999...", "999222"),
        ("S13", "*", "987654321"),
    ],
)
def test_patterns_as_people_write_them(row, regex, dialled):
    assert compile_pattern(regex).fullmatch(dialled), row


def test_a_leading_plus_is_the_plus_sign():
    assert compile_pattern("+1555.*").fullmatch("+15551230001")


def test_what_is_no_pattern_is_refused():
    with pytest.raises(re.error):
        compile_pattern("[")
