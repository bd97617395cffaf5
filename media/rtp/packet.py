"""RTP packets (RFC 3550 section 5.1 and 5.3.1; RFC 5761 section 4 tells them from RTCP)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from media.errors import MediaMisuse, PacketError

VERSION = 2
FIXED_HEADER_OCTETS = 12
MAX_CSRC = 15

_FIXED = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")


@dataclass(frozen=True, slots=True)
class HeaderExtension:
    """The one header extension that a packet may carry (RFC 3550 section 5.3.1)."""

    profile: int
    content: bytes
    """A whole number of 32-bit words."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet, without its padding octets."""

    payload_type: int
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes = b""
    marker: bool = False
    csrc: tuple[int, ...] = ()
    extension: HeaderExtension | None = None
    padding: int = 0
    """How many padding octets follow the payload, the count octet included; 0 for none."""

    @classmethod
    def parse(cls, packet: bytes) -> RtpPacket:
        """Read ``packet``; raises :class:`PacketError` when a length in it lies."""
        if len(packet) < FIXED_HEADER_OCTETS:
            raise PacketError(f"an RTP packet of {len(packet)} octets is shorter than its fixed header")
        first, second, sequence_number, timestamp, ssrc = _FIXED.unpack_from(packet)
        if first >> 6 != VERSION:
            raise PacketError(f"RTP version {first >> 6} is not {VERSION}")
        csrc, after_csrc = _parse_csrc(packet, first & 0x0F)
        extension, start = _parse_extension(packet, after_csrc) if first & 0x10 else (None, after_csrc)
        padding = _padding_octets(packet, start) if first & 0x20 else 0
        return cls(
            payload_type=second & 0x7F,
            sequence_number=sequence_number,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=packet[start : len(packet) - padding],
            marker=bool(second & 0x80),
            csrc=csrc,
            extension=extension,
            padding=padding,
        )

    def build(self) -> bytes:
        """Return the packet as it travels; raises :class:`MediaMisuse` for a field out of range."""
        self._check_ranges()
        first = VERSION << 6 | bool(self.padding) << 5 | (self.extension is not None) << 4 | len(self.csrc)
        second = self.marker << 7 | self.payload_type
        parts = [_FIXED.pack(first, second, self.sequence_number, self.timestamp, self.ssrc)]
        parts.append(struct.pack(f"!{len(self.csrc)}I", *self.csrc))
        if self.extension is not None:
            words = len(self.extension.content) // 4
            parts.append(_EXTENSION.pack(self.extension.profile, words) + self.extension.content)
        parts.append(self.payload)
        if self.padding:
            parts.append(bytes(self.padding - 1) + bytes((self.padding,)))
        return b"".join(parts)

    def _check_ranges(self) -> None:
        limits = (
            ("payload_type", self.payload_type, 0x7F),
            ("sequence_number", self.sequence_number, 0xFFFF),
            ("timestamp", self.timestamp, 0xFFFFFFFF),
            ("ssrc", self.ssrc, 0xFFFFFFFF),
            ("padding", self.padding, 0xFF),
            ("number of csrc", len(self.csrc), MAX_CSRC),
            *(("csrc", csrc, 0xFFFFFFFF) for csrc in self.csrc),
        )
        for name, value, limit in limits:
            if not 0 <= value <= limit:
                raise MediaMisuse(f"RTP {name} {value} does not fit 0 to {limit}")
        if self.extension is not None and len(self.extension.content) % 4:
            octets = len(self.extension.content)
            raise MediaMisuse(f"an RTP header extension of {octets} octets is no whole number of words")


def _parse_csrc(packet: bytes, count: int) -> tuple[tuple[int, ...], int]:
    end = FIXED_HEADER_OCTETS + 4 * count
    if end > len(packet):
        raise PacketError(f"{count} contributing sources do not fit a packet of {len(packet)} octets")
    return struct.unpack_from(f"!{count}I", packet, FIXED_HEADER_OCTETS), end


def _parse_extension(packet: bytes, start: int) -> tuple[HeaderExtension, int]:
    if start + _EXTENSION.size > len(packet):
        raise PacketError("the header extension is announced but absent")
    profile, words = _EXTENSION.unpack_from(packet, start)
    begin = start + _EXTENSION.size
    end = begin + 4 * words
    if end > len(packet):
        raise PacketError(f"a header extension of {words} words does not fit {len(packet)} octets")
    return HeaderExtension(profile, packet[begin:end]), end


def _padding_octets(packet: bytes, payload_start: int) -> int:
    padding = packet[-1]
    if padding == 0 or payload_start + padding > len(packet):
        raise PacketError(f"padding of {padding} octets does not fit {len(packet) - payload_start} octets")
    return padding


def is_rtcp(packet: bytes) -> bool:
    """Tell RTCP from RTP on a shared port by the second octet (RFC 5761 section 4)."""
    return len(packet) >= 2 and packet[0] >> 6 == VERSION and 192 <= packet[1] <= 223
