"""Credentials for requests of ours within a dialog: RFC 3261 section 22.

Carriers that challenge an INVITE challenge the BYE, the re-INVITE or the REFER after it too.
"""

from __future__ import annotations

from dataclasses import dataclass

from sip.challenges import ChallengeAnswers
from sip.flow import Route, place_of
from sip.message import Request, Response
from sip.transaction.layer import ClientEntry

_CREDENTIALS = ("Authorization", "Proxy-Authorization")


@dataclass(frozen=True, slots=True)
class DialogLogin:
    """Answers the challenges of one host in one dialog, and of nobody else: a realm proves nothing."""

    answers: ChallengeAnswers
    host: str
    """A numeric address."""

    def begin(self, request: Request, route: Route) -> None:
        """Take up a new request; one that goes to the host itself has credentials from the start."""
        if self._leads_to_host(route):
            self.answers.begin(request)

    def accompany(self, ack: Request, invite: Request, route: Route) -> None:
        """Let the ACK of a 2xx carry the credentials of its INVITE (section 13.2.2.4)."""
        if self._leads_to_host(route):
            for name in _CREDENTIALS:
                if (proved := invite.headers.get(name)) is not None:
                    ack.headers.set(name, proved)

    def answer(self, entry: ClientEntry, response: Response) -> Request | None:
        """Return the request to send after a 401 or 407 of the host; None when there is none."""
        if entry.flow is None or entry.flow.remote[0] != self.host:
            return None
        return self.answers.answer(entry.request, response)

    def _leads_to_host(self, route: Route) -> bool:
        return place_of(route)[1] == self.host
