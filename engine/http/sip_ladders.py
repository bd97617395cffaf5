"""The SIP messages of a call, while it lives and for as long as ``[traces]`` keeps them."""

from __future__ import annotations

from collections.abc import Callable

from engine.http.forms import Form
from engine.http.problems import Problem
from engine.http.resources.ladders import ShownLadder, show
from engine.http.views import Reading
from engine.reporting.ladders import Ladders


class SipLadders:
    """Shows what passed between us and a party."""

    def __init__(self, ladders: Callable[[], Ladders | None]) -> None:
        self._find = ladders

    async def read(self, asked: Reading[Form]) -> ShownLadder:
        """Return the ladder of the call."""
        ladders = self._find()
        row = await ladders.find(asked.owner.sid) if ladders is not None else None
        if row is None:
            message = "Nothing is kept of this call's SIP: it is too old, or [traces] keeps none."
            raise Problem(404, message)
        return show(row)
