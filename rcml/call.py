"""What a verb may ask of a call, in telephone words.

``Call`` is the whole of what this floor knows about telephony: the engine implements it with SIP and
media, tests with a script. Durations are seconds. URLs given to a call are absolute.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rcml.callback import Callback
from rcml.collecting import Collected, CollectRequest, InputKind
from rcml.errors import CallerGone, FetchFailed, PlaybackFailed
from rcml.prompts import Prompt, Silence, Sound, Speech
from rcml.values import RejectReason

if TYPE_CHECKING:
    from rcml.dialling import ConferenceRequest, Dialled, DialRequest, Left, TalkRecording
    from rcml.messaging import EmailRequest, Sent, TextRequest
    from rcml.queueing import Dequeued, EnqueueRequest, TakeRequest
    from rcml.referring import Changed, Referred, ReferRequest
    from rcml.relaying import RelayEnd, RelayRequest
    from rcml.streaming import StreamEnd, StreamRequest
    from rcml.transcribing import TranscriptionRequest

__all__ = [
    "Call",
    "Callback",
    "CallerGone",
    "CollectRequest",
    "Collected",
    "EndedBy",
    "FetchFailed",
    "InputKind",
    "Level",
    "PlaybackFailed",
    "Prompt",
    "RecordRequest",
    "Recorded",
    "Silence",
    "Sound",
    "Speech",
]


@dataclass(frozen=True, kw_only=True)
class RecordRequest:
    """How to record the caller, and what ends the recording."""

    beep: bool = True
    silence: float = 5.0
    """Silence, before the caller speaks or after, that ends the recording."""
    finish_on: str = "1234567890*#"
    """Keys that end the recording; empty for none."""
    max_length: float = 3600.0
    trim_silence: bool = False
    """Whether silence at both ends is cut from the file."""
    transcribe: bool = False
    transcribe_language: str = "en-US"
    transcribe_callback: Callback | None = None
    status_callback: Callback | None = None
    """Told when the recording exists (`in-progress`, `completed`, `absent`)."""


class EndedBy(enum.Enum):
    """Why a recording stopped."""

    KEY = "key"
    SILENCE = "silence"
    MAX_LENGTH = "max-length"
    HANGUP = "hangup"


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A finished recording."""

    ended_by: EndedBy
    duration: float = 0.0
    url: str | None = None
    """Where the application gets the file (http); None when nothing was recorded and nothing is kept."""
    key: str = ""
    """The key that ended it."""


class Level(enum.Enum):
    """Weight of a notification; the value is the `log` field of the REST resource."""

    ERROR = 0
    WARNING = 1


