"""Refer: the caller's telephone is asked to call somebody else, and tells how that goes."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from rcml.referring import Referred, ReferRequest, ReferStatus
from sip.errors import PeerError, UsageError
from sip.header_values import NameAddr
from sip.outgoing_refer import OutgoingRefer
from sip.uri import SipUri

DECIDED_WITHIN = 60.0
"""Seconds that the caller's telephone may take until it knows whether the other party answers."""

BUSY = frozenset({486, 600})
NOT_ANSWERED = 487
REFUSED = 400
"""What a REFER is reported as that could not be sent: its address is none."""


async def refer(leg: SipLeg, request: ReferRequest) -> Referred:
    """Refer a leg elsewhere, and return when that is decided, the leg is gone or the time is over."""
    try:
        refer_to = refer_to_value(request)
        asked = leg.refer(refer_to, [("Referred-By", leg.local_address)])
    except PeerError as error:
        log.get("refer").warning("refer.no_address", to=request.uri, error=str(error))
        return Referred(response=REFUSED)
    except UsageError:
        return Referred(status=ReferStatus.CANCELED)
    decided = asyncio.get_running_loop().create_future()

    def look() -> None:
        if asked.over and not decided.done():
            decided.set_result(None)

    leg.on_refer_progress = look
    look()
    try:
        await asyncio.wait((decided, leg.ended), timeout=DECIDED_WITHIN, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leg.on_refer_progress = None
    referred = _outcome(asked, gone=leg.gone)
    log.get("refer").info("refer.decided", to=refer_to, outcome=str(referred))
    return referred


def refer_to_value(request: ReferRequest) -> str:
    """Return the Refer-To of a request; raises ``PeerError`` for what is no SIP address."""
    headers = tuple((quote(name, safe=""), quote(value, safe="")) for name, value in request.headers)
    uri = SipUri.parse(request.uri)
    return str(NameAddr(SipUri.parse(f"{uri}?{'&'.join(map('='.join, headers))}") if headers else uri))


def _outcome(asked: OutgoingRefer, *, gone: bool) -> Referred:
    response = asked.answered if asked.answered is not None else 408
    return Referred(status=_status(asked, response, gone), response=response, notified=asked.notified)


def _status(asked: OutgoingRefer, response: int, gone: bool) -> ReferStatus | None:
    notified = asked.notified
    if notified is not None and notified >= 200:
        if notified < 300:
            return ReferStatus.IN_PROGRESS
        if notified in BUSY:
            return ReferStatus.BUSY
        return ReferStatus.NO_ANSWER if notified == NOT_ANSWERED else ReferStatus.FAILED
    if gone:
        return ReferStatus.CANCELED
    # Accepted, and then told of a beginning without an end.
    return ReferStatus.FAILED if notified is not None and response < 300 else None
