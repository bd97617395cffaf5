"""Bridged calls set up a second, and processor time per call: prints ``name value unit`` lines.

Run: python benchmarks/bench_bridged_calls.py [seconds per rate]

SIPp calls the daemon at rising rates, which fetches a document from an application in this process, dials a
second SIPp and lets both hear each other; who is called hangs up after 100 ms. A call is two legs: two
INVITEs, two BYEs, a bridge. Beside it stand the peer, the SIPp that is called, called directly, and a call of
one leg, with a prompt in place of the talk. The rates stop rising when calls fail or the rate is not kept.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_setup import Answering, bare_sipp, climb
from benchmarks.bench_setup import dialplane as one_leg
from tests.testkit.application import FakeApplication
from tests.testkit.daemon import Daemon


@asynccontextmanager
async def bridged(folder: Path, callee: Answering) -> AsyncIterator[Answering]:
    """Let a daemon dial the callee for everybody who calls."""
    async with FakeApplication() as application:
        noun = f"<Sip>sip:callee@{callee.address[0]}:{callee.address[1]}</Sip>"
        application.answer("/1111", f"<Response><Dial>{noun}</Dial></Response>")
        number = {"number": "1111", "voice_url": application.url("/1111")}
        quiet: dict[str, dict[str, object]] = {
            "log": {"level": "warning", "format": "json"},
            "limits": {"requests_per_source": 0},
        }
        daemon = Daemon(folder, numbers=[number], settings=quiet, ports=4000).start()
        try:
            yield Answering("bridged", daemon.sip, daemon.pid)
        finally:
            daemon.stop()


async def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for beside in (bare_sipp, one_leg):
            async with beside(folder) as who:
                await climb(who, seconds, folder)
        # A fresh one: a SIPp that has just been driven to its limit is slow for a while.
        async with bare_sipp(folder) as callee, bridged(folder, callee) as who:
            await climb(who, seconds, folder)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
