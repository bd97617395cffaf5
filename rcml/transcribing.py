"""Live transcriptions: what a document asks for."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from rcml.callback import Callback
from rcml.streaming import StreamTrack

INBOUND, OUTBOUND = StreamTrack.INBOUND.value, StreamTrack.OUTBOUND.value


class TranscriptionEvent(enum.Enum):
    """What a status callback tells of a transcription."""

    STARTED = "transcription-started"
    CONTENT = "transcription-content"
    STOPPED = "transcription-stopped"
    ERROR = "transcription-error"


@dataclass(frozen=True, kw_only=True)
class TranscriptionRequest:
    """Whose words are to be told as text, and to whom."""

    name: str = ""
    """What `<Stop>` calls it; its sid when empty."""
    track: StreamTrack = StreamTrack.BOTH
    language: str = "en-US"
    hints: tuple[str, ...] = ()
    partial_results: bool = False
    """Whether what is not certain yet is told too."""
    provider: str | None = None
    """The recogniser the document asks for; None leaves the choice to the server."""
    inbound_label: str = ""
    outbound_label: str = ""
    status_callback: Callback | None = None

    @property
    def tracks(self) -> tuple[str, ...]:
        """The tracks, as callbacks call them."""
        return (INBOUND, OUTBOUND) if self.track is StreamTrack.BOTH else (self.track.value,)

    def described(self) -> dict[str, str]:
        """Return what the first event tells."""
        told = {
            "LanguageCode": self.language,
            "Track": self.track.value,
            "PartialResults": str(self.partial_results).lower(),
            "Hints": ",".join(self.hints),
            "InboundTrackLabel": self.inbound_label,
            "OutboundTrackLabel": self.outbound_label,
        }
        return {name: value for name, value in told.items() if value}
