"""The way of a leg's sound to a browser: ICE finds it, DTLS makes its keys, and the plane takes both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aioice import ConnectionClosed

from media.offer_answer import Negotiated
from media.plane.leg import Leg
from media.plane.socket_address import Address
from media.sdp import SessionDescription
from media.srtp import SrtpKeys
from media.webrtc.certificate import Certificate
from media.webrtc.description import WebRtcLocal, WebRtcRemote, offered_remote
from media.webrtc.dtls import DtlsAssociation, DtlsFailed
from media.webrtc.ice import FIRST_OF_DTLS, IceConnection, IceOptions, RelayJoint

FOUND_WITHIN: Final = 20.0
"""Seconds for ICE: a browser gives up after about as long, and a person sooner."""
HANDSHAKE_WITHIN: Final = 10.0
"""Seconds for DTLS, in which a flight is sent four times."""
GATHERED_WITHIN: Final = 3.0
"""Seconds that STUN and TURN servers may hold up an answer; a slower one is left out of it."""
GOODBYE: Final = 2.0
"""Seconds between the end of DTLS and that of the leg: the BYE of a page that hangs up may come second."""


class PathNotFound(ConnectionError):
    """ICE found no way; the message says what to look at."""


@dataclass(frozen=True)
class WebRtcOptions:
    """What all paths have in common."""

    certificate: Certificate
    ice: IceOptions

    def path(self, *, controlling: bool, on_lost: Callable[[str], None]) -> WebRtcPath:
        """Return the path of one leg; whoever offers first controls ICE (RFC 8445 section 6.1.1)."""
        return WebRtcPath(self, controlling, on_lost)


@dataclass
class _Attempt:
    """One run of ICE, and what the peer said that it is for."""

    ice: IceConnection
    remote: WebRtcRemote | None = None
    joint: RelayJoint | None = None
    gathering: asyncio.Task[None] | None = None


@dataclass
class WebRtcPath:
    """Carries one leg's ICE and DTLS, from its first description to its end.

    :meth:`attach` it to the leg, describe it by ``local``, then :meth:`apply` what was agreed on. The leg is
    silent and deaf until ICE and DTLS are done. During an ICE restart the sound goes on as before, until the
    new run has found a way (RFC 8445 section 9). ``on_lost`` is called once, with the reason, when they fail
    or when the peer is gone.
    """

    options: WebRtcOptions
    controlling: bool
    on_lost: Callable[[str], None]
    on_established: Callable[[], None] = lambda: None
    """Called when the sound has its way."""
    established: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the sound has its way."""
    _leg: Leg | None = None
    _attempt: _Attempt | None = None
    """The run that our descriptions tell of."""
    _carrying: _Attempt | None = None
    """The run on whose way the sound is: another one during an ICE restart, None before there is a way."""
    _dtls: DtlsAssociation | None = None
    _is_client: bool | None = None
    _fingerprints: tuple[tuple[str, str], ...] = ()
    _peer: Address | None = None
    _agreed: Negotiated | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _closed: bool = False

    def attach(self, leg: Leg) -> None:
        """Take the leg whose port this shares."""
        self._leg = leg
        self._begin_attempt()

    def receive(self, content: bytes, sender: Address) -> None:
        """Take STUN or DTLS that came to the leg's port."""
        if self._attempt is not None and not self._closed:
            self._addressee(self._attempt, content).ice.receive(content, sender)

    @property
    def local(self) -> WebRtcLocal:
        """What descriptions of ours say now; before there is a leg, only that there will be one."""
        if self._attempt is None:
            return WebRtcLocal("", "", (), self.options.certificate.fingerprint, 0, "")
        ice, leg = self._attempt.ice, self._attached
        return WebRtcLocal(
            ice.local_username,
            ice.local_password,
            tuple(ice.announced()),
            self.options.certificate.fingerprint,
            leg.ssrc,
            leg.cname,
            self._is_client,
        )

    async def gather(self) -> None:
        """Wait for the candidates that servers tell; what is not told in time is left out.

        Who gave up waiting for them may come again: they are asked once.
        """
        attempt = self._attempt
        if attempt is not None and self.options.ice.asks_servers:
            if attempt.gathering is None:
                attempt.gathering = self._begin(attempt.ice.gather_candidates())
            await asyncio.wait((attempt.gathering,), timeout=GATHERED_WITHIN)

    def prepare(self, offer: SessionDescription) -> None:
        """Look at a further offer of the peer, before it is answered: it may ask for an ICE restart.

        New credentials ask for it (RFC 8839 section 4.4.1.1.1); another certificate begins everything anew.
        Raises :class:`OfferRejected` for one that lost what WebRTC needs.
        """
        if self._attempt is None or self._attempt.remote is None:
            return
        known, remote = self._attempt.remote, offered_remote(offer)
        if (known.username, known.password) != (remote.username, remote.password):
            self._begin_attempt()

    def apply(self, negotiated: Negotiated) -> None:
        """Take on what offer and answer settled."""
        agreement, attempt = negotiated.webrtc, self._attempt
        assert agreement is not None, "only what WebRTC agreed on comes here"
        assert attempt is not None, "a path is attached before it is described"
        self._agreed = negotiated
        if attempt.remote is None:
            if self._dtls is not None and agreement.remote.fingerprints != self._fingerprints:
                self._forget_keys()
            attempt.remote = agreement.remote
            if self._dtls is None:
                self._is_client = agreement.is_client
            self._begin(self._establish(attempt))
        self._tell_leg()

    def restart(self) -> None:
        """Seek another way with the next offer of ours: it has new credentials (RFC 8445 section 9)."""
        self._begin_attempt()

    @property
    def restarts(self) -> bool:
        """Whether another way is being sought while the sound goes on."""
        return self._carrying is not None and self._carrying is not self._attempt

    @property
    def keys(self) -> SrtpKeys | None:
        """What the sound is protected with, once that is known."""
        return self._dtls.keys if self._dtls is not None else None

    @property
    def is_relayed(self) -> bool:
        """Whether the sound goes over a relay of ours."""
        return self._carrying is not None and self._carrying.ice.is_relayed

    async def wait_established(self) -> None:
        """Return when the sound has its way."""
        await self.established.wait()

    def close(self) -> None:
        """Stop everything; closing twice is nothing."""
        if self._closed:
            return
        self._closed = True
        for task in tuple(self._tasks):
            task.cancel()
        self._tasks.add(asyncio.get_running_loop().create_task(self._take_down()))

    @property
    def _attached(self) -> Leg:
        assert self._leg is not None, "a path is attached before it is used"
        return self._leg

    def _begin_attempt(self) -> None:
        former = self._attempt
        ice = IceConnection(self._attached, self.options.ice, controlling=self.controlling)
        self._attempt = attempt = _Attempt(ice)
        ice.on_nominated = lambda: self._follow(attempt)
        if former is not None and former is not self._carrying:
            self._begin(_end(former))
        if self._carrying is not None:
            self._tell_leg()

    def _addressee(self, newest: _Attempt, content: bytes) -> _Attempt:
        """Return the run that a datagram is for: DTLS goes where the sound goes."""
        carrying = self._carrying
        if carrying is None or carrying is newest:
            return newest
        return carrying if content[0] >= FIRST_OF_DTLS or carrying.ice.expects(content) else newest

    async def _establish(self, attempt: _Attempt) -> None:
        assert attempt.remote is not None
        try:
            await self._find(attempt, attempt.remote)
            if self._dtls is None or self._dtls.keys is None:
                await self._shake_hands(attempt)
            else:
                self._dtls.move(attempt.ice)
        except (ConnectionError, TimeoutError) as error:
            self._not_established(attempt, str(error) or "it took too long")
            return
        if attempt is not self._attempt:
            return
        self._carry(attempt)
        if isinstance(await attempt.ice.get_event(), ConnectionClosed) and attempt is self._carrying:
            self._stop_carrying()
            self._tell_leg()
            if attempt is self._attempt:
                self._lose("the peer answers no more STUN (RFC 7675): its network or the browser is gone")

    def _carry(self, attempt: _Attempt) -> None:
        """Let the sound go the way that a run has found, from now on."""
        former, self._carrying = self._carrying, attempt
        self._peer = self._way_of(attempt)
        self._tell_leg()
        if former is not None and former is not attempt:
            self._begin(_end(former))
        if not self.established.is_set():
            self.established.set()
            self.on_established()

    def _not_established(self, attempt: _Attempt, why: str) -> None:
        """Lose the peer, unless the way of before is still there or another run was begun meanwhile."""
        if attempt is not self._attempt:
            return
        if self._carrying is None:
            self._lose(why)
            return
        self._attempt = self._carrying
        self._begin(_end(attempt))
        self._tell_leg()

    def _stop_carrying(self) -> None:
        """Take note that the sound has no way any more."""
        self._carrying = self._peer = None
        self.established.clear()

    async def _find(self, attempt: _Attempt, remote: WebRtcRemote) -> None:
        ice = attempt.ice
        try:
            async with asyncio.timeout(FOUND_WITHIN):
                await ice.gather_candidates()
                ice.seek(remote)
                await ice.connect()
        except (ConnectionError, TimeoutError) as error:
            raise PathNotFound(_why_not_found(self.options.ice, remote)) from error

    def _follow(self, attempt: _Attempt) -> None:
        """Send the sound where the nominated pair leads; the peer may choose another one at any time."""
        if attempt is not self._carrying or self._closed:
            return
        before, self._peer = self._peer, self._way_of(attempt)
        if self._peer != before:
            self._tell_leg()

    def _way_of(self, attempt: _Attempt) -> Address | None:
        """Return where the leg is to send, so that the sound goes over the nominated pair."""
        ice = attempt.ice
        if not ice.is_relayed:
            return ice.peer
        if attempt.joint is None:
            attempt.joint = RelayJoint(
                self._attached, self.options.ice.address, lambda data: self._begin_send(ice, data)
            )
            ice.on_relayed = attempt.joint.deliver
        return attempt.joint.address

    def _begin_send(self, ice: IceConnection, data: bytes) -> None:
        self._begin(ice.send(data))

    async def _shake_hands(self, attempt: _Attempt) -> None:
        assert attempt.remote is not None
        self._dtls = dtls = DtlsAssociation(attempt.ice, self.options.certificate)
        self._fingerprints = attempt.remote.fingerprints
        try:
            async with asyncio.timeout(HANDSHAKE_WITHIN):
                await dtls.establish(attempt.remote, is_client=bool(self._is_client))
        except TimeoutError as error:
            raise DtlsFailed("the peer did not finish the DTLS handshake in time") from error
        dtls.on("statechange", lambda: self._closed or self._begin(self._dtls_ended(dtls)))

    async def _dtls_ended(self, dtls: DtlsAssociation) -> None:
        await asyncio.sleep(GOODBYE)
        if dtls is self._dtls:
            self._lose("the browser closed the connection")

    def _tell_leg(self) -> None:
        """Let the leg speak and listen as far as the way and the keys are known."""
        leg, agreed = self._attached, self._agreed
        assert agreed is not None, "the leg is told once something was agreed on"
        peer = self._peer if self.keys is not None else None
        if not leg.closed:
            moves = self.restarts and peer is not None
            leg.apply(replace(agreed, remote=peer, remote_rtcp=peer, srtp=self.keys, remote_moves=moves))

    def _forget_keys(self) -> None:
        former, self._dtls, self._is_client = self._dtls, None, None
        if former is not None:
            self._begin(former.stop())
        if self._carrying is not None and self._carrying is not self._attempt:
            self._begin(_end(self._carrying))
        self._stop_carrying()

    def _lose(self, why: str) -> None:
        if not self._closed:
            self.on_lost(why)

    async def _take_down(self) -> None:
        if self._dtls is not None:
            await self._dtls.stop()
        for attempt in {id(each): each for each in (self._attempt, self._carrying) if each}.values():
            await _end(attempt)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _why_not_found(options: IceOptions, remote: WebRtcRemote) -> str:
    return (
        f"no check of ICE got through between {', '.join(options.addresses())} and the browser's "
        f"{len(remote.candidates)} candidates; open the UDP ports of [media] rtp_ports, and look at "
        "[media] external_address, stun_servers and turn_servers"
    )


async def _end(attempt: _Attempt) -> None:
    if attempt.joint is not None:
        attempt.joint.close()
    await attempt.ice.close()
