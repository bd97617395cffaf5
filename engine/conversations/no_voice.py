"""What a document cannot do where nobody is on the line who could speak or answer."""

from __future__ import annotations

from engine.conversations.bystander import Bystander
from rcml.call import CallerGone, Collected, CollectRequest, EndedBy, Recorded, RecordRequest, Sound, Speech
from rcml.dialling import TalkRecording
from rcml.messaging import EmailRequest, Sent, TextRequest
from rcml.relaying import RelayEnd, RelayRequest, RelayStatus
from rcml.streaming import StreamEnd, StreamRequest
from rcml.transcribing import TranscriptionRequest


class NoVoice(Bystander):
    """The half of :class:`rcml.call.Call` that needs somebody on the line, where there is nobody."""

    recognises_speech = False

    async def answer(self) -> None:
        """Do nothing: there is no call to answer."""

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

    async def echo(self, seconds: float | None) -> None:
        raise CallerGone

    async def collect(self, request: CollectRequest) -> Collected:
        raise CallerGone

    async def record(self, request: RecordRequest) -> Recorded:
        return Recorded(ended_by=EndedBy.HANGUP)

    def start_stream(self, request: StreamRequest) -> None:
        """Do nothing: there is no sound to send."""

    def stop_stream(self, name: str) -> bool:
        return False

    def start_recording(self, wanted: TalkRecording) -> None:
        """Do nothing: there is no sound to record."""

    def stop_recording(self, name: str) -> bool:
        return False

    def start_transcription(self, request: TranscriptionRequest) -> None:
        """Do nothing: nobody says anything."""

    def stop_transcription(self, name: str) -> bool:
        return False

    async def connect_stream(self, request: StreamRequest) -> StreamEnd:
        return StreamEnd(sid="", name=request.name, error="there is nobody to talk to")

    async def connect_relay(self, request: RelayRequest) -> RelayEnd:
        return RelayEnd(sid="", status=RelayStatus.COMPLETED)

    async def send_text(self, request: TextRequest) -> Sent:
        return Sent()

    async def send_email(self, request: EmailRequest) -> Sent:
        return Sent()
