"""What every request about a call tells an application (rcml.md section 2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import format_datetime

from engine.journal import twilio_words
from engine.store.row import utc_now
from engine.store.tables import CallRow
from rcml.dialling import Dialled, LegEvent, sip_parameters

_SEQUENCE = {event: number for number, event in enumerate(LegEvent)}


def passed_on(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the SIP headers that applications are told: X- and Diversion, named as received."""
    return [(name, value) for name, value in headers if name.lower().startswith(("x-", "diversion"))]


def custom_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the X- headers, named as received: what applications and callees call their own."""
    return tuple((name, value) for name, value in headers if name.lower().startswith("x-"))


def base_parameters(
    call: CallRow, sip_headers: Iterable[tuple[str, str]] = (), dialled: Dialled | None = None
) -> dict[str, str]:
    """Return the parameters in the order of the reference; ``dialled`` is how the last Dial went.

    What is not known is sent empty rather than left out or spelt ``null``, so that an application finds
    each name and reads no false value; Twilio's words leave it out. Of a Dial nothing is sent before there
    was one.
    """
    parameters = {
        "CallSid": call.sid,
        "InstanceId": call.instance_sid,
        **_outbound(dialled),
        "AccountSid": call.account_sid,
        "From": call.from_,
        "To": call.to,
        "CallStatus": call.status,
        "ApiVersion": call.api_version,
        "Direction": call.direction,
        "CallerName": call.caller_name or "",
        "ForwardedFrom": call.forwarded_from or "",
        "CallTimestamp": call.date_created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    parameters |= twilio_words.origin(call)
    if call.answered_by is not None:
        parameters["AnsweredBy"] = call.answered_by
    if dialled is not None and dialled.response is not None:
        parameters |= sip_parameters(dialled.response)
    for name, value in sip_headers:
        parameters[f"SipHeader_{name}"] = value
    return twilio_words.worded(call, parameters)


def leg_parameters(leg: CallRow, event: LegEvent, more: Mapping[str, str]) -> dict[str, str]:
    """Return what a status callback is told of a leg that we made (rcml.md 6.2), in its order."""
    lasted = {"CallDuration": str(leg.duration or 0)} if event is LegEvent.COMPLETED else {}
    twilio = twilio_words.spoken_of(leg)
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
    return twilio_words.worded(leg, {**told, "ApiVersion": leg.api_version} if twilio else told)


def _outbound(dialled: Dialled | None) -> dict[str, str]:
    if dialled is None or dialled.call_sid is None:
        return {}
    return {"OutboundCallSid": dialled.call_sid}
