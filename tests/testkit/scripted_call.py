"""A call that goes as the test says and remembers what it was asked for; ``run`` needs no event loop."""

from __future__ import annotations

import math
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from rcml.call import (
    Collected,
    CollectRequest,
    EndedBy,
    Level,
    Recorded,
    RecordRequest,
    Sound,
    Speech,
)
from rcml.dialling import (
    ConferenceRequest,
    Dialled,
    DialRequest,
    DialStatus,
    Left,
    LeftBecause,
    TalkRecording,
)
from rcml.document import Document
from rcml.fetching import FetchingCall
from rcml.flow import Fetch
from rcml.interpreter import Interpreter, InterpreterOptions, Outcome
from rcml.messaging import Delivery, EmailRequest, Sent, TextRequest
from rcml.parser import parse
from rcml.queueing import Dequeued, EnqueueRequest, QueueResult, TakeRequest
from rcml.referring import Change, Changed, Referred, ReferRequest, ReferStatus
from rcml.relaying import RelayEnd, RelayRequest, RelayStatus
from rcml.streaming import StreamEnd, StreamRequest
from rcml.transcribing import TranscriptionRequest
from rcml.values import HttpMethod, RejectReason, Url
from tests.testkit.scripted_caller import Answer, ScriptedCaller

T = TypeVar("T")

START = "http://app.test/start"
RECORDING = "http://server.test/Recordings/RE1.wav"


@dataclass(frozen=True)
class Request:
    """A document the application was asked for."""

    method: str
    url: str
    parameters: Mapping[str, str]
    at: float


@dataclass(frozen=True)
class Notification:
    """A line of the notification log."""

    code: int
    level: Level
    message: str
    url: str | None
    line: int | None


