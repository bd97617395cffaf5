"""What one account may run up: calls at a time, new calls a second, minutes through trunks in a day."""

from __future__ import annotations

from engine.exchange.call_limits import SECOND, CallLimits
from engine.exchange.talk_meter import TalkMeter
from engine.reporting import log
from engine.reporting.notifications import NotificationLog

CAPPED = 11014
"""Notification: an account is at a limit of its own, so a call was refused, not made, or ended."""
TOLD_EVERY = 60.0
"""Seconds between two notifications of calls that came in and were refused: a flood is told, not repeated."""


class AccountCaps:
    """Counts the calls of each account: those that come in, those it makes, and the legs of its Dials.

    Minutes are those of answered calls through trunks, the ones that a carrier bills.
    """

    def __init__(self) -> None:
        self.calls = CallLimits(while_lasts=SECOND)
        self.minutes = TalkMeter()
        self._told: dict[tuple[str, str], float] = {}

    def refusal(self, account_sid: str, now: float, *, through_trunk: bool = False) -> str | None:
        """Return why this account may not have another call now, with the cure; None: the call is counted."""
        if through_trunk and self.minutes.used_up(account_sid):
            return self.talked_out(account_sid)
        limit = self.calls.refusal(account_sid, now)
        if limit is None:
            return None
        if limit == "at_once":
            what, key = f"has as many calls up as it may have ({self.calls.at_once})", "calls_per_account"
        else:
            what = f"has begun as many calls within a second as it may ({self.calls.in_a_while})"
            key = "calls_per_account_per_second"
        return f"account {account_sid} {what}; wait, see who calls, or raise [limits] {key}"

    def talked_out(self, account_sid: str) -> str:
        """Return the words for an account whose minutes of the day are used up."""
        return (
            f"account {account_sid} has talked through trunks for the {self.minutes.seconds_a_day / 60:g} "
            "minutes that an account may talk in a day; look at whom it calls, or raise [limits] "
            "minutes_per_account_per_day"
        )

    def tell(self, account_sid: str, words: str, now: float, notifications: NotificationLog) -> None:
        """Log that a call that came in was refused, and tell the account, though not of each of a flood."""
        log.get("switchboard").warning("account.limited", account=account_sid, limit=words)
        limit = words.rpartition(" ")[2]
        if now - self._told.get((account_sid, limit), -TOLD_EVERY) >= TOLD_EVERY:
            self._told[account_sid, limit] = now
            notifications.add(CAPPED, words, account_sid=account_sid)
