"""What applications are told of a call in Twilio's words: the calls of API version 2010-04-01.

Where the two dialects tell the same under one name and mean another thing, an application of Twilio's would
be misled: of a callee who is busy it is told ``CallStatus=completed`` in Restcomm's words, and a duration
that is no whole number. The version of a call is that of the number, the application or the REST request
that made it, and of its caller for a leg of Dial.
"""

from __future__ import annotations

from email.utils import format_datetime

from engine.api_version import TWILIOS_API_VERSION
from engine.recording_url import recorded_sid
from engine.store import LIVE_STATUSES, CallRow, CallStatus
from engine.store.row import utc_now
from rcml.dialling import Dialled, LegEvent

CALLBACK_SOURCE = "call-progress-events"
_STATES = {CallStatus.WAIT_FOR_ANSWER: CallStatus.RINGING, CallStatus.NOT_FOUND: CallStatus.FAILED}
"""Those that Twilio does not know."""
_ABSENT_WHEN_EMPTY = frozenset({"CallerName", "ForwardedFrom", "ParentCallSid", "SpeechResult"})


def spoken_of(call: CallRow) -> bool:
    """Say whether the call's application expects Twilio's words."""
    return call.api_version == TWILIOS_API_VERSION


def worded(call: CallRow, told: dict[str, str], dialled: Dialled | None = None) -> dict[str, str]:
    """Return what is told with a request about a call, in the words of its version.

    ``dialled`` is how its last Dial went, of which the Dial's own request tells more.
    """
    if not spoken_of(call):
        return _without_room_status(told)
    told = {name: value for name, value in told.items() if value or not _says_nothing(name, told)}
    more = {"Called": told["To"], "Caller": told["From"]} if {"To", "From"} <= told.keys() else {}
    if dialled is not None and "DialCallDuration" in told:
        more["DialBridged"] = str(dialled.connected).lower()
    if "RecordingUrl" in told and "RecordingSid" not in told:
        more["RecordingSid"] = recorded_sid(told["RecordingUrl"])
    if "RecordingDuration" in told:
        more["RecordingDuration"] = str(round(float(told["RecordingDuration"])))
    return {**told, **more}


def _without_room_status(told: dict[str, str]) -> dict[str, str]:
    """Leave out how a stay in a conference went, of which Twilio alone tells; of a Dial more is told."""
    if "DialCallStatus" not in told or "DialCallDuration" in told:
        return told
    return {name: value for name, value in told.items() if name != "DialCallStatus"}


def _says_nothing(name: str, told: dict[str, str]) -> bool:
    """Say whether Twilio leaves a parameter out that is empty: applications ask whether it is there."""
    return name in _ABSENT_WHEN_EMPTY or (name == "Digits" and bool(told.get("SpeechResult")))


def origin(call: CallRow) -> dict[str, str]:
    """Return what Twilio tells of where a call comes from: the call that it is a leg of, and its INVITE."""
    known = {"ParentCallSid": call.parent_call_sid, "SipCallId": call.sip_call_id}
    return {name: value for name, value in known.items() if value} if spoken_of(call) else {}


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
    usual = (LegEvent.COMPLETED,) if spoken_of(leg) else LegEvent
    return asked or tuple(event.value for event in usual)


def reached(call: CallRow, told: dict[str, str]) -> dict[str, str] | None:
    """Return what the status callback of a number is told of a state; None when it is not told of it.

    Twilio tells the end alone, with its length.
    """
    if not spoken_of(call):
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
