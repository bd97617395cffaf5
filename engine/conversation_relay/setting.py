"""What an application is told of the call when a conversation begins."""

from __future__ import annotations

from engine.store.tables import CallRow, CallStatus


def setup_of(session_sid: str, call: CallRow) -> dict[str, str]:
    """Return the fields of Twilio's `setup` message, but for the document's own parameters."""
    return {
        "sessionId": session_sid,
        "accountSid": call.account_sid,
        "parentCallSid": call.parent_call_sid or "",
        "callSid": call.sid,
        "from": call.from_,
        "to": call.to,
        "forwardedFrom": call.forwarded_from or "",
        "callType": _kind(call),
        "callerName": call.caller_name or "",
        "direction": call.direction,
        "callStatus": CallStatus(call.status).name,
    }


def _kind(call: CallRow) -> str:
    """Return in Twilio's words what the party is: a telephone, a client or a SIP address."""
    party = call.from_ if call.direction == "inbound" else call.to
    if party.startswith("client:"):
        return "CLIENT"
    return "SIP" if party.startswith(("sip:", "sips:")) or "@" in party else "PSTN"
