"""Keys of some minutes for whoever sits before the machine of ``dialplane dev``; none is stored."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine import ids
from engine.secrets_at_rest import hash_secret, is_secret, new_secret

SECONDS: Final = 900
"""How long one lives; the page asks for another when it has ended."""
MOST: Final = 32
"""More open tabs than that lose the oldest key, and ask for another."""
SCOPES: Final = (
    *("Calls", "Conferences:read", "Queues:read", "Recordings:read", "Transcriptions:read"),
    *("Notifications:read", "Traces:read", "Executions:read", "Events:read", "Usage:read"),
    *("IncomingPhoneNumbers:read", "Applications:read", "Clients:read", "Trunks:read"),
)
"""What the console shows, and calls, which it ends."""


@dataclass(frozen=True, slots=True)
class PassingKey:
    """A key as it is given away; what is kept has the hash of its secret."""

    sid: str
    secret: str
    seconds: int = SECONDS


class PassingKeys:
    """Grants keys of the root account, and knows them again. ``clock`` tells seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.offered = False
        """Whether who asks for one on this machine gets it: in ``dialplane dev`` alone."""
        self._clock = clock
        self._kept: dict[str, tuple[str, float]] = {}
        """The hash of the secret and the end of each, by sid, the oldest first."""

    def grant(self) -> PassingKey:
        """Return a fresh key; the caller has made sure who asks."""
        now = self._clock()
        living = [(sid, kept) for sid, kept in self._kept.items() if kept[1] > now]
        key = PassingKey(ids.new_sid(ids.API_KEY), new_secret())
        self._kept = dict(living[1 - MOST :])
        self._kept[key.sid] = (hash_secret(key.secret), now + SECONDS)
        return key

    def knows(self, sid: str, secret: str) -> bool:
        """Tell whether this is one of them, with its secret and still alive."""
        kept = self._kept.get(sid)
        return kept is not None and is_secret(kept[0], secret) and self._clock() < kept[1]
