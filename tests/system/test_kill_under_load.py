"""A busy daemon is killed and comes back: once here, 20 times or as often as you like with `make kills`."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.kill_rounds import RECORDED, SHORT, faults, figures, kill_under_load, program
from tests.testkit.postgresql import PostgresServer, find_binaries
from tests.testkit.sipp import SIPP

ROUNDS = int(os.environ.get("KILL_ROUNDS", "1"))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """What differs in `[store]`."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield {}
            return
        binaries = find_binaries()
        if binaries is None:
            pytest.skip("postgresql is not installed")
        server = stack.enter_context(PostgresServer(binaries))
        yield {"url": server.new_database()}


@pytest.mark.timeout(120 + 40 * ROUNDS)
async def test_kill_9_under_load_loses_no_record_no_event_and_no_recording(
    application_port: ApplicationPort,
    application: FakeApplication,
    tmp_path: Path,
    store: dict[str, str],
    capsys: pytest.CaptureFixture[str],
):
    if SIPP is None:
        pytest.skip("sipp is not installed")
    program(application)
    status = application.url("/status")
    numbers = [
        {"number": number, "voice_url": application.url(f"/{number}"), "status_callback": status}
        for number in (RECORDED, SHORT)
    ]
    limits = {"requests_per_source": 10_000}
    daemon = Daemon(tmp_path, numbers=numbers, ports=1200, settings={"limits": limits, "store": store})
    daemon.start()
    try:
        for number in range(ROUNDS):
            await kill_under_load(daemon, application, tmp_path, seed=number)
            found = faults(daemon, application)
            assert not found, f"after round {number}: " + "\n".join(found[:20])
            assert not daemon.faults()
        if "KILL_ROUNDS" in os.environ:
            with capsys.disabled():
                kind = "postgresql" if store else "sqlite"
                sys.stdout.write(f"\n{kind}, {ROUNDS} rounds: {figures(daemon, application)}\n")
    finally:
        if daemon.is_running:
            daemon.kill()
