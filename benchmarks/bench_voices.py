"""How soon callers hear a text of 500 words: ``python -m benchmarks.bench_voices [callers] [rounds]``.

Every text is different, so that nothing comes from memory. Sound counts when the media thread says it to
the leg. First one caller at a time, then all at once; the lag of the event loop is that of a task which
sleeps 5 ms at a time meanwhile.
"""

import asyncio
import statistics
import sys
import time

import numpy as np
import uvloop

from engine.config import Settings
from engine.voices.library import VoiceLibrary
from engine.voices.speaker import say
from media.plane.plane import MediaPlane
from media.speech.espeak import EspeakEngine
from rcml.call import Speech
from tests.testkit.media_agreement import connect
from tests.testkit.ports import free_udp_range
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.waiting import eventually

SENTENCES = (
    "Thank you for calling, your order number {0} was sent this morning.",
    "It will arrive on the {0} of the month, between nine and twelve.",
    "If you would like to change the address, please press two now.",
    "You can also write to us, and we will answer within {0} hours.",
)
EVERY = 0.005
AUDIBLE = 300


def text_of(number):
    words: list[str] = []
    while len(words) < 500:
        words += SENTENCES[len(words) % len(SENTENCES)].format(number).split()
    return " ".join(words[:500])


async def first_sound(plane, library, peer, number):
    """Return the seconds from the verb to the first sample that is heard."""
    speech = Speech(text=text_of(number))
    leg = plane.open_leg()
    connect(leg, peer)
    tap = leg.tap("out")

    def heard():
        return (np.abs(tap.read().astype(np.int32)) > AUDIBLE).any()

    began = time.perf_counter()
    saying = asyncio.create_task(say(library, speech, leg, print))
    await eventually(heard, 30, "the text begins", every=EVERY)
    taken = time.perf_counter() - began
    # The whole text is made before the next caller comes.
    await eventually(lambda: library.find(speech) is not None, 60, "the text is made", every=0.1)
    saying.cancel()
    await asyncio.wait((saying,))
    leg.close()
    await leg.wait_closed()
    return taken


async def watch_lag(lags):
    while True:
        due = time.perf_counter() + EVERY
        await asyncio.sleep(EVERY)
        lags.append(max(0.0, time.perf_counter() - due))


async def measure(callers, rounds):
    first, last = free_udp_range(4 * callers + 8)
    engine = EspeakEngine(1)
    library = VoiceLibrary(Settings.embedded(), engine)
    await engine.warm_up()
    alone, together, quiet, busy = (list[float]() for _ in range(4))
    async with MediaPlane("127.0.0.1", range(first, last + 1)) as plane:
        peer = await RtpPeer.open()
        await first_sound(plane, library, peer, 0)
        watch = asyncio.create_task(watch_lag(quiet))
        await asyncio.sleep(2.0)
        watch.cancel()
        watch = asyncio.create_task(watch_lag(busy))
        numbers = iter(range(1, 1_000_000))
        for _ in range(rounds * 4):
            alone.append(await first_sound(plane, library, peer, next(numbers)))
        for _ in range(rounds):
            calls = (first_sound(plane, library, peer, next(numbers)) for _ in range(callers))
            together += await asyncio.gather(*calls)
        watch.cancel()
        peer.close()
    await library.close()
    return alone, together, quiet, busy


def show(name, seconds):
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    print(f"{name}_p50 {1000 * cuts[49]:.1f} ms")
    print(f"{name}_p99 {1000 * cuts[98]:.1f} ms")


def main():
    callers = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        alone, together, quiet, busy = runner.run(measure(callers, rounds))
    show("first_sound_alone", alone)
    show(f"first_sound_of_{callers}_at_once", together)
    show("loop_lag_idle", quiet)
    show("loop_lag_speaking", busy)


if __name__ == "__main__":
    main()
