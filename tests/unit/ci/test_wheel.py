"""The wheel of a release has all that a server needs, and nothing of ours besides."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The files of a wheel that was built just now."""
    (made,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("dist")))
    with ZipFile(made) as wheel:
        return frozenset(wheel.namelist())


def test_the_floors_and_nothing_else_are_in_it(names: frozenset[str]):
    folders = {name.split("/")[0] for name in names}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"sip", "rcml", "media", "engine"}
    assert not [name for name in names if "__pycache__" in name]


@pytest.mark.parametrize("floor", ["sip", "rcml", "media", "engine"])
def test_no_module_is_missing(names: frozenset[str], floor: str):
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / floor).rglob("*.py")}
    assert len(modules) > 50
    assert modules <= names


def test_pages_and_migrations_are_in_it(names: frozenset[str]):
    pages = {
        path.relative_to(ROOT).as_posix()
        for folder in ("console_page", "phone_page")
        for path in (ROOT / "engine" / "http" / folder).glob("*")
    }
    assert {"engine/http/console_page/index.html", "engine/http/console_page/main.mjs"} <= pages <= names
    assert "engine/store/migrations/script.py.mako" in names
