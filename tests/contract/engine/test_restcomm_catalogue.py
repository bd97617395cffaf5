"""Every case of Restcomm's functional tests has a test of its name, or a row that explains why not."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "restcomm-cases.md"
LAST = {
    **{"A": 16, "B": 8, "C": 26, "D": 7, "E": 20, "F": 13, "G": 16, "H": 17, "I": 17, "J": 8, "K": 4},
    **{"L": 13, "M": 17, "N": 16, "O": 20, "P": 16, "Q": 16, "R": 8, "S": 17, "T": 8, "U": 20, "V": 4},
}
"""The last case of each area. Cases are counted by threes, of which the third is not in our part."""
_RANGE = re.compile(r"_([a-v])(\d\d)_to_\1?(\d\d)(?=_)")


def catalogue() -> set[str]:
    return {
        f"{area}{number:02}" for area, last in LAST.items() for number in range(1, last + 1) if number % 3
    }


def cases_of(test: str) -> Iterator[str]:
    """Return the cases that a test's name lists, as `_a01_a02_` or `_s01_to_s13_`."""
    for area, first, last in _RANGE.findall(test):
        yield from (f"{area.upper()}{number:02}" for number in range(int(first), int(last) + 1))
    yield from (found.upper() for found in re.findall(r"(?<=_)[a-v]\d\d(?=_)", test))


def shown() -> set[str]:
    names = (
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text("utf-8"))
    )
    return {case for name in names for case in cases_of(name)}


def explained(title: str) -> set[str]:
    chapter = PAGE.read_text("utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    firsts = re.findall(r"^\| ([A-V]\d\d(?:, [A-V]\d\d)*) \|", chapter, re.MULTILINE)
    return {case for first in firsts for case in first.split(", ")}


def test_each_case_is_tested_or_explained():
    assert sorted(catalogue() - shown() - explained("Not shown by a test of its name")) == []


def test_what_is_followed_differently_is_tested_all_the_same():
    assert sorted(explained("Followed differently") - shown()) == []


def test_the_page_explains_cases_that_there_are():
    named = explained("Followed differently") | explained("Not shown by a test of its name")
    assert len(named) > 10
    assert named <= catalogue()


def test_a_tests_name_may_list_cases_and_ranges():
    assert set(cases_of("test_b01_b02_it_is_so")) == {"B01", "B02"}
    assert set(cases_of("test_s01_to_s04_it_is_so")) == {"S01", "S02", "S03", "S04"}
