"""Deleting recordings through the REST API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.config import Settings
from engine.http.forms import Form
from engine.http.operations import Asked, Operations
from engine.http.problems import Problem
from engine.store import RecordingFolder, RecordingRow, Store


class RecordingOperations(Operations[RecordingRow, Form, Form]):
    """Removes a recording: its sound, then its row."""

    def __init__(self, store: Store, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._settings = settings

    async def delete(self, asked: Asked, row: RecordingRow) -> None:
        if row.status in ("in-progress", "paused"):
            message = "The recording is still being made: stop it, or end its call, first."
            raise Problem(409, message, twilio=(409, 20409))
        # The sound first: should we be killed between the two, the row is there to be deleted again.
        folder = RecordingFolder(self._settings().store.recordings)
        await asyncio.to_thread(folder.remove, row.sid)
        await self._store.delete(RecordingRow, RecordingRow.sid == row.sid)
