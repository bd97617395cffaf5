"""What happened on a call, line by line: what a failing test prints, and what expectations look through."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


class Kind(enum.Enum):
    """What a line tells; the value is how it is printed."""

    SAID = "said"
    PLAYED = "played"
    WAITED = "paused"
    SENT_KEYS = "sent keys"
    PRESSED = "pressed"
    SPOKE = "spoke"
    LISTENS = "listens"
    REQUESTED = "requested"
    RINGING = "ringing"
    ANSWERED = "answered"
    DIALLED = "dialled"
    CONNECTED = "connected"
    PARTED = "parted"
    JOINED = "joined"
    STREAMS = "streams to"
    RELAYS = "talks to"
    REFERRED = "referred"
    HELD = "held"
    RESUMED = "resumed"
    RECORDS = "records"
    RECORDED = "recorded"
    TEXTED = "texted"
    MAILED = "mailed"
    NOTIFIED = "notified"
    ENDED = "ended"


@dataclass(frozen=True)
class Line:
    """Something that happened."""

    at: float
    """Seconds since the call began."""
    who: str
    """Whose leg: `caller`, or whom a Dial rang."""
    kind: Kind
    text: str
    about: object = None
    """What the text describes, such as a :class:`rcml.testing.Request`."""

    def __str__(self) -> str:
        return f"{self.at:8.2f}  {self.who}: {self.kind.value} {self.text}".rstrip()


class Transcript:
    """The lines of one call, those of the legs it dialled included, in the order of time."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.on_line: Callable[[Line], None] | None = None
        """Told each line as it is written, as a terminal wants it."""

    def write(self, line: Line) -> None:
        """Add a line."""
        self.lines.append(line)
        if self.on_line is not None:
            self.on_line(line)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines)) or "(nothing happened)"


def matcher(wanted: str | re.Pattern[str]) -> Callable[[str], bool]:
    if isinstance(wanted, re.Pattern):
        return lambda text: wanted.search(text) is not None
    flat = " ".join(wanted.split()).casefold()
    return lambda text: flat in " ".join(text.split()).casefold()
