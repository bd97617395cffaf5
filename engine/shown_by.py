"""Finds the test that shows an element or attribute of RCML, for the compatibility table.

A test shows an attribute when it writes it on its element (`<Dial timeout=`), or when it writes it and
stands in the element's own file (tests/unit/rcml/verbs/test_dial.py) or names the element. A test that
the table names already stays as long as it shows its row, so that new tests do not change the table.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from rcml.compatibility import Row

FOLDERS = (
    *("unit/rcml/verbs", "unit/rcml/nouns", "unit/rcml", "contract/rcml"),
    *("unit/engine/messages", "unit/engine/queues", "unit/engine", "system"),
)
"""Of tests/, those in front first."""


@dataclass(frozen=True)
class ShowingTest:
    """One test function, with the text of what it uses of its module."""

    path: str
    name: str
    text: str

    @property
    def id(self) -> str:
        """How pytest calls it."""
        return f"{self.path}::{self.name}"

    @cached_property
    def about(self) -> str:
        """The element whose own file it stands in, in small letters; that of no element otherwise."""
        return Path(self.path).stem.removeprefix("test_").replace("_", "")

    def shows(self, row: Row) -> bool:
        """Whether the test writes the element, or the attribute on it."""
        element, attribute = re.escape(row.element), re.escape(row.attribute)
        if not attribute:
            return bool(re.search(rf"<{element}\b", self.text))
        if re.search(rf"<{element}\b[^>]*?\s{attribute}=", self.text):
            return True
        # A test of several elements names them.
        about = self.about == row.element.lower() or f'"{row.element}"' in self.text
        return about and bool(re.search(rf"""(?:^|[\s"'(,]){attribute}=["'{{]""", self.text))


def read_tests(root: Path) -> list[ShowingTest]:
    """Read the test functions under ``root``, in the order in which they are preferred."""
    return [
        test
        for folder in FOLDERS
        for path in sorted((root / "tests" / folder).glob("test_*.py"))
        for test in _read(path, path.relative_to(root).as_posix())
    ]


def _read(path: Path, name: str) -> Iterator[ShowingTest]:
    source = path.read_text("utf-8")
    lines = source.splitlines()
    texts: dict[str, str] = {}
    tests: list[tuple[str, str, set[str]]] = []
    for node in ast.parse(source).body:
        names = {used.id for used in ast.walk(node) if isinstance(used, ast.Name)}
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            tests.append((node.name, text, names))
        elif isinstance(node, ast.Assign):
            texts |= {target.id: text for target in node.targets if isinstance(target, ast.Name)}
    for test, text, names in tests:
        used = (texts[each] for each in sorted(names & texts.keys()))
        yield ShowingTest(name, test, "\n".join((text, *used)))


def shown_by(rows: Iterable[Row], tests: Iterable[ShowingTest], named: dict[str, str]) -> dict[str, str]:
    """Choose the test of each row that is read here: the ``named`` one while it shows it, else the first."""
    every = list(tests)
    by_id = {test.id: test for test in every}
    found: dict[str, str] = {}
    for row in rows:
        if not row.ours:
            continue
        kept = by_id.get(named.get(row.name, ""))
        if kept is not None and kept.shows(row):
            found[row.name] = kept.id
            continue
        showing = [test for test in every if test.shows(row)]
        if showing:
            found[row.name] = min(showing, key=partial(_distance, row)).id
    return found


_ABOUT_MISTAKES = {"invalid", "none", "warning"}


def _distance(row: Row, test: ShowingTest) -> tuple[bool, int, bool]:
    """How far a test is from being about a row: in another file, with other words in its name."""
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", row.attribute or row.element)}
    named = set(test.name.split("_"))
    return test.about != row.element.lower(), -len(words & named), bool(_ABOUT_MISTAKES & named)


_NAMED = re.compile(
    r"^\| `([\w-]+)` \| (?:`(\w+)`)? *\|.*\| \[(\w+)\]\(\.\./\.\./([\w/.]+)\) \|$", re.MULTILINE
)


def named_on(page: str) -> dict[str, str]:
    """Return the tests that a committed table names, by row."""
    return {
        f"{element} {attribute}".rstrip(): f"{path}::{test}"
        for element, attribute, test, path in _NAMED.findall(page)
    }
