"""What a :class:`sip.endpoint.SipEndpoint` tells its owner.

Every session ends with exactly one :class:`SessionEnded`, which is the last event about it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sip.flow import Flow
    from sip.incoming_refer import IncomingRefer
    from sip.invite_session import InviteSession
    from sip.message import Request, Response
    from sip.outgoing_refer import OutgoingRefer
    from sip.transaction.layer import ClientEntry, ServerEntry


class EndCause(enum.StrEnum):
    """Why a session is over."""

    BYE = "the peer sent BYE"
    LOCAL = "we hung up"
    CANCELLED = "the INVITE was cancelled before it was answered"
    REJECTED = "the INVITE was refused"
    TIMEOUT = "the peer did not answer a request"
    NO_ACK = "our 2xx was never acknowledged"
    SESSION_EXPIRED = "the session timer ran out (RFC 4028)"
    TRANSPORT = "the peer cannot be reached"
    DIALOG_GONE = "the peer does not know the dialog (481 or 408)"
    PROTOCOL = "the peer broke a rule that leaves no session"


@dataclass(frozen=True, slots=True)
class IncomingInvite:
    """A caller wants a session; 100 (Trying) is already queued.

    When it ``replaces`` another session of ours, that one is as RFC 3891 wants it; whether the caller may do
    so is for the owner to find out, who answers the new session and hangs the old one up.
    """

    session: InviteSession
    replaces: InviteSession | None = None


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request outside any dialog; answer it with ``endpoint.respond`` or ``endpoint.reply``."""

    transaction: ServerEntry
    request: Request
    flow: Flow


@dataclass(frozen=True, slots=True)
class RemoteCancelled:
    """The caller cancelled its unanswered INVITE; 487 is already queued and ``SessionEnded`` follows."""

    session: InviteSession
    request: Request


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The first ACK of our 2xx arrived, of the first INVITE as of a re-INVITE.

    ``body`` is the answer when the 2xx carried our offer, else empty.
    """

    session: InviteSession
    body: bytes
    content_type: str | None


@dataclass(frozen=True, slots=True)
class OfferReceived:
    """The peer offers; call ``accept_offer`` or ``refuse_offer``.

    ``method`` says where the offer came: INVITE (a re-INVITE, or the response to an INVITE of ours that
    carried no offer), UPDATE or PRACK. ``body`` is None for a re-INVITE without an offer: the peer asks for
    ours, which ``accept_offer`` then carries, and the answer arrives with :class:`Acknowledged`.
    """

    session: InviteSession
    method: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """The peer answered the offer we made in a re-INVITE, an UPDATE or a reliable provisional response."""

    session: InviteSession
    body: bytes


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The peer refused our offer; the session goes on as it was before."""

    session: InviteSession
    status: int


@dataclass(frozen=True, slots=True)
class Provisional:
    """A 101-199 response to our INVITE; one with a body may start early media."""

    session: InviteSession
    response: Response


@dataclass(frozen=True, slots=True)
class Answered:
    """The 2xx response to our INVITE; its body is the answer.

    When our INVITE carried no offer, the body is the peer's offer, an :class:`OfferReceived` follows, and the
    ACK waits for ``accept_offer``.
    """

    session: InviteSession
    response: Response


@dataclass(frozen=True, slots=True)
class Rejected:
    """Our INVITE failed; ``SessionEnded`` follows. ``response`` is None when nobody answered."""

    session: InviteSession
    response: Response | None
    cause: EndCause


@dataclass(frozen=True, slots=True)
class InfoReceived:
    """An INFO of a content type the configuration names arrived; 200 is already queued."""

    session: InviteSession
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class InDialogRequest:
    """Another request in a dialog (MESSAGE, NOTIFY ...); answer it with ``endpoint.reply``."""

    session: InviteSession
    transaction: ServerEntry
    request: Request


@dataclass(frozen=True, slots=True)
class ReferReceived:
    """The peer wants its other side to be connected elsewhere; call ``refer.accept`` or ``refer.refuse``."""

    session: InviteSession
    refer: IncomingRefer


@dataclass(frozen=True, slots=True)
class ReferrerHeard:
    """The peer answered our first NOTIFY of its REFER, or never will: what follows cannot overtake it."""

    session: InviteSession
    refer: IncomingRefer


@dataclass(frozen=True, slots=True)
class ReferProgress:
    """A REFER of ours was answered, the peer told how it fares, or nothing more will be told."""

    session: InviteSession
    refer: OutgoingRefer


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """A response (provisional or final) to a request sent with ``send_request``.

    ``session`` is None for a request outside any dialog.
    """

    transaction: ClientEntry
    response: Response
    session: InviteSession | None = None


@dataclass(frozen=True, slots=True)
class RequestTimedOut:
    """Nobody answered a request sent with ``send_request``, or it could not be delivered."""

    transaction: ClientEntry
    cause: EndCause
    session: InviteSession | None = None


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session is over; nothing more is said about it."""

    session: InviteSession
    cause: EndCause
    message: Request | Response | None = None
    """The BYE, CANCEL or response that ended it, when there is one."""


SipEvent: TypeAlias = (
    IncomingInvite
    | IncomingRequest
    | RemoteCancelled
    | Acknowledged
    | OfferReceived
    | OfferAnswered
    | OfferRefused
    | Provisional
    | Answered
    | Rejected
    | InfoReceived
    | InDialogRequest
    | ReferReceived
    | ReferrerHeard
    | ReferProgress
    | RequestAnswered
    | RequestTimedOut
    | SessionEnded
)
