"""Every number that is notified anywhere is explained, with a cure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.reporting.notification_codes import cure, explained, page

ROOT = Path(__file__).parents[4]
SOURCES = [
    path
    for floor in ("rcml", "engine")
    for path in sorted((ROOT / floor).rglob("*.py"))
    # The numbers of engine/http are those of Twilio's error answers.
    if "http" not in path.relative_to(ROOT).parts and path.name != "notification_codes.py"
]


TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
NOTING = ("notify", "_notify", "add")


def given(tree: ast.AST) -> Iterator[ast.expr]:
    """Find what ``code=`` and the first argument of what notes something down is given."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="code", value=value):
                yield value
            case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]) if name in NOTING:
                yield first


NAMES = {value.id for tree in TREES.values() for value in given(tree) if isinstance(value, ast.Name)}


def numbers(tree: ast.AST) -> Iterator[int]:
    """Find the numbers that are given at once, and those of the constants that are given somewhere."""
    values = list(given(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in NAMES:
                values.append(value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=elements)):
                pairs = zip(names, elements, strict=False)
                values += [each for name, each in pairs if isinstance(name, ast.Name) and name.id in NAMES]
    for value in values:
        found = value.value if isinstance(value, ast.Constant) else None
        if type(found) is int and found >= 11_000:
            yield found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_number_is_explained(source: Path):
    for number in numbers(TREES[source]):
        assert cure(number), f"{number} has no cure: add it to engine/reporting/notification_codes.py"


def test_the_numbers_are_found():
    assert {"NOT_REACHED", "MEDIA_LOST", "VOICE_FAILED"} <= NAMES
    assert len({number for tree in TREES.values() for number in numbers(tree)}) > 50


def test_the_page_shows_each_number_once():
    text = page()
    assert len(explained()) > 50
    for code in explained():
        assert text.count(f"\n| {code} |") == 1


def test_an_attribute_is_explained_by_its_declaration():
    assert "<Gather timeout>" in explained()[13313].meaning
    assert cure(99999) == ""
