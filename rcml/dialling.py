"""What Dial asks of a call, and what it learns: whom to reach and how it went, or which room to join.

Frozen values between the verb and the engine. Durations are seconds, URLs are absolute, and what stands in
a SIP header holds no control character.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rcml.callback import Callback
from rcml.detection import MachineDetection
from rcml.flow import Fetch
from rcml.prompts import Sound
from rcml.values import HttpMethod, Url

Headers = tuple[tuple[str, str], ...]
"""SIP headers as they are sent, in order; every name begins with `X-`, or is `User-to-User`."""


class LegEvent(enum.Enum):
    """What a leg's status callback may tell; the value is its `CallStatus` (rcml.md 6.2)."""

    INITIATED = "initiated"
    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"


@dataclass(frozen=True, kw_only=True)
class _Target:
    headers: Headers = ()
    """Sent in the INVITE."""
    screening: Fetch | None = None
    """What the callee hears after answering and before talking: run by ``rcml.screening.Screening``."""
    status_callback: Callback | None = None
    """Told the ``LegEvent`` values that its `events` list."""
    detection: MachineDetection | None = None
    """Whether, and how, to find out if a machine answered."""


@dataclass(frozen=True, kw_only=True)
class NumberTarget(_Target):
    """A telephone number: one that is hosted here, or one that a trunk takes."""

    number: str
    """Keys, maybe with `+` in front; blanks and hyphens are gone."""
    send_digits: str = ""
    """Pressed towards the callee when they have answered, before screening; `w` waits half a second."""


@dataclass(frozen=True, kw_only=True)
class ClientTarget(_Target):
    """A client, rung at every place where it is registered."""

    login: str


@dataclass(frozen=True, kw_only=True)
class SipAddress:
    """One of several addresses at which somebody may be reached."""

    uri: str
    headers: Headers = ()
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    priority: int = 10
    """The smallest is tried first."""
    weight: int = 10
    """Of equal priority: how often it is chosen before the others."""


@dataclass(frozen=True, kw_only=True)
class SipTarget(_Target):
    """A SIP address."""

    uri: str
    """`sip:` or `sips:`, with its parameters and without headers; the document's word, not judged here."""
    username: str | None = None
    """With ``password``: answers a challenge (401, 407) of the callee's side."""
    password: str | None = field(default=None, repr=False)
    addresses: tuple[SipAddress, ...] = ()
    """Tried one after another in place of ``uri``, which is the first of them; the headers go to each."""


Recipient = NumberTarget | ClientTarget | SipTarget
"""Who can be written to as well."""


@dataclass(frozen=True, kw_only=True)
class ApplicationTarget(_Target):
    """An application of the caller's account, which answers in a call of its own."""

    sid: str
    """`AP` and 32 hexadecimal digits, small."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Names and values that its first request tells."""
    customer_id: str | None = None
    """Who dials, as the application is told; None for the account's sid."""
    copy_parent_to: bool = False
    """Whether it is told whom the caller called, in place of its sid."""


Target = Recipient | ApplicationTarget


@dataclass(frozen=True)
class RingTone:
    """The tone a caller hears while a telephone rings elsewhere."""

    country: str | None = None
    """Two letters, small (ISO 3166-1); None for the server's own."""


class RecordingTrack(enum.Enum):
    """Whose sound is recorded: what the caller says, what they hear, or both."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class TalkRecording:
    """How to record a call, a bridge or a room."""

    name: str = ""
    """What `<Stop>` calls the recording of a call."""
    from_ringing: bool = False
    """Whether it begins when the first leg rings instead of when the caller is connected."""
    dual: bool = False
    """Whether the caller and the callee get a channel each instead of one for both."""
    track: RecordingTrack = RecordingTrack.BOTH
    """Of one track there is one channel."""
    trim_silence: bool = False
    status_callback: Callback | None = None
    """Told that the recording exists (`in-progress`, `completed`, `absent`)."""


@dataclass(frozen=True, kw_only=True)
class DialRequest:
    """Whom to reach, and how."""

    targets: tuple[Target, ...]
    """In document order, at least one."""
    sequential: bool = False
    """Whether one is rung after another, each for ``ring_limit``, instead of all at once."""
    ring_limit: float = 30.0
    time_limit: float = 14400.0
    """How long the caller and the callee may talk."""
    caller_id: str | None = None
    """Who calls, in From, display name and Contact: a number or a client's login; None is the caller."""
    while_ringing: Sound | RingTone | None = RingTone()
    """What the caller hears unless the callee's side sends sound of its own; None is silence."""
    answer_on_bridge: bool = False
    """Whether a ringing caller is answered when they are connected; otherwise they are answered already."""
    hangup_on_star: bool = False
    """Whether the caller's `*` ends the talk, or the ringing, and the caller stays."""
    recording: TalkRecording | None = None
    refer: Fetch | None = None
    """The document for a REFER that arrives while they talk; None refuses it."""


