"""What Enqueue and a Queue in Dial ask of a call, and what they learn.

A caller who is enqueued waits until somebody dials the queue, and is connected to them. Durations are
seconds, URLs are absolute.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from rcml.callback import Callback
from rcml.dialling import RingTone, TalkRecording, Waiting
from rcml.flow import Fetch
from rcml.prompts import Sound

USUAL_PRIORITY = 500
LEAST_PRIORITY = 999


class QueueEvent(enum.Enum):
    """What a queue's status callback may tell of a caller who waits."""

    JOIN = "join"
    BRIDGED = "bridged"
    ABANDONED = "abandoned"
    """The caller hung up before anybody took them."""
    LEAVE = "leave"
    """They are in the queue no more for another reason, a talk that is over among them."""


@dataclass(frozen=True, kw_only=True)
class EnqueueRequest:
    """Which queue to wait in, and how."""

    queue: str
    """Its name in the account."""
    wait: Sound | Fetch | Waiting = Waiting.MUSIC
    """Heard meanwhile. A document is run by ``rcml.waiting.WaitLoop`` with the verbs of a queue."""
    priority: int = USUAL_PRIORITY
    """0 to 999; who has a smaller one is taken first."""
    max_wait: float | None = None
    """After which the caller waits no more; None is for ever."""
    most_waiting: int | None = None
    """How many may wait, the caller among them, unless the queue holds fewer; None is as many as it holds."""
    if_redirected: Callback | None = None
    """Told how it went when a request from outside gives the caller another document, so that no verb can."""
    status_callback: Callback | None = None
    """Told the ``QueueEvent`` values that its `events` list."""


class QueueResult(enum.Enum):
    """How a wait in a queue ended; the value is the parameter `QueueResult`."""

    BRIDGED = "bridged"
    """The caller was connected to somebody."""
    HANGUP = "hangup"
    """The caller hung up, or the waiting document did."""
    LEAVE = "leave"
    """The waiting document said Leave."""
    REDIRECTED = "redirected"
    """A request from outside took the caller out of the queue, or out of the talk."""
    TIMEOUT = "timeout"
    """`max_wait` passed."""
    QUEUE_FULL = "queue-full"
    """The caller never got in."""
    ERROR = "error"
    """The waiting document is broken."""
    SYSTEM_ERROR = "system-error"
    """This server could not connect them."""


@dataclass(frozen=True, kw_only=True)
class Dequeued:
    """How a wait in a queue went."""

    result: QueueResult
    queue_sid: str | None = None
    waited: float = 0.0
    """Until the caller was connected, or waited no more."""
    talked: float = 0.0

    def parameters(self) -> dict[str, str | None]:
        """Return what the application is told."""
        return {
            "QueueResult": self.result.value,
            "QueueSid": self.queue_sid,
            "QueueTime": str(round(self.waited)),
        }


@dataclass(frozen=True, kw_only=True)
class TakeRequest:
    """From which queue to take the next caller, and how to talk to them."""

    queue: str
    whisper: Fetch | None = None
    """The document run for the one who waited, before they are connected."""
    wait_limit: float = 30.0
    """How long to wait for somebody when nobody does yet."""
    time_limit: float = 14400.0
    """How long they may talk."""
    while_waiting: Sound | RingTone | None = None
    """What is heard meanwhile; None is silence."""
    hangup_on_star: bool = False
    recording: TalkRecording | None = None
    refer: Fetch | None = None
    """The document for a REFER that arrives while they talk; None leaves it to the agent's application."""
