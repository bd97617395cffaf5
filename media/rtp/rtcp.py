"""RTCP packets: SR, RR, SDES, BYE and APP in compounds (RFC 3550 section 6, appendix A.2).

A round trip is measured without agreeing on a clock: a reporter sends an NTP time, the other
side returns its middle 32 bits (LSR) with how long it held them (DLSR), section 6.4.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from media.errors import MediaMisuse, PacketError

VERSION = 2
SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203

CNAME = 1
"""The SDES item that every compound carries (section 6.5.1)."""

MAX_BLOCKS = 31
NTP_UNIX_OFFSET = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""

_HEADER = struct.Struct("!BBH")
_SENDER = struct.Struct("!QIII")
_BLOCK = struct.Struct("!IB3sIIII")
_WORD = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """How one source is received (section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """In 256ths, since the last report."""
    cumulative_lost: int
    """24 bits, signed."""
    highest_sequence: int
    interarrival_jitter: int
    last_sender_report: int = 0
    """Middle 32 bits of the NTP time of the last SR from the source; 0 for none."""
    delay_since_last_sender_report: int = 0
    """In 65536ths of a second."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp_timestamp: int
    """64-bit NTP time, see :func:`ntp_from_unix`."""
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceChunk:
    ssrc: int
    items: tuple[tuple[int, bytes], ...]
    """Pairs of item type and text."""


@dataclass(frozen=True, slots=True)
class SourceDescription:
    chunks: tuple[SourceChunk, ...]

    @classmethod
    def of_cname(cls, ssrc: int, cname: str) -> SourceDescription:
        return cls((SourceChunk(ssrc, ((CNAME, cname.encode()),)),))


@dataclass(frozen=True, slots=True)
class Goodbye:
    ssrcs: tuple[int, ...]
    reason: bytes = b""


@dataclass(frozen=True, slots=True)
class OtherRtcp:
    """A packet of a type that is not interpreted here: APP, feedback, extended reports."""

    packet_type: int
    count: int
    content: bytes


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye | OtherRtcp


def ntp_from_unix(seconds: float) -> int:
    """Return the 64-bit NTP time of ``seconds`` since 1970."""
    whole = int(seconds // 1)
    return ((whole + NTP_UNIX_OFFSET) << 32 | int((seconds - whole) * 2**32)) & 0xFFFFFFFFFFFFFFFF


def middle_of_ntp(ntp_timestamp: int) -> int:
    """Return the middle 32 bits, which LSR carries: 65536ths of a second."""
    return (ntp_timestamp >> 16) & 0xFFFFFFFF


def round_trip(block: ReportBlock, arrival_ntp: int) -> float | None:
    """Return the round trip in seconds that ``block`` proves, or None when it proves none.

    ``arrival_ntp`` is when the report came, on the clock that stamped our sender reports. A
    peer that claims to have held the report longer than it was away gets None, not a negative.
    """
    if block.last_sender_report == 0:
        return None
    away = (middle_of_ntp(arrival_ntp) - block.last_sender_report) & 0xFFFFFFFF
    travelled = away - block.delay_since_last_sender_report
    if travelled < 0 or away >= 0x80000000:
        return None
    return travelled / 65536


def parse_compound(packet: bytes) -> tuple[RtcpPacket, ...]:
    """Read every packet of a compound; raises :class:`PacketError` when a length in it lies.

    As appendix A.2 asks, the first must be a report. A receiver that has agreed to reduced-size
    RTCP (RFC 5506) has no use for that rule, but we never agree to it.
    """
    packets = tuple(_parse_one(*piece) for piece in _split(packet))
    if not packets:
        raise PacketError("an RTCP datagram of no packets")
    if not isinstance(packets[0], SenderReport | ReceiverReport):
        raise PacketError("an RTCP compound does not begin with a report")
    return packets


def _split(packet: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield packet type, count and content, without header and padding."""
    start = 0
    while start < len(packet):
        if start + _HEADER.size > len(packet):
            raise PacketError(f"{len(packet) - start} octets are left after the last RTCP packet")
        first, packet_type, words = _HEADER.unpack_from(packet, start)
        end = start + 4 * (words + 1)
        if first >> 6 != VERSION:
            raise PacketError(f"RTCP version {first >> 6} is not {VERSION}")
        if end > len(packet):
            raise PacketError(f"an RTCP packet of {words + 1} words does not fit its datagram")
        content = packet[start + _HEADER.size : end]
        if first & 0x20:
            content = _without_padding(content, is_last=end == len(packet))
        yield packet_type, first & 0x1F, content
        start = end


def _without_padding(content: bytes, is_last: bool) -> bytes:
    if not is_last:
        raise PacketError("padding in an RTCP packet that is not the last of its compound")
    if not content or content[-1] == 0 or content[-1] % 4 or content[-1] > len(content):
        raise PacketError("RTCP padding that does not fit its packet")
    return content[: len(content) - content[-1]]


def _parse_one(packet_type: int, count: int, content: bytes) -> RtcpPacket:
    if packet_type == SENDER_REPORT:
        _need(content, 4 + _SENDER.size + count * _BLOCK.size, "a sender report")
        (ssrc,) = _WORD.unpack_from(content)
        ntp_timestamp, rtp_timestamp, packets, octets = _SENDER.unpack_from(content, 4)
        blocks = _blocks(content, 4 + _SENDER.size, count)
        return SenderReport(ssrc, ntp_timestamp, rtp_timestamp, packets, octets, blocks)
    if packet_type == RECEIVER_REPORT:
        _need(content, 4 + count * _BLOCK.size, "a receiver report")
        return ReceiverReport(_WORD.unpack_from(content)[0], _blocks(content, 4, count))
    if packet_type == SOURCE_DESCRIPTION:
        return _parse_source_description(content, count)
    if packet_type == GOODBYE:
        return _parse_goodbye(content, count)
    return OtherRtcp(packet_type, count, content)


def _need(content: bytes, octets: int, what: str) -> None:
    if len(content) < octets:
        raise PacketError(f"{what} of {len(content)} octets needs {octets}")


def _blocks(content: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for index in range(count):
        ssrc, fraction, lost, *rest = _BLOCK.unpack_from(content, start + index * _BLOCK.size)
        blocks.append(ReportBlock(ssrc, fraction, int.from_bytes(lost, "big", signed=True), *rest))
    return tuple(blocks)


def _parse_source_description(content: bytes, count: int) -> SourceDescription:
    chunks: list[SourceChunk] = []
    position = 0
    while len(chunks) < count:
        _need(content, position + 8, "a source description")
        (ssrc,) = _WORD.unpack_from(content, position)
        items, position = _parse_items(content, position + 4)
        chunks.append(SourceChunk(ssrc, items))
    return SourceDescription(tuple(chunks))


def _parse_items(content: bytes, position: int) -> tuple[tuple[tuple[int, bytes], ...], int]:
    """Return the items of a chunk, which a zero octet ends, and where the next chunk begins."""
    items: list[tuple[int, bytes]] = []
    while True:
        _need(content, position + 1, "a source description")
        if content[position] == 0:
            return tuple(items), (position + 4) & ~3
        _need(content, position + 2, "an SDES item")
        end = position + 2 + content[position + 1]
        _need(content, end, "an SDES item")
        items.append((content[position], content[position + 2 : end]))
        position = end


def _parse_goodbye(content: bytes, count: int) -> Goodbye:
    _need(content, 4 * count, "a goodbye")
    ssrcs = struct.unpack_from(f"!{count}I", content)
    rest = content[4 * count :]
    if not rest:
        return Goodbye(ssrcs)
    _need(rest, 1 + rest[0], "the reason of a goodbye")
    return Goodbye(ssrcs, rest[1 : 1 + rest[0]])


def build_compound(packets: Sequence[RtcpPacket]) -> bytes:
    """Return ``packets`` as one datagram; raises :class:`MediaMisuse` for what cannot be said.

    The first should be a report and an SDES with a CNAME should follow (section 6.1).
    """
    return b"".join(_build_one(packet) for packet in packets)


def _build_one(packet: RtcpPacket) -> bytes:
    try:
        match packet:
            case SenderReport():
                sender = _SENDER.pack(
                    packet.ntp_timestamp, packet.rtp_timestamp, packet.packet_count, packet.octet_count
                )
                content = _WORD.pack(packet.ssrc) + sender + _build_blocks(packet.blocks)
                return _frame(SENDER_REPORT, len(packet.blocks), content)
            case ReceiverReport():
                content = _WORD.pack(packet.ssrc) + _build_blocks(packet.blocks)
                return _frame(RECEIVER_REPORT, len(packet.blocks), content)
            case SourceDescription():
                content = b"".join(_build_chunk(chunk) for chunk in packet.chunks)
                return _frame(SOURCE_DESCRIPTION, len(packet.chunks), content)
            case Goodbye():
                reason = bytes((len(packet.reason),)) + packet.reason if packet.reason else b""
                content = struct.pack(f"!{len(packet.ssrcs)}I", *packet.ssrcs) + reason
                return _frame(GOODBYE, len(packet.ssrcs), content)
            case OtherRtcp():
                return _frame(packet.packet_type, packet.count, packet.content)
    except (struct.error, OverflowError, ValueError) as error:
        raise MediaMisuse(f"{packet} cannot be written as RTCP: {error}") from error


def _frame(packet_type: int, count: int, content: bytes) -> bytes:
    if count > MAX_BLOCKS:
        raise MediaMisuse(f"an RTCP packet carries at most {MAX_BLOCKS} blocks, not {count}")
    content += bytes(-len(content) % 4)
    return _HEADER.pack(VERSION << 6 | count, packet_type, len(content) // 4) + content


def _build_blocks(blocks: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost,
            block.cumulative_lost.to_bytes(3, "big", signed=True),
            block.highest_sequence,
            block.interarrival_jitter,
            block.last_sender_report,
            block.delay_since_last_sender_report,
        )
        for block in blocks
    )


def _build_chunk(chunk: SourceChunk) -> bytes:
    items = b"".join(bytes((item, len(text))) + text for item, text in chunk.items)
    return _WORD.pack(chunk.ssrc) + items + bytes(4 - len(items) % 4)
