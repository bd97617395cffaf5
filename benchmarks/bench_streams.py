"""What streams cost and how late they are: ``python -m benchmarks.bench_streams [streams ...]``.

The engine runs on one core of its own (when there are two), the callers and an echoing agent on another.
Beside the streams that make the load, of which 0 is the floor, one call is measured from outside: the
caller and the application of that one live here, so one clock tells how long sound is on its way, and how
evenly its packets come; `own_lag` is how late this process itself was, which both contain.
"""

import asyncio
import base64
import statistics
import sys
from contextlib import ExitStack

import numpy as np

from benchmarks.media_legs import Process
from benchmarks.rtp_servers import HOST
from benchmarks.stream_servers import Lag, quiet_collector
from tests.testkit.outside_sound import RATE, from_ulaw, silence, tone
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.stream_agent import StreamAgent
from tests.testkit.waiting import eventually

SERVERS = "benchmarks.stream_servers"
ROUNDS = 15
ENGINE_CORE, OTHER_CORE = 0, 1
SETTLED = 6.0
"""Seconds after which the jitter buffer has forgotten how unevenly the caller sent at first."""
PATIENCE = 20.0
"""Seconds that sound is waited for: on a busy machine it comes late, which is a figure and no fault."""
LOUD = 1000
"""Above this a sample is sound, below it the silence between two measurements."""


