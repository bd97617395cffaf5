"""The streams an endpoint receives on: their framing, and how long a message may take to arrive."""

from __future__ import annotations

from sip.flow import Flow
from sip.framing import StreamEvent, StreamFramer
from sip.timers import Schedule


class Streams:
    """One framer for each open stream.

    The limit runs from the first octet of a message, so that a peer that sends one octet now and then gains
    nothing.
    """

    def __init__(self, incomplete_message_timeout: float) -> None:
        self._timeout = incomplete_message_timeout
        self._framers: dict[Flow, StreamFramer] = {}
        self._deadlines: Schedule[Flow] = Schedule()
        self._waiting: set[Flow] = set()

    def __len__(self) -> int:
        return len(self._framers)

    def receive_bytes(self, data: bytes, flow: Flow, now: float) -> list[StreamEvent]:
        """Take a segment; return what it completed."""
        framer = self._framers.get(flow)
        if framer is None:
            framer = self._framers[flow] = StreamFramer()
        events = framer.receive_bytes(data)
        if not framer.inside_message:
            self._waiting.discard(flow)
            self._deadlines.set(flow, None)
        elif events or flow not in self._waiting:
            self._waiting.add(flow)
            self._deadlines.set(flow, now + self._timeout)
        return events

    def forget(self, flow: Flow) -> None:
        """Drop what is known of a stream that is gone."""
        self._framers.pop(flow, None)
        self._waiting.discard(flow)
        self._deadlines.set(flow, None)

    def next_deadline(self) -> float | None:
        """Return when a message will have taken too long."""
        return self._deadlines.next_deadline()

    def pop_late(self, now: float) -> Flow | None:
        """Return a stream whose message takes too long, and forget it."""
        flow = self._deadlines.pop_due(now)
        if flow is not None:
            self.forget(flow)
        return flow
