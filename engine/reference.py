"""Writes the references that are generated from the code: ``python -m engine.reference [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

import rcml.reference
from engine import metrics_reference
from engine.config import reference as configuration
from engine.reporting import notification_codes
from engine.shown_by import named_on, read_tests, shown_by
from rcml import compatibility

FOLDER = Path(__file__).parent.parent / "docs" / "reference"


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    return {
        "compatibility.md": _compatibility(),
        "configuration.md": configuration.markdown(),
        "notifications.md": notification_codes.page(),
        "metrics.md": metrics_reference.markdown(),
        "rcml.md": rcml.reference.page(),
    }


def _compatibility() -> str:
    committed = _read(FOLDER / "compatibility.md") or ""
    root = FOLDER.parent.parent
    return compatibility.page(shown_by(compatibility.rows(), read_tests(root), named_on(committed)))


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the names of the pages that differ from the code."""
    return [name for name, text in pages().items() if _read(folder / name) != text]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` say which are out of date."""
    if arguments == ["--check"]:
        outdated = stale()
        for name in outdated:
            sys.stderr.write(f"docs/reference/{name} differs from the code: run `make docs` and commit it\n")
        return bool(outdated)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
