"""A transfer that a party asked for, as the call that is transferred knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rcml.dialling import Target
from sip.header_values import Replaces


@dataclass
class Transfer:
    """Whom to tell how it goes, and what the INVITE to the target is to say."""

    report: Callable[[int], None]
    """Told SIP statuses: those below 200 may be followed by others."""
    replaces: Replaces | None = None
    """The call that the target has with who asked, elsewhere than here (RFC 3891)."""

    def addressed(self, target: Target) -> Target:
        """Return a target to ring, whose INVITE takes the place of that call; the first one only."""
        replaces, self.replaces = self.replaces, None
        if replaces is None:
            return target
        return replace(target, headers=(*target.headers, ("Replaces", str(replaces))))
