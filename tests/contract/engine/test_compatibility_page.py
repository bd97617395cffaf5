"""The committed compatibility table: current, and naming tests that exist."""

from pathlib import Path

from engine.reference import stale
from engine.shown_by import read_tests, shown_by
from rcml.compatibility import NOT_READ, rows

ROOT = Path(__file__).parents[3]


def test_every_row_that_is_read_has_a_test_that_exists():
    existing = read_tests(ROOT)
    shown = shown_by(rows(), existing, {})
    assert [row.name for row in rows() if row.ours and row.name not in shown] == []
    assert {*shown.values(), NOT_READ} <= {test.id for test in existing}


def test_the_committed_pages_are_current():
    assert stale() == [], "run: make docs"
