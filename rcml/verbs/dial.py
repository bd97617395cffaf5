"""The verb Dial."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import replace

from rcml.call import Call, Sound
from rcml.dialling import (
    ConferenceRequest,
    Dialled,
    DialRequest,
    DialStatus,
    Left,
    LeftBecause,
    RecordingTrack,
    RingTone,
    TalkRecording,
    sip_parameters,
)
from rcml.errors import INVALID_URI
from rcml.flow import AfterTalk, Fetch, Flow, Next, Parting
from rcml.makes_recording import MakesRecording
from rcml.nouns.application import Application
from rcml.nouns.client import Client
from rcml.nouns.conference import Conference
from rcml.nouns.number import Number
from rcml.nouns.party import CALLER_ID, PARTY
from rcml.nouns.queue import Queue
from rcml.nouns.reached import Reached
from rcml.nouns.sip import Sip
from rcml.queueing import TakeRequest
from rcml.schema import Verb, attr, nested, text, verb
from rcml.values import HttpMethod, Kind, NotAllowed, Place, Seconds, Url

ADVISED_NOUNS = 10
"""As many as the manuals of RCML and TwiML promise."""


class TalkRecord(enum.Enum):
    """What of a dialled call is recorded; the value is its first spelling."""

    NO = "false"
    FROM_ANSWER = "true"
    FROM_RINGING = "record-from-ringing"
    FROM_ANSWER_DUAL = "record-from-answer-dual"
    FROM_RINGING_DUAL = "record-from-ringing-dual"


_TALK_RECORD = {
    **{choice.value: choice for choice in TalkRecord},
    **{"do-not-record": TalkRecord.NO, "record-from-answer": TalkRecord.FROM_ANSWER},
}


def _read_record(written: str, place: Place) -> TalkRecord:
    found = _TALK_RECORD.get(written.lower())
    if found is None:
        raise NotAllowed
    return found


class NoMusic(enum.Enum):
    """Silence in place of music."""

    DISABLED = "disabled"


def _read_music(written: str, place: Place) -> Url | NoMusic:
    return NoMusic.DISABLED if written.lower() == NoMusic.DISABLED.value else Url(written, place)


_RING_TONE = re.compile(r"[a-z]{2}(?:-old)?|automatic")


def _read_ring_tone(written: str, place: Place) -> str:
    if not _RING_TONE.fullmatch(written.lower()):
        raise NotAllowed
    return written.lower()


@verb
class Dial(MakesRecording, Verb):
    """Connect the caller to somebody else, put them into a room, or take somebody out of a queue.

    All nouns are rung at once; the first who answers is connected and the others are given up. Without a
    noun the text is the number; `bob@example.com` is a SIP address, `client:alice` a client. A `Conference`
    or a `Queue` among the nouns stands alone, and the other nouns do not count.

    When it is over, whether somebody answered or not, the caller stays and the document goes on: `action`
    is requested once, also when the caller is gone, and its answer replaces this document. Without `action`
    the next verb runs. After a conference only the parameters of every request are sent.

    Parameters:
        DialSipCallId: The Call-ID of a leg to a SIP address that has its final response.
        DialSipResponseCode: The status of that response, to INVITE or else to BYE.
        DialSipHeader_X-Name: Each `X-` header of that response.
        DialRingDuration: Seconds that the leg rang; only when there was one.
        DialCallSid: The leg that answered, else the last one; only when there was one.
        DialCallStatus: `completed`, `busy`, `no-answer`, `canceled` or `failed`; `completed` too when an
            answered caller is gone. Of a Conference, in calls of Twilio's version alone, `answered`, or
            `failed` when it could not be joined.
        DialCallDuration: Seconds of talk, 0 when nobody answered.
        RecordingUrl: Where the sound file is; only when it was recorded.
        PublicRecordingUrl: The same.

    Example:
        <Response>
          <Dial action="/done" timeout="20" callerId="+13055550100">
            <Number>+13055550101</Number>
            <Client>alice</Client>
            <Sip>sip:bob@example.com?ticket=12</Sip>
          </Dial>
        </Response>

    TwiML: `dialMusic` is RCML's; `answerOnBridge`, `hangupOnStar`, `ringTone`, `sequential`, `trim`,
    `referUrl`, `recordingTrack`, the recording callback and the longer words of `record` are TwiML's.
    `DialRingDuration` and `PublicRecordingUrl` are RCML's; `DialBridged` is told in calls of Twilio's
    version. There, more than 10 nouns are refused. A server may be set to hang up on the caller after a
    talk, as Restcomm does; `action` is requested then too.
    """

    action: Url | None = attr("Told how it went; the next verb runs when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST, code=13210)
    timeout: Seconds = attr("How long it rings.", default=Seconds(30), minimum=1, code=13212)
    time_limit: Seconds = attr("How long they may talk.", default=Seconds(14400), minimum=1, code=13216)
    caller_id: str | None = attr(
        "Who calls: a number or a client's login; the caller when absent.",
        default=None,
        kind=CALLER_ID,
        code=13214,
    )
    record: TalkRecord = attr(
        "Whether it is recorded, from the answer or from ringing on, with a channel for each when dual.",
        default=TalkRecord.NO,
        kind=Kind(
            "`false` or `do-not-record`, `true` or `record-from-answer`, `record-from-ringing`,"
            " `record-from-answer-dual`, `record-from-ringing-dual`",
            _read_record,
            empty_is_absent=False,
        ),
    )
    recording_track: RecordingTrack = attr(
        "What is recorded: what the caller says, what they hear, or both. One track has one channel.",
        default=RecordingTrack.BOTH,
    )
    dial_music: Url | NoMusic | None = attr(
        "What the caller hears while it rings; the ring tone when absent.",
        default=None,
        kind=Kind("URL, may be relative; `disabled` for silence", _read_music, code=INVALID_URI),
    )
    ring_tone: str = attr(
        "The country whose ring tone the caller hears.",
        default="automatic",
        kind=Kind("`automatic` or two letters", _read_ring_tone),
        code=13220,
    )
    answer_on_bridge: bool = attr(
        "Whether a ringing caller goes on hearing their own telephone network ring until somebody answers.",
        default=False,
    )
    hangup_on_star: bool = attr("Whether `*` of the caller ends it.", default=False, code=13213)
    sequential: bool = attr(
        "Whether the nouns are rung one after another, each for `timeout`.", default=False
    )
    refer_url: Url | None = attr("The document for a REFER that comes while they talk.", default=None)
    refer_method: HttpMethod = attr("How `referUrl` is requested.", default=HttpMethod.POST)
    bare: Reached | None = text(
        "Whom to ring, when there is no noun.",
        default=None,
        kind=PARTY,
        code=13223,
    )
    nouns: tuple[Number | Client | Sip | Application | Conference | Queue, ...] = nested(
        f"Whom to ring, or which room to join. More than {ADVISED_NOUNS} are warned of.", default=()
    )

    def remarks(self) -> Iterator[str]:
        if not self.nouns and self.bare is None:
            yield "<Dial> rings nobody: put a Number, Client, Sip, Application, Conference or Queue inside"
        if self.nouns and self.bare is not None:
            yield "text in <Dial> beside its nouns is ignored"
        if len(self.nouns) > ADVISED_NOUNS:
            yield f"<Dial> holds {len(self.nouns)} nouns: more than {ADVISED_NOUNS} are too many elsewhere"
        alone = next((noun for noun in self.nouns if isinstance(noun, Conference | Queue)), None)
        if len(self.nouns) > 1 and alone is not None:
            yield f"a <{alone.schema.name}> in <Dial> stands alone: its other nouns are ignored"

    async def execute(self, call: Call) -> Next:
        conference = self._conference()
        if conference is not None:
            return await self._join(call, conference)
        queue = next((noun for noun in self.nouns if isinstance(noun, Queue) and noun.queue), None)
        if queue is not None:
            return await self._take(call, queue)
        request = self._request()
        unanswered = self.answer_on_bridge and call.ringing
        if not self.answer_on_bridge:
            await call.answer()
        dialled = await call.dial(request) if request.targets else Dialled()
        # The manual's status for a caller who was answered and is gone, however the legs fared.
        status = DialStatus.COMPLETED if call.gone and not unanswered else dialled.status
        step = self._step(_parameters(replace(dialled, status=status)))
        return AfterTalk(step, dialled.talk_duration) if dialled.connected else step

    async def _take(self, call: Call, queue: Queue) -> Next:
        request = TakeRequest(
            queue=queue.queue,
            whisper=queue.whisper(),
            wait_limit=self.timeout,
            time_limit=self.time_limit,
            while_waiting=self._while_ringing(),
            hangup_on_star=self.hangup_on_star,
            recording=self._recording(),
            refer=self._refer(),
        )
        await call.answer()
        dialled = await call.take_from_queue(request)
        step = self._step(_parameters(dialled))
        return AfterTalk(step, dialled.talk_duration) if dialled.connected else step

    async def _join(self, call: Call, conference: Conference) -> Next:
        request = self._conference_request(conference)
        await call.answer()
        left = await call.join_conference(request)
        parting, reason = _PARTING.get(left.because, (Parting.STAYS, None))
        return AfterTalk(self._step(_room_parameters(left)), left.duration, parting, reason)

    def _step(self, parameters: dict[str, str | None]) -> Fetch | Flow:
        return Flow.NEXT_VERB if self.action is None else Fetch(self.action, self.method, parameters)

    def _conference(self) -> Conference | None:
        return next((noun for noun in self.nouns if isinstance(noun, Conference) and noun.room), None)

    def _request(self) -> DialRequest:
        rung: list[Reached] = [noun for noun in self.nouns if isinstance(noun, Reached)]
        if not self.nouns and self.bare is not None:
            rung = [self.bare]
        targets = (noun.target() for noun in rung)
        return DialRequest(
            targets=tuple(target for target in targets if target is not None),
            sequential=self.sequential,
            ring_limit=self.timeout,
            time_limit=self.time_limit,
            caller_id=self.caller_id,
            while_ringing=self._while_ringing(),
            answer_on_bridge=self.answer_on_bridge,
            hangup_on_star=self.hangup_on_star,
            recording=self._recording(),
            refer=self._refer(),
        )

    def _refer(self) -> Fetch | None:
        return None if self.refer_url is None else Fetch(Url(self.refer_url.absolute()), self.refer_method)

    def _while_ringing(self) -> Sound | RingTone | None:
        if self.dial_music is None:
            return RingTone(None if self.ring_tone == "automatic" else self.ring_tone)
        return (
            None if isinstance(self.dial_music, NoMusic) else Sound(url=self.dial_music.absolute(), loops=0)
        )

    def _conference_request(self, conference: Conference) -> ConferenceRequest:
        return ConferenceRequest(
            room=conference.room,
            muted=conference.muted,
            beep=conference.beep,
            start_on_enter=conference.start_conference_on_enter,
            end_on_exit=conference.end_conference_on_exit,
            wait=conference.wait(),
            max_participants=conference.max_participants,
            time_limit=self.time_limit,
            hangup_on_star=self.hangup_on_star,
            label=conference.participant_label,
            coach=conference.coach,
            agc=conference.agc,
            noise_gate=conference.noise_gate,
            recording=self._recording(conference),
            status_callback=conference.told(),
        )

    def _recording(self, room: Conference | None = None) -> TalkRecording | None:
        told = self.recording_told()
        if room is not None:
            told = room.recording_told() or told
        if self.record is TalkRecord.NO and (room is None or not room.recorded):
            return None
        return TalkRecording(
            from_ringing=self.record in (TalkRecord.FROM_RINGING, TalkRecord.FROM_RINGING_DUAL),
            dual=self.record in (TalkRecord.FROM_ANSWER_DUAL, TalkRecord.FROM_RINGING_DUAL),
            track=self.recording_track if room is None else RecordingTrack.BOTH,
            trim_silence=self.trims_silence or (room is not None and room.trims_silence),
            status_callback=told,
        )


_PARTING = {
    # Restcomm gives the time limit as the reason for the end of a room, whatever ended it.
    LeftBecause.ROOM_ENDED: (Parting.RESTCOMM_HANGS_UP, "Conference time limit reached"),
    LeftBecause.FAILED: (Parting.HANGS_UP, "Conference failed"),
}


_NEVER_INSIDE = (LeftBecause.FULL, LeftBecause.FAILED)


def _room_parameters(left: Left) -> dict[str, str | None]:
    """Return what is told of a stay in a room, in which nobody was rung."""
    status = DialStatus.FAILED if left.because in _NEVER_INSIDE else DialStatus.ANSWERED
    return {"DialCallStatus": status.value}


def _parameters(dialled: Dialled) -> dict[str, str | None]:
    parameters: dict[str, str | None] = {}
    if dialled.response is not None:
        parameters |= sip_parameters(dialled.response)
    if dialled.call_sid is not None:
        parameters["DialRingDuration"] = str(round(dialled.ring_duration))
    parameters["DialCallSid"] = dialled.call_sid
    parameters["DialCallStatus"] = dialled.status.value
    parameters["DialCallDuration"] = str(round(dialled.talk_duration))
    if dialled.recording_url is not None:
        parameters["RecordingUrl"] = dialled.recording_url
        parameters["PublicRecordingUrl"] = dialled.recording_url
    return parameters