BUSY = frozenset({486, 600, 603})
"""SIP statuses of a callee who is there and will not talk."""


class DialStatus(enum.Enum):
    """How a dial ended; the value is the parameter `DialCallStatus`."""

    COMPLETED = "completed"
    """The caller was connected to somebody."""
    ANSWERED = "answered"
    """The caller was in a room, which is no leg of theirs."""
    BUSY = "busy"
    """486, 600 or 603."""
    NO_ANSWER = "no-answer"
    """`ring_limit` passed."""
    CANCELED = "canceled"
    """The caller left, or the legs were ended from outside, before somebody answered."""
    FAILED = "failed"
    """Refused otherwise, or nobody could be rung at all."""


@dataclass(frozen=True, kw_only=True)
class SipResponse:
    """The final response of a leg to a SIP address: to INVITE when it is 400 or more, else to BYE."""

    call_id: str
    status: int
    headers: Headers = ()
    """Its `X-` headers, named as received."""


def sip_parameters(response: SipResponse) -> dict[str, str]:
    """Return what an application is told of it, in the action's request and in every later one."""
    told = {"DialSipCallId": response.call_id, "DialSipResponseCode": str(response.status)}
    return told | {f"DialSipHeader_{name}": value for name, value in response.headers}


@dataclass(frozen=True, kw_only=True)
class Dialled:
    """How a dial went. The default is that nobody could be rung."""

    status: DialStatus = DialStatus.FAILED
    call_sid: str | None = None
    """The leg that answered, else the last one; None when there was none."""
    ring_duration: float = 0.0
    """From the making of that leg to its answer or end."""
    talk_duration: float = 0.0
    """How long the caller was connected."""
    recording_url: str | None = None
    """Where the application gets the file (http); None when nothing is kept."""
    response: SipResponse | None = None
    """What that leg was answered, when its target was a ``SipTarget``."""

    @property
    def connected(self) -> bool:
        """Whether the caller talked to somebody."""
        return self.status is DialStatus.COMPLETED


class Beep(enum.Enum):
    """When a room hears that somebody comes or goes."""

    BOTH = "true"
    NEVER = "false"
    ON_ENTER = "onEnter"
    ON_EXIT = "onExit"


class RoomEvent(enum.Enum):
    """What a room's status callback may tell (rcml.md 6.5)."""

    START = "start"
    END = "end"
    JOIN = "join"
    LEAVE = "leave"
    MUTE = "mute"
    HOLD = "hold"
    MODIFY = "modify"
    SPEAKER = "speaker"
    ACTIVE_SPEAKER = "active-speaker"
    ANNOUNCEMENT = "announcement"


class Waiting(enum.Enum):
    """What is heard in a room that has not started, when the document names no sound."""

    MUSIC = "music"
    """The server's."""
    SILENCE = "silence"


def sound_or_document(url: str, method: HttpMethod) -> Sound | Fetch:
    """Return what an absolute URL for those who wait stands for: a sound when its path ends in `wav`."""
    if urlsplit(url).path.lower().endswith("wav"):
        return Sound(url=url, loops=0)
    return Fetch(Url(url), method)


@dataclass(frozen=True, kw_only=True)
class ConferenceRequest:
    """Which room to join, and how."""

    room: str
    """Its name in the account."""
    muted: bool = False
    beep: Beep = Beep.BOTH
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait: Sound | Fetch | Waiting = Waiting.MUSIC
    """Heard before the room starts. A document is run by ``rcml.waiting.WaitLoop``."""
    max_participants: int = 40
    """The caller included."""
    time_limit: float = 14400.0
    """How long the caller may stay."""
    hangup_on_star: bool = False
    """Whether the caller leaves the room by `*`, and stays on the line."""
    label: str | None = None
    """The participant's name in callbacks and in the REST resource."""
    coach: str | None = None
    """CallSid of the only participant who hears this one."""
    agc: bool = False
    """Whether the others hear the caller at a steady loudness."""
    noise_gate: bool = False
    """Whether the others are spared the noise of the caller's pauses."""
    recording: TalkRecording | None = None
    status_callback: Callback | None = None
    """Told the ``RoomEvent`` values that its `events` list."""


class LeftBecause(enum.Enum):
    """Why a caller is in a room no more."""

    CALLER = "caller"
    """They hung up, or pressed `*`."""
    TIME_LIMIT = "time limit"
    ROOM_ENDED = "room ended"
    """A participant with `end_on_exit` left, or the room's lifetime is over."""
    REMOVED = "removed"
    """By a request from outside."""
    FULL = "full"
    """They never got in."""
    FAILED = "failed"
    """Their sound could not be joined, or what they heard while waiting failed."""


@dataclass(frozen=True)
class Left:
    """How a stay in a room ended."""

    because: LeftBecause
    duration: float = 0.0
    """From joining to leaving, waiting included."""
