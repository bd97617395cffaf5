"""What listens to a live call now: streams and transcriptions. Nothing is kept of either."""

from __future__ import annotations

from engine.http.resources.calls import CALLS
from engine.http.resources.declaration import Rfc2822, Shown
from engine.http.resources.listener_forms import ListenerChange, StreamCreation, TranscriptionCreation
from engine.http.resources.parts import Part


class ShownListener(Shown):
    """A stream or a transcription that runs, or was stopped just now."""

    sid: str
    account_sid: str
    call_sid: str
    name: str | None
    status: str
    """`in-progress` or `stopped`."""
    date_updated: Rfc2822
    uri: str


STREAMS_OF_A_CALL = Part(
    CALLS,
    "Streams",
    "streams",
    ShownListener,
    "Stream",
    paged=False,
    creation=StreamCreation,
    change=ListenerChange,
)
TRANSCRIPTIONS_OF_A_CALL = Part(
    CALLS,
    "Transcriptions",
    "transcriptions",
    ShownListener,
    "LiveTranscription",
    paged=False,
    creation=TranscriptionCreation,
    change=ListenerChange,
)
