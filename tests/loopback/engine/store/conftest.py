"""The same tests on both databases."""

from pathlib import Path

import pytest

from tests.testkit.postgresql import BOTH, new_url


@pytest.fixture(params=BOTH)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database of each kind."""
    return new_url(request.param, request, tmp_path)
