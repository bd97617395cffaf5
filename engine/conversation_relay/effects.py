"""What the core of a relayed conversation wants done."""

from __future__ import annotations

from dataclasses import dataclass

from engine.conversation_relay.talk import Piece
from engine.streams.core import Send


@dataclass(frozen=True, slots=True)
class News:
    """An ``info`` message for the application, which tells the time."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Speak:
    """The sound of a piece is to be made."""

    piece: Piece


@dataclass(frozen=True, slots=True)
class FallSilent:
    """What the leg was given and has not played is to be forgotten."""


@dataclass(frozen=True, slots=True)
class Press:
    """Keys are to be sent to the caller."""

    digits: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the application's author should know; each number is said once."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The application has ended the conversation, and everything was heard."""


Effect = Send | News | Speak | FallSilent | Press | Remark | Finish
