"""RTCP of one leg: reports every five seconds, what the peer reports, goodbye (RFC 3550 section 6)."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import ip_address

from media.errors import PacketError
from media.plane import layout as c
from media.plane.legs import LegRow
from media.plane.media_thread import MediaThread
from media.plane.row_words import word_of
from media.plane.rtcp_schedule import INTERVAL, RtcpSchedule
from media.plane.shield import Shield
from media.plane.socket_address import Address, from_octets
from media.rtp import rtcp

MOST_READS = 16
"""Datagrams read between two reports: a flood is left in the socket until the next."""
SAMPLES_PER_SECOND = 8000

_LATCH, _CLOCK = word_of("latch"), word_of("clock")
_PACKETS_SENT = word_of("count") + c.PACKETS_SENT
_OCTETS_SENT = word_of("count") + c.OCTETS_SENT
_LAST_SENT_NS, _TIMESTAMP = word_of("last_sent_ns"), word_of("timestamp")
_LAST_HEARD_NS, _SOURCE_KNOWN = word_of("last_heard_ns"), word_of("source_known")
_SOURCE_SSRC, _HIGHEST = word_of("source_ssrc"), word_of("highest")
_FIRST_SEQUENCE, _RECEIVED = word_of("first_sequence"), word_of("received")
_SCALED_JITTER = word_of("scaled_jitter")


@dataclass(slots=True)
class RemoteView:
    """What the peer says of our packets, and how far it is away."""

    round_trip: float | None = None
    fraction_lost: float | None = None
    packets_lost: int | None = None
    jitter: float | None = None


@dataclass(slots=True)
class _Reported:
    """How much had come from a source when we last reported on it, for the fraction lost (A.3)."""

    ssrc: int = -1
    expected: int = 0
    received: int = 0


@dataclass(slots=True)
class _LastSenderReport:
    ssrc: int = -1
    middle: int = 0
    arrived_ns: int = 0


class RtcpReporter:
    """Writes reports from the leg table's counters and reads the peer's, on the event loop.

    Nothing that comes in can change more than what :attr:`remote` says: reports are not
    authenticated unless SRTP is agreed, and a goodbye does not end anything.
    """

    def __init__(
        self,
        thread: MediaThread,
        leg: LegRow,
        schedule: RtcpSchedule,
        own: socket.socket,
        rtp: socket.socket,
        cname: str,
    ) -> None:
        self.remote = RemoteView()
        self.last_heard_ns: int | None = None
        """When the last readable compound of the peer came, on the thread's clock."""
        self._thread = thread
        self._leg = leg
        self._words = thread.words_of(leg)
        self._own = own
        self._rtp = rtp
        self._ssrc = int(leg["ssrc"])
        # The same in every compound, so that it is built once.
        description = rtcp.SourceDescription.of_cname(self._ssrc, cname)
        self._description = rtcp.build_compound([description])
        self._loop = asyncio.get_running_loop()
        self._destination: Address | None = None
        self._heard_from: Address | None = None
        self._host: str | None = None
        self._mux = False
        self._shield: Shield | None = None
        self._packets_reported = 0
        self._reported = _Reported()
        self._last_sender_report = _LastSenderReport()
        self._reads_left = MOST_READS
        self._schedule = schedule
        self._started = False
        self._reading = False
        self._closed = False

    def move(self, thread: MediaThread, leg: LegRow) -> None:
        """Read the counters of another row from now on."""
        self._thread, self._leg, self._words = thread, leg, thread.words_of(leg)

    def apply(
        self, remote: Address | None, remote_rtcp: Address | None, mux: bool, shield: Shield | None = None
    ) -> None:
        """Take on where reports go, and what protects them; the first call starts them."""
        self._mux, self._shield = mux, shield
        if remote_rtcp != self._destination:
            self._destination, self._heard_from = remote_rtcp, None
        self._host = remote[0] if remote else None
        self._listen()
        if not self._started:
            self._started = True
            self._schedule.add(self._report)

    def close(self) -> None:
        """Say goodbye and stop; the sockets stay open."""
        if self._closed:
            return
        self._closed = True
        if self._started:
            self._schedule.discard(self._report)
            self._send(self._report_octets() + rtcp.build_compound([rtcp.Goodbye((self._ssrc,))]))
        self._deafen()

    def _listen(self) -> None:
        if not self._reading and not self._closed:
            self._reading = True
            self._loop.add_reader(self._own.fileno(), self._read)

    def _deafen(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._own.fileno())

    def _read(self) -> None:
        try:
            content, source = self._own.recvfrom(2048)
        except OSError:
            # Nothing there after all, or the peer's host refused a report of ours.
            return
        self._reads_left -= 1
        if self._reads_left <= 0:
            self._deafen()
        if self._is_peer(source[0]):
            # RFC 4961: a peer behind a NAT is reached where its reports come from.
            self._heard_from = source[:2]
            self.receive(content)

    def _is_peer(self, host: str) -> bool:
        hosts = {self._host, self._destination[0] if self._destination else None}
        if int(self._leg["remote_known"]):
            hosts.add(from_octets(self._leg["peer"])[0])
        return str(ip_address(host.partition("%")[0])) in hosts

    def receive(self, content: bytes) -> None:
        """Take in a compound that came from the peer's host; what cannot be read is left."""
        compound = self._shield.unprotect_rtcp(content) if self._shield else content
        if compound is None:
            return
        try:
            packets = rtcp.parse_compound(compound)
        except PacketError:
            return
        now_ns = self.last_heard_ns = self._thread.now_ns()
        for packet in packets:
            if isinstance(packet, rtcp.SenderReport):
                middle = rtcp.middle_of_ntp(packet.ntp_timestamp)
                self._last_sender_report = _LastSenderReport(packet.ssrc, middle, now_ns)
            if isinstance(packet, rtcp.SenderReport | rtcp.ReceiverReport):
                for block in packet.blocks:
                    self._take_block(block, now_ns)

    def _take_block(self, block: rtcp.ReportBlock, now_ns: int) -> None:
        if block.ssrc != self._ssrc:
            return
        round_trip = rtcp.round_trip(block, self._ntp(now_ns))
        if round_trip is not None:
            self.remote.round_trip = round_trip
        self.remote.fraction_lost = block.fraction_lost / 256
        self.remote.packets_lost = block.cumulative_lost
        self.remote.jitter = block.interarrival_jitter / (SAMPLES_PER_SECOND * self._words[_CLOCK])

    def _report(self) -> None:
        self._reads_left = MOST_READS
        self._listen()
        self._send(self._report_octets())

    def _send(self, compound: bytes) -> None:
        if self._shield is not None:
            compound = self._shield.protect_rtcp(compound)
        try:
            destination = self._heard_from or self._destination
            if not self._mux and destination is not None:
                self._own.sendto(compound, destination)
            elif self._mux and self._words[_LATCH] != c.LATCH_OPEN:
                self._rtp.send(compound)
        except OSError:
            # A full buffer or an unreachable peer: the next report says the same and more.
            return

    def _report_octets(self) -> bytes:
        now_ns = self._thread.now_ns()
        sent, octets = self._sent()
        blocks = self._blocks(now_ns)
        report: rtcp.RtcpPacket = rtcp.ReceiverReport(self._ssrc, blocks)
        if sent > self._packets_reported:
            report = rtcp.SenderReport(
                self._ssrc,
                self._ntp(now_ns),
                self._rtp_timestamp(now_ns),
                sent & 0xFFFFFFFF,
                octets & 0xFFFFFFFF,
                blocks,
            )
        self._packets_reported = sent
        return rtcp.build_compound([report]) + self._description

    def _sent(self) -> tuple[int, int]:
        """Return packets and octets sent, which belong together: the media thread counts on meanwhile."""
        words = self._words
        while True:
            packets, octets = words[_PACKETS_SENT], words[_OCTETS_SENT]
            if packets == words[_PACKETS_SENT]:
                return packets, octets

    def _ntp(self, now_ns: int) -> int:
        """Return NTP time that never jumps: the monotonic clock, set by the wall clock of the first tick."""
        return rtcp.ntp_from_unix((now_ns + self._thread.wall_clock_ahead_ns) / 1e9)

    def _rtp_timestamp(self, now_ns: int) -> int:
        since = now_ns - self._words[_LAST_SENT_NS]
        return (self._words[_TIMESTAMP] + since // c.SAMPLE_NS) * self._words[_CLOCK] & 0xFFFFFFFF

    def _blocks(self, now_ns: int) -> tuple[rtcp.ReportBlock, ...]:
        """Report on the source that is heard, if it was heard since before the last report."""
        silent = now_ns - self._words[_LAST_HEARD_NS] > 2 * INTERVAL * 1e9
        if not self._words[_SOURCE_KNOWN] or silent:
            return ()
        ssrc, highest = self._words[_SOURCE_SSRC], self._words[_HIGHEST]
        expected = highest - self._words[_FIRST_SEQUENCE] + 1
        received = self._words[_RECEIVED]
        last = self._last_sender_report
        heard_report = last.ssrc == ssrc
        block = rtcp.ReportBlock(
            ssrc=ssrc,
            fraction_lost=self._fraction_lost(ssrc, expected, received),
            cumulative_lost=max(-0x800000, min(expected - received, 0x7FFFFF)),
            highest_sequence=highest & 0xFFFFFFFF,
            interarrival_jitter=(self._words[_SCALED_JITTER] >> 4) * self._words[_CLOCK],
            last_sender_report=last.middle if heard_report else 0,
            delay_since_last_sender_report=(now_ns - last.arrived_ns) * 65536 // 10**9 if heard_report else 0,
        )
        return (block,)

    def _fraction_lost(self, ssrc: int, expected: int, received: int) -> int:
        before = self._reported
        if before.ssrc != ssrc or expected < before.expected:
            before = _Reported(ssrc)
        expected_now = expected - before.expected
        lost_now = expected_now - (received - before.received)
        self._reported = _Reported(ssrc, expected, received)
        if expected_now <= 0 or lost_now <= 0:
            return 0
        return min((lost_now << 8) // expected_now, 255)
