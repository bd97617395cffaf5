"""Calls set up a second, and processor time per call: prints ``name value unit`` lines.

Run: python benchmarks/bench_setup.py [seconds per rate]

SIPp calls the daemon at rising rates. Each call is whole: INVITE, a document fetched over HTTP from an
application in this process, 180, 200, ACK, a prompt of 100 ms, BYE from the daemon. The application lets the
prompt be kept for an hour, as web servers do, so that it is fetched once. Beside it stands the peer: a bare
SIPp that answers the same calls without fetch, sound or record. The rates stop rising when calls fail or the
rate is not kept.
"""

from __future__ import annotations

import asyncio
import csv
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.testkit.application import FakeApplication, Reply
from tests.testkit.daemon import Daemon, cpu_seconds
from tests.testkit.outside_sound import tone, wav
from tests.testkit.ports import LOOPBACK, free_port
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_load import answering, calling
from tests.testkit.sip_text import Offer
from tests.testkit.sipp import SIPP

RATES = (10, 25, 50, 100, 150, 200, 300, 400, 500)
RATE_GOAL, CPU_GOAL = 500, 2
"""Calls a second on one core, and milliseconds of processor time for each."""
KEPT = 0.95
"""Share of the wanted rate that counts as kept."""
PROMPT = 0.1
"""Seconds of sound in each call."""


@dataclass(frozen=True)
class Answering:
    """Who answers the calls."""

    name: str
    address: tuple[str, int]
    pid: int


@dataclass(frozen=True)
class Run:
    """What SIPp counted at one rate."""

    rate: float
    """Calls that succeeded, a second."""
    failed: int
    setup_ms: float
    """Mean time from INVITE to 200."""
    cpu_ms: float
    """Processor time of the answering process for each call."""


def show(name: str, value: float, unit: str) -> None:
    print(f"{name} {value:.4g} {unit}", flush=True)


async def sipp(*arguments: str) -> asyncio.subprocess.Process:
    """Start a SIPp that prints nothing."""
    assert SIPP, "sipp is not installed"
    nowhere = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        SIPP, "-nostdin", "-i", LOOPBACK, *arguments, stdout=nowhere, stderr=nowhere
    )


async def call_at(rate: int, seconds: float, who: Answering, folder: Path) -> Run:
    """Call at a rate and return what came of it."""
    sink = await RtpPeer.open()
    scenario = folder / "calling.xml"
    scenario.write_text(calling("1111", str(Offer(sink.port))))
    figures = folder / f"{who.name}-{rate}.csv"
    before = cpu_seconds(who.pid)
    caller = await sipp(
        *(
            "-sf",
            str(scenario),
            "-p",
            str(free_port()),
            "-r",
            str(rate),
            "-m",
            str(round(rate * seconds)),
        ),
        *("-timeout", f"{seconds + 10:.0f}s", "-trace_stat", "-stf", str(figures), "-fd", "1"),
        f"{who.address[0]}:{who.address[1]}",
    )
    await caller.wait()
    sink.close()
    return read(figures, cpu_seconds(who.pid) - before)


def read(figures: Path, cpu: float) -> Run:
    """Read the last line of SIPp's statistics."""
    with figures.open() as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    succeeded = int(last["SuccessfulCall(C)"])
    return Run(
        rate=succeeded / (_moment(last["CurrentTime"]) - _moment(last["StartTime"])),
        failed=int(last["FailedCall(C)"]),
        setup_ms=_seconds(last["ResponseTime1(C)"]) * 1000,
        cpu_ms=1000 * cpu / max(succeeded, 1),
    )


def _moment(text: str) -> float:
    """Read date, time and seconds since 1970, as SIPp writes them with tabs between."""
    return float(text.split()[-1])


def _seconds(text: str) -> float:
    """Read hours:minutes:seconds:microseconds."""
    hours, minutes, seconds, microseconds = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + seconds + microseconds / 1e6


async def climb(who: Answering, seconds: float, folder: Path) -> None:
    """Measure at each rate until one is not kept, and print the figures."""
    best, cheapest = 0.0, float("inf")
    before = cpu_seconds(who.pid)
    await asyncio.sleep(seconds)
    # Part of every figure below: at low rates the calls share what the process costs without any.
    show(f"{who.name}_idle_cpu", 1000 * (cpu_seconds(who.pid) - before) / seconds, "ms/s")
    for rate in RATES:
        run = await call_at(rate, seconds, who, folder)
        show(f"{who.name}_at_{rate}_rate", run.rate, "calls/s")
        show(f"{who.name}_at_{rate}_failed", run.failed, "calls")
        show(f"{who.name}_at_{rate}_setup", run.setup_ms, "ms")
        show(f"{who.name}_at_{rate}_cpu_per_call", run.cpu_ms, "ms")
        # A run of n calls at a rate takes a call's length more than n / rate.
        if run.failed or run.rate < rate * KEPT * seconds / (seconds + 2 * PROMPT):
            break
        best, cheapest = rate, min(cheapest, run.cpu_ms)
    show(f"{who.name}_best_rate", best, "calls/s")
    show(f"{who.name}_best_cpu_per_call", cheapest, "ms")


@asynccontextmanager
async def dialplane(folder: Path) -> AsyncIterator[Answering]:
    async with FakeApplication() as application:
        application.answer("/1111", "<Response><Play>/prompt.wav</Play></Response>")
        kept = (("Cache-Control", "max-age=3600"),)
        application.answer(
            "/prompt.wav", Reply(wav(tone(600, PROMPT)), content_type="audio/wav", headers=kept)
        )
        number = {"number": "1111", "voice_url": application.url("/1111")}
        quiet: dict[str, dict[str, object]] = {
            "log": {"level": "warning", "format": "json"},
            "limits": {"requests_per_source": 0},
        }
        daemon = Daemon(folder, numbers=[number], settings=quiet, ports=2000).start()
        try:
            yield Answering("dialplane", daemon.sip, daemon.pid)
        finally:
            daemon.stop()


@asynccontextmanager
async def bare_sipp(folder: Path) -> AsyncIterator[Answering]:
    sink = await RtpPeer.open()
    scenario = folder / "answering.xml"
    scenario.write_text(answering(str(Offer(sink.port)), talk_ms=round(PROMPT * 1000)))
    port = free_port()
    process = await sipp("-sf", str(scenario), "-p", str(port))
    try:
        yield Answering("bare_sipp", (LOOPBACK, port), process.pid)
    finally:
        process.kill()
        await process.wait()
        sink.close()


async def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for answering_side in (bare_sipp, dialplane):
            async with answering_side(Path(folder)) as who:
                await climb(who, seconds, Path(folder))
        show("dialplane_best_rate_goal", RATE_GOAL, "calls/s")
        show("dialplane_best_cpu_per_call_goal", CPU_GOAL, "ms")


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
