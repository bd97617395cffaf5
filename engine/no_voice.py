"""What a document cannot do where nobody is on the line who could speak or answer."""

from __future__ import annotations

from engine.bystander import NOT_DONE
from rcml.call import CallerGone, Collected, CollectRequest, EndedBy, Recorded, RecordRequest, Sound, Speech
from rcml.dialling import ConferenceRequest, Dialled, DialRequest, Left, LeftBecause
from rcml.messaging import EmailRequest, Sent, TextRequest
from rcml.queueing import Dequeued, EnqueueRequest, QueueResult, TakeRequest
from rcml.referring import Change, Changed, Referred, ReferRequest
from rcml.streaming import StreamEnd, StreamRequest
from rcml.values import RejectReason


class NoVoice:
    """The half of :class:`rcml.call.Call` that needs somebody on the line, where there is nobody."""

    ringing = False
    recognises_speech = False

    async def answer(self) -> None:
        """Do nothing: there is no call to answer."""

    async def reject(self, reason: RejectReason) -> None:
        """Do nothing: there is no call to refuse."""

    async def hang_up(self, reason: str | None = None) -> None:
        """Do nothing: there is no call to end."""

    async def say(self, speech: Speech) -> None:
        raise CallerGone

    async def play(self, sound: Sound) -> None:
        raise CallerGone

    async def pause(self, seconds: float) -> None:
        raise CallerGone

    async def send_digits(self, digits: str) -> None:
        raise CallerGone

    async def collect(self, request: CollectRequest) -> Collected:
        raise CallerGone

    async def record(self, request: RecordRequest) -> Recorded:
        return Recorded(ended_by=EndedBy.HANGUP)

    async def dial(self, request: DialRequest) -> Dialled:
        return Dialled()

    def start_stream(self, request: StreamRequest) -> None:
        """Do nothing: there is no sound to send."""

    def stop_stream(self, name: str) -> bool:
        return False

    async def connect_stream(self, request: StreamRequest) -> StreamEnd:
        return StreamEnd(sid="", name=request.name, error="there is nobody to talk to")

    async def refer(self, request: ReferRequest) -> Referred:
        return Referred(response=NOT_DONE)

    async def hold(self, music: Sound | None) -> Changed:
        return Changed(Change.FAILED, NOT_DONE)

    async def resume(self) -> Changed | None:
        return None

    async def send_text(self, request: TextRequest) -> Sent:
        return Sent()

    async def send_email(self, request: EmailRequest) -> Sent:
        return Sent()

    async def join_conference(self, request: ConferenceRequest) -> Left:
        return Left(because=LeftBecause.FAILED)

    async def enqueue(self, request: EnqueueRequest) -> Dequeued:
        return Dequeued(result=QueueResult.SYSTEM_ERROR)

    async def take_from_queue(self, request: TakeRequest) -> Dialled:
        return Dialled()
