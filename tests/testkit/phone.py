"""A caller with a voice: SIPp signals, an RTP peer speaks and listens.

`Phones` makes the calls of one test and ends them with it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.testkit.impairment import ImpairmentRelay
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_scenario import CallScenario, InDialog, Invite
from tests.testkit.sip_text import Offer, SipMessage, audio_of
from tests.testkit.sipp import Report, SippCaller
from tests.testkit.waiting import eventually
from tests.testkit.wide_peer import G722, WidePeer

HOLD, RESUME, TO_PCMA = "hold", "resume", "to-pcma"


class Call:
    """One call: `sip` is the signalling, `voice` the sound, `offer` what was offered."""

    def __init__(self, sip: SippCaller, voice: RtpPeer, offer: Offer) -> None:
        self.sip = sip
        self.voice = voice
        self.offer = offer
        self.answer: SipMessage | None = None

    @property
    def call_sid(self) -> str:
        """The CallSid that the server wrote into its 180 or 200."""
        return next(report.message.call_sid for report in self.sip.reports if report.message.call_sid)

    async def answered(self, within: float = 10.0, relay: ImpairmentRelay | None = None) -> Self:
        """Wait for the 200 and start the sound, through a relay if there is one."""
        report = await self.sip.answered(within)
        self.answer = report.message
        # After a reliable 183 the 200 has no description.
        self._connect(report.message, relay)
        return self

    async def hears_early(self, within: float = 10.0) -> SipMessage:
        """Wait for a 183 with a description, and start the sound."""
        await eventually(
            lambda: self._early() is not None, within, "a 183 with a description", context=self.sip.story
        )
        early = self._early()
        assert early is not None
        self._connect(early)
        return early

    def _early(self) -> SipMessage | None:
        told = (report.message for report in self.sip.reports if report.step == "provisional")
        return next((message for message in told if message.body and " 183 " in message.first_line), None)

    def _connect(self, message: SipMessage, relay: ImpairmentRelay | None = None) -> None:
        if not message.body:
            return
        media = audio_of(message.body)
        self.voice.payload_type = media.payload_types[0]
        self.voice.telephone_event = media.telephone_event
        to = media.host, media.port
        if relay is not None:
            relay.target, to = to, relay.address
        self.voice.connect(*to)

    async def refused(self, within: float = 10.0) -> SipMessage:
        """Wait for the final refusal and the end of the scenario."""
        report = await self.sip.refused(within)
        await self.sip.finished()
        return report.message

    async def hang_up(self) -> None:
        await self.sip.hang_up()

    async def ended_by_server(self, within: float = 10.0) -> Report:
        """Wait for the server's BYE."""
        return await self.sip.ended_by_server(within)


def _plainly(session_description: str) -> tuple[str, str]:
    return session_description, "application/sdp"


class Phones:
    """Makes calls to one server. Use as `async with`."""

    def __init__(self, target: tuple[str, int], directory: Path) -> None:
        self._target = target
        self._directory = directory
        self.longest_call = 90.0
        """Seconds after which a caller gives up, as a failure."""
        self._calls: list[Call] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for call in self._calls:
            call.voice.close()
        await asyncio.gather(*(call.sip.__aexit__(None, None, None) for call in self._calls))

    async def dial(
        self,
        user: str,
        *,
        payload_types: tuple[int, ...] = (0, 8),
        telephone_event: int | None = 101,
        headers: Mapping[str, str] | None = None,
        actions: Mapping[str, InDialog] | None = None,
        transport: str = "UDP",
        display_name: str = "",
        from_user: str = "bob",
        late_offer: bool = False,
        login: str = "",
        password: str = "",
        options_answer: str = "200 OK",
        contact: str = "",
        source: str = "127.0.0.1",
        wrap: Callable[[str], tuple[str, str]] = _plainly,
    ) -> Call:
        """Call `user` with an ordinary INVITE; returns when it has left.

        The call can always hold, resume and hang up; `actions` adds further requests inside the dialog.
        `login` and `password` are those of a client. `contact` is another URI than the caller's own, `source`
        the address of this machine from which the caller signals. `wrap` turns the session description into
        a body and its Content-Type, `options_answer` is what OPTIONS outside the call get.
        """
        kind = WidePeer if payload_types[0] == G722 else RtpPeer
        voice = await kind.open(payload_types[0], telephone_event)
        offer = Offer(voice.port, payload_types=payload_types, telephone_event=telephone_event)
        body, content_type = (None, None) if late_offer else wrap(str(offer))
        invite = Invite(
            body=body,
            content_type=content_type,
            headers=tuple((headers or {}).items()),
            display_name=display_name,
            ack_body=str(offer) if late_offer else None,
            from_user=login or from_user,
            password=password,
            contact=contact,
        )
        return await self._start(user, invite, voice, offer, actions or {}, transport, options_answer, source)

    async def invite(self, user: str, body: str | None, content_type: str | None) -> Call:
        """Call `user` with a body of the test's own making."""
        voice = await RtpPeer.open()
        return await self._start(user, Invite(body, content_type), voice, Offer(voice.port), {}, "UDP")

    async def _start(
        self,
        user: str,
        invite: Invite,
        voice: RtpPeer,
        offer: Offer,
        actions: Mapping[str, InDialog],
        transport: str,
        options_answer: str = "200 OK",
        source: str = "127.0.0.1",
    ) -> Call:
        held = replace(offer, direction="sendonly", version=2)
        pcma = replace(offer, payload_types=(8,), version=4)
        usual = {
            TO_PCMA: InDialog("INVITE", str(pcma), "application/sdp"),
            HOLD: InDialog("INVITE", str(held), "application/sdp"),
            RESUME: InDialog("INVITE", str(replace(offer, version=3)), "application/sdp"),
        }
        scenario = CallScenario(user, invite, {**usual, **actions}, reinvite_answer=str(offer))
        sip = SippCaller(
            scenario, self._target, self._directory, transport=transport, options_answer=options_answer
        )
        sip.host, sip.lifetime = source, self.longest_call
        call = Call(sip, voice, offer)
        await sip.__aenter__()
        self._calls.append(call)
        return call
