"""The recordings of a call or a conference: begun, paused, taken up again and stopped while it lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import or_

from engine.calls.call_desk import CallDesk
from engine.config import Settings
from engine.http.call_operations import needed_desk, talk_recording, told_as_problems
from engine.http.dialect import TWILIO, Dialect
from engine.http.operations import Asked, Operations
from engine.http.parts import PartOperations
from engine.http.problems import Problem
from engine.http.resources import Place
from engine.http.resources.call_forms import RecordingChange, RecordingCreation
from engine.http.resources.recordings import HEARABLE, MADE_ON, ShownRecording, show
from engine.recordings.running_recordings import RunningRecording
from engine.store import CallRow, ConferenceRow, RecordingRow, Store

Owner = CallRow | ConferenceRow


class OwnRecordings(PartOperations[Owner, RecordingRow, RecordingCreation, RecordingChange]):
    """What lies below `…/Calls/CA…/Recordings` and `…/Conferences/CF…/Recordings`.

    ``Twilio.CURRENT`` is the one that runs. Those of a call are also those of a conference that it asked for.
    """

    def __init__(
        self,
        store: Store,
        desk: Callable[[], CallDesk | None],
        settings: Callable[[], Settings],
        kept: Operations[RecordingRow, Any, Any],
    ) -> None:
        """``kept`` deletes the recordings that have ended."""
        self._store = store
        self._find_desk = desk
        self._settings = settings
        self._kept = kept

    async def all_of(self, owner: Owner, query: Mapping[str, str], spoken: Dialect) -> Sequence[RecordingRow]:
        """Return those with sound; in Twilio's dialect also those that are being made."""
        where = [or_(RecordingRow.call_sid == owner.sid, RecordingRow.conference_sid == owner.sid)]
        if spoken is not TWILIO:
            where.append(HEARABLE)
        where += MADE_ON.conditions(query, spoken)
        return await self._store.find(RecordingRow, *where, order_by=(RecordingRow.date_created,))

    async def find(self, owner: Owner, name: str) -> RecordingRow:
        running = self._running(owner, name)
        if running is not None:
            return running.row
        row = await self._store.get(RecordingRow, name)
        if row is None or owner.sid not in (row.call_sid, row.conference_sid):
            raise Problem(404, "There is no such recording here.")
        return row

    def show(self, owner: Owner, part: RecordingRow, place: Place) -> ShownRecording:
        return show(part, place)

    async def create(self, asked: Asked, owner: Owner, form: RecordingCreation) -> RecordingRow:
        assert isinstance(owner, CallRow), "only calls have a form for it"
        wanted = talk_recording(form, self._settings())
        with told_as_problems():
            recording = needed_desk(self._find_desk).record(owner, wanted)
        return recording.row

    async def change(
        self, asked: Asked, owner: Owner, part: RecordingRow, form: RecordingChange
    ) -> RecordingRow:
        recording = self._running(owner, part.sid)
        if recording is None:
            raise Problem(409, "The recording has ended.", twilio=(400, 21220))
        if form.status == "stopped":
            await recording.finish()
        else:
            behavior = form.pause_behavior or ("silence" if asked.dialect is TWILIO else "skip")
            recording.pause(paused=form.status == "paused", filled=behavior == "silence")
        return recording.row

    async def delete(self, asked: Asked, owner: Owner, part: RecordingRow) -> None:
        await self._kept.delete(asked, part)

    def _running(self, owner: Owner, name: str) -> RunningRecording | None:
        return needed_desk(self._find_desk).recording(owner.sid, name)
