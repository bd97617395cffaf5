"""What happens to a caller in a queue, told to the application that put them there."""

from __future__ import annotations

from email.utils import format_datetime

from engine.conversations.running_call import RunningCall
from engine.queues.place import Place
from engine.queues.queue import Queue
from engine.services import Services
from engine.store import utc_now
from rcml.call import Callback
from rcml.queueing import Dequeued, QueueEvent, QueueResult


class StayEvents:
    """Tells of one stay, in order: coming, being connected, and how it ended."""

    def __init__(
        self, callback: Callback | None, call: RunningCall, place: Place, queue: Queue, services: Services
    ) -> None:
        self._callback = callback
        self._call = call
        self._place = place
        self._queue = queue
        self._services = services
        self._told = 0

    def joined(self) -> None:
        """The caller waits, or is taken at once."""
        line = self._queue.line
        # Who is taken at once stands in no line any more.
        position = max(1, line.position(self._place.waiter))
        told = {"QueuePosition": str(position), "CurrentQueueSize": str(len(line))}
        self._tell(QueueEvent.JOIN, self._place.waited, told)

    def bridged(self, agent: str) -> None:
        """The caller and the agent whose CallSid this is hear each other."""
        told = {"DequeingCallSid": agent}
        self._tell(QueueEvent.BRIDGED, self._place.waited, told)

    def left(self, went: Dequeued) -> None:
        """The stay is over."""
        abandoned = went.result is QueueResult.HANGUP
        told = {"QueueResult": went.result.value}
        self._tell(QueueEvent.ABANDONED if abandoned else QueueEvent.LEAVE, went.waited, told)

    def _tell(self, event: QueueEvent, waited: float, about: dict[str, str]) -> None:
        to = self._callback
        if to is None:
            return
        number, self._told = self._told, self._told + 1
        if event.value not in to.events:
            return
        row = self._call.row
        parameters = {
            **self._call.journal.parameters(),
            "QueueSid": self._queue.row.sid,
            "FriendlyName": self._queue.row.friendly_name,
            "QueueTime": str(round(waited)),
            "StatusCallbackEvent": event.value,
            "SequenceNumber": str(number),
            "Timestamp": format_datetime(utc_now()),
            **about,
        }
        self._services.outbox.post(
            to.url, parameters, method=to.method.value, account_sid=row.account_sid, call_sid=row.sid
        )
