"""Messages that wait for an application to read them."""

from __future__ import annotations

from collections import deque

from engine.streams.core import Send

MOST_WAITING = 1000
"""Messages, of which sound is one every 20 ms and track: ten seconds of two tracks."""


class OutgoingMessages:
    """A bounded queue. When it is full the oldest sound gives way; no other message ever does."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._waiting: deque[Send] = deque()
        self.dropped = 0
        """Messages of sound that gave way."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def hopeless(self) -> bool:
        """Whether so much waits besides sound that the application will never read it."""
        return len(self._waiting) > 2 * self._most

    def append(self, message: Send) -> None:
        """Queue a message behind those that wait."""
        if len(self._waiting) >= self._most and message.is_sound:
            self._make_room()
        self._waiting.append(message)

    def take(self) -> Send | None:
        """Return the next message, None when there is none."""
        return self._waiting.popleft() if self._waiting else None

    def _make_room(self) -> None:
        for place, waiting in enumerate(self._waiting):
            if waiting.is_sound:
                del self._waiting[place]
                self.dropped += 1
                return
