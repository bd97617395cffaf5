"""A registration of ours at somebody's registrar: RFC 3261 section 10.2, back-off of RFC 5626 section 4.5.

The server's side of it is :mod:`sip.bindings`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sip.challenges import ChallengeAnswers, Login
from sip.errors import PeerError
from sip.grammar import is_digits
from sip.header_values import DELTA_SECONDS_LIMIT, NameAddr
from sip.message import Request, Response

REFRESH_AHEAD: Final = 90.0
"""Seconds before expiry at which we refresh, or half-time if that is later: room for Timer F and a retry."""
FIRST_RETRY: Final = 30.0
LAST_RETRY: Final = 1800.0
"""Seconds of the back-off, doubled with each failure (RFC 5626 section 4.5)."""


class RegistrationState(enum.Enum):
    """What a registration is doing."""

    UNREGISTERED = "unregistered"
    REGISTERING = "registering"
    REGISTERED = "registered"
    WAITING = "waiting after a failure"
    UNREGISTERING = "unregistering"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationTarget:
    """Who registers what, and where."""

    registrar: str
    """The Request-URI: the registrar's domain, without a user part (10.2)."""
    record: str
    """The address-of-record, a URI, for From and To."""
    contact: str
    """The Contact value at which we take calls."""
    expires: int = 3600
    """Seconds asked for."""


class Registration:
    """Keeps one contact registered.

    Each input returns the REGISTER to send now, or None. The owner sends it and reports every final response
    with :meth:`receive_response`, or with :meth:`request_failed` that there was none. One request is under
    way at a time. ``spread`` returns 0 to 1 and shortens each wait by up to a half, so that the clients of a
    registrar that was away do not come back all at once.
    """

    def __init__(
        self,
        target: RegistrationTarget,
        login: Login,
        token: Callable[[], str],
        *,
        spread: Callable[[], float] = float,
    ) -> None:
        self.target = target
        self.state = RegistrationState.UNREGISTERED
        self.failures = 0
        """In a row."""
        self.last_status: int | None = None
        """Of the last final response; None when nobody answered."""
        self._answers = ChallengeAnswers(login, token)
        self._token = token
        self._spread = spread
        self._from_tag = token()
        self._call_id = token()
        self._cseq = 0
        self._asked = target.expires
        self._asked_longer = False
        self._sent: Request | None = None
        self._expires_at = float("-inf")
        self._deadline: float | None = None

    def registered(self, now: float) -> bool:
        """Tell whether the registrar holds our contact, as far as we know."""
        return now < self._expires_at

    def start(self, now: float) -> Request:
        """Begin."""
        self.state = RegistrationState.REGISTERING
        self._asked_longer = False
        return self._request(self._asked)

    def stop(self, now: float) -> Request | None:
        """Take the contact away; None when it is not there."""
        self._deadline = None
        self._sent = None
        known = self.registered(now) or self.state is RegistrationState.REGISTERING
        self.state = RegistrationState.UNREGISTERING if known else RegistrationState.UNREGISTERED
        return self._request(0) if known else None

    def receive_response(self, response: Response, now: float) -> Request | None:
        """Take a response to the last request; earlier ones and provisional ones change nothing."""
        sent = self._sent
        if sent is None or response.status < 200 or response.cseq.number != sent.cseq.number:
            return None
        self.last_status = response.status
        if response.status < 300:
            self._accepted(response, now)
            return None
        again = self._answers.answer(sent, response)
        if again is None and response.status == 423:
            again = self._with_longer_expiry(response)
        if again is not None:
            self._cseq = again.cseq.number
            self._sent = again
            return again
        self._failed(_retry_after(response), now)
        return None

    def request_failed(self, now: float) -> None:
        """Learn that the last request was not answered, or could not be sent."""
        self.last_status = None
        self._failed(0, now)

    def next_deadline(self) -> float | None:
        """Return when :meth:`handle_timers` wants to be called."""
        return self._deadline

    def handle_timers(self, now: float) -> Request | None:
        """Refresh, or try again."""
        if self._deadline is None or now < self._deadline:
            return None
        self._deadline = None
        return self.start(now)

    def _accepted(self, response: Response, now: float) -> None:
        self._sent = None
        self.failures = 0
        if self.state is RegistrationState.UNREGISTERING:
            self.state = RegistrationState.UNREGISTERED
            self._expires_at = now
            return
        granted = self._granted(response)
        self.state = RegistrationState.REGISTERED
        self._expires_at = now + granted
        self._deadline = now + max(granted / 2, granted - REFRESH_AHEAD)

    def _granted(self, response: Response) -> int:
        """Return the seconds granted to our contact, which the answer lists among others (10.2.4)."""
        ours = NameAddr.parse(self.target.contact).uri
        try:
            mine = [contact.expires for contact in response.contacts if contact.uri.equivalent(ours)]
            granted = next((seconds for seconds in mine if seconds is not None), response.expires)
        except PeerError:
            granted = None
        # A registrar that grants nothing, or next to nothing, must not make us flood it.
        return max(granted, 10) if granted is not None else self._asked

    def _with_longer_expiry(self, response: Response) -> Request | None:
        """Return the request again, once, with what a 423 asks for (10.2.8)."""
        try:
            wanted = response.min_expires or 0
        except PeerError:
            return None
        if self._asked_longer or not self._asked < wanted < DELTA_SECONDS_LIMIT:
            return None
        self._asked = wanted
        self._asked_longer = True
        return self._request(wanted)

    def _failed(self, at_least: float, now: float) -> None:
        self._sent = None
        if self.state is RegistrationState.UNREGISTERING:
            self.state = RegistrationState.UNREGISTERED
            self._expires_at = now
            return
        self.state = RegistrationState.WAITING
        wait = min(FIRST_RETRY * 2.0 ** min(self.failures, 10), LAST_RETRY)
        self.failures += 1
        self._deadline = now + max(wait * (1 - self._spread() / 2), min(at_least, LAST_RETRY))

    def _request(self, expires: int) -> Request:
        self._cseq += 1
        target = self.target
        request = Request(
            "REGISTER",
            target.registrar,
            [
                ("From", f"<{target.record}>;tag={self._from_tag}"),
                ("To", f"<{target.record}>"),
                ("Call-ID", self._call_id),
                ("CSeq", f"{self._cseq} REGISTER"),
                ("Contact", target.contact),
                ("Expires", str(expires)),
            ],
        )
        self._answers.begin(request)
        self._sent = request
        return request


def _retry_after(response: Response) -> float:
    """Return the seconds of Retry-After, in which a comment or parameters may follow (20.33)."""
    text = (response.headers.get("Retry-After") or "").partition("(")[0].partition(";")[0].strip()
    return float(text) if is_digits(text) else 0.0
