"""A SIP leg: one INVITE session and its sound. The only file that sees both SIP and SDP."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import MediaUnavailable
from engine.legs.info_digits import key_in_info
from engine.legs.leg_media import LegMedia
from engine.legs.media_watch import MediaWatch
from engine.reporting import log
from media import sdp
from media.errors import MediaExhausted, MediaMisuse, RemoteError
from media.offer_answer import LocalMedia, Negotiated, accept_answer, answer, at_port, make_offer
from media.plane.leg import Leg
from media.plane.plane import MediaPlane
from media.sdp import Direction, SessionDescription
from media.webrtc.description import wants_webrtc
from sip.endpoint import SipEndpoint
from sip.events import (
    Acknowledged,
    EndCause,
    InDialogRequest,
    InfoReceived,
    OfferAnswered,
    OfferReceived,
    OfferRefused,
    ReferProgress,
    SessionEnded,
    SipEvent,
)
from sip.flow import Address
from sip.header_values import NameAddr
from sip.invite_session import InviteSession
from sip.message import Request
from sip.outgoing_refer import OutgoingRefer
from sip.transport.stack import SipStack
from sip.transport.websocket import WebSocketTransport

if TYPE_CHECKING:
    from engine.dialling.talk import Talk
    from engine.exchange.routing import Caller
    from media.webrtc.path import WebRtcPath

Headers = Iterable[tuple[str, str]]

MAX_FORWARDS = 70
"""What a request begins with (RFC 3261 8.1.1.6)."""

DISCARD = 9
"""A port that stands for one to come (RFC 863)."""

_IN_ORDER = frozenset(
    {EndCause.BYE, EndCause.LOCAL, EndCause.CANCELLED, EndCause.REJECTED, EndCause.SESSION_EXPIRED}
)


@dataclass(frozen=True)
class LegEnded:
    """How a leg ended."""

    cause: EndCause
    detail: str = ""
    """What the peer said about it, such as its Reason header."""

    @property
    def in_order(self) -> bool:
        """Whether it ended as calls do, and not by a fault."""
        return self.cause in _IN_ORDER

    @property
    def cancelled(self) -> bool:
        return self.cause is EndCause.CANCELLED

    def __str__(self) -> str:
        return f"{self.cause.value} ({self.detail})" if self.detail else self.cause.value


class SipLeg:
    """Turns an INVITE session's events into facts, and wishes into messages.

    :meth:`receive` is fed every event of the session. ``ended`` is done as soon as the leg is over,
    whoever ended it; nothing is sent or heard after that.
    """

    payer = ""
    """The client that answers for what its talks through trunks cost; empty for none."""
    trunk = ""
    """The trunk we called through."""

    def __init__(
        self,
        session: InviteSession | None,
        stack: SipStack,
        endpoint: SipEndpoint,
        plane: MediaPlane,
        media: LegMedia,
    ) -> None:
        self.on_digit: Callable[[str], None] | None = None
        """Called with each key, from RTP or from INFO."""
        self.on_media_lost: Callable[[float], None] | None = None
        """Called with the seconds of silence when the peer's sound is gone, just before the leg is ended."""
        self.on_path_lost: Callable[[str], None] | None = None
        """Called with the reason when a browser cannot be reached, just before the leg is ended."""
        self.beside: SipLeg | None = None
        """A leg that this one is to hear: their sound must be opened on one media thread."""
        self.on_offer: Callable[[], None] | None = None
        """Called when an offer of the peer was taken: hold, resume, a changed stream."""
        self.direction = Direction.SENDRECV
        """As last agreed on, from our side."""
        self.on_offer_decided: Callable[[int], None] | None = None
        """Called with the status that answered an offer of ours."""
        self.on_refer_progress: Callable[[], None] | None = None
        """Called when something became known of a REFER of ours."""
        self.talk: Talk | None = None
        """With whom it is connected, while it is."""
        self.who: Caller | None = None
        """Who called, as far as it was found out; None for a leg of ours."""
        self.ended: asyncio.Future[LegEnded] = asyncio.get_running_loop().create_future()
        self._known_session = session
        self._stack = stack
        self._endpoint = endpoint
        self._plane = plane
        self._media_options = media
        self._media: Leg | None = None
        self._path: WebRtcPath | None = None
        self._described: SessionDescription | None = None
        self._our_offer: SessionDescription | None = None
        """The offer of ours that waits for its answer."""
        self._session_id = secrets.randbits(62)
        self._acknowledged = asyncio.Event()
        self._answer: Negotiated | None = None
        """What the caller's offer is answered with, but for our port, which is not bound yet."""
        self._browser_offer: SessionDescription | None = None
        self._wanted_direction = self._direction_before = Direction.SENDRECV
        self._peer_speaks = False
        self._watch = MediaWatch(media.rtp_timeout, self._since_heard, self._lose_media)

    def __str__(self) -> str:
        port = f" rtp {self._media.local_port}" if self._media else ""
        flow = self._known_session.flow if self._known_session is not None else None
        return f"{flow}{port}"

    @property
    def _session(self) -> InviteSession:
        assert self._known_session is not None, "an outgoing leg has a session once it has invited"
        return self._known_session

    @property
    def request(self) -> Request:
        """The INVITE."""
        return self._session.request

    @property
    def peer(self) -> tuple[str, Address] | None:
        """Transport and address of the peer, once it was heard."""
        flow = self._known_session.flow if self._known_session is not None else None
        return (flow.transport, flow.remote) if flow is not None else None

    @property
    def gone(self) -> bool:
        return self.ended.done()

    @property
    def media(self) -> Leg:
        """The sound of an answered leg."""
        assert self._media is not None, "a leg has sound once it is answered"
        return self._media

    @property
    def has_media(self) -> bool:
        """Whether the sound is open."""
        return self._media is not None

    @property
    def on_hold(self) -> bool:
        """Whether the peer wants nothing to be sent for now: it has put us on hold."""
        return not self.direction.sends

    @property
    def hops_left(self) -> int:
        """How often what comes of this leg may still be forwarded (Max-Forwards, RFC 3261 8.1.1.6)."""
        found = self._known_session.request.max_forwards if self._known_session is not None else None
        return MAX_FORWARDS if found is None else found

    def check_offer(self) -> None:
        """Read the caller's offer; raises :class:`media.errors.RemoteError` for one that cannot be taken.

        Done before the call rings, so that an impossible call is refused before an application hears of it.
        """
        if self._session.offer_body is not None:
            offer = sdp.parse(self._session.offer_body)
            if wants_webrtc(offer):
                self._meet_browser(controlling=False)
                self._browser_offer = offer
            self._answer = answer(offer, self._local(port=DISCARD))
        elif self._session.flow is not None and self._session.flow.transport in WebSocketTransport.names:
            self._meet_browser(controlling=True)

    # -- wishes ----------------------------------------------------------------------------------

    def ring(self, headers: Headers = ()) -> None:
        """Send 180."""
        if not self.gone:
            self._session.ring(self._stack.now(), headers)
            self._stack.settle()

    async def answer(self, headers: Headers = ()) -> None:
        """Open the sound, send 200 and return when the caller has acknowledged it.

        A browser's sound has its way by then too. Raises :class:`MediaUnavailable` when no port is free; the
        leg still rings then.
        """
        self._open_media()
        if self._path is not None:
            await self._path.gather()
        described = self._describe()
        self._session.answer(self._stack.now(), described, headers)
        self._stack.settle()
        await self._acknowledged.wait()
        if self._path is not None:
            await self._path.wait_established()

    def progress(self, headers: Headers = ()) -> bool:
        """Open the sound while the leg rings: 183 with our answer, reliably where 100rel is agreed.

        False when the caller made no offer, so that there is nothing to answer yet. Raises
        :class:`MediaUnavailable` when no port is free.
        """
        if self.gone or self._answer is None:
            return False
        described = self._describe()
        self._session.progress(self._stack.now(), 183, described, headers)
        self._stack.settle()
        return True

    def offer_direction(self, direction: Direction) -> bool:
        """Offer the peer to hear, to speak, both or neither; it stays so until the next such offer.

        False when there is nothing to offer: it is so already, or the leg is gone.
        """
        if self.gone or direction is self._wanted_direction:
            return False
        self._direction_before, self._wanted_direction = self._wanted_direction, direction
        self._our_offer = self._described = make_offer(self._local(), self._described)
        self._session.send_offer(self._stack.now(), str(self._described).encode())
        self._stack.settle()
        return True

    @property
    def remote_host(self) -> str:
        """Where the peer's last message came from."""
        flow = self._session.flow
        return flow.remote[0] if flow is not None else ""

    @property
    def local_address(self) -> str:
        """Who we are to the peer, as a header value without a tag."""
        dialog = self._session.dialog
        assert dialog is not None, "a leg that is up has a dialog"
        return str(NameAddr(dialog.local.uri))

    def refer(self, refer_to: str, headers: Headers = ()) -> OutgoingRefer:
        """Ask the peer to call somebody else; raises ``UsageError`` for a leg that is not up."""
        refer = self._session.refer(self._stack.now(), refer_to, tuple(headers))
        self._stack.settle()
        return refer

    def reject(self, status: int, headers: Headers = (), reason: str | None = None) -> None:
        """Refuse a ringing leg."""
        if self.gone:
            return
        self._session.reject(self._stack.now(), status, reason, headers)
        self._stack.settle()

    def hang_up(self, headers: Headers = ()) -> None:
        """End the leg in the way its state asks: a refusal, CANCEL or BYE."""
        self._session.hang_up(self._stack.now(), headers)
        self._stack.settle()

    def close(self) -> None:
        """Give the sound back, and let go of everybody who is told something; closing twice is nothing.

        Who holds a leg that still points to it is freed by a collection only, which holds everything up.
        """
        self.on_digit = self.on_media_lost = self.on_path_lost = self.on_offer = None
        self.on_offer_decided = self.on_refer_progress = None
        if self._path is not None:
            self._path.close()
        if self._media is not None:
            self._media.on_digit = None
            self._media.close()

    # -- facts -----------------------------------------------------------------------------------

    def receive(self, event: SipEvent) -> None:
        """Take an event of this leg's session."""
        match event:
            case Acknowledged(body=body):
                self._receive_ack(body)
            case OfferReceived(body=body):
                self._receive_offer(body)
            case OfferAnswered(body=body):
                self._receive_answer(body)
                self._decided(200)
            case OfferRefused(status=status):
                self._our_offer = None
                self._wanted_direction = self._direction_before
                self._decided(status)
            case ReferProgress():
                if self.on_refer_progress is not None:
                    self.on_refer_progress()
            case InfoReceived(content_type=content_type, body=body):
                self._receive_info(content_type, body)
            case InDialogRequest(transaction=transaction, request=request):
                log.get("leg").info("request.refused", method=request.method)
                self._endpoint.reply(self._stack.now(), transaction, 501)
            case SessionEnded(cause=cause, message=message):
                self._end(LegEnded(cause, message.headers.get("Reason") or "" if message else ""))
            case _:
                pass

    def _end(self, how: LegEnded) -> None:
        if not self.ended.done():
            self.ended.set_result(how)
        self._watch.end()
        self.close()

    def _receive_ack(self, body: bytes) -> None:
        if self._our_offer is not None:
            self._receive_answer(body)
        if not self._acknowledged.is_set():
            self._acknowledged.set()
            self._expect_sound()

    def _receive_answer(self, body: bytes) -> None:
        offer, self._our_offer = self._our_offer, None
        if offer is None:
            return
        try:
            self._apply(accept_answer(offer, sdp.parse(body), self._local()))
        except RemoteError as error:
            log.get("leg").warning("answer.unusable", error=str(error))
            self.hang_up([("Reason", 'SIP;cause=488;text="the answer cannot be used"')])

    def _decided(self, status: int) -> None:
        if self.on_offer_decided is not None:
            self.on_offer_decided(status)

    def _receive_offer(self, body: bytes | None) -> None:
        """Take a re-INVITE or UPDATE: hold, resume, a moved or a changed stream."""
        now = self._stack.now()
        try:
            if self._media is None:
                raise MediaMisuse("the leg has no sound yet")
            if body is None:
                described = self._our_offer = make_offer(self._local(), self._described)
            else:
                offer = sdp.parse(body)
                if self._path is not None:
                    self._path.prepare(offer)
                negotiated = answer(offer, self._local(), self._described)
                self._apply(negotiated)
                described = negotiated.description
        except (RemoteError, MediaMisuse) as error:
            log.get("leg").warning("offer.refused", error=str(error))
            self._session.refuse_offer(now, 488)
            return
        self._described = described
        self._session.accept_offer(now, str(described).encode())
        if self.on_offer is not None:
            self.on_offer()

    def _receive_info(self, content_type: str, body: bytes) -> None:
        key = key_in_info(content_type, body)
        if key is not None and self.on_digit is not None:
            self.on_digit(key)

    # -- sound -----------------------------------------------------------------------------------

    def _describe(self) -> bytes:
        """Open the sound and return what the INVITE is answered with: the same in 183 and in 200."""
        self._open_media()
        if self._described is None:
            if self._answer is None:
                self._described = self._our_offer = make_offer(self._local())
            else:
                negotiated = self._whole(self._answer)
                self._apply(negotiated)
                self._described = negotiated.description
        return str(self._described).encode()

    def _whole(self, answered: Negotiated) -> Negotiated:
        """Return the answer with what is known only once the sound is open: our port, our candidates."""
        if self._browser_offer is not None:
            return answer(self._browser_offer, self._local())
        return at_port(answered, self.media.local_port)

    def _open_media(self) -> None:
        if self._media is None:
            beside = self.beside.media if self.beside is not None and self.beside.has_media else None
            try:
                self._media = self._plane.open_leg(beside, self._path.receive if self._path else None)
            except MediaExhausted as error:
                raise MediaUnavailable(str(error)) from error
            self._media.on_digit = self._receive_key
            if self._path is not None:
                self._path.attach(self._media)

    def _meet_browser(self, *, controlling: bool) -> None:
        """Have ICE and DTLS for this leg, where they are served."""
        if (options := self._media_options.webrtc) is not None:
            self._path = options.path(controlling=controlling, on_lost=self._lose_path)
            self._media_options = self._media_options.with_wideband_first()

    def _lose_path(self, why: str) -> None:
        """End a leg to a browser that cannot be reached, or no longer."""
        if self.gone:
            return
        log.get("leg").warning("path.lost", reason=why, leg=str(self))
        if self.on_path_lost is not None:
            self.on_path_lost(why)
        # Before the BYE, whose end of the session would count as our own wish.
        self._end(LegEnded(EndCause.TRANSPORT, why))
        # Q.850 cause 127: interworking, unspecified (RFC 3326 section 2).
        self.hang_up([("Reason", f'Q.850;cause=127;text="{why}"')])

    def _receive_key(self, key: str) -> None:
        if self.on_digit is not None:
            self.on_digit(key)

    def _apply(self, negotiated: Negotiated) -> None:
        if self._path is not None and negotiated.webrtc is not None:
            self._path.apply(negotiated)
        else:
            self.media.apply(negotiated)
        self.direction = negotiated.direction
        log.get("leg").info(
            "media",
            codec=str(negotiated.codec),
            remote=negotiated.remote,
            direction=negotiated.direction.value,
            telephone_event=negotiated.telephone_event_payload_type,
            srtp=negotiated.srtp.send.suite.value if negotiated.srtp else None,
        )
        if negotiated.srtp is not None and (flow := self._session.flow) is not None:
            self._media_options.clear_keys.note(flow.transport, flow.remote[0])
        has_address = negotiated.remote is not None or negotiated.webrtc is not None
        self._peer_speaks = negotiated.direction is Direction.SENDRECV and has_address
        self._expect_sound()

    def _expect_sound(self) -> None:
        """Watch the peer's sound anew, unless it is on hold."""
        if self._peer_speaks:
            self._watch.begin()
        else:
            self._watch.pause()

    def _since_heard(self) -> float | None:
        return self.media.since_heard()

    @property
    def _established(self) -> bool:
        """Whether both sides have said that they talk."""
        return self._acknowledged.is_set()

    def _lose_media(self, seconds: float) -> None:
        """End a leg whose telephone vanished without a BYE.

        It is over at once: nobody may be there to answer our own BYE, whose timers run by themselves.
        """
        if not self._established:
            self._watch.begin()
            return
        log.get("leg").warning("media.lost", seconds=round(seconds), leg=str(self))
        if self.on_media_lost is not None:
            self.on_media_lost(seconds)
        detail = f"no RTP for {seconds:.0f} s"
        # Q.850 cause 102: recovery on timer expiry (RFC 3326 section 2).
        self.hang_up([("Reason", f'Q.850;cause=102;text="{detail}"')])
        self._end(LegEnded(EndCause.LOCAL, detail))

    def _local(self, port: int | None = None) -> LocalMedia:
        options = self._media_options
        if port is None:
            port = self.media.local_port
        flow = self._known_session.flow if self._known_session is not None else None
        return LocalMedia(
            options.address,
            port,
            options.codecs,
            session_id=self._session_id,
            direction=self._wanted_direction,
            srtp=options.srtp,
            peer_address=flow.remote[0] if flow is not None else None,
            webrtc=self._path.local if self._path is not None else None,
        )
