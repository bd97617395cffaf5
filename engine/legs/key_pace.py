"""How fast a party may press keys: each is a line of the log, and wakes whoever listens."""

from __future__ import annotations

from typing import Final

from engine.reporting import log
from sip.source_limits import Bucket

KEYS_A_SECOND: Final = 25.0
"""As many as a telephone that dials by itself sends: each lasts 40 ms at least; twice that at once."""


class KeyPace:
    """Lets keys pass at the speed of telephones: each packet may be another key, ten thousand a second."""

    def __init__(self) -> None:
        self._pressed = Bucket()
        self._told = False

    def allows(self, now: float) -> bool:
        """Count a key; those that come too fast are none, of which the log has one line."""
        if self._pressed.pour(now, KEYS_A_SECOND):
            return True
        if not self._told:
            self._told = True
            log.get("leg").warning("keys.too_fast", served_per_second=KEYS_A_SECOND)
        return False
