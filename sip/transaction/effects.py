"""What a transaction asks of its owner, in order."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from sip.message import Request, Response


class EndReason(enum.Enum):
    """Why a transaction ended."""

    COMPLETED = "completed"
    TIMEOUT = "timeout"
    TRANSPORT_ERROR = "transport error"


@dataclass(frozen=True, slots=True)
class Send:
    """Give the message to the transport; of one that is repeated, perhaps only the octets are left."""

    message: Request | Response | bytes


@dataclass(frozen=True, slots=True)
class PassUp:
    """Give the message to the transaction user."""

    message: Request | Response


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the transaction user that a send failed, while the transaction goes on (RFC 6026)."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class Ended:
    """Forget the transaction; always its last effect."""

    reason: EndReason


Effect: TypeAlias = Send | PassUp | Report | Ended