class Caller(RtpPeer):
    """A caller who knows when its sound left."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.sent_sound_at = []

    def send_raw(self, datagram):
        super().send_raw(datagram)
        if np.abs(from_ulaw(datagram[12:])).max() > LOUD:
            self.sent_sound_at.append(asyncio.get_running_loop().time())


class Probe:
    """The call that is measured: its caller and its application."""

    def __init__(self, caller, agent):
        self._caller = caller
        self._agent = agent
        self._clock = asyncio.get_running_loop().time

    async def open(self):
        self._stream = await self._agent.stream(within=20.0)
        await asyncio.sleep(SETTLED)

    async def way_in(self):
        """Return seconds from the packet that the caller sends to the message that holds its sound."""
        await self._caller.say(silence(0.2))
        before = len(self._stream.arrived)
        self._caller.sent_sound_at.clear()
        await self._caller.say(tone(600, 0.1))
        arrived = await eventually(
            lambda: self._first_loud_message(before), PATIENCE, "it is heard", every=0.002
        )
        return arrived - self._caller.sent_sound_at[0]

    def _first_loud_message(self, before):
        for each in self._stream.arrived[before:]:
            content = each.content
            if content.get("event") == "media":
                sound = from_ulaw(base64.b64decode(content["media"]["payload"]))
                if np.abs(sound).max() > LOUD:
                    return each.at
        return None

    async def way_out(self):
        """Return seconds from the message that the application sends to the packet with its sound."""
        since = self._clock()
        await self._stream.say(tone(600, 0.1))
        await eventually(lambda: self._caller.last_heard(600) > since, PATIENCE, "it is heard", every=0.002)
        await asyncio.sleep(0.3)
        return self._loud_packets(since)[0] - since

    async def clear_to_silence(self):
        """Return seconds from the message to the last packet that still holds sound."""
        since = self._clock()
        await self._stream.say(tone(600, 5.0))
        await asyncio.sleep(0.3)
        cleared = self._clock()
        await self._stream.clear()
        await asyncio.sleep(0.3)
        return max(0.0, self._loud_packets(since)[-1] - cleared)

    async def mark_error(self):
        """Return seconds between the last packet of the sound and the answer to the mark behind it."""
        since, number = self._clock(), len(self._stream.of("mark")) + 1
        await self._stream.say(tone(600, 0.3))
        await self._stream.mark(str(number))
        await self._stream.until("mark", number)
        await asyncio.sleep(0.1)
        return abs(self._stream.times_of("mark")[-1] - self._loud_packets(since)[-1])

    def lateness(self, since):
        """Return the seconds that each packet came later than the most punctual one, by its timestamp."""
        packets = [each for each in self._caller.received if each.at > since]
        transit = [each.at - each.timestamp / RATE for each in packets]
        return [each - min(transit) for each in transit]

    def _loud_packets(self, since):
        return [
            each.at
            for each in self._caller.received
            if each.at > since and np.abs(from_ulaw(each.payload)).max() > LOUD
        ]


async def measure(streams):
    with ExitStack() as processes:
        load = processes.enter_context(Process("load", streams, 1)) if streams else None
        echo = processes.enter_context(Process("agent", OTHER_CORE, module=SERVERS))
        engine = processes.enter_context(Process("engine", ENGINE_CORE, streams + 1, module=SERVERS))
        if load is not None:
            load.tell(engine.ports[:streams])
        callers = load.ports if load is not None else []
        caller = await Caller.open()
        quiet_collector()
        async with StreamAgent() as agent:
            urls = [f"ws://{HOST}:{echo.ports[0]}/"] * streams + [agent.url()]
            engine.tell({"ports": [*callers, caller.port], "urls": urls})
            caller.connect(HOST, engine.ports[-1])
            probe = Probe(caller, agent)
            await probe.open()
            await asyncio.to_thread(engine.ask, "counters")
            before = await asyncio.to_thread(engine.ask, "counters")
            begun = asyncio.get_running_loop().time()
            own = asyncio.create_task((own_lag := Lag()).watch())
            found = {name: [await getattr(probe, name)() for _ in range(ROUNDS)] for name in MEASURED}
            own.cancel()
            late = probe.lateness(begun)
            after = await asyncio.to_thread(engine.ask, "counters")
            lasted = asyncio.get_running_loop().time() - begun
        caller.close()
    report(streams, found, before, after, lasted)
    report_punctuality(streams, before, after)
    print(f"packets_late_p99[{streams}] {1000 * float(np.percentile(late, 99)):.2f} ms")
    print(f"packets_late_worst[{streams}] {1000 * max(late):.2f} ms")
    print(f"own_lag_p99[{streams}] {own_lag.percentile(0.99):.2f} ms")
    print(f"own_lag_worst[{streams}] {own_lag.percentile(1.0):.2f} ms")


MEASURED = {"way_in": 60, "way_out": 40, "clear_to_silence": 20, "mark_error": 20}
"""What is measured, and the goals in milliseconds; the way in contains the 20 ms of a message."""


def report(streams, found, before, after, lasted):
    for name, seconds in found.items():
        print(f"{name}_p50[{streams}] {1000 * statistics.median(seconds):.1f} ms (goal {MEASURED[name]})")
        print(f"{name}_worst[{streams}] {1000 * max(seconds):.1f} ms")
    cpu = (after["cpu"] - before["cpu"]) / lasted
    print(f"engine_cpu[{streams}] {100 * cpu:.1f} % of a core")
    print(f"stream_cpu[{streams}] {1000 * cpu / (streams + 1):.2f} ms/stream-second")
    print(f"notes[{streams}] {after['notes'] - before['notes']} in {lasted:.0f} s")
    for name, goal in (("lag_p50", ""), ("lag_p99", " (goal 5)"), ("lag_worst", "")):
        print(f"{name}[{streams}] {after[name]:.2f} ms{goal}")


def report_punctuality(streams, before, after):
    """Say how late the tick was: phases, of which a tick has four, and frames leave in; and why."""
    late, on_time, skipped = (
        after[each] - before[each] for each in ("ticks_late", "ticks_on_time", "skipped")
    )
    print(f"late_ticks[{streams}] {skipped} ticks left out (goal 0)")
    print(f"late_phases[{streams}] {late} phases 5 ms late or more (goal 0)")
    print(f"phases[{streams}] {late + on_time} phases")
    times = [
        (bound, now - then)
        for (bound, then), (_, now) in zip(before["lateness"], after["lateness"], strict=True)
    ]
    print(f"phase_late_worst[{streams}] {max(bound for bound, each in times if each) / 1000:.3f} ms at most")
    half = sum(each for bound, each in times if bound > 500)
    print(f"phases_half_a_millisecond_late[{streams}] {half} phases")
    print(f"realtime[{streams}] {int(after['realtime'])} (1: the tick has real-time priority)")
    for name, unit in (("waited", "ms without its core"), ("faults", "pages"), ("stolen", "ms by the host")):
        print(f"tick_{name}[{streams}] {after[name] - before[name]:.1f} {unit}")


def main():
    for streams in [int(each) for each in sys.argv[1:]] or [0, 50, 100]:
        # Not uvloop, whose clock counts whole milliseconds.
        asyncio.run(measure(streams))


if __name__ == "__main__":
    main()
