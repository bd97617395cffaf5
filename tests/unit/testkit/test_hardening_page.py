"""docs/hardening.md and the attacks of `make hostile` say the same."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
PAGE = (TESTS.parent / "docs" / "hardening.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`((?:unit|contract|loopback|system)/[\w/]+\.py)`", PAGE)))
ATTACKS = sorted(
    str(path.relative_to(TESTS))
    for path in TESTS.rglob("test_*.py")
    if re.search(r"^(@|pytestmark = )pytest\.mark\.hostile", path.read_text("utf-8"), re.MULTILINE)
)


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_the_page_names_exists(name: str):
    assert (TESTS / name).is_file(), f"docs/hardening.md names {name}"


@pytest.mark.parametrize("name", ATTACKS)
def test_the_page_names_each_file_of_attacks(name: str):
    assert name in NAMED, f"docs/hardening.md has no row for the attacks of {name}"
