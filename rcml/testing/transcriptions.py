"""Live transcriptions on the stage: what the other side says is told as it is said."""

from __future__ import annotations

import json

from rcml.testing.staged_leg import StagedLeg
from rcml.transcribing import INBOUND, TranscriptionEvent, TranscriptionRequest

SURE = 0.9


class StagedTranscriptions:
    """The transcriptions of one call."""

    def __init__(self, call: StagedLeg) -> None:
        self._call = call
        self._running: dict[str, TranscriptionRequest] = {}
        self._told = 0

    def start(self, request: TranscriptionRequest) -> None:
        """Begin."""
        self._running[request.name or self._call.scene.sid("GT")] = request
        self._tell(request, TranscriptionEvent.STARTED, **request.described())

    def stop(self, name: str) -> bool:
        """End the one of that name; False when there is none."""
        request = self._running.pop(name, None)
        if request is None:
            return False
        self._tell(request, TranscriptionEvent.STOPPED)
        return True

    def hear(self, words: str) -> None:
        """Tell what the other side says."""
        data = json.dumps({"transcript": words, "confidence": SURE})
        for request in self._running.values():
            if INBOUND in request.tracks:
                told = {"Track": INBOUND, "TranscriptionData": data, "Final": "true"}
                self._tell(request, TranscriptionEvent.CONTENT, **told)

    def _tell(self, request: TranscriptionRequest, event: TranscriptionEvent, **more: str) -> None:
        self._told += 1
        if request.status_callback is not None:
            self._call.tell(
                request.status_callback, TranscriptionEvent=event.value, SequenceId=str(self._told), **more
            )
