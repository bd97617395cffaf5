"""What a whole call needs of the daemon, in one value."""

from __future__ import annotations

from dataclasses import dataclass

from engine.conferences import Conferences
from engine.queues import Queues
from engine.services import Services


@dataclass(kw_only=True)
class CallServices(Services):
    """What any leg needs, and the rooms where a call meets others."""

    conferences: Conferences
    queues: Queues
