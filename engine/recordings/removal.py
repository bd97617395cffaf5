"""Removes recordings: all sound there is of one, here and in the bucket, then its row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.s3.uploads import RecordingUploads
from engine.store import RecordingFolder, RecordingRow, Store


class RecordingRemoval:
    """What the REST API and the retention of records do to a recording that nobody wants any more."""

    def __init__(
        self,
        store: Store,
        folder: Callable[[], RecordingFolder],
        uploads: Callable[[], RecordingUploads | None],
    ) -> None:
        self._store = store
        self._folder = folder
        self._uploads = uploads

    async def remove(self, row: RecordingRow) -> None:
        """Remove one that has ended; raises OSError or :class:`BucketError` when its sound cannot be."""
        # The sound first: should we be killed between the two, the row is there to be deleted again.
        if (uploads := self._uploads()) is not None:
            await uploads.forget(row.sid)
        await asyncio.to_thread(self._folder().remove, row.sid)
        await self._store.delete(RecordingRow, RecordingRow.sid == row.sid)
