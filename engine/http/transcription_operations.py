"""Deleting transcriptions through the REST API."""

from __future__ import annotations

from engine.http.forms import Form
from engine.http.operations import Asked, Operations
from engine.http.problems import Problem
from engine.store import Store, TranscriptionRow


class TranscriptionOperations(Operations[TranscriptionRow, Form, Form]):
    """Removes the text of a recording; the sound stays."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def delete(self, asked: Asked, row: TranscriptionRow) -> None:
        if row.status == "in-progress":
            raise Problem(409, "The recording is still being transcribed.", twilio=(409, 20409))
        await self._store.delete(TranscriptionRow, TranscriptionRow.sid == row.sid)
