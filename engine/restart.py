"""Writes and tells the end of what an earlier process left open: each end beside its event, in one turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.conferences.journal import tell_of_crash
from engine.exchange.routing import Application
from engine.journal.call_parameters import leg_parameters
from engine.journal.twilio_words import reached
from engine.recordings import recording_events
from engine.requests.webhooks import WebhookOutbox
from engine.store import CallRow, RecordingFolder, RecordingRow, Store
from engine.store.recovery import Recovered, remove_absent
from rcml.call_parameters import base_parameters
from rcml.dialling import LegEvent


async def close_books(
    recovered: Recovered,
    store: Store,
    folder: RecordingFolder,
    outbox: WebhookOutbox,
    application_of: Callable[[str], Application | None],
    public_url: str,
    upload: Callable[[RecordingRow], None],
) -> None:
    """Return when every end is stored, and the event that tells of it is too."""
    for conference in recovered.conferences:
        store.save(conference)
        tell_of_crash(outbox, conference)
    calls = {call.sid: call for call in recovered.calls}
    for recording in recovered.recordings:
        call = calls.get(recording.call_sid) or await store.get(CallRow, recording.call_sid)
        store.save(recording)
        if recording.duration:
            upload(recording)
        recording_events.tell_of_crash(outbox, recording, call, public_url)
    for call in recovered.calls:
        store.save(call)
        _tell_of_call(call, outbox, application_of(call.to) if call.direction == "inbound" else None)
    await store.flush()
    for recording in recovered.recordings:
        await asyncio.to_thread(folder.note(recording.sid).unlink, missing_ok=True)
    await remove_absent(store, folder)


def _tell_of_call(call: CallRow, outbox: WebhookOutbox, application: Application | None) -> None:
    """Tell who followed the call: of one that came in, the application it reached."""
    if call.direction != "inbound":
        url, method = call.status_callback, call.status_callback_method
        told: dict[str, str] | None = leg_parameters(call, LegEvent.COMPLETED, {})
    elif application is not None:
        url, method = application.status_callback, application.status_callback_method
        told = reached(call, base_parameters(call))
    else:
        return
    if url and told:
        outbox.post(url, told, method=method, account_sid=call.account_sid, call_sid=call.sid)
