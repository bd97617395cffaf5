"""The SIP messages of a call: ``…/Calls/CA…/Ladder``."""

from __future__ import annotations

from pydantic import BaseModel

from engine.http.resources.calls import CALLS
from engine.http.resources.declaration import Shown
from engine.http.resources.views import View
from engine.store import LadderRow


class LadderStep(BaseModel):
    """One message."""

    seconds: float
    """Since the first one."""
    direction: str
    """``->`` from us, ``<-`` to us."""
    peer: str
    summary: str
    message: str
    """In full, without its secrets."""


class ShownLadder(Shown):
    """What passed between us and a party."""

    call_sid: str
    account_sid: str
    ladder: str
    """A line for each message, to be read."""
    steps: list[LadderStep]


def show(row: LadderRow) -> ShownLadder:
    """Return what a client sees of a ladder."""
    return ShownLadder(
        call_sid=row.sid,
        account_sid=row.account_sid,
        ladder="\n".join(
            f"{at:>8}  {arrow} {summary:<16} {peer}" for at, arrow, peer, summary, _ in row.steps
        ),
        steps=[
            LadderStep(seconds=float(at), direction=arrow, peer=peer, summary=summary, message=message)
            for at, arrow, peer, summary, message in row.steps
        ],
    )


LADDER = View("Ladder", "Ladder", ShownLadder, of=CALLS)
