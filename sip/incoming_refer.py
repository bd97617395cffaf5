"""REFER as its recipient tells it: RFC 3515 sections 2.4.2 to 2.4.7, RFC 4488, RFC 3892 (Referred-By)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.errors import HeaderError, PeerError, UsageError
from sip.events import ReferrerHeard
from sip.header_values import NameAddr, Replaces
from sip.replaces import replaces_in
from sip.sipfrag import SIPFRAG, status_line
from sip.transaction.effects import EndReason
from sip.transaction.layer import ClientEntry, ServerEntry
from sip.uri import OpaqueUri
from sip.user_agent_core import FieldList

if TYPE_CHECKING:
    from sip.invite_session import InviteSession
    from sip.message import Response

SUBSCRIPTION_LASTS: Final = 180
"""Seconds that the referrer is told how it goes: a telephone that rings for a long minute, and some air."""


class IncomingRefer:
    """A REFER in a dialog that the owner has to accept or refuse, and the subscription it implies.

    The subscription is a usage of its own (RFC 5057): it lives on when the session is hung up, until the
    owner says how the reference ended, its time is over, or the referrer does not know it any more.
    Methods that come too late do nothing.
    """

    def __init__(self, session: InviteSession, entry: ServerEntry, *, first: bool) -> None:
        self.session = session
        self.request = entry.request
        self.target = _target(entry)
        """Refer-To."""
        self.replaces: Replaces | None = replaces_in(self.target.uri)
        """The dialog that the INVITE to the target is to replace: an attended transfer."""
        number = self.request.cseq.number
        # RFC 3515 2.4.6: only a second reference in a dialog needs to be told from the first.
        self._event = "refer" if first else f"refer;id={number}"
        self._entry = entry
        self._subscribed = (self.request.headers.get("Refer-Sub") or "").strip().lower() != "false"
        self.heard = not self._subscribed
        """The referrer has answered our first NOTIFY; there may be none to answer."""
        self._answered = False
        self._expires_at = 0.0
        self._status = 100
        self._over = True
        self._on_its_way: ClientEntry | None = None
        self._untold = False

    @property
    def referred_by(self) -> NameAddr | None:
        """Who says that he refers; unreadable is None."""
        try:
            return self.request.referred_by
        except PeerError:
            return None

    def accept(self, now: float) -> None:
        """Send 202, and tell the referrer that it is being tried."""
        if self._answered:
            return
        self._answered = True
        headers = [("Contact", self.session.usage.contact), ("Event", "refer")]
        if not self._subscribed:
            headers.append(("Refer-Sub", "false"))
        self.session.core.respond(self._entry, 202, now, headers=headers)
        if self._subscribed:
            self._over = False
            self._expires_at = now + SUBSCRIPTION_LASTS
            self.session.core.wakeups.set(self, self._expires_at)
            self._tell(now)

    def refuse(self, now: float, status: int, reason: str | None = None, headers: FieldList = ()) -> None:
        """Refuse with a 300-699 response."""
        if not 300 <= status <= 699:
            raise UsageError(f"refuse a REFER with {status}; use 300 to 699")
        if not self._answered:
            self._answered = True
            self.session.core.respond(self._entry, status, now, reason, headers=headers)

    def report(self, now: float, status: int) -> None:
        """Tell how the request to the target fares; a final status ends the subscription."""
        if self._over or status == self._status:
            return
        self._status = status
        self._tell(now)

    def handle_timers(self, now: float) -> None:
        """End a subscription whose time is over; the referrer may not be told more."""
        if not self._over:
            self._send(now, "terminated;reason=timeout")

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Take the answer to a NOTIFY: a refusal means that nobody there wants to know (RFC 6665 4.2.2)."""
        if response.status < 200:
            return
        self._on_its_way = self.session.usage.answer_challenge(entry, response, self, now)
        if self._on_its_way is not None:
            return
        self._heard()
        if response.status >= 300:
            self._end()
        elif self._untold and not self._over:
            self._tell(now)

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """Tell nothing more to who does not answer."""
        self._heard()
        self._end()

    def _heard(self) -> None:
        if not self.heard:
            self.heard = True
            self.session.emit(ReferrerHeard(self.session, self))

    def _tell(self, now: float) -> None:
        """Send the state as it stands; one NOTIFY at a time, so that none overtakes another."""
        if self._on_its_way is not None:
            self._untold = True
        elif self._status >= 200:
            self._send(now, "terminated;reason=noresource")
        else:
            self._send(now, f"active;expires={max(1, round(self._expires_at - now))}")

    def _send(self, now: float, state: str) -> None:
        self._untold = False
        usage = self.session.usage
        headers = [("Event", self._event), ("Subscription-State", state), ("Contact", usage.contact)]
        notify = usage.request(
            "NOTIFY", body=status_line(self._status), content_type=SIPFRAG, headers=headers
        )
        if state.startswith("terminated"):
            self._end()
        self._on_its_way = usage.send(notify, self, now)

    def _end(self) -> None:
        self._over = True
        self.session.core.wakeups.set(self, None)


def _target(entry: ServerEntry) -> NameAddr:
    """Read Refer-To, of which there must be one (RFC 3515 section 2.4.1); raises ``PeerError``."""
    request = entry.request
    target = request.refer_to
    if target is None or request.headers.count("Refer-To") > 1:
        raise HeaderError("Refer-To", request.headers.get("Refer-To") or "", "send one Refer-To")
    if isinstance(target.uri, OpaqueUri):
        raise PeerError(f"Refer-To {request.headers.get('Refer-To')!r}: use sip, sips or tel", 416)
    return target


def receive_refer(session: InviteSession, entry: ServerEntry, now: float) -> IncomingRefer | None:
    """Read a REFER that is new in the dialog; one that cannot be acted upon is refused here."""
    try:
        refer = IncomingRefer(session, entry, first=not session.was_referred)
    except PeerError as flaw:
        session.core.respond(entry, flaw.status, now, flaw.reason)
        return None
    session.was_referred = True
    return refer
