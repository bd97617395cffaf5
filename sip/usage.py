"""The INVITE usage of a dialog (RFC 5057): what builds, routes and sends the requests in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sip.description import SDP
from sip.dialog import Dialog
from sip.dialog_login import DialogLogin
from sip.flow import Destination, Flow, Route
from sip.local_identity import destination_of
from sip.message import Request, Response
from sip.transaction.layer import ClientEntry, ClientUser
from sip.uri import SipUri
from sip.user_agent_core import FieldList, UserAgentCore

if TYPE_CHECKING:
    from sip.invite_session import InviteSession

TARGET_REFRESH = frozenset({"INVITE", "UPDATE"})


class DialogUsage:
    """The dialog of a session as it stands, and the way to the peer."""

    def __init__(self, core: UserAgentCore, route: Route, contact: str | None, invite: Request) -> None:
        self.core = core
        self.dialog: Dialog | None = None
        self.route = route
        """The flow of the peer's last request, or where our INVITE went."""
        self.login: DialogLogin | None = None
        """Answers challenges of the peer's host; None answers none."""
        self._contact = contact
        self._secure = _is_secure(invite)
        self._transport = route.transport

    @property
    def contact(self) -> str:
        """The Contact we give this peer."""
        return self._contact or self.core.identity.contact(self.route, secure=self._secure)

    def establish(self, dialog: Dialog, session: InviteSession) -> None:
        """Take a dialog, or its next value, and route its requests to the session."""
        if self.dialog is not None and self.dialog.id != dialog.id:
            self.core.dialogs.pop(self.dialog.id, None)
        self.dialog = dialog
        self.core.dialogs[dialog.id] = session

    def dissolve(self) -> None:
        """Stop routing requests of the dialog to its session; it can still be read."""
        if self.dialog is not None:
            self.core.dialogs.pop(self.dialog.id, None)

    def request(
        self,
        method: str,
        *,
        body: bytes = b"",
        content_type: str | None = None,
        headers: FieldList = (),
    ) -> Request:
        """Build the next request in the dialog."""
        assert self.dialog is not None, "a request in a dialog needs the dialog"
        dialog, request = self.dialog.request(method)
        self.dialog = dialog
        for name, value in headers:
            request.headers.add(name, value)
        if method in TARGET_REFRESH:
            request.headers.add("Contact", self.contact)
            self.describe(request)
        if body:
            request.headers.set("Content-Type", content_type or SDP)
            request.body = body
        return request

    def ack(self, invite: Request, body: bytes = b"") -> Request:
        """Build the ACK of the 2xx to an INVITE of ours (section 13.2.2.4)."""
        assert self.dialog is not None, "an ACK of a 2xx needs the dialog"
        ack = self.dialog.request("ACK", invite.cseq.number)[1]
        if self.login is not None:
            self.login.accompany(ack, invite, self.next_hop(self.dialog))
        if body:
            ack.headers.set("Content-Type", SDP)
            ack.body = body
        return ack

    def describe(self, request: Request) -> None:
        """Say what we support and allow, in a request that can lead to a session."""
        headers = request.headers
        headers.set("Allow", self.core.allow)
        if self.core.extensions and "Supported" not in headers:
            headers.add("Supported", ", ".join(self.core.extensions))

    def send(self, request: Request, user: ClientUser, now: float) -> ClientEntry:
        """Send a request in the dialog."""
        route = self.next_hop(self.dialog)
        if self.login is not None:
            self.login.begin(request, route)
        return self.core.send(request, route, user, now)

    def answer_challenge(
        self, entry: ClientEntry, response: Response, user: ClientUser, now: float
    ) -> ClientEntry | None:
        """Send a challenged request again with credentials; None when it was refused in earnest."""
        again = self.login.answer(entry, response) if self.login is not None else None
        if again is None:
            return None
        assert self.dialog is not None, "a challenged request was sent in the dialog"
        # Others may have been sent since.
        self.dialog = self.dialog.counted_on()
        again.headers.set("CSeq", f"{self.dialog.local_seq} {again.method}")
        return self.core.send(again, self.next_hop(self.dialog), user, now)

    def send_ack(self, ack: Request, now: float) -> None:
        """Send the ACK of a 2xx."""
        self.core.send_ack(ack, self.next_hop(self.dialog), now)

    def flow_closed(self, flow: Flow) -> None:
        """Stop using a stream that is gone: the next request opens one to the remote target.

        A stream that was only opened for a large request is not: datagrams go there again.
        """
        # Each stream that closes asks this of every session: numbers are compared before all else.
        if self.route.identity != flow.identity or self.route != flow:
            return
        hop = None
        if self.dialog is not None:
            hop = destination_of(self.dialog.next_hop(), self._transport, self.core.resolve)
        self.route = hop or Destination(self._transport, *flow.remote)

    def next_hop(self, dialog: Dialog | None) -> Route:
        """Return where a request in ``dialog`` goes: the first route or the remote target.

        Streams stay on the flow they came along. So do datagrams, if the configuration allows, when the
        peer's Contact names another host than its packets come from, as behind a NAT, or no port: then it
        listens where it sends from, rather than at 5060. A proxy's Record-Route is always followed. A name
        that nobody has resolved leaves only the flow.
        """
        route = self.route
        if dialog is None or (isinstance(route, Flow) and route.is_reliable):
            return route
        uri = dialog.next_hop()
        hop = destination_of(uri, route.transport, self.core.resolve)
        if hop is None:
            return route
        if isinstance(route, Destination):
            return hop
        unsaid = isinstance(uri, SipUri) and uri.port is None
        elsewhere = unsaid or hop.host != route.remote[0]
        if elsewhere and not dialog.route_set and self.core.config.follow_flow:
            return route
        if hop.transport == route.transport:
            return Flow(route.transport, route.local, (hop.host, hop.port))
        return hop


def _is_secure(invite: Request) -> bool:
    """Tell whether an INVITE may come and go along TLS alone (section 12.1.1)."""
    first = next(iter(invite.record_routes), None)
    return any(isinstance(uri, SipUri) and uri.secure for uri in (invite.uri, first and first.uri))
