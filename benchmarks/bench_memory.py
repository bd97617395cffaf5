"""Memory of the daemon without and with 100 G.711 legs: ``python -m benchmarks.bench_memory [legs]``.

The legs are calls of SIPp that hear a prompt without end; their sound goes both ways. Ten calls come first:
what only the first call of a process needs (programs of libraries, prepared statements) is told apart.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from benchmarks.bench_setup import show, sipp
from tests.testkit.application import FakeApplication
from tests.testkit.daemon import Daemon, resident_megabytes
from tests.testkit.outside_sound import tone
from tests.testkit.ports import free_port
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_load import calling
from tests.testkit.sip_text import Offer
from tests.testkit.waiting import eventually

WHOLE_GOAL_MB, LEG_GOAL_KB = 350, 60
FIRST_LEGS = 10
RATE = 20
"""Calls a second, until all are there."""
WITHIN = 60.0
"""Seconds in which all calls must be up."""


async def measure(legs: int, folder: Path) -> None:
    async with FakeApplication() as application:
        application.answer("/1111", '<Response><Play loop="0">/prompt.wav</Play></Response>')
        application.serve_sound("/prompt.wav", tone(600, 0.5))
        number = {"number": "1111", "voice_url": application.url("/1111")}
        quiet: dict[str, dict[str, object]] = {
            "log": {"level": "warning", "format": "json"},
            "limits": {"requests_per_source": 0},
        }
        daemon = Daemon(folder, numbers=[number], settings=quiet, ports=3 * (FIRST_LEGS + legs)).start()
        try:
            before = resident_megabytes(daemon.pid)
            async with calls(daemon, FIRST_LEGS, FIRST_LEGS, folder):
                first = resident_megabytes(daemon.pid)
                async with calls(daemon, legs, FIRST_LEGS + legs, folder):
                    after = resident_megabytes(daemon.pid)
        finally:
            daemon.kill()
    show("process_idle", before, "MB")
    show(f"process_with_{FIRST_LEGS}_legs", first, "MB")
    show(f"process_with_{FIRST_LEGS + legs}_legs", after, "MB")
    show(f"process_with_{FIRST_LEGS + legs}_legs_goal", WHOLE_GOAL_MB, "MB")
    show("leg", (after - first) * 1024 / legs, "kB")
    show("leg_goal", LEG_GOAL_KB, "kB")


@asynccontextmanager
async def calls(daemon: Daemon, legs: int, in_all: int, folder: Path) -> AsyncIterator[None]:
    """Keep so many calls up, which are ``in_all`` together with those that were."""
    sink = await RtpPeer.open()
    scenario = folder / f"calling-{in_all}.xml"
    scenario.write_text(calling("1111", str(Offer(sink.port))))
    address = f"{daemon.sip[0]}:{daemon.sip[1]}"
    arguments = ("-sf", str(scenario), "-p", str(free_port()), "-r", str(RATE), "-m", str(legs))
    caller = await sipp(*arguments, "-l", str(legs), address)
    try:
        all_are_up = partial(_are_up, daemon, in_all)
        await eventually(all_are_up, WITHIN, "all calls are up")
        await asyncio.sleep(2)
        yield
    finally:
        caller.kill()
        await caller.wait()
        sink.close()


def _are_up(daemon: Daemon, legs: int) -> bool:
    return daemon.metrics().get("dialplane_media_legs", 0) >= legs


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100, Path(directory)))
