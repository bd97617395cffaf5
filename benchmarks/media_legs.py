"""What a leg of the plane costs beside the bare kernel, in one run under the same load.

Every leg hears a packet and says one every 20 ms; the plane decodes, buffers, looks for named events and
plays or mixes, the floor reads and sends. Both run at once, each under its own load, for several rounds:
what else the machine does then costs both alike, and the ratio counts.
"""

import json
import statistics
import subprocess
import sys
from contextlib import ExitStack
from threading import Event
from typing import IO, cast

WARM_SECONDS, MEASURED_SECONDS = 2.0, 6.0
KINDS = ("plane", "floor")


class Process:
    """One of the processes of ``module``; leaving it ends the process."""

    def __init__(self, kind, *arguments, module="benchmarks.rtp_servers"):
        command = [sys.executable, "-m", module, kind, *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._input = cast(IO[str], self._process.stdin)
        self._output = cast(IO[str], self._process.stdout)
        self.ports = json.loads(self._output.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._input.close()
        self._process.wait(20)

    def tell(self, value):
        self._input.write(json.dumps(value) + "\n")
        self._input.flush()

    def ask(self, what):
        self.tell(what)
        return json.loads(self._output.readline())


def measure(legs, room, work="mix", kinds=KINDS, seconds=MEASURED_SECONDS):
    """Return, of one round, the counters of each kind before and after; raises when the sound was wrong."""
    pause = Event()
    with ExitStack() as processes:
        servers = {kind: processes.enter_context(Process(kind, legs, room, work)) for kind in kinds}
        loads = {}
        for kind, server in servers.items():
            loads[kind] = processes.enter_context(Process("load", legs, room, work))
            server.tell(loads[kind].ports)
            loads[kind].tell(server.ports)
        while any(server.ask("counters")["received"] < legs for server in servers.values()):
            # On a busy machine the loads need long until they begin.
            pause.wait(WARM_SECONDS)
        pause.wait(WARM_SECONDS)
        before = {kind: server.ask("counters") for kind, server in servers.items()}
        pause.wait(seconds)
        after = {kind: server.ask("counters") for kind, server in servers.items()}
        faults = loads["plane"].ask("faults") + servers["plane"].ask("faults")
    if faults:
        raise SystemExit(f"the sound of {len(faults)} of {legs} legs is wrong: {faults[:5]}")
    return before, after


def per_leg_second(before, after, legs):
    """Return CPU milliseconds, packets received and packets sent, per leg and second."""
    leg_seconds = legs * (after["at"] - before["at"])
    cpu, received, sent = (after[name] - before[name] for name in ("cpu", "received", "sent"))
    return 1000 * cpu / leg_seconds, received / leg_seconds, sent / leg_seconds


def report(name, legs, room, rounds, goal, work="mix"):
    """Measure and print; ``room`` is how many legs hear one another: 1 plays prompts, 2 bridges.

    ``work`` "record" writes what each leg says to a file of its own as well.
    """
    found: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        before, after = measure(legs, room, work)
        for kind in KINDS:
            found[kind].append(per_leg_second(before[kind], after[kind], legs))
    pairs = zip(found["plane"], found["floor"], strict=True)
    ratio = statistics.median(plane[0] / floor[0] for plane, floor in pairs)
    print(f"{name}_leg_cpu {statistics.median(each[0] for each in found['plane']):.3f} ms/leg-second")
    print(f"kernel_floor_cpu {statistics.median(each[0] for each in found['floor']):.3f} ms/leg-second")
    print(f"{name}_leg_to_floor {ratio:.2f} ratio")
    print(f"{name}_leg_to_floor_goal {goal} ratio")
    for kind in KINDS:
        print(f"{kind}_received {statistics.median(each[1] for each in found[kind]):.1f} packets/leg-second")
        print(f"{kind}_sent {statistics.median(each[2] for each in found[kind]):.1f} packets/leg-second")
    print(f"plane_worst_lateness {1000 * after['plane']['worst_lateness']:.2f} ms")
    print(f"plane_ticks_skipped {after['plane']['skipped']} ticks")
    print(f"plane_frames_concealed {after['plane']['concealed']} frames")


def number(position, default):
    """Return the argument of the command line at ``position``."""
    return int(sys.argv[position]) if len(sys.argv) > position else default
