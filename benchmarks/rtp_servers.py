"""The processes of media_legs: ``plane``, ``floor`` and ``load``. Started by it, not by hand.

Each prints the ports of its legs as a line of JSON, reads the ports of the other side as one,
and from then on answers every line with its counters, or with what was wrong with the sound, until
standard input ends. Arguments are the kind, the number of legs, how many legs hear one another
(1 for a prompt each, 2 for bridges, more for rooms), and "record" when each leg is recorded, "busy" when the
event loop of the plane is never idle, else "mix".
"""

import asyncio
import gc
import json
import os
import socket
import sys
import tempfile
import threading
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from benchmarks import heard, packet_loops
from benchmarks.busy_loop import BusyLoop
from benchmarks.thread_watch import named, watched
from media import offer_answer
from media.codecs import g711
from media.plane.plane import MediaPlane
from media.prompts import Prompt
from media.recording.recorder import Recorder
from media.recording.wav import HEADER_OCTETS
from media.recording.writer import RecordingThread
from media.sdp import parse

HOST = "127.0.0.1"
PLANE_PORTS = range(20000, 32000)
REALTIME_PRIORITY = 10


def bound(port=0):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    made.bind((HOST, port))
    return made


def bound_pair():
    """Return sockets of two neighbouring ports: reports of the plane have somewhere to go."""
    while True:
        rtp = bound()
        try:
            return rtp, bound(rtp.getsockname()[1] + 1)
        except OSError:
            rtp.close()


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def clocks():
    return {"at": time.monotonic(), "cpu": time.process_time()}


def exchange_ports(sockets):
    """Tell our ports and connect to those of the other side, one to one."""
    say([each.getsockname()[1] for each in sockets])
    for each, port in zip(sockets, json.loads(sys.stdin.readline()), strict=True):
        each.connect((HOST, port))
    return np.array([each.fileno() for each in sockets], np.int64)


def run_until_input_ends(loop, *arguments, faults=list):
    """Run ``loop`` as the plane runs its tick: compiled, in a thread, at real-time priority if granted."""
    buffer, clock, control = np.zeros(2048, np.uint8), np.zeros(2, np.int64), np.zeros(4, np.int64)
    control[packet_loops.STOP] = 1
    loop(*arguments, buffer, clock, control)
    control[:] = 0

    def run():
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
        except OSError:
            sys.stderr.write("no real-time priority\n")
        loop(*arguments, buffer, clock, control)

    gc.freeze()
    thread = threading.Thread(target=run)
    thread.start()
    for line in sys.stdin:
        if json.loads(line) == "faults":
            say(faults())
            continue
        received, sent = int(control[packet_loops.RECEIVED]), int(control[packet_loops.SENT])
        say({**clocks(), "received": received, "sent": sent})
    control[packet_loops.STOP] = 1
    thread.join()


def floor(legs, room):
    sockets = [bound() for _ in range(legs)]
    run_until_input_ends(packet_loops.echo, exchange_ports(sockets))


def load(legs, room):
    pairs = [bound_pair() for _ in range(legs)]
    descriptors = exchange_ports([rtp for rtp, _ in pairs])
    packets = np.zeros((legs, 172), np.uint8)
    packets[:, 0] = 0x80
    packets[:, 11] = np.arange(legs) % 251 + 1
    for leg in range(legs):
        packets[leg, 12:] = np.frombuffer(g711.encode_mulaw(heard.voice(leg, room)), np.uint8)
    came = np.zeros((legs, packet_loops.KEPT, 160), np.uint8)
    numbers = np.full((legs, packet_loops.KEPT), -1, np.int64)
    run_until_input_ends(
        packet_loops.load,
        descriptors,
        packets,
        came,
        numbers,
        faults=lambda: heard.faults(came.copy(), numbers.copy(), room),
    )


def negotiated(port):
    """Return what a leg and a peer on ``port`` that takes named events agree on."""
    offer = f"""v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r
m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"""
    return offer_answer.answer(parse(offer.encode()), offer_answer.LocalMedia(HOST, 40000))


def join(media, legs, room):
    """Let legs hear one another in groups; return what keeps them together."""
    groups = [legs[start : start + room] for start in range(0, len(legs), room)]
    if room == 2:
        return [media.bridge(*group) for group in groups]
    rooms = [media.room() for _ in groups]
    for mix, group in zip(rooms, groups, strict=True):
        for leg in group:
            mix.join(leg)
    return rooms


def sound_of(summary):
    return np.frombuffer(Path(summary.path).read_bytes()[HEADER_OCTETS:], "<i2")


class Recordings:
    """A file for each leg, in a folder that goes with them."""

    def __init__(self, legs, room):
        self._folder = tempfile.TemporaryDirectory(prefix="bench-recording-")
        self._thread, self._room = RecordingThread(), room
        paths = [Path(self._folder.name, f"{number}.wav") for number in range(len(legs))]
        self._recorders = [
            Recorder(leg.tap("in"), path, thread=self._thread) for leg, path in zip(legs, paths, strict=True)
        ]

    async def faults(self):
        """End the recordings and return what is wrong with their last second."""
        summaries = [await recorder.stop() for recorder in self._recorders]
        found = [heard.record_fault(sound_of(each), leg, self._room) for leg, each in enumerate(summaries)]
        return [fault for fault in found if fault]

    def close(self):
        self._thread.close()
        self._folder.cleanup()


async def plane(legs, room, work):
    prompt = Prompt(heard.prompt(), 8000, "tone", "")
    lines = await standard_input()
    async with MediaPlane(HOST, PLANE_PORTS) as media:
        opened = [media.open_leg() for _ in range(legs)]
        say([leg.local_port for leg in opened])
        for leg, port in zip(opened, json.loads(await lines.readline()), strict=True):
            leg.apply(negotiated(port))
        playing = []
        if room == 1:
            playing = [asyncio.create_task(leg.play(prompt, loops=0)) for leg in opened]
        else:
            join(media, opened, room)
        recordings = Recordings(opened if work == "record" else [], room)
        gc.collect()
        gc.freeze()
        loop = BusyLoop()
        async with loop if work == "busy" else nullcontext():
            await answer(lines, media, recordings, loop)
        recordings.close()
        for task in playing:
            task.cancel()


async def standard_input():
    """Return a reader of standard input; what ``sys.stdin`` reads itself, beyond its line, is lost to it."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def answer(lines, media, recordings, busy):
    thread = named("media")
    while line := await lines.readline():
        if json.loads(line) == "faults":
            say(await recordings.faults())
            continue
        now = media.statistics()
        say(
            {
                **clocks(),
                "received": now.packets_received,
                "sent": now.packets_sent,
                "worst_lateness": now.worst_lateness,
                "concealed": now.frames_concealed,
                "skipped": now.ticks_skipped,
                "lateness": now.lateness_microseconds,
                "answered": busy.answered,
                "loop_cpu": time.thread_time(),
                **watched(thread),
            }
        )


def main():
    kind, legs, room, *work = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]
    if kind == "plane":
        asyncio.run(plane(legs, room, *work))
    else:
        {"floor": floor, "load": load}[kind](legs, room)


if __name__ == "__main__":
    main()
