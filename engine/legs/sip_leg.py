"""A SIP leg: one INVITE session and its sound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from engine.exchange.routing import Caller, ClientCaller, Ourselves
from engine.legs.info_digits import key_in_info
from engine.legs.leg_ended import LegEnded
from engine.legs.leg_media import LegMedia
from engine.legs.leg_sound import LegSound
from engine.legs.media_watch import MediaWatch
from engine.reporting import log
from media.errors import MediaMisuse, RemoteError
from media.plane.leg import Leg
from media.plane.plane import MediaPlane
from media.sdp import Direction
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
from sip.flow import Address, Flow
from sip.header_values import NameAddr
from sip.invite_session import InviteSession
from sip.message import Request
from sip.outgoing_refer import OutgoingRefer
from sip.transport.stack import SipStack
from sip.transport.websocket import WebSocketTransport

Headers = Iterable[tuple[str, str]]

MAX_FORWARDS = 70
"""What a request begins with (RFC 3261 8.1.1.6)."""


class SipLeg:
    """Turns an INVITE session's events into facts, and wishes into messages.

    :meth:`receive` is fed every event of the session. ``ended`` is done as soon as the leg is over,
    whoever ended it; nothing is sent or heard after that.
    """

    payer = ""
    """The client that answers for what its talks through trunks cost; empty for none."""
    private = False
    """Whether those whom its call rings must not see who calls."""
    trunk = ""
    """The trunk we called through."""
    calls_as: Ourselves | ClientCaller | None = None
    """As whom it calls what is hosted here; None for a leg to anybody else."""

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
        self.on_offer_decided: Callable[[int], None] | None = None
        """Called with the status that answered an offer of ours."""
        self.on_refer_progress: Callable[[], None] | None = None
        """Called when something became known of a REFER of ours."""
        self.talk: object | None = None
        """What connects it with somebody, while it is; read by :func:`engine.dialling.talk.talk_of`."""
        self.who: Caller | None = None
        """Who called, as far as it was found out; None for a leg of ours."""
        self.ended: asyncio.Future[LegEnded] = asyncio.get_running_loop().create_future()
        self._known_session = session
        self._stack = stack
        self._endpoint = endpoint
        self._sound = LegSound(plane, media, self._flow)
        self.accepted = False
        """Whether our 200 to the caller was sent."""
        self._acknowledged = asyncio.Event()
        self._watch = MediaWatch(media.rtp_timeout, self._since_heard, self._lose_media)

    def __str__(self) -> str:
        port = f" rtp {self.media.local_port}" if self.has_media else ""
        return f"{self._flow()}{port}"

    def _flow(self) -> Flow | None:
        return self._known_session.flow if self._known_session is not None else None

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
        flow = self._flow()
        return (flow.transport, flow.remote) if flow is not None else None

    @property
    def gone(self) -> bool:
        return self.ended.done()

    @property
    def reason_of_end(self) -> Headers:
        """The Reason with which the peer hung up, for those who are hung up for that."""
        return self.ended.result().reason if self.gone else ()

    @property
    def media(self) -> Leg:
        """The sound of an answered leg."""
        return self._sound.leg

    @property
    def has_media(self) -> bool:
        """Whether the sound is open."""
        return self._sound.is_open

    @property
    def direction(self) -> Direction:
        """As last agreed on, from our side."""
        return self._sound.direction

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
        flow = self._session.flow
        if self._session.offer_body is not None:
            self._sound.read_offer(self._session.offer_body, self._lose_path)
        elif flow is not None and flow.transport in WebSocketTransport.names:
            self._sound.meet_browser(controlling=True, on_lost=self._lose_path)

    def ring(self, headers: Headers = ()) -> None:
        """Send 180."""
        if not self.gone:
            self._session.ring(self._stack.now(), headers)
            self._stack.settle()

    async def answer(self, headers: Headers = ()) -> None:
        """Open the sound, send 200 and return when the caller has acknowledged it.

        A browser's sound has its way by then too. Raises :class:`MediaUnavailable` when no port is free; the
        leg still rings then. A document that takes the place of one that answers waits for the same ACK.
        """
        path = self._sound.path
        if not self.accepted:
            self._open_sound()
            if path is not None:
                await path.gather()
            self.accepted = True
            self._session.answer(self._stack.now(), self._describe(), headers)
            self._stack.settle()
        await self._acknowledged.wait()
        if path is not None:
            await path.wait_established()

    def progress(self, headers: Headers = ()) -> bool:
        """Open the sound while the leg rings: 183 with our answer, reliably where 100rel is agreed.

        False when the caller made no offer, so that there is nothing to answer yet. Raises
        :class:`MediaUnavailable` when no port is free.
        """
        if self.gone or not self._sound.has_offer:
            return False
        self._open_sound()
        self._session.progress(self._stack.now(), 183, self._describe(), headers)
        self._stack.settle()
        return True

    def offer_direction(self, direction: Direction) -> bool:
        """Offer the peer to hear, to speak, both or neither; it stays so until the next such offer.

        False when there is nothing to offer: it is so already, or the leg is gone.
        """
        offer = None if self.gone else self._sound.offer_direction(direction)
        if offer is None:
            return False
        self._session.send_offer(self._stack.now(), offer)
        self._stack.settle()
        return True

    @property
    def remote_host(self) -> str:
        """Where the peer's last message came from."""
        return self.peer[1][0] if self.peer is not None else ""

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
        self.on_offer_decided = self.on_refer_progress = self.beside = None
        self._sound.close()

    def receive(self, event: SipEvent) -> None:
        """Take an event of this leg's session."""
        match event:
            case Acknowledged(body=body):
                self._receive_ack(body)
            case OfferReceived(body=body):
                self._receive_offer(body)
            case OfferAnswered(body=body):
                self._offer_answered(body)
            case OfferRefused(status=status):
                self._sound.offer_refused()
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
        if self._sound.awaits_answer:
            self._receive_answer(body)
        if not self._acknowledged.is_set():
            self._acknowledged.set()
            self._expect_sound()

    def _receive_answer(self, body: bytes) -> None:
        try:
            self._take_answer(body)
        except RemoteError as error:
            self._leave(error)

    def _offer_answered(self, body: bytes) -> None:
        """Take the answer to an offer of ours, or what a peer changed in that to a session refresh."""
        wanted = self._sound.awaits_answer
        self._receive_answer(body)
        if wanted:
            self._decided(200)
        elif self.on_offer is not None:
            self.on_offer()

    def _take_answer(self, body: bytes) -> None:
        """Do what an answer of the peer says; raises :class:`media.errors.RemoteError`."""
        self._sound.take_answer(body)
        self._expect_sound()

    def _leave(self, error: RemoteError) -> None:
        """Hang up on a peer whose answer cannot be used."""
        log.get("leg").warning("answer.unusable", error=str(error))
        self.hang_up([("Reason", 'SIP;cause=488;text="the answer cannot be used"')])

    def _decided(self, status: int) -> None:
        if self.on_offer_decided is not None:
            self.on_offer_decided(status)

    def _receive_offer(self, body: bytes | None) -> None:
        """Take a re-INVITE or UPDATE: hold, resume, a moved or a changed stream."""
        try:
            described = self._sound.take_offer(body)
        except (RemoteError, MediaMisuse) as error:
            log.get("leg").warning("offer.refused", error=str(error))
            self._session.refuse_offer(self._stack.now(), 488)
            return
        if body is not None:
            self._expect_sound()
        self._session.accept_offer(self._stack.now(), described)
        if self.on_offer is not None:
            self.on_offer()

    def _receive_info(self, content_type: str, body: bytes) -> None:
        key = key_in_info(content_type, body)
        if key is not None and self.on_digit is not None:
            self.on_digit(key)

    def _open_sound(self) -> None:
        self._sound.on_key = self._receive_key
        self._sound.open(self.beside._sound if self.beside is not None else None)

    def _describe(self) -> bytes:
        """Return what the INVITE is answered with."""
        described = self._sound.describe()
        self._expect_sound()
        return described

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

    def _expect_sound(self) -> None:
        """Watch the peer's sound anew, unless it is on hold."""
        if self._sound.peer_speaks:
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
