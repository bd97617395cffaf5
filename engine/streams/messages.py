"""The messages of a stream as they travel: Twilio Media Streams, and what we add to it.

Numbers travel as strings. Messages of the engine are made by :class:`MessageWriter`, which numbers them;
those of the application are read by :func:`read_message`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rcml.errors import STREAM_MESSAGE, STREAM_UNREADABLE
from rcml.values import shortened

LONGEST_NAME = 4096
"""Characters of a mark's name: it is kept until the mark is answered."""


@dataclass(frozen=True, slots=True)
class Media:
    """Sound to be played, encoded."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """To be answered when what was sent before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """What waits to be played is dropped."""


@dataclass(frozen=True, slots=True)
class Resume:
    """What was paused because the caller spoke goes on. Ours."""


Message = Media | Mark | Clear | Resume


class MessageRefused(Exception):
    """A message of the application that cannot be used; ``code`` is the notification's."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What the first messages tell of a stream."""

    stream_sid: str
    account_sid: str
    call_sid: str
    tracks: tuple[str, ...]
    media_format: Mapping[str, str | int]
    parameters: Mapping[str, str]


class MessageWriter:
    """Makes the engine's messages, in the order in which they are to be sent."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._sequence_number = 0
        self._chunks = dict.fromkeys(opening.tracks, 0)
        self._tail = f'"}},"streamSid":"{opening.stream_sid}"}}'

    def connected(self) -> str:
        """The first message; it has no number."""
        return _text({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self) -> str:
        """Return what the stream is."""
        opening = self._opening
        return self._numbered(
            "start",
            {
                "accountSid": opening.account_sid,
                "streamSid": opening.stream_sid,
                "callSid": opening.call_sid,
                "tracks": list(opening.tracks),
                "mediaFormat": dict(opening.media_format),
                "customParameters": dict(opening.parameters),
            },
        )

    def media(self, track: str, timestamp_ms: int, payload: bytes) -> str:
        """Return sound of a track; each track counts its chunks from 1."""
        self._sequence_number += 1
        chunk = self._chunks[track] = self._chunks[track] + 1
        # Fifty times a second for each track: by hand, for a fifth of what json.dumps takes.
        return (
            f'{{"event":"media","sequenceNumber":"{self._sequence_number}","media":{{"track":"{track}",'
            f'"chunk":"{chunk}","timestamp":"{timestamp_ms}",'
            f'"payload":"{base64.b64encode(payload).decode("ascii")}{self._tail}'
        )

    def dtmf(self, key: str) -> str:
        """Return a key that the caller pressed."""
        return self._numbered("dtmf", {"track": "inbound_track", "digit": key})

    def mark(self, name: str) -> str:
        """Answer a mark."""
        return self._numbered("mark", {"name": name})

    def speech(self, *, started: bool, timestamp_ms: int, paused: bool, marks: tuple[str, ...]) -> str:
        """Return that the caller began or ceased to speak; ``marks`` are those not answered yet."""
        state = "started" if started else "stopped"
        said = {"state": state, "timestamp": str(timestamp_ms), "paused": paused, "marks": list(marks)}
        return self._numbered("speech", said)

    def stop(self) -> str:
        """The last message."""
        opening = self._opening
        return self._numbered("stop", {"accountSid": opening.account_sid, "callSid": opening.call_sid})

    def _numbered(self, event: str, content: Mapping[str, Any]) -> str:
        self._sequence_number += 1
        return _text(
            {
                "event": event,
                "sequenceNumber": str(self._sequence_number),
                event: content,
                "streamSid": self._opening.stream_sid,
            }
        )


def read_message(text: str, stream_sid: str) -> Message:
    """Read a message of the application; raises :exc:`MessageRefused`.

    ``streamSid`` may be left out. Fields that we do not know are ignored.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = f"a message that is no JSON: {shortened(text)!r} ({shortened(str(error))})"
        raise MessageRefused(STREAM_UNREADABLE, why) from None
    event = found.get("event") if isinstance(found, dict) else None
    named = found.get("streamSid", stream_sid) if isinstance(found, dict) else None
    if not isinstance(event, str):
        why = f'a message without "event": {shortened(text)!r}; send an object as {{"event": "media", ...}}'
        raise MessageRefused(STREAM_MESSAGE, why)
    if named != stream_sid:
        why = f"streamSid {shortened(repr(named))} is not that of this stream; take it from the start message"
        raise MessageRefused(STREAM_MESSAGE, why)
    match event:
        case "media":
            return Media(_payload(_field(found, "media", "payload")))
        case "mark":
            return Mark(_name(_field(found, "mark", "name")))
        case "clear":
            return Clear()
        case "resume":
            return Resume()
    why = f"event {shortened(event)!r} is not known; it may be media, mark, clear or resume"
    raise MessageRefused(STREAM_MESSAGE, why)


def _field(message: Mapping[str, Any], event: str, name: str) -> str:
    content = message.get(event)
    value = content.get(name) if isinstance(content, dict) else None
    if not isinstance(value, str):
        raise MessageRefused(STREAM_MESSAGE, f"a {event} message without {event}.{name}, which is a text")
    return value


def _payload(written: str) -> bytes:
    try:
        return base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError) as error:
        why = f"media.payload is no base64 ({error}); send the encoded sound alone, without a data: prefix"
        raise MessageRefused(STREAM_MESSAGE, why) from None


def _name(name: str) -> str:
    if len(name) > LONGEST_NAME:
        raise MessageRefused(STREAM_MESSAGE, f"mark.name has {len(name)} characters: at most {LONGEST_NAME}")
    return name


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
