"""Deleting recordings through the REST API."""

from __future__ import annotations

from engine.http.forms import Form
from engine.http.operations import Asked, Operations
from engine.http.problems import Problem
from engine.recordings.removal import RecordingRemoval
from engine.s3.bucket import BucketError
from engine.store import RecordingRow


class RecordingOperations(Operations[RecordingRow, Form, Form]):
    """Removes recordings that have ended."""

    def __init__(self, removal: RecordingRemoval) -> None:
        self._removal = removal

    async def delete(self, asked: Asked, row: RecordingRow) -> None:
        if row.status in ("in-progress", "paused"):
            message = "The recording is still being made: stop it, or end its call, first."
            raise Problem(409, message, twilio=(409, 20409))
        try:
            await self._removal.remove(row)
        except BucketError as error:
            message = f"The recording cannot be deleted from the storage of recordings now: {error}"
            raise Problem(503, message, {"Retry-After": "30"}) from error
