"""What legs offer and answer with: address, codecs, encryption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from engine.legs.clear_keys import ClearKeys
from media.codecs.registry import PCMA, PCMU, Codec
from media.srtp import SrtpPolicy

if TYPE_CHECKING:
    from media.webrtc.path import WebRtcOptions

_PREFERENCE = {"opus": 0, "G722": 1}
"""Wideband first."""


@dataclass(frozen=True)
class LegMedia:
    """What legs offer and answer with."""

    address: str
    """Written into descriptions; the address peers send to."""
    codecs: tuple[Codec, ...] = (PCMU, PCMA)
    srtp: SrtpPolicy = SrtpPolicy.OFF
    rtp_timeout: float = 0.0
    """Seconds without RTP and RTCP of the peer that end a leg, unless it is on hold; 0 for never."""
    webrtc: WebRtcOptions | None = None
    """What legs to browsers use; None takes none."""
    to_browser: bool = False
    """Whether our offers are WebRTC."""
    here: str = "127.0.0.1"
    """The address at which a leg of ours reaches another one of ours."""
    clear_keys: ClearKeys = field(default_factory=ClearKeys, compare=False)

    def for_peer(self, codecs: Iterable[str] = (), srtp: str = "", *, browser: bool = False) -> Self:
        """Return what legs of one peer use: its codecs by name, and its policy; empty leaves ours."""
        if self._is_for(codecs, srtp, browser):
            return self
        wanted = tuple(codec for name in codecs for codec in self.codecs if codec.encoding_name == name)
        policy = SrtpPolicy(srtp) if srtp else self.srtp
        to_browser = browser and self.webrtc is not None
        return replace(self, codecs=wanted or self.codecs, srtp=policy, to_browser=to_browser)

    def for_ourselves(self) -> Self:
        """Return what a call of ours to ourselves uses: its sound leaves no machine, and needs no secret."""
        return replace(self, address=self.here, srtp=SrtpPolicy.OFF, to_browser=False)

    def _is_for(self, codecs: Iterable[str], srtp: str, browser: bool) -> bool:
        """Whether a peer that wants this, most of the time nothing, gets what we have anyway."""
        to_browser = browser or self.to_browser
        return codecs == () and srtp in ("", self.srtp.value) and not to_browser

    def with_wideband_first(self) -> Self:
        """Return what a browser is offered: first the codecs that it sounds best with."""
        ordered = sorted(self.codecs, key=lambda codec: _PREFERENCE.get(codec.encoding_name, 2))
        return replace(self, codecs=tuple(ordered))
