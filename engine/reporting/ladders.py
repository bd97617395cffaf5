"""The SIP messages of each leg: seen while it lives, and kept when it has ended."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from engine.config.traces_section import TracesSection
from engine.reporting.masking import masked_sip
from engine.store import LadderRow, Store
from sip.trace import Step, Trace

CALLS, STEPS = 1000, 48
"""Legs whose messages are held in memory, and messages of each."""
LONGEST_MESSAGE = 4_096
_CALL, _ACCOUNT = (re.compile(rb"\r\nX-RestComm-%sSid: (\w+)" % what) for what in (b"Call", b"Account"))
_SETTLES_AFTER = 1.0
"""Seconds after the end until the last answers have passed."""


def new_trace() -> Trace:
    """Return what notes the messages of calls; REGISTER and OPTIONS have no call."""
    return Trace(calls=CALLS, steps=STEPS, begin=frozenset({"INVITE"}))


class Ladders:
    """Finds a leg's messages by its CallSid, which our own messages carry in a header of theirs."""

    def __init__(self, trace: Trace, store: Store, section: Callable[[], TracesSection]) -> None:
        self._trace = trace
        self._store = store
        self._section = section
        self._ended: dict[str, asyncio.TimerHandle] = {}

    def ended(self, call_id: str) -> None:
        """Keep the messages of a leg soon, when the last ones have passed."""
        if self._section().sip_hours and call_id not in self._ended:
            loop = asyncio.get_running_loop()
            self._ended[call_id] = loop.call_later(_SETTLES_AFTER, self._keep, call_id)

    def keep_all(self) -> None:
        """Keep what waits to be kept, at a stop."""
        for call_id, timer in tuple(self._ended.items()):
            timer.cancel()
            self._keep(call_id)

    async def find(self, call_sid: str) -> LadderRow | None:
        """Return the messages of a leg, up to now when it lives; None for one that nobody noted."""
        for call_id in reversed(tuple(self._trace.call_ids())):
            steps = self._trace.steps(call_id)
            if _named(steps, _CALL) == call_sid:
                return _ladder(steps)
        return await self._store.get(LadderRow, call_sid)

    def _keep(self, call_id: str) -> None:
        self._ended.pop(call_id, None)
        row = _ladder(self._trace.steps(call_id))
        if row is not None:
            self._store.save(row)
            # Held on top of the store, the messages of a thousand calls would take 15 MB.
            self._trace.forget(call_id)


def _named(steps: tuple[Step, ...], header: re.Pattern[bytes]) -> str:
    """Return what messages of ours say in a header of ours; empty when none does."""
    found = (header.search(step.data) for step in steps if step.outgoing)
    first = next(filter(None, found), None)
    return first[1].decode() if first is not None else ""


def _ladder(steps: tuple[Step, ...]) -> LadderRow | None:
    """Return the row of a leg; None when no message of ours names a call."""
    sid = _named(steps, _CALL)
    if not sid:
        return None
    account = _named(steps, _ACCOUNT)
    return LadderRow(sid=sid, account_sid=account, steps=[_line(each, steps[0]) for each in steps])


def _line(step: Step, first: Step) -> list[str]:
    arrow = "->" if step.outgoing else "<-"
    text = masked_sip(step.data.decode("utf-8", "replace"))[:LONGEST_MESSAGE]
    return [f"{step.at - first.at:.3f}", arrow, step.peer, step.summary, text]
