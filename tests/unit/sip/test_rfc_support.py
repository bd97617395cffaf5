"""The SIP part of docs/rfc-support.md says what the modules say."""

import ast
import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
MODULES = sorted(
    path.relative_to(CHECKOUT).as_posix()
    for path in (CHECKOUT / "sip").rglob("*.py")
    if path.name != "__init__.py"
)


def rows() -> list[tuple[set[str], list[str]]]:
    """The RFC numbers and the places of each row."""
    part = (CHECKOUT / "docs" / "rfc-support.md").read_text().partition("\n## SIP\n")[2].partition("\n## ")[0]
    cells = [line.split("|") for line in part.splitlines() if re.match(r"\| [0-9]", line)]
    return [(set(re.findall(r"\d{4}", cell[1])), re.findall(r"`([^`]+)`", cell[3])) for cell in cells]


@pytest.mark.parametrize("module", MODULES)
def test_each_rfc_a_module_names_has_a_row_that_names_the_module(module):
    docstring = ast.get_docstring(ast.parse((CHECKOUT / module).read_text())) or ""
    named = set(re.findall(r"RFC (\d{4})", docstring.partition("\n\n")[0]))
    for rfc in named:
        found = [place for rfcs, places in rows() if rfc in rfcs for place in places]
        assert any(module == place or module.startswith(place.rstrip("/") + "/") for place in found), (
            f"docs/rfc-support.md has no row of RFC {rfc} that names {module}"
        )


@pytest.mark.parametrize("place", sorted({place for _, places in rows() for place in places}))
def test_each_place_a_row_names_exists(place):
    assert (CHECKOUT / place).exists()
