"""Everything that decides how much is let in, made from ``[limits]`` and from what the machine has."""

from __future__ import annotations

from collections.abc import Callable

from engine.config.limits_section import LimitsSection
from engine.exchange.account_caps import AccountCaps
from engine.exchange.admission import Admission
from engine.exchange.call_limits import CallLimits
from engine.exchange.talk_meter import TalkMeter
from sip.source_limits import SourceLimits


class Door:
    """Holds the limits of calls, clients, accounts and sources, and takes on changed ones."""

    def __init__(
        self,
        limits: LimitsSection,
        capacity: int,
        talks: TalkMeter,
        accounts: AccountCaps,
        store_healthy: Callable[[], bool],
    ) -> None:
        """``capacity`` is how many calls there are ports and file descriptors for."""
        self._capacity = capacity
        self.admission = Admission(store_healthy=store_healthy)
        self.clients = CallLimits()
        self._talks = talks
        self._accounts = accounts
        self.sources = SourceLimits()
        self.apply(limits)

    def apply(self, limits: LimitsSection) -> None:
        """Take on the limits of a configuration; calls that are up are never touched."""
        self.admission.max_calls = min(limits.max_calls or self._capacity, self._capacity)
        self.admission.calls_per_second = limits.calls_per_second
        self.clients.at_once = limits.calls_per_client
        self.clients.in_a_while = limits.calls_per_client_per_minute
        self._talks.seconds_a_day = 60.0 * limits.minutes_per_client_per_day
        self._accounts.calls.at_once = limits.calls_per_account
        self._accounts.calls.in_a_while = limits.calls_per_account_per_second
        self._accounts.minutes.seconds_a_day = 60.0 * limits.minutes_per_account_per_day
        self.sources.rate = limits.requests_per_source
