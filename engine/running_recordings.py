"""The recordings that are being made: found from outside, to pause, go on or stop them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.kept_recording import KeptRecording

CURRENT = "Twilio.CURRENT"
"""Stands for the one recording of a call that runs."""


class RunningRecordings:
    """Knows each recording from its first moment until its row says how it ended."""

    def __init__(self) -> None:
        self._by_sid: dict[str, KeptRecording] = {}
        self._watched: set[asyncio.Task[None]] = set()

    def add(self, recording: KeptRecording) -> None:
        """Take up a recording that begins."""
        self._by_sid[recording.row.sid] = recording

    def forget(self, recording: KeptRecording) -> None:
        """Let go of a recording that has ended."""
        self._by_sid.pop(recording.row.sid, None)

    def find(self, call_sid: str, name: str) -> KeptRecording | None:
        """Return a call's recording by its sid, or the newest one as ``Twilio.CURRENT``."""
        if name == CURRENT:
            its = [each for each in self._by_sid.values() if each.row.call_sid == call_sid]
            return its[-1] if its else None
        found = self._by_sid.get(name)
        return found if found is not None and found.row.call_sid == call_sid else None

    def keep_when_ended(self, recording: KeptRecording) -> None:
        """Finish a recording that nobody else finishes, once its leg is gone or its length is reached."""
        task = asyncio.get_running_loop().create_task(recording.keep_when_ended())
        self._watched.add(task)
        task.add_done_callback(self._watched.discard)

    async def wait_kept(self) -> None:
        """Return when each recording of an ended call is kept."""
        if self._watched:
            await asyncio.wait(self._watched)
