"""What legs offer and answer with: address, codecs, encryption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from engine.clear_keys import ClearKeys
from media.codecs.registry import PCMA, PCMU, Codec
from media.srtp import SrtpPolicy


@dataclass(frozen=True)
class LegMedia:
    """What legs offer and answer with."""

    address: str
    """Written into descriptions; the address peers send to."""
    codecs: tuple[Codec, ...] = (PCMU, PCMA)
    srtp: SrtpPolicy = SrtpPolicy.OFF
    rtp_timeout: float = 0.0
    """Seconds without RTP and RTCP of the peer that end a leg, unless it is on hold; 0 for never."""
    clear_keys: ClearKeys = field(default_factory=ClearKeys, compare=False)

    def for_peer(self, codecs: Iterable[str] = (), srtp: str = "") -> Self:
        """Return what legs of one peer use: its codecs by name, and its policy; empty leaves ours."""
        wanted = tuple(codec for name in codecs for codec in self.codecs if codec.encoding_name == name)
        return replace(self, codecs=wanted or self.codecs, srtp=SrtpPolicy(srtp) if srtp else self.srtp)
