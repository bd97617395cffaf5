"""A text on its way: what is carried, who carries it, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.store import MessageStatus
from rcml.dialling import Recipient

PLAIN_TEXT = "text/plain;charset=UTF-8"

INTERNAL = 11000
"""Ours to mend."""
NOT_REACHED = 11008
"""Nobody can be written to there: not registered, no trunk takes the number."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """What is carried."""

    from_: str
    """A number or a client's login."""
    body: bytes
    content_type: str = PLAIN_TEXT
    headers: tuple[tuple[str, str], ...] = ()
    """More SIP headers, besides those of the recipient's address."""


@dataclass(frozen=True)
class Carried:
    """How it went."""

    status: MessageStatus
    code: int | None = None
    reason: str = ""
    """Why nobody took it."""
    sip_status: int = 0
    """What the last who was asked answered; 0 for nothing."""


class Carrier(Protocol):
    """Brings texts to their recipients."""

    async def carry(self, target: Recipient, text: Text) -> Carried:
        """Bring a text there, and return as soon as it is known how it went."""
        ...

    async def stop(self) -> None:
        """Give up what is under way."""
        ...
