"""What a WebRTC leg costs beside plain aiortc: ``python -m benchmarks.bench_webrtc [legs] [opus] [aiortc]``.

Legs of another process call the server over ICE and DTLS-SRTP and speak a tone. Ours bridges them in
pairs, each hearing the other; aiortc sends each its own sound back.
"""

import asyncio
import json
import sys

import uvloop

from benchmarks.media_legs import number
from benchmarks.webrtc_servers import HOST, Caller
from media.offer_answer import accept_answer, make_offer
from media.plane.plane import MediaPlane
from media.prompts import Prompt
from media.sdp import parse
from media.tone import tone
from media.webrtc.certificate import Certificate
from media.webrtc.ice import IceOptions
from media.webrtc.path import WebRtcOptions

PORTS = range(34000, 38000)
WARM_SECONDS, MEASURED_SECONDS = 3.0, 8.0


class Server:
    """A process of ``webrtc_servers``."""

    def __init__(self, process):
        self._process = process

    @classmethod
    async def start(cls, kind, codec):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.webrtc_servers",
            kind,
            codec,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )
        server = cls(process)
        await server._line()
        return server

    async def ask(self, what):
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        return json.loads(await self._line())

    async def _line(self):
        return await self._process.stdout.readline()

    async def stop(self):
        self._process.stdin.close()
        await self._process.wait()


async def connect(server, media, options, codec):
    """Call the server; return when the sound has its way, with the seconds that took."""
    loop = asyncio.get_running_loop()
    caller = Caller(media, options, codec, controlling=True)
    offer = make_offer(caller.local)
    begun = loop.time()
    answered = await server.ask(str(offer))
    caller.path.apply(accept_answer(offer, parse(answered.encode()), caller.local))
    await caller.path.established.wait()
    return caller, loop.time() - begun


async def measure(kind, codec, legs):
    prompt = Prompt(tone((1000.0,), 2.0, level_dbfs=-12.0), 8000, "tone", "")
    options = WebRtcOptions(Certificate(), IceOptions(HOST))
    server = await Server.start(kind, codec)
    async with MediaPlane(HOST, PORTS) as media:
        callers, seconds = [], []
        for _ in range(legs):
            caller, took = await connect(server, media, options, codec)
            callers.append(caller)
            seconds.append(took)
        playing = [asyncio.create_task(caller.leg.play(prompt, loops=0)) for caller in callers]
        await asyncio.sleep(WARM_SECONDS)
        before, heard_before = await server.ask("counters"), media.statistics()
        await asyncio.sleep(MEASURED_SECONDS)
        after, heard = await server.ask("counters"), media.statistics()
        for task in playing:
            task.cancel()
        for caller in callers:
            caller.path.close()
        leg_seconds = legs * (after["at"] - before["at"])
        cpu = 1000 * (after["cpu"] - before["cpu"]) / leg_seconds
        got = (heard.packets_received - heard_before.packets_received) / leg_seconds
        name = f"{kind}_{codec.lower()}"
        print(f"{name}_legs {legs} legs")
        print(f"{name}_leg_cpu {cpu:.3f} ms/leg-second")
        print(f"{name}_legs_per_core {1000 / cpu:.0f} legs")
        print(f"{name}_sent_back {got:.1f} packets/leg-second")
        print(f"{name}_connected_within {1000 * sorted(seconds)[len(seconds) // 2]:.0f} ms")
    await server.stop()
    return cpu


async def main():
    ours = await measure("ours", "PCMU", number(1, 100))
    await measure("ours", "opus", number(2, 40))
    aiortc = await measure("aiortc", "PCMU", number(3, 6))
    print(f"aiortc_to_ours {aiortc / ours:.0f} ratio")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
