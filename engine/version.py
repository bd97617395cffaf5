"""The version of this program."""

import functools
import importlib.metadata
import tomllib
from pathlib import Path


@functools.cache
def version() -> str:
    """Return the installed version, or in a checkout that is not installed what ``pyproject.toml`` says."""
    try:
        return importlib.metadata.version("dialplane")
    except importlib.metadata.PackageNotFoundError:
        project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
        return str(project["project"]["version"])
