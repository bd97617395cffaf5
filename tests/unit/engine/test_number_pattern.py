"""Patterns of numbers: `testcases.md`, the rows of numbers with a regular expression."""

import re

import pytest

from engine.number_pattern import compile_pattern, literal_prefix


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


@pytest.mark.parametrize(
    ("regex", "prefix"),
    [
        (r"\+1555.*", "+1555"),
        ("+1555.*", "+1555"),
        (r"^\+1555\d{4}$", "+1555"),
        (r"\+1(555|666).*", "+1"),
        ("*72.*", "*72"),
        ("15550001", "15550001"),
        ("1555?", "155"),
        ("1555*", "155"),
        ("15{3}1", "1"),
        ("15+", "15"),
        ("999...", "999"),
        ("*", ""),
        (".*", ""),
        ("[12]2233", ""),
        (r"\d+", ""),
        ("7777|8888", ""),
        (r"\+1555.*|\+49.*", ""),
        (r"49\|.*", "49|"),
        ("49[|]1", "49"),
        ("5(1(2|3)4)", "5"),
    ],
)
def test_what_a_pattern_says_every_number_of_it_begins_with(regex, prefix):
    assert literal_prefix(regex) == prefix
