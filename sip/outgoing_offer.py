"""Offers of ours after the first INVITE, and session refreshes: RFC 3261 section 14.1, RFC 3311, RFC 4028."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from sip.description import description
from sip.events import EndCause, OfferAnswered, OfferReceived, OfferRefused
from sip.message import Response
from sip.session_alarms import Alarm
from sip.session_state import Exchange, SessionState
from sip.session_timer import accept_timer, minimum_wanted, offer_timer
from sip.transaction.effects import EndReason
from sip.transaction.layer import ClientEntry

if TYPE_CHECKING:
    from sip.invite_session import InviteSession

MOST_TRIES: Final = 6
"""491 or 422 in a row before an offer counts as refused; two honest peers part after one or two."""


REFRESH_AGAIN: Final = 30.0
"""Seconds after which a session refresh that was refused is tried again."""


class Wanted:
    """An offer of ours: waiting, sent, or put off by a glare."""

    __slots__ = ("body", "entry", "method", "refresh", "tries")

    def __init__(self, body: bytes, method: str, *, refresh: bool = False) -> None:
        self.body = body
        self.method = method
        self.refresh = refresh
        """It only refreshes the session: the owner hears of it when the peer changes something."""
        self.entry: ClientEntry | None = None
        self.tries = 1


class OfferQueue:
    """The offers of ours that a session has not been through with."""

    __slots__ = ("current", "minimum_interval", "wanted")

    def __init__(self) -> None:
        self.wanted: Wanted | None = None
        """It waits for its turn."""
        self.current: Wanted | None = None
        """It waits for its final response."""
        self.minimum_interval = 0
        """The Min-SE of the last 422 to one of them."""

    def clear(self) -> None:
        """Forget them: the session is over."""
        self.wanted = self.current = None


class OutgoingOffers:
    """Sends one offer at a time, each when the rules of offer and answer allow it."""

    __slots__ = ("_queue", "_session")

    def __init__(self, session: InviteSession) -> None:
        self._session = session
        self._queue = session.offer_queue

    def under_way(self) -> bool:
        """Tell whether a re-INVITE or UPDATE of ours waits for its final response."""
        return self._queue.current is not None

    def want(self, now: float, body: bytes, method: str) -> None:
        """Offer as soon as nothing else is open. An offer still waiting is replaced by the newer one."""
        self._queue.wanted = Wanted(body, method)
        self.proceed(now)

    def refresh(self, now: float) -> None:
        """Refresh the session by UPDATE if the peer allows it, else by a re-INVITE that changes nothing."""
        if self._queue.wanted is None and self._queue.current is None:
            updates = "UPDATE" in self._session.peer_allows
            body = b"" if updates else self._session.local_description
            self._queue.wanted = Wanted(body, "UPDATE" if updates else "INVITE", refresh=True)
        self.proceed(now)

    def proceed(self, now: float) -> None:
        """Send the offer that waits, if nothing stands in its way."""
        session, wanted = self._session, self._queue.wanted
        if wanted is None or self._queue.current is not None or not self._may_offer(wanted):
            return
        if session.alarms.running(Alarm.RETRY_OFFER):
            return
        self._queue.wanted, self._queue.current = None, wanted
        request = session.usage.request(wanted.method, body=wanted.body, headers=self._timer_headers())
        if wanted.body:
            session.exchange = Exchange.OFFER_SENT
        wanted.entry = session.usage.send(request, self, now)

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Take a response to a re-INVITE or UPDATE of ours."""
        session, current = self._session, self._queue.current
        if response.status < 200:
            return
        if entry.request.method == "INVITE" and response.status < 300:
            if entry.acknowledgement is not None:
                session.usage.send_ack(entry.acknowledgement, now)
                return
            if session.state is SessionState.TERMINATED:
                # The BYE crossed it. The ACK only quiets the peer.
                OfferInSuccess(session, entry).withdraw(now)
                return
        if current is None or current.entry is not entry or session.state is SessionState.TERMINATED:
            return
        if response.status < 300:
            self._succeeded(current, entry, response, now)
        elif (again := session.usage.answer_challenge(entry, response, self, now)) is not None:
            current.entry = again
        else:
            self._failed(current, response, now)

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """End the session: who does not answer a re-INVITE or UPDATE is gone (section 14.1)."""
        self._queue.current = None
        if self._session.state is not SessionState.TERMINATED:
            timeout = reason is EndReason.TIMEOUT
            self._session.end_with_bye(now, EndCause.TIMEOUT if timeout else EndCause.TRANSPORT)

    def _may_offer(self, wanted: Wanted) -> bool:
        session = self._session
        if session.exchange is not Exchange.NONE or session.pending_offer is not None:
            return False
        if wanted.method == "UPDATE":
            return session.state in (SessionState.EARLY, SessionState.ANSWERED, SessionState.CONFIRMED)
        return session.state is SessionState.CONFIRMED and not session.awaits_ack()

    def _succeeded(self, current: Wanted, entry: ClientEntry, response: Response, now: float) -> None:
        session = self._session
        self._queue.current = None
        assert session.dialog is not None, "an offer of ours was sent in the dialog"
        session.establish(session.dialog.refreshed(response))
        session.peer_allows = response.allow or session.peer_allows
        if session.timer is not None or response.session_expires is not None:
            session.begin_timer(accept_timer(response, session.core.config, now))
        body = description(response)
        if current.method == "INVITE" and not current.body and body:
            session.exchange = Exchange.OFFER_RECEIVED
            session.remote_description = body
            session.pending_offer = OfferInSuccess(session, entry)
            session.emit(OfferReceived(session, "INVITE", body))
            return
        if current.body:
            session.exchange = Exchange.NONE
        if current.method == "INVITE":
            OfferInSuccess(session, entry).withdraw(now)
        changed = bool(body) and body != session.remote_description
        session.remote_description = body or session.remote_description
        if changed or not current.refresh:
            session.emit(OfferAnswered(session, body))
        self.proceed(now)

    def _failed(self, current: Wanted, response: Response, now: float) -> None:
        session, status = self._session, response.status
        self._queue.current = None
        if current.body:
            session.exchange = Exchange.NONE
        if status in (408, 481):
            session.end_with_bye(now, EndCause.DIALOG_GONE, response)
        elif status in (422, 491) and current.tries < MOST_TRIES:
            current.tries += 1
            self._queue.wanted = self._queue.wanted or current
            if status == 491:
                session.alarms.start(Alarm.RETRY_OFFER, now + self._glare_wait())
            else:
                self._queue.minimum_interval = max(self._queue.minimum_interval, minimum_wanted(response))
            self.proceed(now)
        elif current.refresh:
            self._refresh_otherwise(current, now)
            self.proceed(now)
        else:
            session.emit(OfferRefused(session, status))
            self.proceed(now)

    def _refresh_otherwise(self, refused: Wanted, now: float) -> None:
        """Try another refresh before the session expires: not everybody on the way takes an UPDATE."""
        session = self._session
        if refused.method == "UPDATE":
            session.peer_allows = tuple(method for method in session.peer_allows if method != "UPDATE")
            self._queue.wanted = self._queue.wanted or Wanted(
                session.local_description, "INVITE", refresh=True
            )
        elif session.timer is not None and now + REFRESH_AGAIN < session.timer.expires_at:
            session.alarms.start(Alarm.REFRESH, now + REFRESH_AGAIN)

    def _glare_wait(self) -> float:
        """Return 2.1 to 4 s for who made the Call-ID, else 0 to 2 s, in steps of 10 ms (section 14.1)."""
        drawn = zlib.crc32(self._session.core.token().encode())
        if self._session.uac is not None:
            return 2.1 + drawn % 191 / 100
        return drawn % 201 / 100

    def _timer_headers(self) -> list[tuple[str, str]]:
        """Ask for the session timer as it stands, keeping the refresher (RFC 4028 section 7.4)."""
        timer = self._session.timer
        if timer is None:
            return []
        return offer_timer(
            self._session.core.config,
            interval=timer.interval,
            minimum_seen=self._queue.minimum_interval,
            refresher="uac" if timer.refresher else "uas",
        )


class OfferInSuccess:
    """The 2xx to an INVITE of ours; when it is an offer, its ACK carries the answer (section 13.2.1)."""

    def __init__(self, session: InviteSession, entry: ClientEntry) -> None:
        self._session = session
        self._entry = entry

    def accept(self, now: float, body: bytes) -> None:
        """Send the ACK with the answer."""
        self._session.exchange = Exchange.NONE
        self._session.local_description = body
        self._acknowledge(now, body)

    def refuse(self, now: float, status: int) -> None:
        """Send an empty ACK and BYE: nothing else refuses such an offer."""
        self._session.exchange = Exchange.NONE
        self._acknowledge(now, b"")
        self._session.end_with_bye(now, EndCause.LOCAL)

    def withdraw(self, now: float) -> None:
        """Send an empty ACK: there is nothing to answer, or the session is over."""
        self._acknowledge(now, b"")

    def _acknowledge(self, now: float, body: bytes) -> None:
        """Keep the ACK too: each repetition of the 2xx is answered with it."""
        usage = self._session.usage
        self._entry.acknowledgement = usage.ack(self._entry.request, body)
        usage.send_ack(self._entry.acknowledgement, now)
