"""What G.722, Opus and SRTP add to a leg's turn, in microseconds: ``python -m benchmarks.bench_codecs``.

Kernels are called by a compiled loop, as the tick does; each figure is the least of some rounds, because
the machine has other work. Every packet must be proven and come back whole, else the run fails.
"""

import time
from collections.abc import Callable

import numpy as np
from numba import njit

from media.codecs import opus
from media.codecs.opus import MAX_OCTETS, MAX_PACKET_SAMPLES, OpusStates, OpusWishes
from media.plane import layout as c
from media.plane import shield
from media.plane.compiled import call_c
from media.plane.kernels.bands import compose_bands, hear_bands
from media.plane.kernels.g722 import decode_g722, encode_g722, start_g722
from media.plane.kernels.opus import decode_opus, encode_opus
from media.plane.kernels.seal import seal, unseal
from media.plane.kernels.wide import wide_of
from media.plane.legs import WIDE, allocate, clear_row
from media.plane.shield import Shield
from media.srtp import SrtpKey, SrtpKeys, SrtpSuite

PACKETS = 2000
ROUNDS = 7
PACKET = c.HEADER + c.FRAME
G722_GOAL, SRTP_GOAL, OPUS_GOAL = 25.0, 5.0, 1.3


@njit(nogil=True)
def wideband_turns(table, lane, leg, count):
    for _ in range(count):
        decode_g722(lane, leg, c.HEADER, c.FRAME)
        hear_bands(lane, leg)
        compose_bands(table, lane, leg, False, 0)
        encode_g722(lane, leg, c.HEADER)


@njit(nogil=True)
def opus_turns(table, lane, leg, octets, count):
    for _ in range(count):
        decode_opus(lane, leg, 0, octets)
        for band in range(2):
            for j in range(c.FRAME):
                wide_of(leg).heard_bands[band, j] = lane.decoded[band, j]
                leg.heard[j] = lane.decoded[0, j]
        hear_bands(lane, leg)
        compose_bands(table, lane, leg, False, 0)
        for band in range(2):
            for j in range(c.FRAME):
                lane.spoken_bands[band, j] = wide_of(leg).heard_bands[band, j]
        encode_opus(lane, leg)


@njit(nogil=True)
def bare_opus(lane, leg, octets, count):
    """Do what libopus does in :func:`opus_turns`, and nothing else."""
    sound, packet = lane.opus_sound.ctypes.data, leg.packet.ctypes.data
    payload = lane.buffer.ctypes.data
    for _ in range(count):
        call_c(lane.opus_decode, leg.opus_decoder, payload, octets, sound, MAX_PACKET_SAMPLES, 0)
        call_c(lane.opus_encode, leg.opus_encoder, sound, 2 * c.FRAME, packet, MAX_OCTETS, 0)


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


def least(
    work: Callable[[], None], prepare: Callable[[], None] = lambda: None, rounds: int = ROUNDS
) -> float:
    """Return the microseconds of one packet."""
    best = float("inf")
    for _ in range(rounds):
        prepare()
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best / PACKETS * 1e6


def measure_opus(table, lane, leg):
    lane.opus_encode, lane.opus_decode = opus.functions()
    states = OpusStates(OpusWishes(fec=True))
    leg.opus_encoder, leg.opus_decoder = states.encoder, states.decoder
    at = np.arange(40 * 2 * c.FRAME) / opus.RATE
    speech = 6000 * np.sin(2 * np.pi * 180 * at) * (1 + np.sin(2 * np.pi * 4 * at))
    sound = (speech + np.random.default_rng(7).normal(0, 800, len(at))).astype(np.int16)
    packets = [states.encode(sound[k : k + 2 * c.FRAME]) for k in range(0, len(sound), 2 * c.FRAME)]
    octets = len(packets[-1])
    lane.buffer[:octets] = np.frombuffer(packets[-1], np.uint8)
    opus_turns(table, lane, leg, octets, 1)
    bare_opus(lane, leg, octets, 1)
    turns, bare = [], []
    for _ in range(3):
        turns.append(least(lambda: opus_turns(table, lane, leg, octets, PACKETS), rounds=1))
        bare.append(least(lambda: bare_opus(lane, leg, octets, PACKETS), rounds=1))
    print(f"opus_frame_both_ways {min(turns):.1f} microseconds")
    print(f"opus_libopus_alone {min(bare):.1f} microseconds")
    print(f"opus_ratio {min(turns) / min(bare):.2f} (goal {OPUS_GOAL})")


def main():
    table = allocate(1)
    lane, leg = table.lane, table.legs[0]
    clear_row(leg)
    beside = np.zeros(1, WIDE)
    leg.wide_address = beside.ctypes.data
    leg.wide, leg.law, leg.started = 1, c.G722, 1
    start_g722(leg)
    lane.buffer[:] = np.random.default_rng(722).integers(0, 256, len(lane.buffer))
    wideband_turns(table, lane, leg, 1)
    cost = least(lambda: wideband_turns(table, lane, leg, PACKETS))
    print(f"g722_frame_both_ways {cost:.1f} microseconds (goal {G722_GOAL:.0f})")

    measure_opus(table, lane, leg)
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
