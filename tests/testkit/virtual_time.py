"""Time that jumps from deadline to deadline, for whatever has ``next_deadline`` and ``handle_timers``."""

from __future__ import annotations

from typing import Protocol, TypeVar

EffectT = TypeVar("EffectT")


class Timed(Protocol[EffectT]):
    """A machine without a clock."""

    def next_deadline(self) -> float | None: ...

    def handle_timers(self, now: float) -> list[EffectT]: ...


def advance(machine: Timed[EffectT], until: float) -> list[tuple[float, EffectT]]:
    """Fire every timer due by ``until``; return what happened with its times."""
    happened: list[tuple[float, EffectT]] = []
    while (deadline := machine.next_deadline()) is not None and deadline <= until:
        happened += [(deadline, effect) for effect in machine.handle_timers(deadline)]
    return happened
