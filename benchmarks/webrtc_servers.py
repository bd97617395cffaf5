"""The servers of ``bench_webrtc``: a line of input is an offer or ``counters``, and gets a line back."""

import asyncio
import gc
import json
import sys
import time
from collections import defaultdict
from typing import Any

from benchmarks.rtp_servers import standard_input
from media.codecs.registry import codecs_named
from media.offer_answer import LocalMedia, answer
from media.plane.plane import MediaPlane
from media.sdp import parse
from media.webrtc.certificate import Certificate
from media.webrtc.ice import IceOptions
from media.webrtc.path import WebRtcOptions

HOST = "127.0.0.1"
PORTS = range(30000, 34000)


async def lines():
    reader = await standard_input()
    while line := await reader.readline():
        yield json.loads(line)


def say(value):
    print(json.dumps(value), flush=True)


def clocks():
    return {"cpu": time.process_time(), "at": time.monotonic()}


def counted(media, callers):
    """Return what a plane and its legs have counted; numbers that are missing in sequences were lost."""
    now = media.statistics()
    return {
        **clocks(),
        "received": now.packets_received,
        "sent": now.packets_sent,
        "lost": sum(caller.leg.statistics().packets_lost for caller in callers),
        "skipped": now.ticks_skipped,
        "concealed": now.frames_concealed,
    }


class Caller:
    """One leg of ours towards a browser, in the server or in the load."""

    def __init__(self, media, options, codec, *, controlling):
        self.path = options.path(
            controlling=controlling, on_lost=lambda why: sys.exit(f"a path is lost: {why}")
        )
        self.leg = media.open_leg(on_datagram=self.path.receive)
        self.path.attach(self.leg)
        self._codecs = codecs_named(codec)

    @property
    def local(self):
        return LocalMedia(HOST, self.leg.local_port, self._codecs, webrtc=self.path.local)


async def ours(codec):
    """The plane: two legs after each other are bridged."""
    options = WebRtcOptions(Certificate(), IceOptions(HOST))
    async with MediaPlane(HOST, PORTS) as media:
        say("ready")
        callers: list[Any] = []
        bridges = []
        async for wanted in lines():
            if wanted == "counters":
                gc.freeze()
                say(counted(media, callers))
                continue
            caller = Caller(media, options, codec, controlling=False)
            negotiated = answer(parse(wanted.encode()), caller.local)
            caller.path.apply(negotiated)
            callers.append(caller)
            if len(callers) % 2 == 0:
                bridges.append(media.bridge(callers[-2].leg, callers[-1].leg))
            say(str(negotiated.description))
        for caller in callers:
            caller.path.close()


async def plain_aiortc(_codec):
    """aiortc as its examples have it: what comes goes back."""
    from aiortc import RTCPeerConnection, RTCSessionDescription
    from aiortc.contrib.media import MediaRelay

    say("ready")
    connections: list[RTCPeerConnection] = []
    counts: dict[str, int] = defaultdict(int)
    relay = MediaRelay()
    async for wanted in lines():
        if wanted == "counters":
            for connection in connections:
                for report in (await connection.getStats()).values():
                    if report.type == "inbound-rtp":
                        counts[report.id] = report.packetsReceived
            say({**clocks(), "received": sum(counts.values()), "sent": sum(counts.values())})
            continue
        connection = RTCPeerConnection()
        connection.on("track", lambda track, to=connection: to.addTrack(relay.subscribe(track)))
        await connection.setRemoteDescription(RTCSessionDescription(wanted, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        connections.append(connection)
        say(connection.localDescription.sdp)


def main():
    kind, codec = sys.argv[1:3]
    if kind == "ours":
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(ours(codec))
    else:
        asyncio.run(plain_aiortc(codec))


if __name__ == "__main__":
    main()
