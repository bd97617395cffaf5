"""A call: one run of an application, from the INVITE to the last event."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from engine import log
from engine.call_journal import CallJournal
from engine.call_recording import CallRecording
from engine.errors import FetchError, MediaUnavailable
from engine.key_collector import KeyCollector
from engine.routing import Application
from engine.services import Services
from engine.sip_leg import LegEnded, SipLeg
from engine.store import CallRow, CallStatus
from media.errors import MediaError
from media.plane.errors import SoundInterrupted
from media.prompts import Prompt as DecodedSound
from rcml import parser
from rcml.call import (
    CallerGone,
    Collected,
    CollectRequest,
    FetchFailed,
    InputKind,
    Level,
    PlaybackFailed,
    Prompt,
    Recorded,
    RecordRequest,
    Silence,
    Sound,
    Speech,
)
from rcml.document import Document
from rcml.flow import Fetch
from rcml.interpreter import Interpreter, InterpreterOptions
from rcml.values import HttpMethod, RejectReason, Url
from sip.events import EndCause

T = TypeVar("T")

LARGEST_PARSED_ON_LOOP = 8_192
"""Bytes; a larger document is parsed in a thread, to keep the loop quiet."""

APOLOGY_WITHIN = 15.0
"""Seconds after which a caller who still hears the apology is hung up."""

NEVER_ANSWERED = 487
"""SIP status of a call that ends without an answer (rcml.md 5.11)."""
GOODBYE_WITHIN = 34.0
"""Seconds that a BYE of ours may take: 64*T1 (RFC 3261 17.1.2.2) and some air."""


class Call:
    """Runs an application on one leg; the engine's side of :class:`rcml.call.Call`.

    Owns its leg, its running recording and its task. Every coroutine that needs the caller races
    against the end of the leg in one place, :meth:`_while_up`.
    """

    def __init__(
        self, journal: CallJournal, leg: SipLeg, application: Application, services: Services
    ) -> None:
        self.journal = journal
        self._leg = leg
        self._application = application
        self._services = services
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._answered = False
        self._refused_as = CallStatus.CANCELED
        self._fault: str | None = None
        leg.on_digit = self._receive_digit

    def __repr__(self) -> str:
        return f"<Call {self.row.sid} {self.row.status} {self._leg}>"

    @property
    def row(self) -> CallRow:
        """The call's record as it stands now."""
        return self.journal.row

    # -- its life --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run the application and return when the call is over, recorded and told."""
        with log.bound(call_sid=self.row.sid):
            try:
                await self._run_application()
            except Exception:
                # An invariant of ours broke: it ends this call alone, with its trace in the log.
                log.get("call").exception("call.broken")
                self.notify(11000, Level.ERROR, "an internal error ended the call; the log has its trace")
                await self.fail("internal error")
            finally:
                await self._finish()

    async def _run_application(self) -> None:
        self.journal.reached(CallStatus.RINGING)
        self._leg.ring(self._headers())
        application, settings = self._application, self._services.settings
        options = InterpreterOptions(
            absent_action_is_next_verb=settings.compat.restcomm_next_verb_without_action,
            not_found_is_404=settings.compat.restcomm_not_found,
            max_documents=settings.rcml.max_documents,
        )
        fallback = _request(application.voice_fallback_url, application.voice_fallback_method)
        start = _request(application.voice_url, application.voice_method)
        assert start is not None, "routing gives an application only with a voice URL"
        await Interpreter(self, fallback=fallback, options=options).run(start)

    async def _finish(self) -> None:
        """End what is still up, then write down how it went."""
        if not self.gone:
            self._leg.hang_up(self._headers())
        try:
            async with asyncio.timeout(GOODBYE_WITHIN):
                ended = await asyncio.shield(self._leg.ended)
        except TimeoutError:
            ended = LegEnded(EndCause.TIMEOUT)
        self._leg.close()
        self.journal.ended(self._final_status(ended), str(ended), self._fault)

    def _final_status(self, ended: LegEnded) -> CallStatus:
        if self._answered:
            return CallStatus.COMPLETED if ended.in_order else CallStatus.FAILED
        if ended.cancelled:
            return CallStatus.CANCELED
        return self._refused_as if ended.in_order else CallStatus.FAILED

    # -- rcml.call.Call: the call itself ---------------------------------------------------------

    @property
    def ringing(self) -> bool:
        return not self.gone and not self._answered

    @property
    def gone(self) -> bool:
        return self._leg.gone

    @property
    def recognises_speech(self) -> bool:
        return False

    async def answer(self) -> None:
        if self.gone:
            raise CallerGone
        if self._answered:
            return
        try:
            await self._while_up(self._leg.answer(self._headers()))
        except MediaUnavailable as error:
            self.journal.notify(error.code, Level.ERROR, str(error))
            await self.fail("no media port is free", status=503)
            raise CallerGone from error
        self._answered = True
        self.journal.reached(CallStatus.IN_PROGRESS)

    async def reject(self, reason: RejectReason) -> None:
        if self.ringing:
            self._refused_as = CallStatus.BUSY
            self._leg.reject(reason.status, self._headers())

    async def hang_up(self, reason: str | None = None) -> None:
        if self.ringing:
            self._leg.reject(NEVER_ANSWERED, self._headers(reason))
        elif not self.gone:
            self._leg.hang_up(self._headers(reason))

    async def fail(self, reason: str, *, status: int = 500) -> None:
        if self.gone:
            return
        self._fault = reason
        if self.ringing:
            self._refused_as = CallStatus.FAILED
            self._leg.reject(status, self._headers(reason, status))
            return
        try:
            async with asyncio.timeout(APOLOGY_WITHIN):
                await self._apologise()
        except (TimeoutError, CallerGone, MediaError, PlaybackFailed) as error:
            log.get("call").info("apology.cut", error=repr(error))
        await self.hang_up(reason)

    async def _apologise(self) -> None:
        rcml = self._services.settings.rcml
        sound = await self._while_up(self._services.sounds.apology(rcml.apology_text, rcml.apology_url))
        if sound is not None:
            await self._play_sound(sound, 1)

    def _headers(self, reason: str | None = None, status: int | None = None) -> list[tuple[str, str]]:
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

    # -- rcml.call.Call: what the caller hears and presses ---------------------------------------

    async def say(self, speech: Speech) -> None:
        sound = await self._while_up(self._services.sounds.speech(speech))
        await self._play_sound(sound, speech.loops)

    async def play(self, sound: Sound) -> None:
        found = await self._while_up(self._services.sounds.sound(sound))
        await self._play_sound(found, sound.loops)

    async def pause(self, seconds: float) -> None:
        await self._while_up(asyncio.sleep(seconds))

    async def send_digits(self, digits: str) -> None:
        await self._while_up(self._leg.media.send_digits(digits))

    async def collect(self, request: CollectRequest) -> Collected:
        return await self._while_up(self._collect(request))

    async def record(self, request: RecordRequest) -> Recorded:
        recording = CallRecording(self.journal, self._leg, self._services, request)
        self._forget_keys()
        try:
            if request.beep:
                await self._play_sound(self._services.sounds.beep, 1)
            await self._while_up(recording.run(self._keys))
        except CallerGone:
            recording.caller_gone()
        finally:
            # Also when the call is redirected: a recording that began is kept.
            result = await asyncio.shield(recording.finish())
        return result

    async def _collect(self, request: CollectRequest) -> Collected:
        loop = asyncio.get_running_loop()
        self._forget_keys()
        collector = KeyCollector(request)
        prompts = asyncio.ensure_future(self._play_all(request.prompts))
        try:
            while not collector.finished:
                key = await self._next_key(collector, prompts)
                if key is None:
                    break
                if InputKind.DTMF in request.kinds:
                    collector.press(key, loop.time())
                if collector.started:
                    prompts.cancel()
        finally:
            await _stopped(prompts)
        return Collected(digits=collector.digits)

    async def _next_key(self, collector: KeyCollector, prompts: asyncio.Task[None]) -> str | None:
        """Return the next key, or None when the time for it is over."""
        loop = asyncio.get_running_loop()
        while True:
            if prompts.done() and not prompts.cancelled() and collector.deadline is None:
                prompts.result()
                collector.prompts_ended(loop.time())
            pressed = asyncio.ensure_future(self._keys.get())
            waiting: set[asyncio.Future[Any]] = {pressed} if prompts.done() else {pressed, prompts}
            left = None if collector.deadline is None else collector.deadline - loop.time()
            try:
                await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if pressed.done():
                    return pressed.result()
            finally:
                pressed.cancel()
            if collector.deadline is not None and loop.time() >= collector.deadline:
                return None

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
        try:
            await self._while_up(self._leg.media.play(sound, loops))
        except SoundInterrupted as error:
            raise CallerGone from error

    def _receive_digit(self, key: str) -> None:
        log.get("call").info("digit", key=key, call_sid=self.row.sid)
        self._keys.put_nowait(key)

    def _forget_keys(self) -> None:
        while not self._keys.empty():
            self._keys.get_nowait()

    # -- rcml.call.Call: the application ---------------------------------------------------------

    async def fetch(self, url: str, method: HttpMethod, parameters: Mapping[str, str]) -> Document:
        sent = {**self.journal.parameters(), **parameters}
        if self.gone:
            sent["CallStatus"] = self._final_status(self._leg.ended.result())
        request = self._services.fetcher.document(url, method.value, sent)
        try:
            # A caller who cancels wants nothing more; one who hangs up may have left a recording to tell of.
            fetched = await (self._while_up(request) if self.ringing else request)
        except FetchError as error:
            self.journal.refusal = error
            raise FetchFailed(error.reason, url=error.url, code=error.code, status=error.status) from error
        if len(fetched.body) > LARGEST_PARSED_ON_LOOP:
            return await asyncio.to_thread(parser.parse, fetched.body, fetched.content_type, url)
        return parser.parse(fetched.body, fetched.content_type, url)

    def notify(
        self, code: int, level: Level, message: str, *, url: str | None = None, line: int | None = None
    ) -> None:
        self.journal.notify(code, level, message, url=url, line=line)

    # -- the one race ----------------------------------------------------------------------------

    async def _while_up(self, work: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
        """Return what ``work`` returns, unless the leg ends first: then stop it and raise CallerGone."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait((task, self._leg.ended), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise CallerGone
        finally:
            await _stopped(task)


def _request(url: str, method: str) -> Fetch | None:
    return Fetch(Url(url), HttpMethod(method)) if url else None


async def _stopped(task: asyncio.Future[Any]) -> None:
    """Cancel ``task`` and return when it has let go of what it held."""
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
