"""A call on the stage: what the engine does with SIP and sound, done with a clock and a transcript."""

from __future__ import annotations

from rcml.call import (
    Collected,
    CollectRequest,
    EndedBy,
    InputKind,
    Recorded,
    RecordRequest,
    Sound,
)
from rcml.dialling import ConferenceRequest, Dialled, DialRequest, Left, TalkRecording
from rcml.key_collector import KeyCollector
from rcml.messaging import Delivery, EmailRequest, Sent, TextRequest
from rcml.queueing import Dequeued, EnqueueRequest, TakeRequest
from rcml.referring import Change, Changed, Referred, ReferRequest
from rcml.relaying import RelayEnd, RelayRequest
from rcml.streaming import StreamEnd, StreamRequest
from rcml.testing.dialling import StagedDial
from rcml.testing.live_recordings import StagedLiveRecordings
from rcml.testing.queue import QueuedPlace, TakenFromQueue
from rcml.testing.recording import StagedRecording
from rcml.testing.relays import StagedRelay
from rcml.testing.room import Room
from rcml.testing.scene import DEAF, Ear, Scene, spoken_for
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.streams import StagedStreams
from rcml.testing.transcript import Kind
from rcml.testing.transcriptions import StagedTranscriptions
from rcml.testing.transfer import Transfer
from rcml.transcribing import TranscriptionRequest

SURE = 0.9
"""How sure the recogniser on the stage is of what was said."""


class StagedCall(StagedLeg):
    """One leg, as a running document sees it (``rcml.call.Call``) and as a test's telephone moves it."""

    def __init__(
        self,
        scene: Scene,
        *,
        who: str,
        from_: str,
        to: str,
        direction: str = "inbound",
        headers: tuple[tuple[str, str], ...] = (),
        parent_sid: str | None = None,
    ) -> None:
        super().__init__(
            scene,
            who=who,
            from_=from_,
            to=to,
            direction=direction,
            headers=headers,
            parent_sid=parent_sid,
        )
        self._streams = StagedStreams(self)
        self._recordings = StagedLiveRecordings(self)
        self._transcriptions = StagedTranscriptions(self)
        self._held = False

    def speak(self, words: str) -> None:
        super().speak(words)
        self._transcriptions.hear(words)

    def another(self, *, who: str, from_: str) -> StagedCall:
        return StagedCall(
            self.scene, who=who, from_=from_, to=who, direction="outbound-dial", parent_sid=self.sid
        )

    async def collect(self, request: CollectRequest) -> Collected:
        self._require()
        clock, collector, words = self.scene.stage, KeyCollector(request), list[str]()

        def started() -> bool:
            return self.gone or collector.started or bool(words)

        def key(pressed: str) -> None:
            if InputKind.DTMF in request.kinds:
                collector.press(pressed, clock.now)

        ear = Ear(kinds=request.kinds, key=key, words=words.append)
        with self.listening(ear if request.kinds else DEAF):
            for prompt in request.prompts:
                if not started():
                    await self._hear(prompt, started)
            collector.prompts_ended(clock.now)
            while not (self.gone or collector.finished or (words and InputKind.SPEECH in request.kinds)):
                deadline = collector.deadline if collector.deadline is not None else clock.now
                if clock.now >= deadline:
                    break
                before = len(collector.digits)
                await clock.wait(
                    deadline - clock.now,
                    lambda seen=before: (  # type: ignore[misc]
                        self.gone or collector.finished or len(collector.digits) != seen or bool(words)
                    ),
                )
        self._require()
        if words and InputKind.SPEECH in request.kinds and not collector.digits:
            await self.lasts(spoken_for(words[0]))
            return Collected(speech=words[0], confidence=SURE)
        return Collected(digits=collector.digits)

    async def record(self, request: RecordRequest) -> Recorded:
        recorded = await StagedRecording(self, request).run()
        self.write(Kind.RECORDED, _described(recorded), recorded)
        return recorded

    async def dial(self, request: DialRequest) -> Dialled:
        self.dialled = await StagedDial(self, request).run()
        return self.dialled

    async def join_conference(self, request: ConferenceRequest) -> Left:
        return await Room(self, request).stay()

    def start_stream(self, request: StreamRequest) -> None:
        self._streams.begin(request)

    def stop_stream(self, name: str) -> bool:
        return self._streams.stop(name)

    def start_recording(self, wanted: TalkRecording) -> None:
        self._recordings.start(wanted)

    def stop_recording(self, name: str) -> bool:
        return self._recordings.stop(name)

    def start_transcription(self, request: TranscriptionRequest) -> None:
        self._transcriptions.start(request)

    def stop_transcription(self, name: str) -> bool:
        return self._transcriptions.stop(name)

    async def connect_stream(self, request: StreamRequest) -> StreamEnd:
        return await self._streams.connect(request)

    async def connect_relay(self, request: RelayRequest) -> RelayEnd:
        return await StagedRelay(request, self).last()

    async def send_text(self, request: TextRequest) -> Sent:
        self.write(Kind.TEXTED, repr(request.text), request)
        return Sent(Delivery.SENT, self.scene.sid("SM"))

    async def send_email(self, request: EmailRequest) -> Sent:
        self.write(Kind.MAILED, f"{', '.join(request.to)}: {request.text!r}", request)
        return Sent(Delivery.SENT, self.scene.sid("EM"))

    async def refer(self, request: ReferRequest) -> Referred:
        return await Transfer(self, request).run()

    async def hold(self, music: Sound | None) -> Changed:
        if self.gone:
            return Changed(Change.FAILED, 481)
        self._held = True
        self.write(Kind.HELD, "in silence" if music is None else f"with {music.url}", music)
        return Changed(Change.DONE, 200)

    async def resume(self) -> Changed | None:
        if self.gone or not self._held:
            return None
        self._held = False
        self.write(Kind.RESUMED, "")
        return Changed(Change.DONE, 200)

    async def enqueue(self, request: EnqueueRequest) -> Dequeued:
        return await QueuedPlace(self, request).stay()

    async def take_from_queue(self, request: TakeRequest) -> Dialled:
        self.dialled = await TakenFromQueue(self, request).run()
        return self.dialled

    def _end(self, how: str, *, status: str | None = None) -> None:
        super()._end(how, status=status)
        self._recordings.call_over()


def _described(recorded: Recorded) -> str:
    if recorded.url is None:
        return f"nothing (ended by {recorded.ended_by.value})"
    key = f" {recorded.key}" if recorded.ended_by is EndedBy.KEY else ""
    return f"{recorded.duration:g} s (ended by {recorded.ended_by.value}{key})"
