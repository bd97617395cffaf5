"""The states of an INVITE session and of its offers, and what its parts share."""

from __future__ import annotations

import enum
from typing import Protocol


class SessionState(enum.Enum):
    """Where an INVITE session stands."""

    INCOMING = "Incoming"
    """UAS: nothing but 100 was sent."""
    CALLING = "Calling"
    """UAC: nothing but 100 was heard."""
    EARLY = "Early"
    ANSWERED = "Answered"
    """UAS: the 2xx is sent, its ACK has not come."""
    CONFIRMED = "Confirmed"
    CANCELLING = "Cancelling"
    """UAC: hung up before the answer; the final response has not come."""
    TERMINATED = "Terminated"


class Exchange(enum.Enum):
    """Which offer waits for its answer (RFC 3264, RFC 6337)."""

    NONE = "none"
    OFFER_SENT = "offer sent"
    OFFER_RECEIVED = "offer received"


class PendingOffer(Protocol):
    """An offer of the peer that the owner has not decided on."""

    def accept(self, now: float, body: bytes) -> None:
        """Send the answer (or the offer that was asked for)."""

    def refuse(self, now: float, status: int) -> None:
        """Send a refusal."""

    def withdraw(self, now: float) -> None:
        """Do what is due when the offer needs no decision any more."""
