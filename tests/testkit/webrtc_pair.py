"""Two legs of one plane that call each other as browsers do: ICE, DTLS and SRTP between them are real."""

from __future__ import annotations

import asyncio
from typing import Self

from media.codecs.registry import PCMU
from media.offer_answer import LocalMedia, accept_answer, answer, make_offer
from media.plane.plane import MediaPlane
from media.plane.socket_address import Address
from media.prompts import Prompt
from media.sdp import SessionDescription, parse
from media.webrtc.certificate import Certificate
from media.webrtc.ice import IceOptions
from media.webrtc.path import WebRtcOptions
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.waiting import eventually

HOST = "127.0.0.1"


class Side:
    """One leg and its path."""

    def __init__(
        self, plane: MediaPlane, name: str, *, controlling: bool, ice: IceOptions | None = None
    ) -> None:
        options = WebRtcOptions(Certificate(), ice or IceOptions(HOST))
        self.name = name
        self.lost: list[str] = []
        self.datagrams = 0
        """How many datagrams of STUN and DTLS the event loop was woken for."""
        self.path = options.path(controlling=controlling, on_lost=self.lost.append)
        self.leg = plane.open_leg(on_datagram=self._receive)
        self.path.attach(self.leg)
        self.described: SessionDescription | None = None

    @property
    def local(self) -> LocalMedia:
        return LocalMedia(HOST, self.leg.local_port, (PCMU,), webrtc=self.path.local)

    def _receive(self, content: bytes, sender: Address) -> None:
        self.datagrams += 1
        self.path.receive(content, sender)

    async def speaks_to(self, other: Side, frequency: float, within: float = 5.0) -> None:
        """Say a tone, and wait until the other side has heard it."""
        ear = other.leg.tap("in")
        prompt = Prompt(tone(frequency, 1.0), 8000, "tone", "")
        speaking = asyncio.ensure_future(self.leg.play(prompt, loops=0))
        heard: list[float] = []

        def listen() -> bool:
            heard.append(seconds_of_tone(ear.read(), frequency))
            return sum(heard) > 0.2

        try:
            await eventually(listen, within, f"{other.name} hears {self.name}", every=0.1)
        finally:
            speaking.cancel()
            ear.close()


class Pair:
    """Caller and callee. Make one with :meth:`connect`."""

    def __init__(self, caller: Side, callee: Side) -> None:
        self.caller = caller
        self.callee = callee

    @classmethod
    def of(cls, plane: MediaPlane, ice: IceOptions | None = None) -> Self:
        return cls(
            Side(plane, "the caller", controlling=True, ice=ice),
            Side(plane, "the callee", controlling=False, ice=ice),
        )

    def agree(self, *, spoil: bool = False, only: str = "") -> None:
        """Carry an offer and its answer between both.

        ``spoil`` puts another fingerprint into the answer; ``only`` leaves the candidates of one type alone.
        """
        caller, callee = self.caller, self.callee
        offer = caller.described = make_offer(caller.local, caller.described)
        if callee.described is not None:
            callee.path.prepare(offer)
        settled = answer(parse(_with_candidates(str(offer), only)), callee.local, callee.described)
        callee.described = settled.description
        callee.path.apply(settled)
        text = _with_candidates(str(settled.description), only).decode()
        if spoil:
            at = text.index("a=fingerprint:sha-256 ") + len("a=fingerprint:sha-256 ")
            text = text[:at] + ("00" if text[at : at + 2] != "00" else "11") + text[at + 2 :]
        caller.path.apply(accept_answer(offer, parse(text.encode()), caller.local))

    def agree_alone(self) -> None:
        """Give the caller an answer whose writer is gone."""
        caller, callee = self.caller, self.callee
        offer = make_offer(caller.local)
        settled = answer(offer, callee.local)
        caller.path.apply(accept_answer(offer, settled.description, caller.local))

    async def established(self, within: float = 8.0) -> None:
        async with asyncio.timeout(within):
            await self.caller.path.established.wait()
            await self.callee.path.established.wait()

    async def restarted(self, within: float = 8.0) -> None:
        """Wait until both sides have taken the way that an ICE restart found."""
        sides = (self.caller, self.callee)
        await eventually(lambda: not any(side.path.restarts for side in sides), within, "ICE has restarted")

    def close(self) -> None:
        for side in (self.caller, self.callee):
            side.path.close()
            side.leg.close()


def _with_candidates(description: str, kind: str) -> bytes:
    """Return the description with the candidates of one type, or with all."""
    lines = description.splitlines()
    kept = [line for line in lines if not line.startswith("a=candidate") or f"typ {kind}" in line or not kind]
    return "\r\n".join([*kept, ""]).encode()
