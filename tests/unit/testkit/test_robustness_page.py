"""docs/robustness.md names tests that exist, has every row of the catalogue, and each attack with its row."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
ROWS = {"S": 10, "T": 17, "M": 15, "W": 16, "F": 14, "C": 25}
PAGE = (TESTS.parent / "docs" / "robustness.md").read_text("utf-8")
LINES = dict(re.findall(r"^\| ([A-Z]\d+) (\|.*)$", PAGE, re.MULTILINE))
NOT_APPLICABLE = {"F4", "F14"}
FOR_COMPARISON = "T0"
MARK = re.compile(r"^(?:@|pytestmark = )pytest\.mark\.hostile\(\"(\w+)\"", re.MULTILINE)


def named(line: str) -> Iterator[tuple[str, str]]:
    """Yield file and function of each test of a row; ``::name`` is of the file before."""
    file = ""
    for found in re.finditer(r"`((?:unit|contract|loopback|system)/[\w/]+\.py)?::(\w+)`", line):
        file = found[1] or file
        yield file, found[2]


@cache
def functions(file: str) -> frozenset[str]:
    text = (TESTS / file).read_text("utf-8")
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE))


def attacks() -> Iterator[tuple[str, str]]:
    """Yield row and file of each attack of `make hostile`."""
    for path in TESTS.rglob("test_*.py"):
        for row in MARK.findall(path.read_text("utf-8")):
            yield row, str(path.relative_to(TESTS))


def test_every_row_of_the_catalogue_is_there_once():
    wanted = [f"{letter}{number}" for letter, last in ROWS.items() for number in range(1, last + 1)]
    assert sorted(LINES) == sorted(wanted)
    assert len(re.findall(r"^\| [A-Z]\d+ \|", PAGE, re.MULTILINE)) == len(wanted)


@pytest.mark.parametrize("row", [row for row in LINES if row[0] != "C"])
def test_a_row_names_tests_that_exist(row: str):
    tests = list(named(LINES[row]))
    assert bool(tests) != (row in NOT_APPLICABLE)
    for file, name in tests:
        assert name in functions(file), f"docs/robustness.md, {row}: {file} has no {name}"


def test_the_classes_name_rows_and_tests_that_exist():
    for row in (row for row in LINES if row[0] == "C"):
        assert set(re.findall(r"\b[STMWF]\d+\b", LINES[row])) <= set(LINES), row
        assert all(name in functions(file) for file, name in named(LINES[row])), row


@pytest.mark.parametrize(("row", "file"), sorted(set(attacks())))
def test_an_attack_stands_with_its_row(row: str, file: str):
    if row != FOR_COMPARISON:
        files = {each for each, _ in named(LINES[row])}
        assert file in files, f"docs/robustness.md, {row}: name the test of {file}"


def test_no_test_is_named_outside_the_rows():
    assert len(list(named(PAGE))) == len(list(chain.from_iterable(map(named, LINES.values()))))
