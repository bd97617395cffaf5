"""The SIP messages of each leg: seen while it lives, and kept when it has ended."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from engine.config.traces_section import TracesSection
from engine.reporting.masking import masked_sip
from engine.store import LadderRow, Store
from sip.flow import LOCAL
from sip.trace import Step, Trace

CALLS, STEPS = 1000, 48
"""Legs whose messages are held in memory, and messages of each."""
LONGEST_MESSAGE = 4_096
_CALL, _ACCOUNT = (re.compile(rb"\r\nX-RestComm-%sSid: (\w+)" % what) for what in (b"Call", b"Account"))
AT_A_TIME = 50
"""Legs that are looked at without a break."""
_START_LINE = re.compile(rb"INVITE (\S+) SIP/2\.0|SIP/2\.0 (\d{3})")
_SETTLES_AFTER = 1.0
"""Seconds after the end until the last answers have passed."""


@dataclass(frozen=True, slots=True)
class Outline:
    """How the SIP of a leg began, and what was answered last."""

    invited: str
    """The URI that the first INVITE asked for; empty when its messages were pushed out."""
    last_response: int | None


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

    async def outlines(self, call_sids: Collection[str]) -> dict[str, Outline]:
        """Return how the SIP of these legs began and was answered last, of those whose messages are held."""
        found: dict[str, Outline] = {}
        for position, call_id in enumerate(tuple(self._trace.call_ids()), 1):
            steps = self._trace.steps(call_id)
            found |= {sid: _outline(its) for sid, its in _sides(steps).items() if sid in call_sids}
            if position % AT_A_TIME == 0:
                await asyncio.sleep(0)
        return found

    async def find(self, call_sid: str) -> LadderRow | None:
        """Return the messages of a leg, up to now when it lives; None for one that nobody noted."""
        for call_id in reversed(tuple(self._trace.call_ids())):
            steps = self._trace.steps(call_id)
            if call_sid in _named(steps):
                return _ladder(call_sid, _sides(steps)[call_sid])
        return await self._store.get(LadderRow, call_sid)

    def _keep(self, call_id: str) -> None:
        self._ended.pop(call_id, None)
        sides = _sides(self._trace.steps(call_id))
        for sid, steps in sides.items():
            self._store.save(_ladder(sid, steps))
        if sides:
            # Held on top of the store, the messages of a thousand calls would take 15 MB.
            self._trace.forget(call_id)


def _named(steps: tuple[Step, ...]) -> dict[str, Step]:
    """Return the CallSids that messages of ours name in a header of theirs, each with the first that does.

    There is one, and two for a call to ourselves, whose sides share a Call-ID.
    """
    named: dict[str, Step] = {}
    sides = 2 if steps and steps[0].peer.startswith(LOCAL) else 1
    for step in steps:
        if len(named) == sides:
            break
        if step.outgoing and (found := _CALL.search(step.data)) is not None:
            named.setdefault(found[1].decode(), step)
    return named


def _sides(steps: tuple[Step, ...]) -> dict[str, list[Step]]:
    """Return the messages of each leg by its CallSid; a call to ourselves has two, a side each."""
    named = _named(steps)
    return {
        sid: [step for step in steps if len(named) == 1 or step.peer == first.peer]
        for sid, first in named.items()
    }


def _outline(steps: list[Step]) -> Outline:
    invited, last = "", None
    for step in steps:
        line = _START_LINE.match(step.data)
        if line is not None and line[2] is not None:
            last = int(line[2])
        elif line is not None and not invited:
            invited = masked_sip(line[1].decode("utf-8", "replace"))
    return Outline(invited, last)


def _ladder(sid: str, steps: list[Step]) -> LadderRow:
    accounts = (_ACCOUNT.search(step.data) for step in steps if step.outgoing)
    account = next(filter(None, accounts), None)
    return LadderRow(
        sid=sid,
        account_sid=account[1].decode() if account is not None else "",
        steps=[_line(each, steps[0]) for each in steps],
    )


def _line(step: Step, first: Step) -> list[str]:
    arrow = "->" if step.outgoing else "<-"
    text = masked_sip(step.data.decode("utf-8", "replace"))[:LONGEST_MESSAGE]
    return [f"{step.at - first.at:.3f}", arrow, step.peer, step.summary, text]
