"""The daemon under test, one for each module; the application, callers and callees, new for each test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.contacts import Contacts
from tests.testkit.daemon import Daemon
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.sipp import SIPP
from tests.testkit.twilio_sdk import twilio_client
from tests.testkit.waiting import NeverHappened


@pytest.fixture(scope="module")
def application_port() -> ApplicationPort:
    return ApplicationPort(free_port())


def _usual_numbers(port: ApplicationPort) -> list[dict[str, str]]:
    closed = f"http://127.0.0.1:{free_port()}/answer"
    return [
        {"number": "1111", "voice_url": port.url("/1111"), "voice_method": "GET"},
        {"number": "2000", "voice_url": port.url("/main"), "voice_fallback_url": port.url("/fallback")},
        {"number": "+12349876543", "voice_url": port.url("/12349876543"), "voice_method": "GET"},
        {"number": "+12223334457", "voice_url": "http://no-such-host.invalid/answer"},
        {"number": "4000", "voice_url": closed},
        {"number": "4001", "voice_url": closed, "voice_fallback_url": port.url("/fallback")},
    ]


def _no_numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return []


@pytest.fixture(scope="module")
def daemon(
    request: pytest.FixtureRequest,
    application_port: ApplicationPort,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Daemon]:
    """A running daemon. A module adds `numbers(port)`, `CLIENTS`, `SETTINGS`, `COMMAND` and others."""
    more: Callable[[ApplicationPort], list[dict[str, str]]] = getattr(request.module, "numbers", _no_numbers)
    daemon = Daemon(
        tmp_path_factory.mktemp("daemon"),
        numbers=[*_usual_numbers(application_port), *more(application_port)],
        clients=getattr(request.module, "CLIENTS", ()),
        settings=getattr(request.module, "SETTINGS", {}),
        command=getattr(request.module, "COMMAND", "serve"),
        arguments=getattr(request.module, "ARGUMENTS", ()),
        environment=getattr(request.module, "ENVIRONMENT", {}),
    )
    daemon.start()
    yield daemon
    if daemon.is_running:
        assert daemon.stop() == 0, daemon.story()


@pytest.fixture
async def application(application_port: ApplicationPort) -> AsyncIterator[FakeApplication]:
    async with FakeApplication(application_port.number) as application:
        yield application


@pytest.fixture
async def phones(daemon: Daemon, application: FakeApplication, tmp_path) -> AsyncIterator[Phones]:
    """Callers of the daemon. Afterwards nothing of their calls may be left, and nothing may have crashed."""
    if SIPP is None:
        pytest.skip("sipp is not installed")
    faults_before = len(daemon.faults())
    async with Phones(daemon.sip, tmp_path) as phones:
        yield phones
    try:
        await daemon.clean()
    except NeverHappened:
        # What this test left would be counted against all that follow.
        await asyncio.to_thread(daemon.replace)
        raise
    faults = daemon.faults()[faults_before:]
    assert not faults, f"the daemon logged {faults}"


@pytest.fixture
def twilio(daemon: Daemon) -> Iterator[Client]:
    """The unmodified SDK, as a client of the daemon."""
    with twilio_client(daemon) as client:
        yield client


@pytest.fixture
async def contacts(daemon: Daemon) -> AsyncIterator[Contacts]:
    async with Contacts(daemon.sip) as contacts:
        yield contacts


@pytest.fixture
async def callees(phones: Phones, tmp_path: Path) -> AsyncIterator[Callees]:
    """Those who are called. Their telephones are gone before what their calls took is counted."""
    async with AsyncExitStack() as stack:
        yield Callees(tmp_path, stack)
