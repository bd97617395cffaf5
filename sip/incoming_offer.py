"""Offers of the peer after the first INVITE: RFC 3261 section 14.2, RFC 3311 (UPDATE), RFC 3262 (PRACK)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from sip.description import SDP, description
from sip.events import OfferReceived
from sip.session_state import Exchange, SessionState
from sip.session_timer import answer_timer, minimum, too_small
from sip.transaction.layer import ServerEntry

if TYPE_CHECKING:
    from sip.invite_session import InviteSession

RETRY_AFTER_SPAN: Final = 11
"""Retry-After of a 500 to overlapping offers is drawn from 0 to 10 s (RFC 3261 section 14.2)."""


class IncomingOffer:
    """A request with an offer (or, without one, for an offer) that the owner has not decided on."""

    def __init__(self, session: InviteSession, entry: ServerEntry, body: bytes) -> None:
        self._session = session
        self.entry = entry
        self._body = body

    @classmethod
    def receive(cls, session: InviteSession, entry: ServerEntry, body: bytes, now: float) -> None:
        """Surface the offer, unless the rules of offer and answer forbid it now."""
        if _refused(session, entry, body, now):
            return
        offer = cls(session, entry, body)
        session.pending_offer = offer
        if body:
            session.exchange = Exchange.OFFER_RECEIVED
            session.remote_description = body
        session.emit(OfferReceived(session, entry.request.method, body or None))

    def accept(self, now: float, body: bytes) -> None:
        """Send 200 with the answer, or with the offer that was asked for."""
        session, method = self._session, self.entry.request.method
        offers = not self._body
        session.exchange = Exchange.OFFER_SENT if offers and body else Exchange.NONE
        session.local_description = body
        _accept(session, self.entry, now, body=body, carries_offer=offers and method == "INVITE")

    def refuse(self, now: float, status: int) -> None:
        """Refuse; the session goes on as it was."""
        self._close()
        self._session.core.respond(self.entry, status, now)

    def withdraw(self, now: float) -> None:
        """Answer 487: the re-INVITE was cancelled, or the session is over (section 15.1.2)."""
        self.refuse(now, 487)

    def _close(self) -> None:
        if self._body:
            self._session.exchange = Exchange.NONE


def receive_reinvite(session: InviteSession, entry: ServerEntry, now: float) -> None:
    """Take a re-INVITE or an UPDATE that is new in the dialog."""
    request, core = entry.request, session.core
    if too_small(request, core.config):
        core.respond(entry, 422, now, headers=[("Min-SE", str(minimum(core.config)))])
        return
    body = description(request)
    if request.method == "UPDATE" and not body:
        _refresh_target(session, entry)
        _accept(session, entry, now, body=b"", carries_offer=False)
        return
    IncomingOffer.receive(session, entry, body, now)


def _refused(session: InviteSession, entry: ServerEntry, body: bytes, now: float) -> bool:
    """Answer 500 while the peer's last offer is undecided, 491 while ours is (section 14.2, RFC 3311 5.2)."""
    core = session.core
    if session.pending_offer is not None or session.exchange is Exchange.OFFER_RECEIVED:
        seconds = zlib.crc32(core.token().encode()) % RETRY_AFTER_SPAN
        core.respond(entry, 500, now, headers=[("Retry-After", str(seconds))])
        return True
    invites = entry.request.method == "INVITE"
    unfinished = session.exchange is Exchange.OFFER_SENT and (bool(body) or invites)
    if unfinished or (invites and session.offers.under_way()):
        core.respond(entry, 491, now)
        return True
    return False


def _accept(
    session: InviteSession, entry: ServerEntry, now: float, *, body: bytes, carries_offer: bool
) -> None:
    """Send the 2xx of a target refresh; that of an INVITE is repeated until its ACK."""
    core, request = session.core, entry.request
    invites = request.method == "INVITE"
    headers: list[tuple[str, str]] = []
    if request.method in ("INVITE", "UPDATE"):
        _refresh_target(session, entry)
        headers += [("Contact", session.usage.contact), ("Allow", core.allow)]
        if core.extensions:
            headers.append(("Supported", ", ".join(core.extensions)))
        if session.state is not SessionState.EARLY and session.state is not SessionState.INCOMING:
            agreed = answer_timer(request, core.config, now)
            headers += agreed.headers
            session.begin_timer(agreed.timer)
    response = core.respond(entry, 200, now, headers=headers, body=body, content_type=SDP)
    if invites:
        session.await_ack(entry, response, now, carries_offer=carries_offer)


def _refresh_target(session: InviteSession, entry: ServerEntry) -> None:
    """Take the new Contact, only now that the request is accepted (section 12.2.2)."""
    assert session.dialog is not None, "a target refresh arrives in the dialog"
    session.establish(session.dialog.refreshed(entry.request))
