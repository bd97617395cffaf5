"""What applications are told of a recording: that it began and how it ended, also when that is a crash."""

from __future__ import annotations

from email.utils import format_datetime

from engine.recording_url import recording_url
from engine.requests.webhooks import WebhookOutbox
from engine.store import CallRow, RecordingRow
from rcml.call import Callback
from rcml.call_parameters import base_parameters, worded

DEFAULT_EVENTS = ("completed", "absent")

ABSENT = "absent"
"""Nothing was recorded, and nothing is kept."""

# Whoever waits for the end of a recording must learn of a bad one too, for which TwiML has no event.
_WANTED_AS = {"failed": ("failed", "completed", ABSENT)}


def note_callback(row: RecordingRow, callback: Callback | None) -> None:
    """Write into the record who is to be told, so that it outlives the process."""
    if callback is not None:
        row.status_callback, row.status_callback_method = callback.url, callback.method.value
        row.status_callback_events = list(callback.events or DEFAULT_EVENTS)


def is_wanted(row: RecordingRow, status: str) -> bool:
    """Say whether somebody is to be told that the recording is in this state."""
    wanted = _WANTED_AS.get(status, (status,))
    return bool(row.status_callback) and any(event in row.status_callback_events for event in wanted)


def about_sound(row: RecordingRow, public_url: str) -> dict[str, str]:
    """Return where a recording that is kept is, and how long."""
    return {
        "RecordingSid": row.sid,
        "RecordingUrl": recording_url(public_url, row.account_sid, row.sid),
        "RecordingDuration": f"{row.duration:.1f}",
    }


def parameters(row: RecordingRow, status: str, sound: dict[str, str]) -> dict[str, str]:
    """Return what an event says besides the call; ``sound`` is empty while, or when, there is none."""
    told = {"RecordingSid": row.sid, "RecordingStatus": status, "RecordingSource": row.source}
    told |= {"RecordingTrack": row.track, "RecordingStartTime": format_datetime(row.date_created)}
    if row.conference_sid is not None:
        told["ConferenceSid"] = row.conference_sid
    if sound:
        told |= {**sound, "RecordingChannels": str(row.channels)}
    return told


def tell_of_crash(outbox: WebhookOutbox, row: RecordingRow, call: CallRow | None, public_url: str) -> None:
    """Tell how a recording ended that an earlier process left open; what has no sound is absent."""
    status = row.status if row.duration else ABSENT
    if not is_wanted(row, status):
        return
    told = base_parameters(call) if call is not None else {"CallSid": row.call_sid}
    told |= parameters(row, status, about_sound(row, public_url) if row.duration else {})
    outbox.post(
        row.status_callback,
        worded(call, told) if call is not None else told,
        method=row.status_callback_method,
        account_sid=row.account_sid,
        call_sid=row.call_sid,
    )
