"""What a WebRTC leg costs beside plain aiortc: ``python -m benchmarks.bench_webrtc [legs] [opus] [aiortc]``.

Legs of another process call the server over ICE and DTLS-SRTP and speak a tone. Ours bridges them in
pairs, each hearing the other; aiortc sends each its own sound back.
"""

import asyncio
import json
import sys

import uvloop

from benchmarks.media_legs import number
from benchmarks.webrtc_servers import HOST, Caller, counted
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
PACKETS_PER_SECOND = 50


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
        before, load_before = await server.ask("counters"), counted(media, callers)
        await asyncio.sleep(MEASURED_SECONDS)
        after, load_after = await server.ask("counters"), counted(media, callers)
        for task in playing:
            task.cancel()
        for caller in callers:
            caller.path.close()
        name, load = f"{kind}_{codec.lower()}", passed(load_before, load_after)
        served = passed(before, after)
        cpu = 1000 * served["cpu"] / (legs * served["at"])
        print(f"{name}_legs {legs} legs")
        print(f"{name}_leg_cpu {cpu:.3f} ms/leg-second")
        print(f"{name}_legs_per_core {1000 / cpu:.0f} legs")
        tell_loss(name, legs, load, served)
        print(f"{name}_connected_within {1000 * sorted(seconds)[len(seconds) // 2]:.0f} ms")
    await server.stop()
    return cpu


def passed(before, after):
    return {key: after[key] - before[key] for key in before}


def tell_loss(name, legs, load, served):
    """Say what came each way, and whose fault it is when something did not.

    A packet that was sent and did not come is missing among the sequence numbers of who should have it: it
    was in that one's socket, for the way is one machine. One that was never sent is the sender's. Both
    processes do not read their counters at one moment: a packet a leg is within what cannot be told.
    """
    print(f"{name}_load_sent {load['sent'] / (legs * load['at']):.2f} packets/leg-second")
    print(f"{name}_sent_back {served['sent'] / (legs * served['at']):.2f} packets/leg-second")
    print(f"{name}_came_back {load['received'] / (legs * load['at']):.2f} packets/leg-second")
    if "lost" not in served:
        return
    lost = {"server": served, "load": load}
    for who, counts in lost.items():
        unsent = PACKETS_PER_SECOND * legs * counts["at"] - counts["sent"]
        print(f"{name}_{who}_missed {counts['lost']} packets")
        print(f"{name}_{who}_left_unsent {max(unsent - legs, 0):.0f} packets")
        print(f"{name}_{who}_skipped {counts['skipped']} ticks")
    print(f"{name}_server_concealed {served['concealed']} frames")
    # 0: the figures above are those of a load that had too little of the machine.
    print(f"{name}_load_kept_up {int(not load['skipped'] and not load['lost'])} flag")


async def main():
    ours = await measure("ours", "PCMU", number(1, 100))
    await measure("ours", "opus", number(2, 40))
    aiortc = await measure("aiortc", "PCMU", number(3, 6))
    print(f"aiortc_to_ours {aiortc / ours:.0f} ratio")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
