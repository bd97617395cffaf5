"""Somebody with a voice who is called: SIPp signals, an RTP peer speaks and listens.

`Callees` makes those of one test and ends them with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

from tests.testkit.phone import HOLD, RESUME
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_scenario import AnswerScenario, InDialog
from tests.testkit.sip_text import Offer, SipMessage, audio_of
from tests.testkit.sipp import SippCallee

SDP = "application/sdp"


class Callee:
    """Somebody who is called: SIPp signals, an RTP peer speaks and listens."""

    def __init__(self, sip: SippCallee, voice: RtpPeer) -> None:
        self.sip = sip
        self.voice = voice

    @property
    def uri(self) -> str:
        return f"sip:callee@127.0.0.1:{self.sip.port}"

    @property
    def noun(self) -> str:
        return f"<Sip>{self.uri}</Sip>"

    async def answers(self) -> None:
        """Pick up once it rings, and wait for the ACK."""
        await self.sip.pick_up()

    async def tries_to_answer(self) -> None:
        """Pick up, and wait until the call is up or was cancelled meanwhile."""
        await self.sip.reached("ringing")
        # Who was cancelled before the word to answer was sent is gone.
        with suppress(ConnectionError):
            await self.sip.start("pick-up")
        await self.sip.reached("answered", "cancelled")

    async def refuses(self) -> None:
        """Send, once it rings, the refusal that was chosen when this callee was made."""
        await self.sip.reached("ringing")
        await self.sip.start("refuse")
        await self.sip.reached("refused")

    async def invited(self) -> SipMessage:
        """Wait for the INVITE, and let the sound go where it says."""
        message = (await self.sip.reached("invited")).message
        media = audio_of(message.body)
        self.voice.payload_type = media.payload_types[0]
        self.voice.telephone_event = media.telephone_event
        self.voice.connect(media.host, media.port)
        return message

    async def answered(self) -> None:
        """Wait until the call is up, both in signalling and in sound."""
        await self.invited()
        await self.sip.reached("answered")

    async def hung_up_on(self) -> None:
        """Wait for the server's BYE."""
        await self.sip.reached("byed")


class Callees:
    """Makes callees and ends them with the test."""

    def __init__(self, directory: Path, stack: AsyncExitStack) -> None:
        self._directory = directory
        self._stack = stack

    async def add(
        self,
        refusal: str = "",
        *,
        waits: bool = False,
        early: bool = False,
        progress: str = "180 Ringing",
        bye_answer: str = "200 OK",
        headers: tuple[tuple[str, str], ...] = (),
        payload_types: tuple[int, ...] = (0,),
        port: int = 0,
        actions: Mapping[str, InDialog] | None = None,
    ) -> Callee:
        """Let somebody wait for one call, on a port of the test's choice or on a free one.

        ``early`` describes their sound while it rings; ``headers`` are those of the 200.
        """
        voice = await RtpPeer.open(payload_types[0])
        self._stack.callback(voice.close)
        offer = Offer(voice.port, payload_types=payload_types)
        scenario = AnswerScenario(
            str(offer),
            refusal,
            waits,
            "183 Session Progress" if early else progress,
            bye_answer,
            early=str(offer) if early else "",
            headers=headers,
            actions={
                HOLD: InDialog("INVITE", str(replace(offer, direction="sendonly", version=2)), SDP),
                RESUME: InDialog("INVITE", str(replace(offer, version=3)), SDP),
                **(actions or {}),
            },
        )
        sip = SippCallee(scenario, self._directory)
        if port:
            sip.port = port
        await self._stack.enter_async_context(sip)
        return Callee(sip, voice)
