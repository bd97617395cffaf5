"""The sound of a leg, and how both sides describe it (RFC 3264): what SDP says, done to the media plane."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import MediaUnavailable
from engine.legs.key_pace import KeyPace
from engine.legs.leg_media import LegMedia
from engine.reporting import log
from media import sdp
from media.errors import MediaExhausted, MediaMisuse
from media.offer_answer import LocalMedia, Negotiated, accept_answer, answer, at_port, make_offer
from media.plane.leg import Leg
from media.plane.plane import MediaPlane
from media.sdp import Direction, SessionDescription
from media.webrtc.description import wants_webrtc
from sip.flow import Flow

if TYPE_CHECKING:
    from media.webrtc.path import WebRtcPath

DISCARD = 9
"""A port that stands for one to come (RFC 863)."""


class LegSound:
    """Knows what was offered and agreed on, and opens, changes and closes the sound by it.

    ``flow`` returns where the peer's messages come from, None before the first.
    """

    def __init__(self, plane: MediaPlane, options: LegMedia, flow: Callable[[], Flow | None]) -> None:
        self.on_key: Callable[[str], None] | None = None
        """Called with each key that is heard."""
        self.path: WebRtcPath | None = None
        """The way to a browser; None for everybody else."""
        self.direction = Direction.SENDRECV
        """As last agreed on, from our side."""
        self.peer_speaks = False
        """Whether the peer said that it will be heard."""
        self._pace = KeyPace()
        self._plane = plane
        self._options = options
        self._flow = flow
        self._leg: Leg | None = None
        self._described: SessionDescription | None = None
        self._our_offer: SessionDescription | None = None
        """The offer of ours that waits for its answer."""
        self._session_id = secrets.randbits(62)
        self._answer: Negotiated | None = None
        """What the caller's offer is answered with, but for our port, which is not bound yet."""
        self._browser_offer: SessionDescription | None = None
        self._wanted_direction = self._direction_before = Direction.SENDRECV

    @property
    def leg(self) -> Leg:
        """The leg of the media plane."""
        assert self._leg is not None, "a leg has sound once it is answered"
        return self._leg

    @property
    def is_open(self) -> bool:
        """Whether there is one."""
        return self._leg is not None

    @property
    def has_offer(self) -> bool:
        """Whether the peer's first offer was read, so that there is something to answer."""
        return self._answer is not None

    @property
    def description(self) -> bytes:
        """What we described last."""
        return str(self._described).encode()

    @property
    def awaits_answer(self) -> bool:
        """Whether an offer of ours has none yet."""
        return self._our_offer is not None

    @property
    def goes_to_browser(self) -> bool:
        """Whether whom we call is a browser."""
        return self._options.to_browser

    def meet_browser(self, *, controlling: bool, on_lost: Callable[[str], None]) -> None:
        """Have ICE and DTLS for this leg, where they are served."""
        if (options := self._options.webrtc) is not None:
            self.path = options.path(controlling=controlling, on_lost=on_lost)
            self._options = self._options.with_wideband_first()

    def open(self, beside: LegSound | None) -> None:
        """Bind a port, on the media thread of who is to be heard; raises :class:`MediaUnavailable`."""
        if self._leg is not None:
            return
        near = beside.leg if beside is not None and beside.is_open else None
        try:
            self._leg = self._plane.open_leg(near, self.path.receive if self.path else None)
        except MediaExhausted as error:
            raise MediaUnavailable(str(error)) from error
        self._leg.on_digit = self._receive_key
        if self.path is not None:
            self.path.attach(self._leg)

    def close(self) -> None:
        """Give the port back, and let go of the leg; closing twice is nothing."""
        self.on_key = None
        self._flow = lambda: None
        if self.path is not None:
            self.path.close()
        if self._leg is not None:
            self._leg.on_digit = None
            self._leg.close()

    def _receive_key(self, key: str) -> None:
        if self.on_key is not None and self._pace.allows(asyncio.get_running_loop().time()):
            self.on_key(key)

    def read_offer(self, body: bytes, on_path_lost: Callable[[str], None]) -> None:
        """Read the caller's offer; raises :class:`media.errors.RemoteError` for one that cannot be taken."""
        offer = sdp.parse(body)
        if wants_webrtc(offer):
            self.meet_browser(controlling=False, on_lost=on_path_lost)
            self._browser_offer = offer
        self._answer = answer(offer, self._local(port=DISCARD))

    def describe(self) -> bytes:
        """Return what the INVITE is answered with, the same in 183 and in 200; the sound is open."""
        if self._described is None:
            if self._answer is None:
                self._described = self._our_offer = make_offer(self._local())
            else:
                negotiated = self._whole(self._answer)
                self._apply(negotiated)
                self._described = negotiated.description
        return self.description

    def take_offer(self, body: bytes | None) -> bytes:
        """Do what a later offer asks for, and return the answer; None asks for an offer of ours.

        Raises :class:`media.errors.RemoteError` or :class:`MediaMisuse` for what cannot be taken.
        """
        if self._leg is None:
            raise MediaMisuse("the leg has no sound yet")
        if body is None:
            self._described = self._our_offer = make_offer(self._local(), self._described)
            return self.description
        offer = sdp.parse(body)
        if self.path is not None:
            self.path.prepare(offer)
        negotiated = answer(offer, self._local(), self._described)
        self._apply(negotiated)
        self._described = negotiated.description
        return self.description

    def _whole(self, answered: Negotiated) -> Negotiated:
        """Return the answer with what is known only once the sound is open: our port, our candidates."""
        if self._browser_offer is not None:
            return answer(self._browser_offer, self._local())
        return at_port(answered, self.leg.local_port)

    def offer(self) -> None:
        """Make our first offer; the sound is open."""
        self._our_offer = self._described = make_offer(self._local())

    def offer_direction(self, direction: Direction) -> bytes | None:
        """Return an offer to hear, to speak, both or neither; None when it is so already."""
        if direction is self._wanted_direction:
            return None
        self._direction_before, self._wanted_direction = self._wanted_direction, direction
        self._our_offer = self._described = make_offer(self._local(), self._described)
        return self.description

    def offer_refused(self) -> None:
        """An offer of ours was refused: all is as before."""
        self._our_offer = None
        self._wanted_direction = self._direction_before

    def await_answer_again(self) -> None:
        """Expect another answer to the first offer: of a fork another may answer than the one that rang."""
        self._our_offer = self._described

    def take_answer(self, body: bytes) -> None:
        """Do what the answer to our offer says; raises as :meth:`read_offer`.

        One that nobody waits for is that to a session refresh, which described us as before.
        """
        offer, self._our_offer = self._our_offer or self._described, None
        if offer is not None:
            self._apply(accept_answer(offer, sdp.parse(body), self._local()))

    def _apply(self, negotiated: Negotiated) -> None:
        if self.path is not None and negotiated.webrtc is not None:
            self.path.apply(negotiated)
        else:
            self.leg.apply(negotiated)
        self.direction = negotiated.direction
        log.get("leg").info(
            "media",
            codec=str(negotiated.codec),
            remote=negotiated.remote,
            direction=negotiated.direction.value,
            telephone_event=negotiated.telephone_event_payload_type,
            srtp=negotiated.srtp.send.suite.value if negotiated.srtp else None,
        )
        if negotiated.srtp is not None and (flow := self._flow()) is not None:
            self._options.clear_keys.note(flow.transport, flow.remote[0])
        has_address = negotiated.remote is not None or negotiated.webrtc is not None
        self.peer_speaks = negotiated.direction is Direction.SENDRECV and has_address

    def _local(self, port: int | None = None) -> LocalMedia:
        options, flow = self._options, self._flow()
        return LocalMedia(
            options.address,
            self.leg.local_port if port is None else port,
            options.codecs,
            session_id=self._session_id,
            direction=self._wanted_direction,
            srtp=options.srtp,
            peer_address=flow.remote[0] if flow is not None else None,
            webrtc=self.path.local if self.path is not None else None,
        )
