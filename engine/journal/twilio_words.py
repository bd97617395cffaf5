"""What status callbacks tell in Twilio's words: the events of calls of API version 2010-04-01.

In Restcomm's a callee who is busy is told as ``CallStatus=completed``, which Twilio's applications would
misread. What every request tells stands in :mod:`rcml.call_parameters`.
"""

from __future__ import annotations

from email.utils import format_datetime

from engine.store import LIVE_STATUSES, CallRow, CallStatus
from engine.store.row import utc_now
from rcml.call_parameters import in_twilios_words
from rcml.dialling import LegEvent

CALLBACK_SOURCE = "call-progress-events"
_STATES = {CallStatus.WAIT_FOR_ANSWER: CallStatus.RINGING, CallStatus.NOT_FOUND: CallStatus.FAILED}
"""Those that Twilio does not know."""


def state_at(event: LegEvent, leg: CallRow) -> str:
    """Return the ``CallStatus`` of an event of a leg that we made: the state, of its end how it ended."""
    if event is LegEvent.ANSWERED:
        return CallStatus.IN_PROGRESS
    if event is LegEvent.COMPLETED:
        ended = CallStatus(leg.status)
        return _STATES.get(ended, ended)
    return str(event.value)


def leg_events(leg: CallRow, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return which events of a leg are told, where a document may not say which."""
    usual = (LegEvent.COMPLETED,) if in_twilios_words(leg) else LegEvent
    return asked or tuple(event.value for event in usual)


def reached(call: CallRow, told: dict[str, str]) -> dict[str, str] | None:
    """Return what the status callback of a number is told of a state; None when it is not told of it.

    Twilio tells the end alone, with its length.
    """
    if not in_twilios_words(call):
        return told
    if call.status in LIVE_STATUSES:
        return None
    return {
        **told,
        "CallDuration": str(call.duration or 0),
        "Timestamp": format_datetime(utc_now()),
        "CallbackSource": CALLBACK_SOURCE,
        "SequenceNumber": "0",
    }
