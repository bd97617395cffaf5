"""One queue: its record, and the places of those who wait in it."""

from __future__ import annotations

import asyncio

from engine.queues.hand_over import HandOver
from engine.queues.line import Line, Match, Waiter
from engine.queues.place import Place
from engine.store import QueueRow


class Queue:
    """Pairs members and agents as soon as there is one of each."""

    def __init__(self, row: QueueRow) -> None:
        self.row = row
        self.line = Line(row.max_size)
        self._waiting: dict[Waiter, Place] = {}
        self._present: set[Place] = set()

    def __repr__(self) -> str:
        return f"<Queue {self.row.friendly_name!r} {len(self.line)} of {self.row.max_size}>"

    @property
    def deserted(self) -> bool:
        """Whether nobody waits, gets ready or talks here."""
        return not self._present

    @property
    def members(self) -> tuple[Place, ...]:
        """Those who wait to be taken, the next one first."""
        return tuple(self._waiting[waiter] for waiter in self.line.members)

    @property
    def average_wait(self) -> float:
        """Seconds that those who wait now have waited."""
        return self.line.average_wait(asyncio.get_running_loop().time())

    @property
    def agents(self) -> int:
        """How many wait to take somebody."""
        return len(self._waiting) - len(self.line)

    def enter(self, member: Place) -> None:
        """Let a member wait; one whose hand-over led to nothing is back at their turn."""
        self._wait(member)
        self._pair(self.line.enter(member.waiter))

    def attend(self, agent: Place) -> None:
        """Let an agent wait; one whose hand-over led to nothing is back at their turn."""
        self._wait(agent)
        self._pair(self.line.attend(agent.waiter))

    def stop_waiting(self, place: Place) -> None:
        """Let nobody be connected to them; whoever they were called to waits on for the next."""
        self.line.leave(place.waiter)
        self._waiting.pop(place.waiter, None)
        if place.hand_over is not None:
            place.hand_over.end()

    async def leave(self, place: Place) -> None:
        """Take somebody out, and return when they are connected to nobody."""
        self.stop_waiting(place)
        self._present.discard(place)
        if place.hand_over is not None:
            await place.hand_over.wait_over()

    def _wait(self, place: Place) -> None:
        place.wait_again()
        self._present.add(place)
        self._waiting[place.waiter] = place

    def _pair(self, match: Match | None) -> None:
        if match is None:
            return
        member, agent = self._waiting.pop(match.member), self._waiting.pop(match.agent)
        hand_over = HandOver(member.call, agent.call, agent.whisper)
        member.call_to(hand_over)
        agent.call_to(hand_over)
