"""What a document does with one leg: speak, play, collect, record, fetch."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from engine.conversation_relay.live_relay import LiveRelay
from engine.conversations.caller_hold import CallerHold
from engine.conversations.echo import echo
from engine.conversations.input_collection import InputCollection
from engine.errors import FetchError
from engine.journal.call_journal import CallJournal
from engine.legs.referral import refer
from engine.legs.sip_leg import SipLeg
from engine.messages.origin import of_call
from engine.recordings import live_recording
from engine.recordings.call_recording import CallRecording
from engine.reporting import log
from engine.requests import documents
from engine.requests.behalf import acting_for
from engine.requests.cookies import Cookies
from engine.services import Services
from engine.stopping import Overtaken, unless
from engine.store import CallRow, CallStatus
from engine.streams.call_streams import CallStreams
from engine.transcriptions.call_transcriptions import CallTranscriptions
from engine.turns import a_turn
from media.errors import MediaError
from media.plane.errors import SoundInterrupted
from media.prompts import Prompt as DecodedSound
from rcml.call import (
    CallerGone,
    Collected,
    CollectRequest,
    Level,
    PlaybackFailed,
    Prompt,
    Recorded,
    RecordRequest,
    Silence,
    Sound,
    Speech,
)
from rcml.call_parameters import in_twilios_words, worded
from rcml.dialling import TalkRecording
from rcml.document import Document
from rcml.errors import PLAYBACK_FAILED, VOICE_FAILED
from rcml.messaging import EmailRequest, Sent, TextRequest
from rcml.referring import Changed, Referred, ReferRequest
from rcml.relaying import RelayEnd, RelayRequest
from rcml.streaming import StreamEnd, StreamRequest
from rcml.transcribing import TranscriptionRequest
from rcml.values import HttpMethod

T = TypeVar("T")

MOST_KEYS = 100
"""Keys that wait for who listens; a Gather forgets what was pressed before it anyway."""


class Conversation(ABC):
    """The half of :class:`rcml.call.Call` that is the same for a caller and for a callee.

    Every coroutine that needs the party races against the end of the leg in one place,
    :meth:`while_up`.
    """

    def __init__(self, journal: CallJournal, leg: SipLeg, services: Services) -> None:
        self.journal = journal
        self._leg = leg
        self._services = services
        self._keys: asyncio.Queue[str] = asyncio.Queue(MOST_KEYS)
        self._cookies = Cookies()
        self._streams = CallStreams(journal, leg, services)
        self._transcriptions = CallTranscriptions(journal, leg, services)
        leg.on_digit = self._receive_digit
        self._relay_keys = _ignore
        self._hold = CallerHold(leg, partial(_no_music, journal))
        leg.on_media_lost, leg.on_path_lost = journal.media_lost, journal.path_lost

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def row(self) -> CallRow:
        """The call's record as it stands now."""
        return self.journal.row

    @property
    def leg(self) -> SipLeg:
        """The leg that documents speak to."""
        return self._leg

    @property
    def streams(self) -> CallStreams:
        """The streams of the leg."""
        return self._streams

    @property
    def transcriptions(self) -> CallTranscriptions:
        """The live transcriptions of the leg."""
        return self._transcriptions

    @property
    def gone(self) -> bool:
        return self._leg.gone

    @property
    @abstractmethod
    def ringing(self) -> bool:
        """Whether this is a caller who has neither been answered nor left."""

    @abstractmethod
    def status_when_gone(self) -> CallStatus:
        """Return the final status of a leg that has ended."""

    @property
    def recognises_speech(self) -> bool:
        return True

    def headers(self, reason: str | None = None, status: int | None = None) -> list[tuple[str, str]]:
        """Return the headers of rcml.md 3.4, and the reason why a call ends (RFC 3326)."""
        row = self.row
        headers = [
            ("X-RestComm-CallSid", row.sid),
            ("X-RestComm-AccountSid", row.account_sid),
            ("X-RestComm-ApiVersion", row.api_version),
        ]
        if reason is not None:
            quoted = (
                "".join(char for char in reason if char.isprintable()).replace("\\", "").replace('"', "'")
            )
            cause = f";cause={status}" if status is not None else ""
            headers.append(("Reason", f'SIP{cause};text="{quoted}"'))
        return headers

    async def say(self, speech: Speech) -> None:
        await self._sounding(self._services.sounds.say(speech, self._leg.media, self._tell_of_voice))

    async def play(self, sound: Sound) -> None:
        found = await self.while_up(self._load(sound))
        await self._play_sound(found, sound.loops)

    async def pause(self, seconds: float) -> None:
        await self.while_up(asyncio.sleep(seconds))

    async def send_digits(self, digits: str) -> None:
        await self.while_up(self._leg.media.send_digits(digits))

    async def echo(self, seconds: float | None) -> None:
        try:
            await self.while_up(echo(self._leg.media, seconds))
        except MediaError as error:
            self.notify(PLAYBACK_FAILED, Level.WARNING, f"<Echo>: the caller hears nothing: {error}")

    async def collect(self, request: CollectRequest) -> Collected:
        self._forget_keys()
        collection = InputCollection(request, self.journal, self._leg, self._services, self._keys)
        return await self.while_up(collection.run(lambda: self._play_all(request.prompts)))

    async def record(self, request: RecordRequest) -> Recorded:
        recording = CallRecording(self.journal, self._leg, self._services, request)
        self._forget_keys()
        try:
            if request.beep:
                await self._play_sound(self._services.sounds.beep, 1)
            await self.while_up(recording.run(self._keys))
        except CallerGone:
            recording.caller_gone()
        finally:
            # Also when the call is redirected: a recording that began is kept.
            result = await asyncio.shield(recording.finish())
        return result

    def start_stream(self, request: StreamRequest) -> None:
        self._streams.start(request)

    def stop_stream(self, name: str) -> bool:
        return self._streams.stop(name) is not None

    def start_recording(self, wanted: TalkRecording) -> None:
        live_recording.begin_named(self._leg.media, self.journal, self._services, wanted)

    def stop_recording(self, name: str) -> bool:
        recording = self._services.running.named(self.row.sid, name)
        return recording is not None and recording.stop() is not None

    def start_transcription(self, request: TranscriptionRequest) -> None:
        self._transcriptions.start(request)

    def stop_transcription(self, name: str) -> bool:
        return self._transcriptions.stop(name) is not None

    async def connect_stream(self, request: StreamRequest) -> StreamEnd:
        return await self._streams.connect(request)

    async def connect_relay(self, request: RelayRequest) -> RelayEnd:
        relay = LiveRelay(request, self.journal, self._leg, self._services)
        self._relay_keys = relay.press
        try:
            return await relay.run()
        finally:
            self._relay_keys = _ignore

    async def refer(self, request: ReferRequest) -> Referred:
        return await refer(self._leg, request)

    async def hold(self, music: Sound | None) -> Changed:
        return await self._hold.hold(music, self._load)

    async def resume(self) -> Changed | None:
        return await self._hold.resume()

    async def _load(self, sound: Sound) -> DecodedSound:
        return await self._services.sounds.sound(sound, wide=self._leg.media.wideband)

    async def _play_all(self, prompts: Sequence[Prompt]) -> None:
        for prompt in prompts:
            match prompt:
                case Silence(seconds):
                    await self.pause(seconds)
                case Speech():
                    await self.say(prompt)
                case Sound():
                    await self.play(prompt)

    async def _play_sound(self, sound: DecodedSound, loops: int) -> None:
        await self._sounding(self._leg.media.play(sound, loops))

    async def _sounding(self, heard: Coroutine[Any, Any, None]) -> None:
        try:
            await self.while_up(heard)
        except SoundInterrupted as error:
            raise CallerGone from error

    def _tell_of_voice(self, problem: str) -> None:
        self.notify(VOICE_FAILED, Level.WARNING, problem)

    def _receive_digit(self, key: str) -> None:
        log.get("call").info("digit", key=key, call_sid=self.row.sid)
        if not self._keys.full():
            self._keys.put_nowait(key)
        self._streams.press(key)
        self._relay_keys(key)

    def _forget_keys(self) -> None:
        while not self._keys.empty():
            self._keys.get_nowait()

    async def fetch(self, url: str, method: HttpMethod, parameters: Mapping[str, str]) -> Document:
        sent = worded(self.row, {**self.journal.parameters(), **parameters}, self.journal.dialled)
        if self.gone:
            sent["CallStatus"] = self.status_when_gone()
        request = self._services.fetcher.document(
            url, method.value, sent, cookies=self._cookies, redirected_as_get=in_twilios_words(self.row)
        )
        try:
            # A caller who cancels wants nothing more; one who hangs up may have left a recording to tell of.
            with acting_for(self.row.account_sid, self.row.sid):
                fetched = await (self.while_up(request) if self.ringing else request)
        except FetchError as error:
            self.journal.refusal = error
            raise documents.failure(error) from error
        await a_turn()
        return await documents.parsed(fetched, fetched.moved_to or url)

    async def send_text(self, request: TextRequest) -> Sent:
        return await self._services.texts.send(request, of_call(self.row))

    async def send_email(self, request: EmailRequest) -> Sent:
        return await self._services.mails.send(request, of_call(self.row))

    def notify(
        self, code: int, level: Level, message: str, *, url: str | None = None, line: int | None = None
    ) -> None:
        self.journal.notify(code, level, message, url=url, line=line)

    async def while_up(self, work: Awaitable[T]) -> T:
        """Return what ``work`` returns, unless the leg ends first: then stop it and raise CallerGone.

        For a leg that has ended already it is not even begun: its sound can do nothing any more.
        """
        if self.gone:
            if asyncio.iscoroutine(work):
                work.close()
            raise CallerGone
        try:
            return await unless(self._leg.ended, work)
        except Overtaken:
            raise CallerGone from None


def _ignore(key: str) -> None:
    """Take a key that nobody waits for."""


def _no_music(journal: CallJournal, error: PlaybackFailed) -> None:
    journal.notify(PLAYBACK_FAILED, Level.WARNING, f"<Hold>: {error.reason}", url=error.url)
