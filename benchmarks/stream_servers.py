"""The processes of bench_streams: ``engine`` and ``agent``. Started by it, not by hand.

``agent`` echoes every stream's sound and prints its port as a list of one. ``engine`` prints the ports of
its legs, reads theirs and the URLs of their streams as a line of JSON, and from then on answers every line
with its counters since the line before, until standard input ends.
"""

import asyncio
import json
import os
import sys
import time

import uvloop
from aiohttp import WSMsgType, web

from benchmarks.rtp_servers import HOST, negotiated, say, standard_input
from benchmarks.thread_watch import named, watched
from engine.collector import Collector
from engine.config import Settings
from engine.reporting import log
from engine.streams.dialing import StreamDialer
from media.plane.plane import MediaPlane
from tests.testkit.streaming_call import StreamingLeg

PORTS = range(20000, 24000)
LAG_INTERVAL = 0.005


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT and message.data.startswith('{"event":"media"'):
            # The engine ignores what it does not need: the message goes back as it came.
            await socket.send_str(message.data)
    return socket


async def agent():
    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    say([runner.addresses[0][1]])
    await (await standard_input()).read()
    await runner.cleanup()


def quiet_collector():
    """Keep garbage collection out of the way, as the daemon does."""
    Collector(lambda: 0).begin()


class Lag:
    """How late the event loop woke a task, in milliseconds."""

    def __init__(self):
        self.measured = []

    async def watch(self):
        while True:
            due = time.monotonic() + LAG_INTERVAL
            await asyncio.sleep(LAG_INTERVAL)
            self.measured.append(1000 * (time.monotonic() - due))

    def percentile(self, part):
        ordered = sorted(self.measured) or [0.0]
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


async def engine(legs, core):
    lines = await standard_input()
    async with MediaPlane(HOST, PORTS) as plane:
        opened = [plane.open_leg() for _ in range(legs)]
        say([leg.local_port for leg in opened])
        wanted = json.loads(await lines.readline())
        dialer = StreamDialer(Settings.embedded())
        calls = [StreamingLeg(leg, dialer) for leg in opened]
        for call, port, url in zip(calls, wanted["ports"], wanted["urls"], strict=True):
            call.media.apply(negotiated(port))
            call.connect(url)
        quiet_collector()
        lag = Lag()
        watching = asyncio.create_task(lag.watch())
        media = named("media")
        while await lines.readline():
            now = plane.statistics()
            say(
                {
                    "cpu": time.process_time(),
                    "ticks_late": now.ticks_late,
                    "ticks_on_time": now.ticks_on_time,
                    "skipped": now.ticks_skipped,
                    "lateness": now.lateness_microseconds,
                    "realtime": now.realtime,
                    **watched(media, core),
                    "lag_p50": lag.percentile(0.5),
                    "lag_p99": lag.percentile(0.99),
                    "lag_worst": lag.percentile(1.0),
                    "notes": sum(len(call.journal.notes) for call in calls),
                }
            )
            lag.measured.clear()
        watching.cancel()
        await asyncio.gather(*(call.streams.finish() for call in calls))
        await dialer.close()


def main():
    log.configure(level="warning", json=False)
    kind, core = sys.argv[1], int(sys.argv[2])
    if core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})
    uvloop.run(agent() if kind == "agent" else engine(int(sys.argv[3]), core))


if __name__ == "__main__":
    main()
