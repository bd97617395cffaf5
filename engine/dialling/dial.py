"""Dial: rings the targets, connects the caller to the first who answers, and ends what it began."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from engine.conversations.running_call import RunningCall
from engine.dialling.branch import (
    ANSWERED_ELSEWHERE,
    Branch,
    dial_status,
    dialled_row,
    end,
    first_to_answer,
    give_up,
)
from engine.dialling.callee import Callee
from engine.dialling.dial_recording import DialRecording
from engine.dialling.failure import passed_back
from engine.dialling.reach import Place, Reach, Unreachable
from engine.dialling.ringback import Ringback
from engine.dialling.star_key import unless_star
from engine.dialling.talk import Party, Talk
from engine.dialling.transfer import Transfer
from engine.dialling.visitor import Visitor
from engine.errors import MediaUnavailable
from engine.exchange.account_caps import CAPPED
from engine.exchange.talk_meter import TALKED_OUT, talked_out
from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from engine.services import Services
from engine.stopping import stopped
from rcml.call import CallerGone, Level
from rcml.dialling import Dialled, DialRequest, DialStatus, NumberTarget, Target
from rcml.screening import Screening, ScreeningOutcome

SCREENING_WITHIN = 60.0
"""Seconds that a screening document may take (rcml.md 5.6.6)."""

NOT_REACHED = 11008


class Dialling:
    """One Dial of a caller, from the first INVITE to the last BYE.

    Whatever ends it, the caller's hang-up and a cancellation included, no leg it made outlives it.
    """

    def __init__(
        self,
        caller: RunningCall,
        caller_leg: SipLeg,
        request: DialRequest,
        services: Services,
        reach: Reach,
        transfer: Transfer | None = None,
    ) -> None:
        self._caller = caller
        self._caller_leg = caller_leg
        self._request = request
        self._services = services
        self._reach = reach
        self._branches: list[Branch] = []
        self._talk_duration = 0.0
        self._recording = DialRecording(caller, caller_leg, request, services)
        self._ringback = Ringback(caller, caller_leg, request.while_ringing, services)
        self._connected: Party | None = None
        self._successor: Party | None = None
        """Who talks to the caller next, when the present talk has ended for them."""
        self._transfer = transfer
        self._timed_out = False
        self._talk: Talk | None = None
        self._parted = asyncio.Event()

    async def run(self) -> Dialled:
        """Return how it went; never raises ``CallerGone``."""
        request = self._request
        try:
            if not request.answer_on_bridge:
                await self._caller.answer()
            winner = await self._caller.while_up(self._find_winner())
            if winner is not None:
                await self._connect(winner)
        except CallerGone:
            log.get("dial").info("dial.caller_gone")
        finally:
            self._report(self.failure_status)
            await asyncio.shield(self._end_all())
        self._caller.journal.dialled = result = self._result()
        return result

    async def run_with(self, party: Party) -> None:
        """Connect the caller to somebody who is on the line already; never raises ``CallerGone``."""
        self._take_in(party)
        try:
            await self._connect(party)
        except CallerGone:
            log.get("dial").info("dial.caller_gone")
        finally:
            await asyncio.shield(self._end_all())

    def _report(self, status: int) -> None:
        """Tell who transferred the caller how it goes; what comes after a final status is not told."""
        if self._transfer is not None:
            self._transfer.report(status)

    @property
    def failure_status(self) -> int:
        """The SIP status that tells a ringing caller why nobody was connected."""
        if self._timed_out:
            return 408
        last = self._branches[-1].leg.status if self._branches else 480
        return passed_back(last)

    def branch(self, call_sid: str) -> Branch | None:
        """Return the leg of this CallSid, unless it is over."""
        found = (branch for branch in self._branches if branch.row.sid == call_sid)
        return next((branch for branch in found if not branch.over), None)

    @property
    def talking_to(self) -> Branch | None:
        """Who is connected to the caller now."""
        return self._connected if self.talks and isinstance(self._connected, Branch) else None

    def let_go(self, callee: Branch) -> None:
        """Leave the connected callee's leg to another owner, who may have it after :meth:`wait_parted`."""
        assert callee is self.talking_to, "only who talks to the caller can be taken over"
        self._branches.remove(callee)

    @property
    def talks(self) -> bool:
        """Whether the caller is connected to somebody."""
        return self._talk is not None and not self._parted.is_set()

    def hand_over(self, party: Party) -> None:
        """Let the caller talk to another party; the one they talk to now is hung up."""
        assert self._talk is not None, "only who talks can be connected to another one"
        self._take_in(party)
        self._successor = party
        self._talk.part()

    def _take_in(self, party: Party) -> None:
        """Own the leg of somebody else's Dial from now on; it is found by the caller it talks to."""
        if isinstance(party, Branch):
            party.row.parent_call_sid = self._caller.row.sid
            self._branches.append(party)

    async def wait_parted(self, *, end_talk: bool) -> None:
        """Return when caller and callee are no longer connected."""
        if end_talk and self._talk is not None:
            self._talk.part()
        await self._parted.wait()

    async def _find_winner(self) -> Branch | None:
        """Ring until somebody has answered and accepted; None when nobody does."""
        sound = asyncio.ensure_future(self._ringback.run())
        try:
            work = self._who_answers_and_accepts()
            return await (unless_star(self._caller_leg, work) if self._request.hangup_on_star else work)
        finally:
            await stopped(sound)

    async def _who_answers_and_accepts(self) -> Branch | None:
        winner = await self._first_to_answer()
        if winner is None:
            return None
        self._ringback.answered()
        give_up([branch for branch in self._branches if branch is not winner], ANSWERED_ELSEWHERE)
        return winner if await self._prepare(winner) else None

    async def _first_to_answer(self) -> Branch | None:
        if not self._request.sequential:
            return await self._ring(self._request.targets)
        for target in self._request.targets:
            winner = await self._ring((target,))
            if winner is not None:
                return winner
        return None

    async def _ring(self, targets: Sequence[Target]) -> Branch | None:
        branches = [branch for target in targets for branch in await self._invite(target)]
        try:
            async with asyncio.timeout(self._request.ring_limit):
                winner = await first_to_answer({branch: self._attempt(branch) for branch in branches})
        except TimeoutError:
            self._timed_out = True
            winner = None
        if winner is None:
            give_up(branches)
        return winner

    async def _invite(self, target: Target) -> list[Branch]:
        """Send the INVITEs to one target: a client rings wherever it is registered."""
        caller = self._request.caller_id or self._caller.row.from_
        private = not self._request.caller_id and self._caller_leg.private
        branches: list[Branch] = []
        try:
            if self._transfer is not None:
                target = self._transfer.addressed(target)
            for place in await self._reach.find(target, caller, self._caller.row, private=private):
                if self._may_not_pay(place):
                    continue
                row = dialled_row(self._caller.row, caller, place.to_user)
                branch = Branch(target, place, row, self._services)
                branch.on_early = self._ringback.early
                branch.on_ringing = self._rings
                branch.invite(self._reach, self._beside)
                branch.started()
                branches.append(branch)
                self._branches.append(branch)
        except (Unreachable, MediaUnavailable) as error:
            self._caller.notify(NOT_REACHED, Level.WARNING, str(error))
        return branches

    def _may_not_pay(self, place: Place) -> bool:
        """Say, and tell of, a client without minutes for a talk through a trunk, or an account at a limit."""
        payer, meter, caps = self._caller_leg.payer, self._services.talk_meter, self._services.account_caps
        trunk = any(way.trunk for way in place.ways)
        if payer and trunk and meter.used_up(payer):
            self._caller.notify(TALKED_OUT, Level.ERROR, talked_out(payer, meter.seconds_a_day))
            return True
        now = asyncio.get_running_loop().time()
        words = caps.refusal(self._caller.row.account_sid, now, through_trunk=trunk)
        if words is not None:
            self._caller.notify(CAPPED, Level.ERROR, words)
        return words is not None

    def _rings(self) -> None:
        self._recording.ringing()
        self._report(180)

    @property
    def _beside(self) -> SipLeg:
        """Whose media thread a new leg shares, also while the caller has no sound: anybody may hear them."""
        legs = (self._caller_leg, *(branch.leg for branch in self._branches))
        return next((leg for leg in legs if leg.has_media), self._caller_leg)

    async def _attempt(self, branch: Branch) -> bool:
        def warn(what: str) -> None:
            self._caller.notify(NOT_REACHED, Level.WARNING, what)

        if await branch.answers(self._reach, self._beside, warn):
            return True
        # Who refuses last is who the caller and the action are told about.
        self._branches.remove(branch)
        self._branches.append(branch)
        return False

    async def _connect(self, winner: Party) -> None:
        self._caller_leg.beside = winner.leg
        await self._caller.answer()
        self._report(200)
        party: Party | None = winner
        while party is not None:
            party = await self._talk_to(party)

    async def _talk_to(self, party: Party) -> Party | None:
        """Return when it is over, with who takes the place of the party."""
        self._connected, self._successor = party, None
        self._caller.journal.dialled = self._result()
        talk = self._talk = Talk(
            self._caller, self._caller_leg, party, self._request, self._services, self._recording
        )
        talk.hand_over = self.hand_over
        if isinstance(party, Visitor):
            party.talks(talk.part)
        try:
            await talk.run()
        finally:
            if self._successor is None:
                self._parted.set()
            talk.hand_over = None
            self._talk_duration += talk.duration
            if isinstance(party, Visitor):
                party.leave()
        if self._successor is not None and isinstance(party, Branch):
            await asyncio.shield(end([party]))
        return self._successor

    async def _prepare(self, winner: Branch) -> bool:
        """Press the digits and let the callee be asked; return whether they agree.

        One who is asked nothing agrees by answering, even if they hung up at once.
        """
        target = winner.target
        callee = Callee(winner, self._services)
        try:
            if isinstance(target, NumberTarget) and target.send_digits:
                await callee.send_digits(target.send_digits)
            if target.screening is None:
                return True
            async with asyncio.timeout(SCREENING_WITHIN):
                outcome = await Screening(callee).run(target.screening)
        except (CallerGone, TimeoutError):
            return False
        return outcome is ScreeningOutcome.ACCEPTED

    async def _end_all(self) -> None:
        """Hang up every leg and write its record.

        A callee who never says anything keeps nobody waiting: the SIP floor gives up on him by itself,
        and ends what he answers late.
        """
        give_up(self._branches, self._caller_leg.reason_of_end)
        if isinstance(self._successor, Visitor):
            self._successor.leave()
        await self._recording.finish()
        await end(self._branches)

    def _result(self) -> Dialled:
        branch = self._connected or (self._branches[-1] if self._branches else None)
        if branch is None:
            return Dialled()
        connected = self._connected is not None
        return Dialled(
            status=DialStatus.COMPLETED
            if connected
            else dial_status(self._branches, timed_out=self._timed_out),
            call_sid=branch.row.sid,
            ring_duration=branch.ring_duration,
            talk_duration=self._talk_duration,
            recording_url=self._recording.url,
            response=branch.response,
        )
