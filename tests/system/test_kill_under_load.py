"""A busy daemon is killed again and again: three times here, 200 times with `make kills`."""

import os
from pathlib import Path

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.kill_rounds import RECORDED, SHORT, faults, kill_under_load, program
from tests.testkit.sipp import SIPP

ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))


@pytest.mark.timeout(60 + 40 * ROUNDS)
async def test_kill_9_under_load_loses_no_record_no_event_and_no_recording(
    application_port: ApplicationPort, application: FakeApplication, tmp_path: Path
):
    if SIPP is None:
        pytest.skip("sipp is not installed")
    program(application)
    numbers = [
        {
            "number": number,
            "voice_url": application.url(f"/{number}"),
            "status_callback": application.url("/status"),
        }
        for number in (RECORDED, SHORT)
    ]
    daemon = Daemon(
        tmp_path, numbers=numbers, ports=1200, settings={"limits": {"requests_per_source": 10_000}}
    )
    daemon.start()
    try:
        for number in range(ROUNDS):
            await kill_under_load(daemon, application, tmp_path, seed=number)
            found = faults(daemon, application)
            assert not found, f"after round {number}: " + "\n".join(found[:20])
            assert not daemon.faults()
    finally:
        if daemon.is_running:
            daemon.kill()
