"""What an application has sent to be played: encoded sound and marks in one bounded queue.

It is decoded when its time is near, so that a minute sent at once costs nothing at once.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from engine.streams.wire_sound import Inlet
from media.sound import Samples

MOST_SECONDS = 180.0
"""Of queued sound: longer than any reply that is spoken at one go, 1.4 MB as mu-law."""
MOST_MARKS = 1000
LEAD = 4000
"""Samples that are handed on before their time, half a second: so long the event loop may stand still
before the caller hears it."""


class Playout:
    """Queues sound and marks, and says which marks have been reached.

    Time is the number of samples that were played; all counts are of 8 kHz from the stream's beginning.
    """

    def __init__(self, inlet: Inlet) -> None:
        self._inlet = inlet
        self._queue: deque[bytes | str] = deque()
        """Encoded sound, and names of marks."""
        self._octets = 0
        self._most_octets = int(MOST_SECONDS * inlet.rate) * inlet.octets
        self._handed = 0
        self._cleared = 0
        """What was handed on before the last clear: it counts as played, though the leg may not know yet."""
        self._marks: deque[tuple[int, str]] = deque()
        """What was handed on before the mark, and its name."""
        self._queued_marks = 0

    def queue(self, payload: bytes) -> bool:
        """Append sound; False when there is no room and it was thrown away."""
        if self._octets + len(payload) > self._most_octets:
            return False
        if payload:
            self._queue.append(payload)
            self._octets += len(payload)
        return True

    def mark(self, name: str) -> bool:
        """Append a mark; False when too many wait."""
        if self._queued_marks + len(self._marks) >= MOST_MARKS:
            return False
        self._queue.append(name)
        self._queued_marks += 1
        self._hand_marks_on()
        return True

    def next_sound(self, played: int, room: int) -> Samples:
        """Return the samples to hand on now: at most ``room``, and ``LEAD`` beyond those played."""
        wanted = min(room, LEAD - (self._handed - max(played, self._cleared)))
        pieces: list[Samples] = []
        while wanted > 0 and self._queue:
            piece = self._inlet.decode(self._take(wanted))
            pieces.append(piece)
            wanted -= len(piece)
            self._handed += len(piece)
            self._hand_marks_on()
        return np.concatenate(pieces) if pieces else np.empty(0, np.int16)

    def reached(self, played: int) -> list[str]:
        """Return the marks before which everything has been played, in order; each once."""
        names = []
        while self._marks and self._marks[0][0] <= max(played, self._cleared):
            names.append(self._marks.popleft()[1])
        return names

    def clear(self) -> list[str]:
        """Drop everything that waits and return the marks among it, in order."""
        names = self.waiting_marks
        self._queue.clear()
        self._marks.clear()
        self._octets = self._queued_marks = 0
        self._cleared = self._handed
        self._inlet.forget()
        return list(names)

    def plays(self, played: int) -> bool:
        """Say whether there is sound that has not been played."""
        return self._octets > 0 or self._handed > max(played, self._cleared)

    def rest(self) -> None:
        """Take note that the application has been silent for a while: what comes now is another sound."""
        if not self._octets:
            self._inlet.forget()

    @property
    def waiting_marks(self) -> tuple[str, ...]:
        """The marks that were not reached yet."""
        handed = (name for _, name in self._marks)
        return (*handed, *(entry for entry in self._queue if isinstance(entry, str)))

    def _take(self, wanted: int) -> bytes:
        """Take sound that makes about ``wanted`` samples off the queue's head, at least one sample."""
        payload = self._queue.popleft()
        assert isinstance(payload, bytes), "marks at the head have been handed on"
        octets = -(-wanted * self._inlet.rate // 8000) * self._inlet.octets
        if len(payload) > octets:
            self._queue.appendleft(payload[octets:])
            payload = payload[:octets]
        self._octets -= len(payload)
        return payload

    def _hand_marks_on(self) -> None:
        while self._queue and isinstance(self._queue[0], str):
            name = self._queue.popleft()
            assert isinstance(name, str)
            self._marks.append((self._handed, name))
            self._queued_marks -= 1
