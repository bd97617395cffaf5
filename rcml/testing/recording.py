"""A recording on the stage."""

from __future__ import annotations

from rcml.call import EndedBy, InputKind, Recorded, RecordRequest
from rcml.testing.scene import Ear, spoken_for
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.transcript import Kind


class StagedRecording:
    """Records what the other side says; a recording in which nobody spoke is none."""

    def __init__(self, call: StagedLeg, request: RecordRequest) -> None:
        self._call = call
        self._stage = call.scene.stage
        self._request = request
        self._begun = self._stage.now
        self._speaks_until: float | None = None
        self._key = ""

    async def run(self) -> Recorded:
        """Record until something ends it."""
        request, call = self._request, self._call
        if request.beep and not call.gone:
            call.write(Kind.PLAYED, "(beep)")
        ear = Ear(kinds=frozenset(InputKind), key=self._press, words=self._speak)
        with call.listening(ear):
            ended_by = await self._until_ended()
        heard_until = self._stage.now
        if request.trim_silence and self._speaks_until is not None:
            heard_until = min(heard_until, self._speaks_until)
        if self._speaks_until is None or heard_until <= self._begun:
            return Recorded(ended_by=ended_by, key=self._key)
        return Recorded(
            ended_by=ended_by,
            duration=heard_until - self._begun,
            url=call.scene.recording_url(),
            key=self._key,
        )

    async def _until_ended(self) -> EndedBy:
        stage, call = self._stage, self._call
        while True:
            if call.gone:
                return EndedBy.HANGUP
            if self._key:
                return EndedBy.KEY
            quiet_from = self._begun if self._speaks_until is None else self._speaks_until
            silence, limit = quiet_from + self._request.silence, self._begun + self._request.max_length
            if stage.now >= min(silence, limit):
                return EndedBy.SILENCE if silence <= limit else EndedBy.MAX_LENGTH
            seen = self._speaks_until
            await stage.wait(
                min(silence, limit) - stage.now,
                lambda seen=seen: call.gone or bool(self._key) or self._speaks_until != seen,  # type: ignore[misc]
            )

    def _press(self, key: str) -> None:
        if key in self._request.finish_on:
            self._key = key

    def _speak(self, words: str) -> None:
        self._speaks_until = max(self._stage.now, self._speaks_until or 0.0) + spoken_for(words)
