"""Requests inside a dialog: RFC 3261 sections 12.2 and 15, RFC 6086 (INFO)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sip.errors import PeerError
from sip.events import (
    EndCause,
    InDialogRequest,
    InfoReceived,
    ReferReceived,
    RequestAnswered,
    RequestTimedOut,
)
from sip.incoming_offer import receive_reinvite
from sip.incoming_refer import receive_refer
from sip.message import Response
from sip.outgoing_refer import receive_notify
from sip.session_state import SessionState
from sip.transaction.effects import EndReason
from sip.transaction.layer import ClientEntry, ServerEntry
from sip.usage import DialogUsage
from sip.user_agent_core import FieldList

if TYPE_CHECKING:
    from sip.invite_session import InviteSession

_OF_THE_INVITE_USAGE: Final = frozenset({"INFO", "UPDATE"})
"""Methods whose 481 says that the session is gone, not only something that shares its dialog (RFC 5057)."""


class InDialogRequests:
    """Answers the peer's requests in the dialog of a session, and sends the owner's."""

    __slots__ = ("_session",)

    def __init__(self, session: InviteSession) -> None:
        self._session = session

    def receive(self, entry: ServerEntry, now: float) -> None:
        """Take a request that is new in the dialog."""
        session, core, request = self._session, self._session.core, entry.request
        dialog = session.dialog
        assert dialog is not None, "a request found its session by its dialog"
        if session.state is SessionState.TERMINATED:
            core.respond(entry, 200 if request.method == "BYE" else 481, now)
            return
        try:
            session.establish(dialog.received(request))
        except PeerError as flaw:
            core.respond(entry, flaw.status, now)
            return
        session.usage.route = entry.flow
        if request.method in ("INVITE", "UPDATE"):
            session.peer_allows = request.allow or session.peer_allows
            entry.user = session
            receive_reinvite(session, entry, now)
        elif request.method == "BYE":
            self._receive_bye(entry, now)
        elif request.method == "INFO":
            self._receive_info(entry, now)
        elif request.method == "PRACK":
            self._receive_prack(entry, now)
        elif request.method == "OPTIONS":
            core.respond(entry, 200, now, headers=[("Allow", core.allow), ("Accept", "application/sdp")])
        else:
            self._receive_other(entry, now)

    def send(
        self, now: float, method: str, body: bytes, content_type: str | None, headers: FieldList
    ) -> ClientEntry:
        """Send a request of the owner's."""
        usage = self._session.usage
        request = usage.request(method, body=body, content_type=content_type, headers=headers)
        return usage.send(request, self, now)

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Take a response to a request of the owner's."""
        session = self._session
        if session.usage.answer_challenge(entry, response, self, now) is not None:
            return
        session.emit(RequestAnswered(entry, response, session))
        gone = response.status == 481 and entry.request.method in _OF_THE_INVITE_USAGE
        if gone and session.state is SessionState.CONFIRMED:
            session.end_with_bye(now, EndCause.DIALOG_GONE, response)

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """Tell that nobody answered; the session goes on (RFC 5057 section 5.1: 408 ends no usage)."""
        cause = EndCause.TIMEOUT if reason is EndReason.TIMEOUT else EndCause.TRANSPORT
        self._session.emit(RequestTimedOut(entry, cause, self._session))

    def _receive_other(self, entry: ServerEntry, now: float) -> None:
        """Take a request that is the owner's business."""
        session, method = self._session, entry.request.method
        if method == "REFER":
            refer = receive_refer(session, entry, now)
            if refer is not None:
                session.emit(ReferReceived(session, refer))
        elif method != "NOTIFY" or not receive_notify(session, entry, now):
            session.emit(InDialogRequest(session, entry, entry.request))

    def _receive_bye(self, entry: ServerEntry, now: float) -> None:
        session, bye = self._session, entry.request
        session.core.respond(entry, 200, now)
        if session.uas is not None:
            session.uas.end_early(bye, now)
        session.end(now, EndCause.BYE, bye)

    def _receive_info(self, entry: ServerEntry, now: float) -> None:
        """Answer by content type; an empty INFO is a keep-alive of RFC 2976, and no INFO package is known."""
        session, core, request = self._session, self._session.core, entry.request
        if "Info-Package" in request.headers:
            core.respond(entry, 469, now, headers=[("Recv-Info", "")])
            return
        content_type = request.content_type
        essence = content_type.essence if content_type is not None else ""
        known = core.config.info_content_types
        if request.body and essence not in known:
            core.respond(entry, 415, now, headers=[("Accept", ", ".join(known))])
            return
        core.respond(entry, 200, now)
        if request.body:
            session.emit(InfoReceived(session, essence, request.body))

    def _receive_prack(self, entry: ServerEntry, now: float) -> None:
        if self._session.uas is not None:
            self._session.uas.receive_prack(entry, now)
        else:
            self._session.core.respond(entry, 481, now)


class EndingRequest:
    """Waits for the response to our BYE; until then the dialog answers a BYE that crosses ours."""

    def __init__(self, usage: DialogUsage) -> None:
        self._usage = usage

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Forget the dialog when the BYE is answered, however (section 15.1.1)."""
        if response.status >= 200 and self._usage.answer_challenge(entry, response, self, now) is None:
            self._usage.dissolve()

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """Forget the dialog of a peer that does not answer."""
        self._usage.dissolve()
