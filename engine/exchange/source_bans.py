"""Sources that failed to prove who they are too often are not listened to for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sip.source_limits import source_network


@dataclass(slots=True)
class _Record:
    since: float
    failures: int = 0
    banned_until: float = float("-inf")


class SourceBans:
    """Counts failures of each source; time is an argument.

    ``failures`` within ``seconds`` ban a source for ``seconds``; 0 failures turn bans off. A phone with an
    old password, which tries every half minute, stays far below the default. What is counted of the source
    that failed longest ago is forgotten first: a flood from many addresses costs a bounded amount of memory.
    """

    def __init__(
        self,
        failures: int = 20,
        seconds: float = 300.0,
        *,
        remembered: int = 10_000,
        key: Callable[[str], str] = source_network,
    ) -> None:
        """``key`` returns what counts as one source."""
        self.failures = failures
        self.seconds = seconds
        self._remembered = remembered
        self._key = key
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def banned(self, host: str, now: float) -> bool:
        """Tell whether nothing of this source is looked at."""
        record = self._records.get(self._key(host))
        return record is not None and now < record.banned_until

    def failed(self, host: str, now: float) -> bool:
        """Count a failure; True when it is the one that bans the source."""
        if not self.failures:
            return False
        key = self._key(host)
        record = self._records.pop(key, None)
        if record is None or now - record.since >= self.seconds:
            record = _Record(now)
        self._records[key] = record
        record.failures += 1
        while len(self._records) > self._remembered:
            self._records.popitem(last=False)
        if record.failures < self.failures:
            return False
        record.failures, record.since = 0, now
        record.banned_until = now + self.seconds
        return True

    def count(self, now: float) -> int:
        """Return how many sources are banned."""
        return sum(now < record.banned_until for record in self._records.values())
