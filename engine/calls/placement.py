"""A call that the REST API asked for: rings a party wherever they are, and runs the application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from engine.calls.call import GOODBYE_WITHIN, Call
from engine.calls.call_order import CallOrder
from engine.calls.call_services import CallServices
from engine.calls.outgoing_call import OutgoingCall
from engine.dialling.branch import Branch, end, first_to_answer, give_up
from engine.dialling.reach import Reach
from engine.errors import MediaUnavailable
from engine.reporting import log
from engine.reporting.notifications import Severity
from engine.telemetry import spans

NOT_REACHED = 11008


class Placement:
    """Rings all places of one party at once; the first who answers gets the call, the others are let go."""

    def __init__(
        self, order: CallOrder, branches: Sequence[Branch], services: CallServices, reach: Reach
    ) -> None:
        self.application = order.application
        """Run with who answers; another one may take its place until then."""
        self.branches = tuple(branches)
        for branch in self.branches:
            branch.told_at_end = order.told
        self._invited = False
        self._given_up = asyncio.Event()
        self._order = order
        self.time_limit = order.time_limit
        """Seconds that the call may last; another limit may take its place until then."""
        self._services = services
        self._reach = reach
        self._call: OutgoingCall | None = None
        self._span = spans.recorder().call(branches[0].row)

    def __repr__(self) -> str:
        return f"<Placement {[branch.row.sid for branch in self.branches]}>"

    def invite(self) -> None:
        """Send the INVITEs; raises :class:`MediaUnavailable` when nobody could be rung."""
        self._invited = True
        with self._span.current():
            ringing = self._ring()
        if not ringing:
            self._span.__exit__()
            raise MediaUnavailable(f"no media port is free to ring {self._order.to!r}")
        self.branches = tuple(ringing)

    def _ring(self) -> list[Branch]:
        ringing = []
        for branch in self.branches:
            try:
                branch.invite(self._reach, None)
            except MediaUnavailable as error:
                self._warn(branch, str(error))
                branch.never_rung(str(error))
                continue
            branch.started()
            ringing.append(branch)
        return ringing

    async def run(self) -> None:
        """Return when every leg is over and written down."""
        try:
            with self._span:
                if self._invited or await self._invited_later():
                    await self._run()
        finally:
            if self._order.when_over is not None:
                self._order.when_over()

    async def _invited_later(self) -> bool:
        """Send the INVITEs when their time has come; return whether somebody is rung."""
        try:
            await asyncio.wait_for(self._given_up.wait(), self._order.delay)
            for branch in self.branches:
                branch.never_rung("given up before it was rung")
        except TimeoutError:
            with contextlib.suppress(MediaUnavailable):
                self.invite()
                return True
        for branch in self.branches:
            branch.tell_end()
        return False

    async def _run(self) -> None:
        winner = await self._find_winner()
        others = end([branch for branch in self.branches if branch is not winner], within=GOODBYE_WITHIN)
        if winner is None:
            await others
            return
        order = self._order
        self._call = OutgoingCall(
            winner,
            self.application,
            self._services,
            self._reach,
            time_limit=self.time_limit,
            send_digits=order.send_digits,
            recording=order.recording,
            waits_for_detection=order.waits_for_detection,
        )
        await asyncio.gather(self._call.run(), others)

    async def _find_winner(self) -> Branch | None:
        """Return who answered first, nobody when all refused or the time passed."""
        attempts = {branch: self._attempt(branch) for branch in self.branches}
        try:
            async with asyncio.timeout(self._order.ring_limit):
                return await first_to_answer(attempts)
        except TimeoutError:
            for branch in self.branches:
                branch.rang_out = True
            return None

    async def _attempt(self, branch: Branch) -> bool:
        with log.bound(call_sid=branch.row.sid):
            return await branch.answers(self._reach, None, lambda what: self._warn(branch, what))

    def party(self, call_sid: str) -> Call | Branch | None:
        """Return what a CallSid stands for: a leg while it rings, the call once somebody answered."""
        if not self._invited:
            return None
        if self._call is not None and (found := self._call.party(call_sid)) is not None:
            return found
        legs = (branch for branch in self.branches if branch.row.sid == call_sid and not branch.over)
        return next(legs, None)

    async def hang_up(self, reason: str | None = None) -> None:
        """End the call, or the ringing."""
        if self._call is not None:
            await self._call.hang_up(reason)
        elif not self._invited:
            self._given_up.set()
        else:
            give_up(self.branches)

    def _warn(self, branch: Branch, what: str) -> None:
        row = branch.row
        self._services.notifications.add(
            NOT_REACHED,
            what,
            account_sid=row.account_sid,
            call_sid=row.sid,
            severity=Severity.WARNING,
        )
