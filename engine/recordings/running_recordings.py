"""The recordings that are being made: found from outside, to pause, go on or stop them."""

from __future__ import annotations

import asyncio
from typing import Protocol

from engine.store import RecordingRow

BY_TWIML = "StartCallRecordingTwiML"
"""The source of what a document's `<Start>` began."""
CURRENT = "Twilio.CURRENT"
"""Stands for the recording of a call or conference that runs."""


class RunningRecording(Protocol):
    """What may be done from outside to a recording that is being made."""

    @property
    def row(self) -> RecordingRow:
        """Its record as it stands now."""
        ...

    @property
    def name(self) -> str:
        """What a document calls it; empty for none."""
        ...

    @property
    def runs(self) -> bool:
        """Whether it goes on."""
        ...

    def pause(self, *, paused: bool, filled: bool = False) -> None:
        """Leave out what is heard from now on, or take it up again."""
        ...

    def stop(self) -> object | None:
        """Begin to stop; None when it never began."""
        ...

    async def finish(self) -> object:
        """Stop, and return when what there is has been kept."""
        ...

    async def keep_when_ended(self) -> None:
        """Keep what there is when the recording has ended by itself."""
        ...


class RunningRecordings:
    """Knows each recording from its first moment until its row says how it ended."""

    def __init__(self) -> None:
        self._by_sid: dict[str, RunningRecording] = {}
        self._watched: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._by_sid)

    def add(self, recording: RunningRecording) -> None:
        """Take up a recording that begins."""
        self._by_sid[recording.row.sid] = recording

    def forget(self, recording: RunningRecording) -> None:
        """Let go of a recording that has ended."""
        self._by_sid.pop(recording.row.sid, None)

    def find(self, owner_sid: str, name: str) -> RunningRecording | None:
        """Return a recording of a call or conference by its sid, or the newest one as ``Twilio.CURRENT``.

        A conference's recording is not the one that runs of the call that asked for it.
        """
        if name == CURRENT:
            running = self._by_sid.values()
            its = [each for each in running if (each.row.conference_sid or each.row.call_sid) == owner_sid]
            return its[-1] if its else None
        found = self._by_sid.get(name)
        if found is None or owner_sid not in (found.row.call_sid, found.row.conference_sid):
            return None
        return found

    def named(self, call_sid: str, name: str) -> RunningRecording | None:
        """Return what a call's document began under a name, or without one; None when it has ended."""
        its = (each for each in self._by_sid.values() if each.row.call_sid == call_sid and each.runs)
        return next((each for each in its if each.row.source == BY_TWIML and each.name == name), None)

    def keep_when_ended(self, recording: RunningRecording) -> None:
        """Finish a recording that nobody else finishes, once its leg is gone or its length is reached."""
        task = asyncio.get_running_loop().create_task(recording.keep_when_ended())
        self._watched.add(task)
        task.add_done_callback(self._watched.discard)

    async def wait_kept(self) -> None:
        """Return when each recording of an ended call is kept."""
        if self._watched:
            await asyncio.wait(self._watched)
