"""Turning new requests away while there is no room: RFC 3261 sections 8.2.7 and 21.5.4.

A server that is full, or about to stop, is asked more often than ever. So a request that begins something is
then answered before more of it is read than its answer repeats: there is no transaction, no session, and no
event for the owner.
"""

from __future__ import annotations

from typing import Final, Protocol

from sip.errors import PeerError
from sip.flow import LOCAL, Flow
from sip.headers import Headers
from sip.message import ECHOED, Request, Response
from sip.response_route import note_source
from sip.source_limits import Verdict
from sip.stateless import StatelessAnswers
from sip.transaction.matching import server_key
from sip.user_agent_core import UserAgentCore

BEGINNING: Final = frozenset({"INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "PUBLISH"})
"""Methods that begin something when their To has no tag; other requests belong to what is there."""


class Gate(Protocol):
    """Whether new requests are let in."""

    def closed(self, method: str, now: float) -> bool:
        """Tell whether new requests of this method are turned away now; asked for each of them."""

    def turned_away(self, request: Request, flow: Flow, now: float) -> None:
        """Learn of one that was; only its headers were looked at, and none was parsed."""


class OpenGate:
    """A gate that is never closed."""

    def closed(self, method: str, now: float) -> bool:
        """Let everybody in."""
        return False

    def turned_away(self, request: Request, flow: Flow, now: float) -> None:
        """Never comes about."""


class Turnstile:
    """Turns away what the gate does not let in, and drops what acknowledges it.

    What belongs to calls passes: requests within dialogs, repetitions of requests that were let in, CANCEL.
    """

    def __init__(self, core: UserAgentCore, answers: StatelessAnswers, gate: Gate) -> None:
        self._core = core
        self._answers = answers
        self._gate = gate
        self.turned_away = 0

    def stops(self, request: Request, flow: Flow, now: float) -> bool:
        """Tell whether nobody needs to see a request; it is answered then."""
        method = request.method
        if method == "ACK":
            return self._answers.acknowledged_by(request)
        if method not in BEGINNING or not self._gate.closed(method, now) or not _begins(request.headers):
            return False
        if flow.transport == LOCAL:
            # What we send ourselves comes of what was let in: the owner knows whether there is room for it.
            return False
        try:
            note_source(request, flow)
            if self._core.layer.server(server_key(request)) is not None:
                return False
        except PeerError:
            # Who cannot be read is told what is wrong, by those who read all of it.
            return False
        verdict = self._core.sources.judge(flow.remote[0], now)
        if verdict is not Verdict.IGNORED:
            self._answer(request, flow, now)
        if verdict is Verdict.SERVED:
            self._gate.turned_away(request, flow, now)
        return True

    def _answer(self, request: Request, flow: Flow, now: float) -> None:
        self.turned_away += 1
        headers = request.headers.selected(ECHOED)
        headers.set("To", f"{headers.get('To')};tag={self._answers.tag(request)}")
        headers.add("Retry-After", str(self._core.config.retry_after))
        # Traced neither: the steps of calls that are up would be pushed out.
        self._answers.send(request, Response(503, None, headers), flow, now, traced=False)


def _begins(headers: Headers) -> bool:
    """Tell whether a request is outside any dialog, and has what an answer repeats.

    A To that merely mentions a tag is read in full instead: that is rare, and only costs more.
    """
    if any(headers.count(name) != 1 for name in ("From", "To", "Call-ID", "CSeq")):
        return False
    return "tag" not in (headers.get("To") or "").lower()