class Call(Protocol):
    """One call, as a running document sees it.

    Every coroutine that needs the caller (``answer``, ``say``, ``play``, ``pause``, ``send_digits``,
    ``echo``, ``collect``) raises ``CallerGone`` as soon as the caller is gone, also when they were gone
    before it began. The others never do: ``record``, ``dial``, ``join_conference``, ``enqueue``,
    ``take_from_queue``, ``connect_stream``, ``connect_relay``, ``refer``, ``hold`` and ``resume`` return how
    far they came, ``send_text`` and ``send_email`` work for a finished call, and ``reject``, ``hang_up`` and
    ``fail`` do nothing to one.
    Cancelling the task that awaits a coroutine stops its sound or its recording, ends the legs it has made,
    and takes the caller out of the room.
    """

    @property
    def ringing(self) -> bool:
        """Whether this is an incoming call that has neither been answered nor ended."""
        ...

    @property
    def gone(self) -> bool:
        """Whether the call is over, whoever ended it."""
        ...

    @property
    def recognises_speech(self) -> bool:
        """Whether a speech recogniser is at hand."""
        ...

    async def answer(self) -> None:
        """Answer the call and wait until media can flow; nothing happens when it is answered already."""
        ...

    async def reject(self, reason: RejectReason) -> None:
        """Refuse a ringing call with `reason.status`; nothing happens to an answered one."""
        ...

    async def hang_up(self, reason: str | None = None) -> None:
        """End the call: BYE, or 487 while it rings. ``reason`` goes into a Reason header."""
        ...

    async def fail(self, reason: str, *, status: int = 500) -> None:
        """End a call whose application is broken.

        A ringing caller gets ``status`` with ``reason`` in a Reason header; an answered one hears the
        apology, then BYE with the same header.
        """
        ...

    async def say(self, speech: Speech) -> None:
        """Speak, and return when the last repetition was heard. Raises ``PlaybackFailed``."""
        ...

    async def play(self, sound: Sound) -> None:
        """Play, and return when the last repetition was heard. Raises ``PlaybackFailed``."""
        ...

    async def pause(self, seconds: float) -> None:
        """Wait; a ringing call keeps ringing."""
        ...

    async def send_digits(self, digits: str) -> None:
        """Press `0-9 * # A-D` towards the caller; `w` waits half a second."""
        ...

    async def echo(self, seconds: float | None) -> None:
        """Let the caller hear themselves for as long, or until they hang up."""
        ...

    async def collect(self, request: CollectRequest) -> Collected:
        """Forget keys pressed before, play the prompts and collect what the caller presses or says.

        Raises ``PlaybackFailed`` when a prompt cannot be played.
        """
        ...

    async def record(self, request: RecordRequest) -> Recorded:
        """Record the caller. When they hang up the result says so; ``CallerGone`` is not raised."""
        ...

    async def dial(self, request: DialRequest) -> Dialled:
        """Ring the targets, connect the caller to the first who answers, and return when that is over.

        When it returns all legs it made are over and the caller, unless gone, hears nothing.
        """
        ...

    async def join_conference(self, request: ConferenceRequest) -> Left:
        """Put the caller into a room, made when there is none of that name, and return when they left."""
        ...

    def start_stream(self, request: StreamRequest) -> None:
        """Begin to send the call's sound to an application, until the call is over; returns at once."""
        ...

    def stop_stream(self, name: str) -> bool:
        """End the stream of that name; False when there is none."""
        ...

    def start_recording(self, wanted: TalkRecording) -> None:
        """Begin to record the call, until it is over; a notification tells when it cannot begin."""
        ...

    def stop_recording(self, name: str) -> bool:
        """End the recording of that name; False when there is none."""
        ...

    def start_transcription(self, request: TranscriptionRequest) -> None:
        """Begin to tell as text what is said, beside the document; a notification tells what goes wrong."""
        ...

    def stop_transcription(self, name: str) -> bool:
        """End the transcription of that name; False when there is none."""
        ...

    async def connect_stream(self, request: StreamRequest) -> StreamEnd:
        """Let the caller talk to an application, and return when the connection or the call is over."""
        ...

    async def connect_relay(self, request: RelayRequest) -> RelayEnd:
        """Hold a conversation with the caller for an application, as text, and return when it is over."""
        ...

    async def send_text(self, request: TextRequest) -> Sent:
        """Send a text, and return when its outcome is known or ``request.within`` has passed."""
        ...

    async def send_email(self, request: EmailRequest) -> Sent:
        """Send a mail, and return when its outcome is known or ``request.within`` has passed."""

    async def refer(self, request: ReferRequest) -> Referred:
        """Ask the caller's telephone to call somebody else, and return when that is decided."""
        ...

    async def hold(self, music: Sound | None) -> Changed:
        """Put the caller on hold and return when their telephone has agreed or not.

        ``music``, or else silence, lasts until they are resumed or hear something else.
        """
        ...

    async def resume(self) -> Changed | None:
        """Take the caller off hold; None when they are not held."""
        ...

    async def enqueue(self, request: EnqueueRequest) -> Dequeued:
        """Let the caller wait in a queue, made when there is none of that name, until they are taken and the
        talk is over, or they wait no more."""
        ...

    async def take_from_queue(self, request: TakeRequest) -> Dialled:
        """Connect the caller to the one who waits longest in a queue, and return when that is over."""
        ...

    def notify(
        self, code: int, level: Level, message: str, *, url: str | None = None, line: int | None = None
    ) -> None:
        """Put a line into the call's notifications and into the log; returns at once."""
        ...
