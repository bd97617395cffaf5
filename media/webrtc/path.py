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
from media.webrtc.ice import IceConnection, IceOptions, RelayJoint

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


@dataclass
class WebRtcPath:
    """Carries one leg's ICE and DTLS, from its first description to its end.

    :meth:`attach` it to the leg, describe it by ``local``, then :meth:`apply` what was agreed on. The leg is
    silent and deaf until ICE and DTLS are done, and again during an ICE restart. ``on_lost`` is called once,
    with the reason, when they fail or when the peer is gone.
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
            self._attempt.ice.receive(content, sender)

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
        """Wait for the candidates that servers tell; what is not told in time is left out."""
        if self._attempt is not None and self.options.ice.asks_servers:
            gathering = self._begin(self._attempt.ice.gather_candidates())
            await asyncio.wait((gathering,), timeout=GATHERED_WITHIN)

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
    def keys(self) -> SrtpKeys | None:
        """What the sound is protected with, once that is known."""
        return self._dtls.keys if self._dtls is not None else None

    @property
    def is_relayed(self) -> bool:
        """Whether the sound goes over a relay of ours."""
        return self._attempt is not None and self._attempt.ice.is_relayed

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

    # -- what happens meanwhile ------------------------------------------------------------------

    def _begin_attempt(self) -> None:
        former = self._attempt
        ice = IceConnection(self._attached, self.options.ice, controlling=self.controlling)
        self._attempt = attempt = _Attempt(ice)
        ice.on_nominated = lambda: self._follow(attempt)
        self._peer = None
        self.established.clear()
        if former is not None:
            self._begin(_end(former))

    async def _establish(self, attempt: _Attempt) -> None:
        assert attempt.remote is not None
        try:
            await self._find(attempt, attempt.remote)
            if self._dtls is None or self._dtls.keys is None:
                await self._shake_hands(attempt)
            else:
                self._dtls.move(attempt.ice)
        except (ConnectionError, TimeoutError) as error:
            if attempt is self._attempt:
                self._lose(str(error) or "it took too long")
            return
        self._tell_leg()
        self.established.set()
        self.on_established()
        if isinstance(await attempt.ice.get_event(), ConnectionClosed) and attempt is self._attempt:
            self._lose("the peer answers no more STUN (RFC 7675): its network or the browser is gone")

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
        if attempt is not self._attempt or self._closed:
            return
        ice, before = attempt.ice, self._peer
        if ice.is_relayed and attempt.joint is None:
            attempt.joint = RelayJoint(
                self._attached, self.options.ice.address, lambda data: self._begin_send(ice, data)
            )
            ice.on_relayed = attempt.joint.deliver
        self._peer = attempt.joint.address if ice.is_relayed and attempt.joint else ice.peer
        if self.established.is_set() and self._peer != before:
            self._tell_leg()

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
            leg.apply(replace(agreed, remote=peer, remote_rtcp=peer, srtp=self.keys))

    def _forget_keys(self) -> None:
        former, self._dtls, self._is_client = self._dtls, None, None
        if former is not None:
            self._begin(former.stop())

    def _lose(self, why: str) -> None:
        if not self._closed:
            self.on_lost(why)

    async def _take_down(self) -> None:
        if self._dtls is not None:
            await self._dtls.stop()
        if self._attempt is not None:
            await _end(self._attempt)

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
