"""What the streams of all calls share."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.streams.dialing import StreamDialer
from engine.streams.pacer import Pacer


@dataclass
class StreamService:
    """One of each for the daemon."""

    dialer: StreamDialer
    pacer: Pacer = field(default_factory=Pacer)
