"""How long each client may talk through trunks in a day: what a stolen password can cost (toll fraud)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

DAY = 86400.0

TALKED_OUT = 11013
"""Notification: a client's minutes of the day are used up, so a talk was ended or not begun."""


def talked_out(login: str, seconds: float) -> str:
    """Return the words of that notification."""
    return (
        f"client {login!r} has talked through trunks for the {seconds / 60:g} minutes that a client may "
        "talk in a day; look at whom it calls, change its password if that is not its owner, "
        "or raise [limits] minutes_per_client_per_day"
    )


@dataclass
class _Account:
    """The talks of one client. A day of its own begins with the first talk after the last day."""

    begun: float
    used: float = 0.0
    """Seconds of this day that are counted; talks at the same time count each."""
    counted_at: float = 0.0
    talks: list[Callable[[], None]] = field(default_factory=list)
    """What to call for each talk of now when the day's seconds are used up."""
    timer: asyncio.TimerHandle | None = None

    def count(self, now: float) -> None:
        """Bring ``used`` up to date."""
        if now - self.begun >= DAY:
            days = (now - self.begun) // DAY if self.talks else 0
            self.begun = self.begun + days * DAY if days else now
            self.used, self.counted_at = 0.0, max(self.counted_at, self.begun)
        self.used += len(self.talks) * (now - self.counted_at)
        self.counted_at = now


class TalkMeter:
    """Counts the seconds of each client's talks through trunks, and tells talks to end.

    ``seconds_a_day`` of 0 is no limit. What was talked is kept in memory; :meth:`resume` takes up what an
    earlier process counted.
    """

    def __init__(self, seconds_a_day: float = 0.0) -> None:
        self.seconds_a_day = seconds_a_day
        self._accounts: dict[str, _Account] = {}

    def resume(self, login: str, begun_ago: float, used: float) -> None:
        """Take up a day that began ``begun_ago`` seconds ago, with ``used`` seconds talked in it."""
        now = asyncio.get_running_loop().time()
        self._accounts[login] = _Account(now - begun_ago, used, counted_at=now)

    def used_up(self, login: str) -> bool:
        """Whether this client may begin no talk through a trunk now."""
        account = self._accounts.get(login)
        if account is None or not self.seconds_a_day:
            return False
        account.count(asyncio.get_running_loop().time())
        return account.used >= self.seconds_a_day

    def begin(self, login: str, on_used_up: Callable[[], None]) -> Callable[[], None]:
        """Count a talk from now on; return what ends that.

        ``on_used_up`` is called when the seconds of the day are used up before.
        """
        now = asyncio.get_running_loop().time()
        account = self._accounts.setdefault(login, _Account(now, counted_at=now))
        account.count(now)
        account.talks.append(on_used_up)
        self._arm(login, account, now)

        def end() -> None:
            if on_used_up in account.talks:
                now = asyncio.get_running_loop().time()
                account.count(now)
                account.talks.remove(on_used_up)
                self._arm(login, account, now)

        return end

    def _arm(self, login: str, account: _Account, now: float) -> None:
        if account.timer is not None:
            account.timer.cancel()
            account.timer = None
        if account.talks and self.seconds_a_day:
            # Whole talks at a time: two that go on together use the rest in half the time.
            left = max(self.seconds_a_day - account.used, 0.0) / len(account.talks)
            due = min(now + left, account.begun + DAY)
            account.timer = asyncio.get_running_loop().call_at(due, self._look, login, account)

    def _look(self, login: str, account: _Account) -> None:
        account.timer = None
        now = asyncio.get_running_loop().time()
        account.count(now)
        # The clock's grain may bring us here a moment early.
        if self.seconds_a_day and account.used >= self.seconds_a_day - 0.01:
            account.used = max(account.used, self.seconds_a_day)
            ending, account.talks = account.talks, []
            for on_used_up in ending:
                on_used_up()
            return
        self._arm(login, account, now)
