"""Every number that is notified anywhere is explained, with a cure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
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
NOTING = ("notify", "_notify", "add")


@dataclass(frozen=True)
class Reading:
    """What one file says of numbers."""

    given: list[ast.expr]
    """What ``code=`` and the first argument of what notes something down is given."""
    assigned: list[tuple[str, ast.expr]]
    """Names, and what they are assigned."""


@cache
def reading(path: Path) -> Reading:
    found = Reading([], [])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.keyword(arg="code", value=value):
                found.given.append(value)
            case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]) if name in NOTING:
                found.given.append(first)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.assigned.append((name, value))
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=elements)):
                pairs = zip(names, elements, strict=False)
                found.assigned.extend((name.id, each) for name, each in pairs if isinstance(name, ast.Name))
    return found


@cache
def names() -> frozenset[str]:
    """Return the constants that are given somewhere."""
    given = [value for path in SOURCES for value in reading(path).given]
    return frozenset(value.id for value in given if isinstance(value, ast.Name))


def numbers(path: Path) -> Iterator[int]:
    """Find the numbers that are given at once, and those of the constants that are given somewhere."""
    read = reading(path)
    for value in (*read.given, *(value for name, value in read.assigned if name in names())):
        found = value.value if isinstance(value, ast.Constant) else None
        if type(found) is int and found >= 11_000:
            yield found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_number_is_explained(source: Path):
    for number in numbers(source):
        assert cure(number), f"{number} has no cure: add it to engine/reporting/notification_codes.py"


def test_the_numbers_are_found():
    assert {"NOT_REACHED", "MEDIA_LOST", "VOICE_FAILED"} <= names()
    assert len({number for path in SOURCES for number in numbers(path)}) > 50


def test_the_page_shows_each_number_once():
    text = page()
    assert len(explained()) > 50
    for code in explained():
        assert text.count(f"\n| {code} |") == 1


def test_an_attribute_is_explained_by_its_declaration():
    assert "<Gather timeout>" in explained()[13313].meaning
    assert cure(99999) == ""
