"""How much one source may ask for: beyond it, 503, and beyond that silence.

An address over UDP proves nothing, so answers are limited too: whoever writes another's address into
his packets must not make us flood it.
"""

from __future__ import annotations

import enum
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

IN_DIALOG: Final = 20.0
"""Requests a second that the peer of one dialog is served: keys by INFO are the most that telephones send."""

BURST: Final = 2.0
"""Seconds of the rate that may come at once: phones call in bunches, after a power cut above all."""


class Verdict(enum.Enum):
    """What a request from a source gets."""

    SERVED = "served"
    REFUSED = "refused"
    """It is answered, but only that there is too much."""
    IGNORED = "ignored"


@dataclass(slots=True)
class Bucket:
    """Counts what came, and forgets at a rate (a leaky bucket)."""

    level: float = 0.0
    since: float = 0.0

    def is_full(self, now: float, rate: float) -> bool:
        """Tell whether no more goes in now."""
        self.level = max(0.0, self.level - (now - self.since) * rate)
        self.since = now
        return self.level + 1.0 > max(rate * BURST, 1.0)

    def pour(self, now: float, rate: float) -> bool:
        """Add one, and return True, unless the bucket is full."""
        if self.is_full(now, rate):
            return False
        self.level += 1.0
        return True


@dataclass(slots=True)
class _Source:
    served: Bucket
    refused: Bucket
    within: Bucket
    """Requests within dialogs."""
    useless: Bucket


class SourceLimits:
    """Counts the requests of each source that are in no dialog, and what is in vain; time is an argument.

    Each source has ``rate`` of them a second served, as many within its dialogs, and as many refusals; a rate
    of 0 limits nothing. As much is read of what nobody waits for: responses and ACKs that fit nothing,
    repetitions, too much within a dialog.
    ``trusts`` names sources without limit, such as trunks. What is known of the source that was silent
    longest is forgotten first: a flood from many addresses costs a bounded amount of memory.
    """

    def __init__(
        self,
        rate: float = 0.0,
        trusts: Callable[[str], bool] = lambda host: False,
        *,
        remembered: int = 10_000,
    ) -> None:
        self.rate = rate
        self.trusts = trusts
        self.refused = 0
        self.ignored = 0
        self._remembered = remembered
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def judge(self, host: str, now: float) -> Verdict:
        """Count a request that wants to be served."""
        if not self.rate or self.trusts(host):
            return Verdict.SERVED
        source = self._source(host, now)
        if source.served.pour(now, self.rate):
            return Verdict.SERVED
        if source.refused.pour(now, self.rate):
            self.refused += 1
            return Verdict.REFUSED
        self.ignored += 1
        return Verdict.IGNORED

    def serves_within(self, host: str, now: float) -> bool:
        """Count a request within a dialog; False when all those of the source together ask too much."""
        if not self.rate or self.trusts(host):
            return True
        return self._source(host, now).within.pour(now, self.rate)

    def drops_unread(self, host: str, now: float) -> bool:
        """Tell, and count, that a source has used up even its refusals, so that reading it would be in vain.

        Reading costs twenty times more than this, which others would wait for.
        """
        if not self.rate:
            return False
        source = self._sources.get(source_network(host))
        if source is None or not (
            source.served.is_full(now, self.rate) and source.refused.is_full(now, self.rate)
        ):
            return False
        self.ignored += 1
        return True

    def may_refuse(self, host: str, now: float) -> bool:
        """Count a refusal of something that was no sound request; False when there were too many."""
        if not self.rate or self.trusts(host):
            return True
        source = self._source(host, now)
        source.useless.pour(now, self.rate)
        if source.refused.pour(now, self.rate):
            return True
        self.ignored += 1
        return False

    def note_useless(self, host: str, now: float) -> None:
        """Count a message that was read in vain."""
        if self.rate and not self.trusts(host):
            self._source(host, now).useless.pour(now, self.rate)

    def is_useless(self, host: str, now: float) -> bool:
        """Tell whether a source sends so much in vain that no more of it is read."""
        if not self.rate:
            return False
        source = self._sources.get(source_network(host))
        return source is not None and source.useless.is_full(now, self.rate)

    def _source(self, host: str, now: float) -> _Source:
        key = source_network(host)
        source = self._sources.get(key)
        if source is None:
            source = self._sources[key] = _Source(*(Bucket(since=now) for _ in range(4)))
            while len(self._sources) > self._remembered:
                self._sources.popitem(last=False)
        else:
            self._sources.move_to_end(key)
        return source


def source_network(host: str) -> str:
    """Return the host, or the /64 of an IPv6 address: one subscriber has that many."""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host
