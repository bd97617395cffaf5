"""Requests that belong to an INVITE transaction: its ACK (RFC 3261 section 17.1.1.3) and CANCEL (9.1)."""

from __future__ import annotations

from sip.message import Request, Response


def acknowledgement(invite: Request, response: Response) -> Request:
    """Make the ACK for a 300-699 response; it repeats the branch and the route of the INVITE."""
    ack = _same_way(invite, "ACK")
    ack.headers.copy_from(response.headers, "To")
    return ack


def cancellation(invite: Request) -> Request:
    """Make the CANCEL for an INVITE of ours."""
    cancel = _same_way(invite, "CANCEL")
    cancel.headers.copy_from(invite.headers, "To", "Reason")
    return cancel


def _same_way(invite: Request, method: str) -> Request:
    request = Request(method, invite.uri_text)
    headers = request.headers
    headers.add("Via", invite.via)
    headers.copy_from(invite.headers, "Route", "From", "Call-ID")
    headers.add("CSeq", f"{invite.cseq.number} {method}")
    headers.add("Max-Forwards", "70")
    return request
