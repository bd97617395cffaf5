"""One row of the leg table in virtual time: packets in, frames and events out, no socket and no thread."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from media.codecs import g711
from media.plane import layout as c
from media.plane.kernels import rings
from media.plane.kernels.jitter import hear
from media.plane.kernels.receive import receive
from media.plane.legs import WIDE, allocate, clear_row
from media.plane.socket_address import from_octets
from media.rtp.packet import RtpPacket
from media.sound import Samples

PEER = ("127.0.0.1", 4000)
SAMPLE_NS = c.SAMPLE_NS
SSRC = 0x1234


def sockaddr(host: str, port: int) -> np.ndarray:
    """Return a sockaddr_in as the leg table holds it."""
    octets = np.zeros(c.ADDRESS_OCTETS, np.uint8)
    octets[0] = 2
    octets[2:4] = port >> 8, port & 255
    octets[4:8] = [int(part) for part in host.split(".")]
    return octets


class VirtualLeg:
    """A leg that hears the peer of 127.0.0.1:4000, PCMU and events of type 101, unless told otherwise."""

    def __init__(self, sealed: bool = True, **fields: int) -> None:
        self.table = allocate(1)
        self.lane: Any = self.table.lane
        self.lane.host_octets = 4
        self.leg: Any = self.table.legs[0]
        clear_row(self.leg)
        self.wide: Any = np.zeros(1, WIDE).view(np.recarray)
        self.leg.wide_address = self.wide.ctypes.data
        agreed = {
            "generation": 1,
            "in_use": 1,
            "hearing": 1,
            "sending": 1,
            "listeners": 1,
            "remote_known": 1,
            "heard_event_type": 101,
            "event_type": 101,
            "latch": c.LATCH_SEALED if sealed else c.LATCH_OPEN,
        }
        for name, value in (agreed | fields).items():
            self.leg[name] = value
        self.leg.peer[:] = sockaddr(*PEER)
        self.leg.signalled[:] = self.leg.peer

    def deliver(self, packet: bytes, arrival: int = 0, source: tuple[str, int] = PEER) -> int:
        """Hand over a datagram that came at ``arrival``, in samples; return the verdict."""
        self.lane.buffer[: len(packet)] = np.frombuffer(packet, np.uint8)
        self.lane.address[:] = sockaddr(*source)
        return int(receive(self.lane, self.leg, len(packet), arrival * SAMPLE_NS))

    def pass_time(self) -> None:
        """Let the next tick begin."""
        self.lane.now_samples += c.FRAME
        self.lane.now_ns = self.lane.now_samples * SAMPLE_NS

    def hear(self) -> Samples:
        """Return the frame that is heard in this tick."""
        hear(self.lane, self.leg)
        frame: Samples = self.leg.heard.copy()
        return frame

    def listen(self, arrivals: Iterable[tuple[int, bytes]], ticks: int) -> Samples:
        """Hear ``ticks`` frames while datagrams come at their times, in samples."""
        waiting = sorted(arrivals, key=lambda arrival: arrival[0])
        heard = []
        for _ in range(ticks):
            self.pass_time()
            while waiting and waiting[0][0] <= self.lane.now_samples:
                arrival, packet = waiting.pop(0)
                self.deliver(packet, arrival)
            heard.append(self.hear())
        return np.concatenate(heard)

    def count(self, counter: int) -> int:
        return int(self.leg.count[counter])

    @property
    def received(self) -> int:
        return self.count(c.PACKETS_RECEIVED)

    def events(self) -> list[tuple[int, int]]:
        """Return kind and value of what was told to the event loop since the last time."""
        told, words = [], np.zeros(c.EVENT_WORDS, np.int64)
        while rings.pull(self.lane.events, self.lane.event_ends, words):
            told.append((int(words[0]), int(words[3])))
        return told

    def passed(self) -> list[tuple[bytes, tuple[str, int]]]:
        """Return the datagrams that were passed on to the event loop, and who sent them."""
        lane, ends = self.lane, self.lane.packet_ends
        return [
            (
                lane.packets[place, : int(lane.packet_words[place, 2])].tobytes(),
                from_octets(lane.packet_senders[place]),
            )
            for place in range(int(ends[c.TAIL]), int(ends[c.HEAD]))
        ]


def packets(
    sound: Samples,
    *,
    samples: int = 160,
    sequence: int = 0,
    timestamp: int = 0,
    ssrc: int = SSRC,
    payload_type: int = 0,
    marker: bool = False,
) -> list[bytes]:
    """Cut ``sound`` into RTP packets of ``samples`` each; the last may be shorter."""
    encode = g711.encode_alaw if payload_type == 8 else g711.encode_mulaw
    return [
        RtpPacket(
            payload_type=payload_type,
            sequence_number=(sequence + index) & 0xFFFF,
            timestamp=(timestamp + start) & 0xFFFFFFFF,
            ssrc=ssrc,
            payload=encode(sound[start : start + samples]),
            marker=marker and index == 0,
        ).build()
        for index, start in enumerate(range(0, len(sound), samples))
    ]


def paced(made: Sequence[bytes], samples: int = 160, first: int = 100) -> list[tuple[int, bytes]]:
    """Let packets arrive one after another, ``samples`` apart."""
    return [(first + index * samples, packet) for index, packet in enumerate(made)]


def silent_packet(
    sequence: int, timestamp: int | None = None, ssrc: int = SSRC, marker: bool = False, octets: int = 160
) -> bytes:
    """Return one packet of silence; its timestamp follows from its number unless given."""
    stamp = octets * sequence if timestamp is None else timestamp
    sound = np.zeros(octets, np.int16)
    return packets(sound, samples=octets, sequence=sequence, timestamp=stamp, ssrc=ssrc, marker=marker)[0]
