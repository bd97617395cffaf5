"""Messages out of a stream: RFC 3261 section 18.3 and the keep-alive of RFC 5626 section 4.4.1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from sip.message import MalformedMessage, Request, Response
from sip.parser import (
    MAX_MESSAGE,
    answerable_headers,
    declared_length,
    parse_head,
    salvage,
)

_HEAD_END: Final = b"\r\n\r\n"
_blank_lines = re.compile(rb"(?:\r\n)*").match


@dataclass(frozen=True, slots=True)
class Ping:
    """The peer sent the keep-alive CR LF CR LF and expects :data:`PONG` back.

    Several that arrive together are one ping: the pong only says that the stream lives.
    """


PING: Final = b"\r\n\r\n"
PONG: Final = b"\r\n"

StreamEvent: TypeAlias = Request | Response | Ping | MalformedMessage
"""A :class:`MalformedMessage` is reported, not raised: its ``close`` says whether the stream is lost."""


class StreamFramer:
    """Cuts a stream into messages, whatever the sizes of its segments.

    It never holds more than one message and the segment that completed it. After a
    :class:`MalformedMessage` with ``close`` it ignores what follows: the place where the next
    message begins is unknown.
    """

    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        self._max_message = max_message
        self._buffer = bytearray()
        self._start = 0
        self._searched = 0
        self._blank_lines = 0
        self._pending: Request | Response | MalformedMessage | None = None
        self._body_length = 0
        self.closed = False
        """True after an error that cost the framing."""

    @property
    def buffered(self) -> int:
        """Octets of an unfinished message; a stream that stays above 0 for long is a slow attack."""
        return len(self._buffer)

    @property
    def inside_message(self) -> bool:
        """True when a message has begun and its end has not arrived."""
        return self._pending is not None or bool(self._buffer)

    def receive_bytes(self, data: bytes) -> list[StreamEvent]:
        """Take a segment; return what it completed, in order."""
        if self.closed:
            return []
        self._buffer += data
        events: list[StreamEvent] = []
        while not self.closed and self._advance(events):
            pass
        if self.closed:
            self._buffer.clear()
        else:
            del self._buffer[: self._start]
            self._searched = max(0, self._searched - self._start)
        self._start = 0
        return events

    def _advance(self, events: list[StreamEvent]) -> bool:
        if self._pending is None:
            self._skip_blank_lines(events)
            return self._read_head(events)
        return self._read_body(self._pending, events)

    def _skip_blank_lines(self, events: list[StreamEvent]) -> None:
        found = _blank_lines(self._buffer, self._start)
        end = found.end() if found else self._start
        del found  # a match keeps the buffer from being resized
        self._blank_lines += (end - self._start) // 2
        if self._blank_lines >= 2:
            self._blank_lines %= 2
            if Ping() not in events:
                events.append(Ping())
        self._start = end

    def _read_head(self, events: list[StreamEvent]) -> bool:
        end = self._buffer.find(_HEAD_END, max(self._start, self._searched))
        if end < 0:
            # The next segment may complete an end of which three octets are already here.
            self._searched = max(self._start, len(self._buffer) - 3)
            if len(self._buffer) - self._start > self._max_message:
                self._give_up(events, self._too_large(None))
            return False
        head = bytes(self._buffer[self._start : end])
        self._start = self._searched = end + 4
        self._blank_lines = 0
        try:
            message = parse_head(head)
            self._expect_body(message, len(head))
        except MalformedMessage as flaw:
            self._pass_over(head, flaw, events)
        return True

    def _expect_body(self, message: Request | Response, head_length: int) -> None:
        length = declared_length(message)
        if length is None:
            raise MalformedMessage(
                "no Content-Length; on a stream every message needs one",
                headers=answerable_headers(message),
                close=True,
            )
        if head_length + 4 + length > self._max_message:
            raise self._too_large(message)
        self._pending = message
        self._body_length = length

    def _too_large(self, message: Request | Response | None) -> MalformedMessage:
        return MalformedMessage(
            f"a message of more than {self._max_message} octets; send it in parts or not at all",
            513,
            headers=answerable_headers(message) if message is not None else None,
            close=True,
        )

    def _pass_over(self, head: bytes, flaw: MalformedMessage, events: list[StreamEvent]) -> None:
        """Report a malformed head, after its body when its length is certain."""
        lengths = salvage(head).lines("Content-Length") if not flaw.close else []
        if len(lengths) == 1 and lengths[0].isascii() and lengths[0].isdigit() and len(lengths[0]) < 6:
            self._body_length = int(lengths[0])
            if len(head) + self._body_length <= self._max_message:
                self._pending = flaw
                return
        flaw.close = True
        self._give_up(events, flaw)

    def _read_body(self, pending: Request | Response | MalformedMessage, events: list[StreamEvent]) -> bool:
        end = self._start + self._body_length
        if len(self._buffer) < end:
            return False
        if not isinstance(pending, MalformedMessage):
            pending.body = bytes(self._buffer[self._start : end])
        events.append(pending)
        self._start = self._searched = end
        self._pending = None
        return True

    def _give_up(self, events: list[StreamEvent], flaw: MalformedMessage) -> None:
        self.closed = True
        events.append(flaw)
