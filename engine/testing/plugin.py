"""The pytest plugin: a fixture ``dial`` that calls an application.

It is loaded by name in every project that has Dialplane installed, so it imports little before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin

import pytest

if TYPE_CHECKING:
    from engine.testing.applications import Applications
    from rcml.testing import CallerPhone

APPLICATION, AUTH_TOKEN = "dialplane_application", "dialplane_auth_token"
VERSION = "dialplane_api_version"


class Dial(Protocol):
    """What the fixture gives."""

    def __call__(
        self, target: Any = None, *, url: str = "", auth_token: str | None = None, **options: Any
    ) -> CallerPhone:
        """Call ``target`` and return the caller's telephone."""
        ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the settings."""
    parser.addini(
        APPLICATION, "What `dial()` calls: a URL, a document's path or module:attribute.", default=""
    )
    parser.addini(AUTH_TOKEN, "The key by which requests to the application are signed.", default="")
    parser.addini(
        VERSION,
        "Whose words applications are told of calls in: 2012-04-24 (Restcomm's), 2010-04-01 (Twilio's).",
        default="",
    )
    group = parser.getgroup("dialplane")
    group.addoption(
        "--dialplane-application",
        metavar="TARGET",
        default="",
        help="What `dial()` calls, over the ini file.",
    )


@pytest.fixture(scope="session")
def dialplane_applications() -> Iterator[Applications]:
    """The applications under test, each started once for all tests."""
    from engine.testing.applications import Applications

    with Applications() as applications:
        yield applications


@pytest.fixture
def dial(request: pytest.FixtureRequest, dialplane_applications: Applications) -> Dial:
    """Call an application: a URL, a document, or an aiohttp, WSGI or ASGI application.

    ``url`` is where to begin, relative to the application; the other options are those of
    ``rcml.testing.dial``.
    """
    from rcml.testing import dial as place

    config = request.config

    def call(
        target: Any = None, *, url: str = "", auth_token: str | None = None, **options: Any
    ) -> CallerPhone:
        if target is None:
            target = config.getoption("--dialplane-application") or config.getini(APPLICATION)
        if isinstance(target, str) and not target:
            raise pytest.UsageError(f"dial() names no application, and {APPLICATION} is not set")
        key = config.getini(AUTH_TOKEN) if auth_token is None else auth_token
        served, start = dialplane_applications.find(target, key)
        if version := config.getini(VERSION):
            options.setdefault("api_version", version)
        return place(served, url=urljoin(start, url), **options)

    return call
