"""How long an agent who comes waits for one of 100 members: ``python -m benchmarks.bench_queues``.

The queue, the documents that the members hear and the event loop are real; SIP and sound are not, so that
the figure is what the hand-over itself costs. The goal is 50 ms from the agent's coming to the bridge.
"""

import asyncio
import time
from types import SimpleNamespace

from engine.reporting import log
from rcml.flow import Fetch
from rcml.values import HttpMethod, Url
from tests.testkit.virtual_queue import QueueScene
from tests.testkit.waiting import eventually

MEMBERS = 100
WAIT = "http://app.test/wait"


async def hand_overs() -> list[float]:
    """Let as many agents as members come, one after another; return the seconds until each is connected."""
    scene = QueueScene({WAIT: "<Say>Please wait.</Say>"}, fetch_takes=0.05, store_fails=False)
    bridged = asyncio.Event()

    def bridge(one: object, other: object) -> SimpleNamespace:
        bridged.set()
        return SimpleNamespace(close=lambda: None)

    scene.services.plane.bridge = bridge
    for number in range(MEMBERS):
        scene.enter(f"member {number}", wait=Fetch(Url(WAIT), HttpMethod.POST))
    await eventually(lambda: scene.queues.members == MEMBERS, 10.0, "all wait")
    took = []
    for number in range(MEMBERS):
        bridged.clear()
        begun = time.perf_counter()
        scene.take(f"agent {number}")
        await bridged.wait()
        took.append(time.perf_counter() - begun)
    for caller in scene.callers.values():
        caller.leave()
    await scene.over()
    return took


def main() -> None:
    log.configure(level="warning")
    took = sorted(asyncio.run(hand_overs()))
    print(f"hand-over, median: {took[MEMBERS // 2] * 1000:.2f} ms")
    print(f"hand-over, p99: {took[MEMBERS * 99 // 100] * 1000:.2f} ms (goal 50)")


if __name__ == "__main__":
    main()
