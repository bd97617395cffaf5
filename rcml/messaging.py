"""What Sms, Message and Email ask of a call, and what they learn: whom to write to, and how it went.

Frozen values between the verbs and the engine. Durations are seconds, URLs are absolute, and what stands in
a header of SIP or of mail holds no control character.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from rcml.callback import Callback
from rcml.dialling import Recipient


class Delivery(enum.Enum):
    """How far a message has come."""

    SENDING = "sending"
    """On its way, or waiting for another attempt."""
    SENT = "sent"
    """A carrier, a mail server or a server of the recipient's took it."""
    DELIVERED = "delivered"
    """The recipient's telephone has it."""
    FAILED = "failed"
    """Nobody took it; the notifications say why."""


@dataclass(frozen=True, kw_only=True)
class TextRequest:
    """A text to be sent."""

    text: str
    to: Recipient | None = None
    """None is the other party: the caller, or who was called when the call is ours."""
    from_: str | None = None
    """A number or a client's login; None is our side of the call."""
    status_callback: Callback | None = None
    """Told `sent`, `delivered` or `failed`."""
    within: float = 0.0
    """How long to wait for the outcome; without one by then it is ``SENDING``."""


@dataclass(frozen=True, kw_only=True)
class EmailRequest:
    """A mail to be sent. Addresses are `user@host` or `Name <user@host>`."""

    to: tuple[str, ...]
    subject: str
    text: str
    from_: str | None = None
    """None is the sender that the server is configured with."""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    """Recipients whom the others do not see."""
    status_callback: Callback | None = None
    """Told `sent` or `failed`."""
    within: float = 0.0
    """How long to wait for the outcome; without one by then it is ``SENDING``."""


@dataclass(frozen=True)
class Sent:
    """What became of a message, as far as that is known. The default is that none could be made."""

    status: Delivery = Delivery.FAILED
    sid: str | None = None
    """None when the message was refused before there was one."""
