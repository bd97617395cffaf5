"""Lets callers come and go for minutes or hours, and says what they left behind. ``make soak`` runs it.

Run: python -m tests.soak.run [minutes] [visits a second]
After a warm-up the process is counted: descriptors by kind, threads, tasks, ports, every gauge. After the
load the same counts must come back exactly, memory may have grown by 5 MB, the event loop's lag must have
stayed under 5 ms for 99 of 100 wake-ups, no visit may have failed and the log may show no fault.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.telephones import telephones
from tests.soak.visits import NUMBERS, VISITS, World, visitor
from tests.testkit.application import FakeApplication
from tests.testkit.daemon import Daemon, resident_megabytes
from tests.testkit.descriptors import descriptors_of
from tests.testkit.stream_agent import StreamAgent
from tests.testkit.waiting import NeverHappened, eventually

MOST_GROWTH = 5.0
"""Megabytes of memory after the warm-up."""
MOST_LAG = 0.005
"""Seconds; the bound of a bucket of the histogram."""
WARM_UP = 300.0
"""Seconds: what is kept of the last thousand calls is full by then, at four a second."""
QUIET = 60.0
"""Seconds for connections that are kept alive, and for transactions that linger (64·T1), to be given up."""
REPORT = 60.0


@dataclass
class Soak:
    """One run against one daemon."""

    daemon: Daemon
    world: World
    rate: float
    """Visits a second."""
    done: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    async def load(self, seconds: float) -> None:
        """Let visitors come for so long, and wait until the last one has left."""
        until = time.monotonic() + seconds
        report = time.monotonic() + REPORT
        async with asyncio.TaskGroup() as visitors:
            while (now := time.monotonic()) < until:
                visitors.create_task(self._visit(self.world.rng.randrange(len(VISITS))))
                await asyncio.sleep(self.world.rng.expovariate(self.rate))
                if now > report:
                    report += REPORT
                    self.world.forget()
                    self._say(
                        f"{self.done.total()} visits, {len(self.failed)} failed, {self.memory():.1f} MB"
                    )
        self.world.forget()

    async def _visit(self, number: int) -> None:
        visit = VISITS[number]
        try:
            async with visitor(self.world) as guest:
                await visit(guest)
        except (AssertionError, TimeoutError, OSError) as error:
            self.failed.append(f"{visit.__name__}: {error!r}"[:500])
        self.done[visit.__name__] += 1

    async def settled(self, like: dict[str, float] | None = None) -> dict[str, float]:
        """Wait until all is given back, and is as it was; return the counts as they are then."""
        await self.daemon.clean(60.0)
        before: dict[str, float] = {}

        def rests() -> bool:
            nonlocal before
            now = self.counts()
            quiet = now == (before if like is None else like)
            before = now
            return quiet

        try:
            await eventually(rests, QUIET, "the counts come to rest", every=5.0)
        except NeverHappened:
            return self.counts()
        return before

    def counts(self) -> dict[str, float]:
        """Count what the process holds."""
        held = descriptors_of(self.daemon.pid)
        kinds = {f"descriptors: {kind}": count for kind, count in held.kinds.items()}
        gauges = {name: value for name, value in self.daemon.metrics().items() if _is_gauge(name)}
        threads = len(os.listdir(f"/proc/{self.daemon.pid}/task"))
        return {**kinds, **gauges, "threads": threads, "RTP ports": len(self.daemon.rtp_ports_in_use())}

    def memory(self) -> float:
        """Return the resident memory in megabytes."""
        return resident_megabytes(self.daemon.pid)

    def prompt_wake_ups(self) -> tuple[float, float]:
        """Return how many wake-ups of the event loop came within :data:`MOST_LAG`, and how many in all."""
        lines = self.daemon.get("/metrics").body.decode().splitlines()
        name = "dialplane_loop_lag_seconds_"
        within = next(line for line in lines if line.startswith(f'{name}bucket{{le="{MOST_LAG}"}}'))
        every = next(line for line in lines if line.startswith(f"{name}count"))
        return float(within.split()[-1]), float(every.split()[-1])

    def _say(self, text: str) -> None:
        sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        sys.stdout.flush()


def _is_gauge(name: str) -> bool:
    # What only grows is no count of what is held.
    return name.startswith("dialplane_") and not name.endswith(
        ("_total", "_sum", "_count", "_bucket", "worst_lateness")
    )


async def soak(minutes: float, rate: float, directory: Path) -> list[str]:
    """Run, and return what is wrong afterwards."""
    async with AsyncExitStack() as stack:
        application = await stack.enter_async_context(FakeApplication())
        agent = await stack.enter_async_context(StreamAgent(echo=True))
        numbers = [{"number": name, "voice_url": application.url(f"/{name}")} for name in NUMBERS]
        daemon = Daemon(
            directory,
            numbers=numbers,
            ports=1000,
            settings={"log": {"level": "warning"}, "limits": {"requests_per_source": 0}},
        )
        daemon.start()
        try:
            phones = await stack.enter_async_context(telephones(daemon.sip))
            run = Soak(daemon, World(phones, application, agent, random.Random(time.time_ns())), rate)
            run.world.serve()
            return await _judge(run, minutes)
        finally:
            if daemon.is_running:
                daemon.kill()


async def _judge(run: Soak, minutes: float) -> list[str]:
    await run.load(WARM_UP)
    before, memory, held = await run.settled(), run.memory(), descriptors_of(run.daemon.pid)
    prompt, all_ = run.prompt_wake_ups()
    await run.load(minutes * 60)
    prompt, all_ = (now - then for now, then in zip(run.prompt_wake_ups(), (prompt, all_), strict=True))
    after, growth = await run.settled(like=before), run.memory() - memory
    wrong = [f"a visit failed: {failure}" for failure in run.failed]
    wrong += [
        f"{name}: {before.get(name, 0):g} before, {after.get(name, 0):g} after"
        for name in sorted({*before, *after})
        if before.get(name, 0) != after.get(name, 0)
    ]
    if any("descriptors" in each for each in wrong):
        gained = descriptors_of(run.daemon.pid).names - held.names
        wrong += [f"held beyond the baseline: {count} of {name}" for name, count in gained.items()]
    if growth > MOST_GROWTH:
        wrong.append(f"memory grew by {growth:.1f} MB")
    if prompt < 0.99 * all_:
        wrong.append(f"{all_ - prompt:g} of {all_:g} wake-ups were later than {MOST_LAG * 1000:g} ms")
    wrong += [f"logged: {fault}" for fault in run.daemon.faults()]
    sys.stdout.write(
        f"{run.done.total()} visits {dict(run.done)}; memory {memory:.1f} MB and {growth:+.1f} MB; "
        f"{prompt / max(all_, 1):.2%} of the wake-ups within {MOST_LAG * 1000:g} ms\n"
    )
    return wrong


def main(minutes: float = 10.0, rate: float = 4.0) -> int:
    """Soak and return the exit code."""
    with tempfile.TemporaryDirectory() as directory:
        wrong = asyncio.run(soak(minutes, rate, Path(directory)))
    sys.stdout.writelines(f"WRONG {each}\n" for each in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*(float(text) for text in sys.argv[1:3])))
