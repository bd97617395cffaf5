"""Dialogs: RFC 3261 section 12."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from sip.errors import PeerError
from sip.header_values import NameAddr
from sip.message import Request, Response
from sip.route_set import target_and_routes
from sip.uri import SipUri, Uri

DialogId: TypeAlias = tuple[str, str, str]
"""Call-ID, local tag and remote tag."""


class Dialog(NamedTuple):
    """The state two user agents share. Each change returns the next dialog."""

    call_id: str
    local_tag: str
    remote_tag: str
    """Empty for an RFC 2543 user agent."""
    local: NameAddr
    """Our address with the local tag: From of what we send, To of what we receive."""
    remote: NameAddr
    """The peer's address, with its tag."""
    remote_target: Uri
    """The peer's Contact: the Request-URI of what we send."""
    route_set: tuple[NameAddr, ...]
    """The proxies our requests visit, nearest first."""
    local_seq: int
    remote_seq: int | None
    """CSeq of the peer's last request; None before the first."""
    secure: bool
    early: bool
    """True until a 2xx confirms the dialog."""

    @classmethod
    def of_uas(cls, request: Request, local_tag: str, *, local_seq: int = 0) -> Dialog:
        """Make the early dialog that answering ``request`` creates (section 12.1.1)."""
        return cls(
            call_id=request.call_id,
            local_tag=local_tag,
            remote_tag=request.from_.tag or "",
            local=request.to.with_tag(local_tag),
            remote=request.from_,
            remote_target=contact_target(request, request.from_.uri),
            route_set=request.record_routes,
            local_seq=local_seq,
            remote_seq=request.cseq.number,
            secure=request.uri.scheme == "sips",
            early=True,
        )

    @classmethod
    def of_uac(cls, request: Request, response: Response) -> Dialog:
        """Make the dialog that a response to our ``request`` creates (section 12.1.2)."""
        return cls(
            call_id=request.call_id,
            local_tag=request.from_.tag or "",
            remote_tag=response.to.tag or "",
            local=request.from_,
            remote=response.to,
            remote_target=contact_target(response, request.uri),
            route_set=response.record_routes[::-1],
            local_seq=request.cseq.number,
            remote_seq=None,
            secure=request.uri.scheme == "sips",
            early=response.status < 200,
        )

    @property
    def id(self) -> DialogId:
        return self.call_id, self.local_tag, self.remote_tag

    def confirmed(self, response: Response | None = None) -> Dialog:
        """Return the dialog after its 2xx; a UAC takes the route set and target anew (section 13.2.2.4)."""
        if response is None:
            return self._replace(early=False)
        return self._replace(
            early=False,
            remote_target=contact_target(response, self.remote_target),
            route_set=response.record_routes[::-1],
        )

    def refreshed(self, message: Request | Response) -> Dialog:
        """Return the dialog after a target refresh: re-INVITE, UPDATE, or the 2xx to ours (12.2)."""
        return self._replace(remote_target=contact_target(message, self.remote_target))

    def received(self, request: Request) -> Dialog:
        """Return the dialog after a request of the peer, whose CSeq must not go back (section 12.2.2)."""
        number = request.cseq.number
        if request.method in ("ACK", "CANCEL"):
            return self
        if self.remote_seq is not None and number < self.remote_seq:
            raise PeerError(f"CSeq {number} after {self.remote_seq}; count upwards", 500)
        return self._replace(remote_seq=number)

    def counted_on(self) -> Dialog:
        """Return the dialog after one more request of ours."""
        return self._replace(local_seq=self.local_seq + 1)

    def request(self, method: str, number: int | None = None) -> tuple[Dialog, Request]:
        """Return the next dialog and a request in it, complete except for Via, Contact and body.

        ``number`` is the CSeq of an ACK, which repeats that of its INVITE; others count on.
        """
        following = self if number is not None else self.counted_on()
        target, routes = target_and_routes(self.remote_target, self.route_set)
        request = Request(method, target)
        headers = request.headers
        for route in routes:
            headers.add("Route", route)
        headers.add("From", self.local)
        headers.add("To", self.remote)
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{following.local_seq if number is None else number} {method}")
        headers.add("Max-Forwards", "70")
        return following, request

    def next_hop(self) -> Uri:
        """Return where a request goes: the first route, else the remote target (section 8.1.2)."""
        return self.route_set[0].uri if self.route_set else self.remote_target


def contact_target(message: Request | Response, default: Uri) -> Uri:
    """Return the URI of the Contact, or ``default`` when there is none that a SIP request can go to.

    The Contact is mandatory where this is asked (section 12.1), except in RFC 2543, whose user agents are
    reached at the address in From; being lenient costs nothing.
    """
    contact = message.contact
    return contact.uri if contact is not None and isinstance(contact.uri, SipUri) else default
