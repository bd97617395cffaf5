"""What every request about a call tells an application (rcml.md section 2.2), in the words of two dialects.

Where the dialects tell the same under one name and mean another thing, an application of Twilio's would be
misled: of a callee who is busy it is told ``CallStatus=completed`` in Restcomm's words, and a duration that
is no whole number. The version of a call is that of the number, the application or the REST request that
made it, and of its caller for a leg of Dial.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from rcml.api_version import TWILIOS_API_VERSION
from rcml.dialling import Dialled, sip_parameters

_ABSENT_WHEN_EMPTY = frozenset({"CallerName", "ForwardedFrom", "ParentCallSid", "SpeechResult"})


class ToldCall(Protocol):
    """A call, as far as applications are told of it."""

    @property
    def sid(self) -> str: ...
    @property
    def instance_sid(self) -> str: ...
    @property
    def account_sid(self) -> str: ...
    @property
    def from_(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def api_version(self) -> str: ...
    @property
    def date_created(self) -> datetime: ...
    @property
    def caller_name(self) -> str | None: ...
    @property
    def forwarded_from(self) -> str | None: ...
    @property
    def answered_by(self) -> str | None: ...
    @property
    def parent_call_sid(self) -> str | None: ...
    @property
    def sip_call_id(self) -> str | None: ...


def base_parameters(
    call: ToldCall, sip_headers: Iterable[tuple[str, str]] = (), dialled: Dialled | None = None
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
    parameters |= _origin(call)
    if call.answered_by is not None:
        parameters["AnsweredBy"] = call.answered_by
    if dialled is not None and dialled.response is not None:
        parameters |= sip_parameters(dialled.response)
    for name, value in sip_headers:
        parameters[f"SipHeader_{name}"] = value
    return worded(call, parameters)


def in_twilios_words(call: ToldCall) -> bool:
    """Say whether the call's application expects Twilio's words."""
    return call.api_version == TWILIOS_API_VERSION


def worded(call: ToldCall, told: dict[str, str], dialled: Dialled | None = None) -> dict[str, str]:
    """Return what is told with a request about a call, in the words of its version.

    ``dialled`` is how its last Dial went, of which the Dial's own request tells more.
    """
    if not in_twilios_words(call):
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


def recorded_sid(url: str) -> str:
    """Return the sid of the recording that a RecordingUrl leads to."""
    return url.rpartition("/")[2].removesuffix(".wav")


def _says_nothing(name: str, told: dict[str, str]) -> bool:
    """Say whether Twilio leaves a parameter out that is empty: applications ask whether it is there."""
    return name in _ABSENT_WHEN_EMPTY or (name == "Digits" and bool(told.get("SpeechResult")))


def _origin(call: ToldCall) -> dict[str, str]:
    """Return what Twilio tells of where a call comes from: the call that it is a leg of, and its INVITE."""
    known = {"ParentCallSid": call.parent_call_sid, "SipCallId": call.sip_call_id}
    return {name: value for name, value in known.items() if value} if in_twilios_words(call) else {}


def _outbound(dialled: Dialled | None) -> dict[str, str]:
    if dialled is None or dialled.call_sid is None:
        return {}
    return {"OutboundCallSid": dialled.call_sid}
