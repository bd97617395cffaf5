"""What is told of the legs that we made, and the SIP headers that are passed on.

What every request about a call tells stands in :mod:`rcml.call_parameters`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import format_datetime

from engine.journal import twilio_words
from engine.store.row import utc_now
from engine.store.tables import CallRow
from rcml.call_parameters import in_twilios_words, worded
from rcml.dialling import LegEvent

_SEQUENCE = {event: number for number, event in enumerate(LegEvent)}


def passed_on(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the SIP headers that applications are told: X- and Diversion, named as received."""
    return [(name, value) for name, value in headers if name.lower().startswith(("x-", "diversion"))]


def custom_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the X- headers, named as received: what applications and callees call their own."""
    return tuple((name, value) for name, value in headers if name.lower().startswith("x-"))


def leg_parameters(leg: CallRow, event: LegEvent, more: Mapping[str, str]) -> dict[str, str]:
    """Return what a status callback is told of a leg that we made (rcml.md 6.2), in its order."""
    lasted = {"CallDuration": str(leg.duration or 0)} if event is LegEvent.COMPLETED else {}
    twilio = in_twilios_words(leg)
    told = {
        "InstanceId": leg.instance_sid,
        "AccountSid": leg.account_sid,
        "CallSid": leg.sid,
        "From": leg.from_,
        "To": leg.to,
        "Direction": leg.direction,
        "CallerName": leg.caller_name or "",
        "ForwardedFrom": leg.forwarded_from or "",
        "ParentCallSid": leg.parent_call_sid or "",
        "CallStatus": twilio_words.state_at(event, leg) if twilio else event.value,
        **lasted,
        **({"AnsweredBy": leg.answered_by} if leg.answered_by is not None else {}),
        **more,
        "Timestamp": format_datetime(utc_now()),
        "CallbackSource": twilio_words.CALLBACK_SOURCE,
        "SequenceNumber": str(_SEQUENCE[event]),
    }
    return worded(leg, {**told, "ApiVersion": leg.api_version} if twilio else told)
