"""What G.722 and SRTP add to a leg's turn, in microseconds: ``python -m benchmarks.bench_codecs``.

Kernels are called by a compiled loop, as the tick does; each figure is the least of some rounds, because
the machine has other work. Every packet must be proven and come back whole, else the run fails.
"""

import time
from collections.abc import Callable

import numpy as np
from numba import njit

from media.plane import layout as c
from media.plane import shield
from media.plane.kernels.bands import compose_bands, hear_bands
from media.plane.kernels.g722 import decode_g722, encode_g722, start_g722
from media.plane.kernels.seal import seal, unseal
from media.plane.legs import allocate, clear_row
from media.plane.shield import Shield
from media.srtp import SrtpKey, SrtpKeys, SrtpSuite

PACKETS = 2000
ROUNDS = 7
PACKET = c.HEADER + c.FRAME
G722_GOAL, SRTP_GOAL = 25.0, 5.0


@njit(nogil=True)
def wideband_turns(table, lane, leg, count):
    for _ in range(count):
        decode_g722(lane, leg, c.HEADER, c.FRAME)
        hear_bands(lane, leg)
        compose_bands(table, lane, leg, False)
        encode_g722(lane, leg, c.HEADER)


@njit(nogil=True)
def protected_packets(lane, leg, count):
    """Send and receive packets; return how many came back whole."""
    whole = 0
    for sequence in range(count):
        leg.packet[2] = np.uint8((sequence >> 8) & 255)
        leg.packet[3] = np.uint8(sequence & 255)
        octets = seal(lane, leg, leg.packet.ctypes.data, PACKET)
        for k in range(octets):
            lane.buffer[k] = lane.sealed[k]
        whole += unseal(lane, leg, octets) == PACKET
    return whole


def least(work: Callable[[], None], prepare: Callable[[], None] = lambda: None) -> float:
    """Return the microseconds of one packet."""
    best = float("inf")
    for _ in range(ROUNDS):
        prepare()
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best / PACKETS * 1e6


def main():
    table = allocate(1)
    lane, leg = table.lane, table.legs[0]
    clear_row(leg)
    leg.wide, leg.law, leg.started = 1, c.G722, 1
    start_g722(leg)
    lane.buffer[:] = np.random.default_rng(722).integers(0, 256, len(lane.buffer))
    wideband_turns(table, lane, leg, 1)
    cost = least(lambda: wideband_turns(table, lane, leg, PACKETS))
    print(f"g722_frame_both_ways {cost:.1f} microseconds (goal {G722_GOAL:.0f})")

    lane.protect, lane.unprotect = shield.functions()
    leg.packet[0] = 0x80
    for suite in SrtpSuite:
        key = SrtpKey(suite, bytes(range(suite.key_octets)))
        held: list[Shield] = []

        def begin_anew(key=key, held=held):
            held[:] = [Shield(SrtpKeys(key, key))]
            leg.unseal, leg.seal = held[0].addresses
            leg.sources_proven = 0

        def pass_packets():
            whole = protected_packets(lane, leg, PACKETS)
            if whole != PACKETS:
                raise SystemExit(f"{PACKETS - whole} of {PACKETS} packets did not come back whole")

        cost = least(pass_packets, begin_anew) / 2
        print(f"srtp_packet_{suite.value} {cost:.2f} microseconds (goal {SRTP_GOAL:.0f})")


if __name__ == "__main__":
    main()