@dataclass
class ScriptedCall(ScriptedCaller):
    """Implements ``rcml.call.Call`` from a script.

    ``dials`` says how each dial goes if the caller stays and the limits allow it; after the last one nobody
    answers. ``stays`` does the same for conferences; after the last one the caller stays until they hang up
    or may stay no longer. A transfer takes a second, a hold none. ``waits`` says how each wait in a queue
    goes; after the last one nobody comes.
    """

    dials: Iterable[Dialled] = ()
    stays: Iterable[Left] = ()
    streams: Iterable[StreamEnd] = ()
    """How each connected stream ends, if the caller stays; after the last one they stay connected."""
    relays: Iterable[RelayEnd] = ()
    """How each relayed conversation ends, if the caller stays; after the last one it goes on."""
    delivers: Iterable[Delivery] = ()
    """How each message fares; after the last one it is sent."""
    refers: Iterable[Referred] = ()
    """How each transfer goes; after the last one the caller's telephone refuses."""
    holds: Iterable[Changed] = ()
    """How the caller's telephone takes each hold and resume; after the last one it agrees."""
    waits: Iterable[Dequeued] = ()
    recognises_speech: bool = False

    answered_at: float | None = None
    requests: list[Request] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    collected_with: list[CollectRequest] = field(default_factory=list)
    recorded_with: list[RecordRequest] = field(default_factory=list)
    dialled_with: list[DialRequest] = field(default_factory=list)
    joined_with: list[ConferenceRequest] = field(default_factory=list)
    connected_with: list[StreamRequest] = field(default_factory=list)
    relayed_with: list[RelayRequest] = field(default_factory=list)
    streaming: dict[str, StreamRequest] = field(default_factory=dict)
    """Streams that were started and not stopped, by name."""
    recording: dict[str, TalkRecording] = field(default_factory=dict)
    """Recordings that were started and not stopped, by name."""
    transcribing: dict[str, TranscriptionRequest] = field(default_factory=dict)
    texts: list[TextRequest] = field(default_factory=list)
    mails: list[EmailRequest] = field(default_factory=list)

    referred_with: list[ReferRequest] = field(default_factory=list)
    held: bool = False

    enqueued_with: list[EnqueueRequest] = field(default_factory=list)
    took_with: list[TakeRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._dials, self._stays, self._streams = list(self.dials), list(self.stays), list(self.streams)
        self._relays = list(self.relays)
        self._deliveries, self._waits = list(self.delivers), list(self.waits)
        self._refers, self._holds = list(self.refers), list(self.holds)

    async def answer(self) -> None:
        self._pass(0.0)
        if self.ringing:
            self.ringing = False
            self.answered_at = self.now

    async def reject(self, reason: RejectReason) -> None:
        if self.ringing and not self.gone:
            self._end(str(reason.status))

    async def hang_up(self, reason: str | None = None) -> None:
        if not self.gone:
            how = "487" if self.ringing else "BYE"
            self._end(how if reason is None else f"{how} ({reason})")

    async def fail(self, reason: str, *, status: int = 500) -> None:
        if self.gone:
            return
        if self.ringing:
            self._end(f"{status} ({reason})")
        else:
            self.heard.append("apology")
            self._end(f"BYE ({reason})")

    async def say(self, speech: Speech) -> None:
        self._hear(speech)

    async def play(self, sound: Sound) -> None:
        self._hear(sound)

    async def pause(self, seconds: float) -> None:
        self._pass(seconds)

    async def send_digits(self, digits: str) -> None:
        self.heard.append(f"keys {digits}")
        self._pass(0.1 * len(digits))

    async def echo(self, seconds: float | None) -> None:
        self.heard.append("themselves")
        self._pass(math.inf if seconds is None else seconds)

    async def collect(self, request: CollectRequest) -> Collected:
        self._pass(0.0)
        self.collected_with.append(request)
        self._forget_keys(before=self.now)
        while self._keys and self._keys[0][1] not in request.start_with + request.finish_on:
            self._keys.pop(0)
        interrupted = self._keys[0][0] if self._keys and request.kinds else math.inf
        for prompt in request.prompts:
            self._hear(prompt, until=interrupted)
        if request.kinds and self.says and interrupted > self.now + 2.0:
            self._pass(2.0)
            return Collected(speech=self.says)
        return self._digits(request)

    def _digits(self, request: CollectRequest) -> Collected:
        digits = ""
        deadline = self.now + request.first_within
        while request.kinds and self._keys and self._keys[0][0] <= deadline:
            at, key = self._keys.pop(0)
            self._pass(at - self.now)
            if key in request.finish_on:
                return Collected(digits=digits)
            digits += key
            if len(digits) == request.at_most:
                return Collected(digits=digits)
            deadline = at + request.next_within
        self._pass(deadline - self.now)
        return Collected(digits=digits)

    async def record(self, request: RecordRequest) -> Recorded:
        self.recorded_with.append(request)
        begin = self.now
        ends = [(min(begin + request.max_length, self.patience), EndedBy.MAX_LENGTH, "")]
        self._forget_keys(before=begin)
        ends += [(at, EndedBy.KEY, key) for at, key in self._keys if key in request.finish_on]
        ends += [(begin + self.speaks_for + request.silence, EndedBy.SILENCE, "")]
        ends += [(max(begin, self.hangs_up_at), EndedBy.HANGUP, "")]
        self.now, why, key = min(ends, key=lambda end: end[0])
        self._forget_keys(before=math.nextafter(self.now, math.inf))
        if why is EndedBy.HANGUP:
            self._leave()
        length = self.now - begin
        if not self.speaks_for or length <= 0:
            return Recorded(ended_by=why, key=key)
        return Recorded(ended_by=why, key=key, duration=length, url=RECORDING)

    async def dial(self, request: DialRequest) -> Dialled:
        self.dialled_with.append(request)
        planned = self._dials.pop(0) if self._dials else NOBODY_ANSWERS
        rings = min(planned.ring_duration, request.ring_limit)
        if not self._lasts(rings, request.hangup_on_star):
            return replace(planned, status=DialStatus.CANCELED, ring_duration=self._lasted, talk_duration=0.0)
        if rings < planned.ring_duration:
            return replace(planned, status=DialStatus.NO_ANSWER, ring_duration=rings, talk_duration=0.0)
        if not planned.connected:
            return planned
        await self.answer()
        self._lasts(min(planned.talk_duration, request.time_limit), request.hangup_on_star)
        self.heard.append(f"talked for {self._lasted:g} s")
        return replace(planned, talk_duration=self._lasted)

    async def join_conference(self, request: ConferenceRequest) -> Left:
        self.joined_with.append(request)
        planned = self._stays.pop(0) if self._stays else Left(LeftBecause.TIME_LIMIT, math.inf)
        ended = self._lasts(min(planned.duration, request.time_limit), request.hangup_on_star)
        if self._lasted:
            self.heard.append(f"{request.room} for {self._lasted:g} s")
        return Left(planned.because if ended else LeftBecause.CALLER, self._lasted)

    def start_stream(self, request: StreamRequest) -> None:
        self.streaming[request.name] = request

    def stop_stream(self, name: str) -> bool:
        return self.streaming.pop(name, None) is not None

    def start_recording(self, wanted: TalkRecording) -> None:
        self.recording[wanted.name] = wanted

    def stop_recording(self, name: str) -> bool:
        return self.recording.pop(name, None) is not None

    def start_transcription(self, request: TranscriptionRequest) -> None:
        self.transcribing[request.name] = request

    def stop_transcription(self, name: str) -> bool:
        return self.transcribing.pop(name, None) is not None

    async def connect_stream(self, request: StreamRequest) -> StreamEnd:
        self.connected_with.append(request)
        planned = self._streams.pop(0) if self._streams else StreamEnd(sid="MZ0", name="", duration=math.inf)
        self._lasts(planned.duration, until_star=False)
        self.heard.append(f"{request.url} for {self._lasted:g} s")
        return replace(planned, name=request.name or planned.sid, duration=self._lasted)

    async def connect_relay(self, request: RelayRequest) -> RelayEnd:
        self.relayed_with.append(request)
        endless = RelayEnd(sid="VX0", status=RelayStatus.COMPLETED, duration=math.inf)
        planned = self._relays.pop(0) if self._relays else endless
        self._lasts(planned.duration, until_star=False)
        self.heard.append(f"{request.url} for {self._lasted:g} s")
        return replace(planned, duration=self._lasted)

    async def send_text(self, request: TextRequest) -> Sent:
        self.texts.append(request)
        return Sent(self._delivery(), f"SM{len(self.texts)}")

    async def send_email(self, request: EmailRequest) -> Sent:
        self.mails.append(request)
        return Sent(self._delivery(), f"EM{len(self.mails)}")

    def _delivery(self) -> Delivery:
        return self._deliveries.pop(0) if self._deliveries else Delivery.SENT

    async def refer(self, request: ReferRequest) -> Referred:
        self.referred_with.append(request)
        planned = self._refers.pop(0) if self._refers else Referred(response=603)
        if not self._lasts(1.0, until_star=False):
            return Referred(status=ReferStatus.CANCELED, response=planned.response)
        return planned

    async def hold(self, music: Sound | None) -> Changed:
        changed = self._change()
        if changed.change is Change.DONE:
            self.held = True
            self.heard.append("held" if music is None else f"held with {music.url}")
        return changed

    async def resume(self) -> Changed | None:
        if not self.held:
            return None
        changed = self._change()
        if changed.change is Change.DONE:
            self.held = False
            self.heard.append("resumed")
        return changed

    def _change(self) -> Changed:
        changed = self._holds.pop(0) if self._holds else Changed(Change.DONE, 200)
        if changed.change is Change.NO_ANSWER:
            self._end("no answer to our re-INVITE")
        return changed

    async def enqueue(self, request: EnqueueRequest) -> Dequeued:
        self.enqueued_with.append(request)
        planned = self._waits.pop(0) if self._waits else Dequeued(result=QueueResult.HANGUP, waited=math.inf)
        if not self._lasts(planned.waited, until_star=False):
            return replace(planned, result=QueueResult.HANGUP, waited=self._lasted, talked=0.0)
        self._lasts(planned.talked, until_star=False)
        return replace(planned, talked=self._lasted)

    async def take_from_queue(self, request: TakeRequest) -> Dialled:
        self.took_with.append(request)
        planned = self._dials.pop(0) if self._dials else NOBODY_ANSWERS
        waits = min(planned.ring_duration, request.wait_limit)
        if not self._lasts(waits, request.hangup_on_star):
            return Dialled(status=DialStatus.CANCELED, ring_duration=self._lasted)
        if waits < planned.ring_duration:
            return Dialled(status=DialStatus.NO_ANSWER, ring_duration=waits)
        self._lasts(min(planned.talk_duration, request.time_limit), request.hangup_on_star)
        return replace(planned, talk_duration=self._lasted)

    async def fetch(self, url: str, method: HttpMethod, parameters: Mapping[str, str]) -> Document:
        self.requests.append(Request(method.value, url, dict(parameters), self.now))
        replies = self.application.get(url, "<Response/>")
        reply = (replies.pop(0) if len(replies) > 1 else replies[0]) if isinstance(replies, list) else replies
        if isinstance(reply, Exception):
            raise reply
        answer = Answer(reply.encode()) if isinstance(reply, str) else reply
        return parse(answer.body, answer.content_type, url)

    def notify(
        self, code: int, level: Level, message: str, *, url: str | None = None, line: int | None = None
    ) -> None:
        self.notifications.append(Notification(code, level, message, url, line))

    @property
    def codes(self) -> list[int]:
        """The numbers of the notifications, in order."""
        return [notification.code for notification in self.notifications]

    @property
    def asked(self) -> list[str]:
        """The requests made, as `METHOD url`."""
        return [f"{request.method} {request.url}" for request in self.requests]


NOBODY_ANSWERS = Dialled(status=DialStatus.NO_ANSWER, call_sid="CA0", ring_duration=math.inf)


def complete(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits for anything, and return its result."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return finished.value  # type: ignore[no-any-return]
    coroutine.close()
    raise AssertionError("a scripted call never waits for an event loop")


def run(
    call: FetchingCall,
    document: str | Document | None = None,
    *,
    fallback: str | None = None,
    options: InterpreterOptions | None = None,
) -> Outcome:
    """Run an application against a call: the one at START, or the given document served there."""
    interpreter = Interpreter(call, fallback=Fetch(Url(fallback)) if fallback else None, options=options)
    if isinstance(document, Document):
        return complete(interpreter.run(document))
    if document is not None and isinstance(call, ScriptedCall):
        call.application[START] = document
    return complete(interpreter.run(Fetch(Url(START))))
