"""Streams of a call's sound: what a document asks for, and how a stream ends."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from rcml.callback import Callback


class StreamTrack(enum.Enum):
    """Whose sound is sent: the caller's, what the caller hears, or each for itself."""

    INBOUND = "inbound_track"
    OUTBOUND = "outbound_track"
    BOTH = "both_tracks"


class StreamEncoding(enum.Enum):
    """How sound is written: G.711 in text messages, or 16-bit samples in binary ones."""

    MULAW = "mulaw"
    L16 = "l16"


class StreamEvent(enum.Enum):
    """What a status callback tells of a stream."""

    STARTED = "stream-started"
    STOPPED = "stream-stopped"
    ERROR = "stream-error"


@dataclass(frozen=True, kw_only=True)
class StreamRequest:
    """A WebSocket to be opened, and what goes over it."""

    url: str
    name: str = ""
    """What `<Stop>` calls the stream; its sid when empty."""
    bidirectional: bool = False
    """Whether the application is heard by the caller."""
    track: StreamTrack = StreamTrack.INBOUND
    encoding: StreamEncoding = StreamEncoding.MULAW
    rate: int = 8000
    """Samples a second, of what is sent and of what the application sends."""
    barge_in: bool = False
    """Whether what is played pauses when the caller speaks."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Told to the application in the first message."""
    status_callback: Callback | None = None


@dataclass(frozen=True, kw_only=True)
class StreamEnd:
    """A stream that is over."""

    sid: str
    name: str
    error: str = ""
    """Why it failed; empty for one that was stopped by either side."""
    duration: float = 0.0
    """Seconds from the first message to the end."""

    @property
    def event(self) -> StreamEvent:
        return StreamEvent.ERROR if self.error else StreamEvent.STOPPED
