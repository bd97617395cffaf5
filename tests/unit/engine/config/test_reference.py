from pathlib import Path

from engine.config.environment import known_variables
from engine.config.reference import markdown

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "configuration.md"


def test_the_reference_page_is_current():
    assert PAGE.read_text("utf-8") == markdown(), "run: make docs"


def test_every_variable_is_on_the_page():
    page = markdown()
    assert [name for name in known_variables() if f"`{name}`" not in page] == []


def test_every_key_is_explained():
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.split("|")[3].strip() == ""] == []
