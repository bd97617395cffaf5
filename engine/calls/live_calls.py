"""The calls that have not ended: found by CallSid, counted, and waited for at a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from engine.calls.call import Call
from engine.calls.placement import Placement
from engine.dialling.branch import Branch
from engine.exchange.admission import Admission
from engine.reporting import log
from engine.turns import a_turn

STUCK_AFTER = 60.0
"""Seconds that a call may take, once its parties are gone, to write itself down: the store may be slow."""

Party = Call | Branch
"""What a CallSid stands for: a call that runs documents, or a leg that rings or talks to one."""


class Life(Protocol):
    """What runs from the first INVITE of a call to its last event."""

    async def run(self) -> None:
        """Return when the call is over and written down."""
        ...

    async def hang_up(self, reason: str | None = None) -> None:
        """End the call."""
        ...

    def party(self, call_sid: str) -> Party | None:
        """Return what this CallSid stands for now, None when it is over or not of this call."""
        ...


class LiveCalls:
    """Runs calls, each in its own task."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._lives: dict[str, Life] = {}
        self._tasks: dict[Life, asyncio.Task[None]] = {}
        self._empty_since: dict[Life, float] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, life: Life, call_sids: Sequence[str]) -> None:
        """Run a call that is known by these CallSids."""
        task = asyncio.get_running_loop().create_task(life.run(), name=call_sids[0])
        self._tasks[life] = task
        self._lives.update(dict.fromkeys(call_sids, life))
        self._admission.live = len(self._tasks)
        self._idle.clear()

        def forget(task: asyncio.Task[None]) -> None:
            for call_sid in call_sids:
                if self._lives.get(call_sid) is life:
                    del self._lives[call_sid]
            del self._tasks[life]
            self._admission.live = len(self._tasks)
            if not self._tasks:
                self._idle.set()
            if not task.cancelled() and task.exception() is not None:
                log.get("calls").error("call.lost", call_sid=call_sids[0], exc_info=task.exception())

        task.add_done_callback(forget)

    def stuck(self, now: float) -> int:
        """Return how many calls go on though their parties were gone, when asked a minute ago, already."""
        parties: dict[Life, list[Party | None]] = {}
        for call_sid, life in self._lives.items():
            parties.setdefault(life, []).append(life.party(call_sid))
        empty = (life for life, found in parties.items() if all(map(_is_gone, found)))
        self._empty_since = {life: self._empty_since.get(life, now) for life in empty}
        return sum(now - since >= STUCK_AFTER for since in self._empty_since.values())

    def party(self, call_sid: str, parent_sid: str | None = None) -> Party | None:
        """Return what a CallSid stands for; a leg that a Dial made is found by its parent."""
        life = self._lives.get(call_sid) or self._lives.get(parent_sid or "")
        return life.party(call_sid) if life is not None else None

    def placement(self, call_sid: str) -> Placement | None:
        """Return the call that the REST API asked for and this CallSid is a part of."""
        life = self._lives.get(call_sid)
        return life if isinstance(life, Placement) else None

    async def wait_ended(self, call_sid: str, within: float) -> None:
        """Return when the call is over, or the time."""
        life = self._lives.get(call_sid)
        if life is not None:
            await asyncio.wait((self._tasks[life],), timeout=within)

    async def wait_idle(self) -> None:
        """Return when no call is left."""
        await self._idle.wait()

    async def end_all(self, reason: str) -> None:
        """Hang up every call and return when all have said so."""
        await asyncio.gather(*(_hang_up(life, reason) for life in tuple(self._tasks)))
        await self.wait_idle()


async def _hang_up(life: Life, reason: str) -> None:
    await a_turn()
    await life.hang_up(reason)


def _is_gone(party: Party | None) -> bool:
    return party is None or (party.over if isinstance(party, Branch) else party.gone)
