"""REFER as its sender tells it: RFC 3515 section 2.4, RFC 6665 section 4.1 (NOTIFY, Timer N), RFC 4488."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.errors import PeerError
from sip.events import ReferProgress
from sip.sipfrag import status_in
from sip.transaction.effects import EndReason
from sip.transaction.layer import ClientEntry, ServerEntry
from sip.user_agent_core import FieldList

if TYPE_CHECKING:
    from sip.invite_session import InviteSession
    from sip.message import Request, Response

EXPIRY_GRACE: Final = 2.0
"""Seconds after a subscription's expiry in which its last NOTIFY may still arrive."""


class OutgoingRefer:
    """A REFER of ours and what the peer tells of it; each change is a ``ReferProgress``."""

    def __init__(self, session: InviteSession) -> None:
        self.session = session
        self.answered: int | None = None
        """Status of the final response to the REFER: 408 when none came, 503 when it could not be sent."""
        self.notified: int | None = None
        """The last status that the peer got from the target, as its NOTIFY requests said."""
        self.over = False
        """Nothing more will be told."""
        self._entry: ClientEntry

    def send(self, now: float, refer_to: str, headers: FieldList) -> None:
        """Send the REFER."""
        usage = self.session.usage
        fields = [("Refer-To", refer_to), ("Contact", usage.contact), *headers]
        request = usage.request("REFER", headers=fields)
        usage.describe(request)
        self._entry = usage.send(request, self, now)

    @property
    def number(self) -> int:
        """CSeq of the REFER, by which the peer may name the subscription."""
        return self._entry.request.cseq.number

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Take the response; a 2xx promises at least one NOTIFY, unless it says that there is none."""
        if response.status < 200:
            return
        again = self.session.usage.answer_challenge(entry, response, self, now)
        if again is not None:
            self._entry = again
            return
        self.answered = response.status
        unwatched = (response.headers.get("Refer-Sub") or "").strip().lower() == "false"
        if response.status >= 300 or unwatched:
            self.end()
        elif self.notified is None and not self.over:
            # Timer N of RFC 6665 4.1.2.4: a subscription nobody ever notifies of does not exist.
            self._wait_until(now + 64 * self.session.core.config.timers.t1)
        self._tell()

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """Learn that no response will come."""
        self.answered = 408 if reason is EndReason.TIMEOUT else 503
        self.end()
        self._tell()

    def receive_notify(self, request: Request, now: float) -> None:
        """Take a NOTIFY of this reference; it may come before the response to the REFER."""
        if self.over:
            return
        state = request.subscription_state
        status = status_in(request.body)
        if status is not None:
            self.notified = status
        # Some phones leave a subscription active that has told all there is to tell.
        if (state is not None and state.value.lower() == "terminated") or (status or 0) >= 200:
            self.end()
        else:
            self._wait_until(now + _expires(request) + EXPIRY_GRACE)
        self._tell()

    def handle_timers(self, now: float) -> None:
        """Give up on a peer that stopped telling."""
        self.end()
        self._tell()

    def end(self) -> None:
        """Wait for nothing more."""
        self.over = True
        self.session.core.wakeups.set(self, None)

    def _wait_until(self, deadline: float) -> None:
        self.session.core.wakeups.set(self, deadline)

    def _tell(self) -> None:
        self.session.emit(ReferProgress(self.session, self))


def _expires(request: Request) -> int:
    """Return how long the subscription lives; a peer that does not say gets three minutes."""
    state = request.subscription_state
    text = state.parameters.get("expires") if state is not None else None
    return min(int(text), 3600) if text and text.isascii() and text.isdigit() and len(text) < 10 else 180


def receive_notify(session: InviteSession, entry: ServerEntry, now: float) -> bool:
    """Take a NOTIFY of event package ``refer``; False when it is of another one."""
    request, core = entry.request, session.core
    try:
        event = request.event
        _ = request.subscription_state
    except PeerError as flaw:
        core.respond(entry, flaw.status, now, flaw.reason)
        return True
    if event is None or event.value.lower() != "refer":
        return False
    refer = _named(session.refers, event.parameters.get("id"))
    if refer is None:
        core.respond(entry, 481, now)
        return True
    core.respond(entry, 200, now)
    refer.receive_notify(request, now)
    return True


def _named(refers: list[OutgoingRefer], name: str | None) -> OutgoingRefer | None:
    if name is None:
        return refers[0] if refers else None
    return next((refer for refer in refers if str(refer.number) == name), None)
