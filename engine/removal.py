"""Removes recordings: all sound there is of one, then its row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.store import RecordingFolder, RecordingRow, Store


class RecordingRemoval:
    """What the REST API and the retention of records do to a recording that nobody wants any more."""

    def __init__(self, store: Store, folder: Callable[[], RecordingFolder]) -> None:
        self._store = store
        self._folder = folder

    async def remove(self, row: RecordingRow) -> None:
        """Remove one that has ended; raises OSError when its file cannot be, and then all of it stays."""
        # The sound first: should we be killed between the two, the row is there to be deleted again.
        await asyncio.to_thread(self._folder().remove, row.sid)
        await self._store.delete(RecordingRow, RecordingRow.sid == row.sid)
