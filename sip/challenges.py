"""Answers to the challenges a UAC meets: RFC 3261 section 22.3, RFC 7616 and RFC 8760."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sip.digest import Challenge, Credentials, answer_challenge, best_challenge
from sip.errors import PeerError
from sip.message import Request, Response

MOST_TRIES: Final = 2
"""Answers to one request in each field: the first, and one more for a nonce gone stale.

A server that invents a new nonce each time would keep us going for ever (AST-2020-002).
"""

_FIELDS: Final = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
_RENEWED: Final = frozenset({"via", "v", "content-length", "l", "authorization", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and password, and where they may be used."""

    username: str
    password: str = field(repr=False)
    realm: str = ""
    """The only realm that is answered; empty: any that the challenger names."""


class ChallengeAnswers:
    """Answers the challenges to one request after another with one login.

    The owner hands over only responses that came from the host the login is meant for: a challenge proves
    nothing about who sent it (CVE-2021-41158). ``token`` returns a fresh unguessable string.
    """

    def __init__(self, login: Login, token: Callable[[], str]) -> None:
        self._login = login
        self._token = token
        self._tries: Counter[str] = Counter()
        self._known: dict[str, Challenge] = {}
        """The last challenge answered in each field: a proxy and whoever is behind it may both ask."""
        self._uses: Counter[str] = Counter()

    def begin(self, request: Request) -> None:
        """Take up a new request; adds credentials for the last nonces, which saves a round trip."""
        self._tries.clear()
        self._add_credentials(request)

    def answer(self, request: Request, response: Response) -> Request | None:
        """Return the request to send after a 401 or 407; None when there is nothing more to say.

        It has the next CSeq, no Via and the same Call-ID and From (RFC 3261 section 8.1.3.5).
        """
        asked_in, answered_in = _FIELDS.get(response.status, ("", ""))
        if not answered_in or self._tries[answered_in] >= MOST_TRIES:
            return None
        challenge = best_challenge(self._acceptable(response, asked_in))
        if challenge is None or self._refused_before(request, answered_in, challenge):
            self._known.clear()
            return None
        self._tries[answered_in] += 1
        known = self._known.get(answered_in)
        if known is None or known.nonce != challenge.nonce:
            self._uses[answered_in] = 0
        self._known[answered_in] = challenge
        again = _repeated(request)
        self._add_credentials(again)
        return again

    def _acceptable(self, response: Response, field_name: str) -> list[Challenge]:
        found = []
        for line in response.headers.lines(field_name):
            try:
                challenge = Challenge.parse(line)
            except PeerError:
                continue
            if challenge is not None and self._login.realm in ("", challenge.realm):
                found.append(challenge)
        return found

    def _refused_before(self, request: Request, field_name: str, challenge: Challenge) -> bool:
        """Tell whether our answer to this very nonce was refused: the password is wrong.

        Not every request had one: those sent before the nonce was known meet it, too.
        """
        proof = request.headers.get(field_name)
        if not self._tries[field_name] or challenge.stale or proof is None:
            return False
        credentials = Credentials.parse(proof)
        return credentials is not None and credentials.nonce == challenge.nonce

    def _add_credentials(self, request: Request) -> None:
        """Answer every challenge that is known, each with the next count of its nonce."""
        for field_name, challenge in self._known.items():
            self._uses[field_name] += 1
            credentials = answer_challenge(
                challenge,
                request.method,
                request.uri_text,
                self._login.username,
                self._login.password,
                cnonce=self._token(),
                count=self._uses[field_name],
            )
            request.headers.set(field_name, credentials)


def _repeated(request: Request) -> Request:
    fields = [(name, value) for name, value in request.headers if name.lower() not in _RENEWED]
    again = Request(request.method, request.uri_text, fields, request.body)
    again.headers.set("CSeq", f"{request.cseq.number + 1} {request.method}")
    return again
