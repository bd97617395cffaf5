"""One relayed conversation while it lasts: its WebSocket, its ear on the leg and its mouth."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable
from typing import Any, Protocol, TypeVar

from engine import ids
from engine.accounts import AccountTree
from engine.conversation_relay.core import RelayCore
from engine.conversation_relay.ear import Ear, Listening
from engine.conversation_relay.effects import (
    Effect,
    FallSilent,
    Finish,
    News,
    Press,
    Remark,
    Speak,
)
from engine.conversation_relay.messages import news
from engine.conversation_relay.mouth import Making, Mouth, SpeakingServices
from engine.conversation_relay.providers import ours
from engine.conversation_relay.setting import setup_of
from engine.conversation_relay.talk import Piece
from engine.journal.call_journal import CallJournal
from engine.legs.sip_leg import SipLeg
from engine.recognition.library import RecogniserLibrary
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.requests.http_request import shown
from engine.stopping import Overtaken, stopped, unless
from engine.streams.core import Send
from engine.streams.dialing import CLOSE_WITHIN, Socket, StreamDialer, StreamRefused
from engine.streams.wire import Wire
from media.errors import MediaError
from media.plane.sound_ring import SoundWriter
from rcml.call import Level
from rcml.errors import (
    PLAYBACK_FAILED,
    RECOGNITION_FAILED,
    RELAY_BROKEN,
    RELAY_UNREACHABLE,
    STREAM_SOUND,
    VOICE_FAILED,
)
from rcml.relaying import RelayEnd, RelayRequest, RelayStatus

T = TypeVar("T")

BROKEN = "an internal error ended the conversation; the log has its trace"
LEFT = "the application closed the connection without an end message"


class RelayFailed(Exception):
    """A conversation that cannot go on; ``code`` is the notification's."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class RelayServices(SpeakingServices, Protocol):
    """What a relayed conversation needs of the daemon, besides sounds."""

    accounts: AccountTree
    metrics: Metrics
    recognisers: RecogniserLibrary
    stream_dialer: StreamDialer


class LiveRelay:
    """Connects, listens, speaks, and tells how it went; :meth:`run` belongs to the call's own task."""

    def __init__(
        self, request: RelayRequest, journal: CallJournal, leg: SipLeg, services: RelayServices
    ) -> None:
        self.sid = ids.new_sid(ids.RELAY)
        self._journal = journal
        self._leg = leg
        self._services = services
        self._problems: set[str] = set()
        self._url = request.url
        self._request = ours(request, services.voices, services.recognisers, self._tell_of_providers)
        self._core = RelayCore(self._request, setup_of(self.sid, journal.row))
        self._clock = asyncio.get_running_loop().time
        self._log = log.get("relay").bind(session_sid=self.sid, call_sid=journal.row.sid)
        self._wire = Wire()
        self._ear: Ear | None = None
        self._mouth: Mouth | None = None
        self._source: SoundWriter | None = None
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when there is nothing more to do; why it broke, or nothing."""
        self._begun: float | None = None
        self._answer_due: float | None = None
        """When the sentence came that the caller waits for; None while they do not wait."""

    async def run(self) -> RelayEnd:
        """Return when it is over; whatever goes wrong is noted down and in the result."""
        metrics = self._services.metrics
        metrics.relays_active.inc()
        status, code, why = RelayStatus.COMPLETED, None, ""
        try:
            await unless(self._leg.ended, self._connect_and_talk())
            status = RelayStatus.ENDED
        except Overtaken:
            pass
        except RelayFailed as failed:
            status, code, why = RelayStatus.FAILED, failed.code, str(failed)
            self._notify(failed.code, Level.ERROR, why)
        finally:
            metrics.relays_active.dec()
            metrics.relays.labels(status.value).inc()
        lasted = 0.0 if self._begun is None else self._clock() - self._begun
        self._log.info(f"relay.{status.value}", duration=round(lasted, 3))
        return RelayEnd(
            sid=self.sid,
            status=status,
            duration=lasted,
            handoff=self._core.handoff,
            code=code,
            error=why,
        )

    def press(self, key: str) -> None:
        """Take a key that the caller pressed."""
        if self._source is not None:
            self._carry_out(self._core.press(key))

    async def _connect_and_talk(self) -> None:
        """Return when the application has ended it; raises :class:`RelayFailed`."""
        account = self._journal.row.account_sid
        token = self._services.accounts.signing_key(account)
        try:
            socket = await self._services.stream_dialer.open(self._url, token)
        except StreamRefused as refused:
            raise RelayFailed(RELAY_UNREACHABLE, str(refused)) from refused
        tasks: list[asyncio.Future[Any]] = []
        try:
            mouth = self._attach()
            self._begun = self._clock()
            self._log.info("relay.started", url=shown(self._url))
            self._carry_out(self._core.open())
            receiving = self._working(self._wire.receive(socket, self._receive))
            work = (self._wire.send(socket), mouth.run(), self._send_keys())
            tasks = [receiving, *(self._working(each) for each in work)]
            await self._until_over(receiving)
        finally:
            await self._let_go(socket, tasks)

    def _working(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=f"relay {self.sid}")
        task.add_done_callback(self._worked)
        return task

    def _worked(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            # An invariant of ours broke: it ends this conversation alone, with its trace in the log.
            self._log.error("relay.broken", exc_info=error)
            self._end(BROKEN)

    async def _until_over(self, receiving: asyncio.Future[str]) -> None:
        await asyncio.wait((receiving, self._over), return_when=asyncio.FIRST_COMPLETED)
        if not self._over.done():
            why = receiving.result()
            if not self._core.ending:
                raise RelayFailed(RELAY_BROKEN, why or LEFT)
            # It closes as soon as it has said that it is over; the caller still hears the rest.
        if fault := await self._over:
            raise RelayFailed(RELAY_BROKEN, fault)

    async def _let_go(self, socket: Socket, tasks: Iterable[asyncio.Future[Any]]) -> None:
        """Fall silent and deaf at once, then say goodbye to the application and to who works for us."""
        if self._source is not None:
            self._source.close()
        ear, self._ear, self._mouth = self._ear, None, None
        if ear is not None:
            ear.stop()
        for task in tasks:
            await stopped(task)
        if ear is not None:
            await ear.close()
        # Bounded, as a peer that does not answer would hold up what the call does next.
        await asyncio.wait((asyncio.ensure_future(socket.close()),), timeout=CLOSE_WITHIN)

    def _attach(self) -> Mouth:
        media = self._leg.media
        wide = media.wideband
        try:
            tap = media.tap("in")
            self._source = media.source(banded=wide)
        except MediaError as error:
            raise RelayFailed(STREAM_SOUND, f"the call's sound cannot be had: {error}") from error
        self._ear = Ear(tap, self._services.recognisers, self._listening(), self._request.pause)
        making = Making(grown=self._feed, failed=self._unsaid, tell=self._tell_of_voice)
        self._mouth = Mouth(self._core.talk, self._services, making, wide=wide)
        return self._mouth

    def _listening(self) -> Listening:
        core = self._core
        return Listening(
            language=lambda: core.heard,
            followed=self._follow,
            began=core.utterance_began,
            partial=lambda utterance, words: self._carry_out(core.partly_understood(utterance, words)),
            understood=lambda utterance, words: self._carry_out(core.understood(utterance, words)),
            problem=self._tell_of_hearing,
        )

    def _receive(self, frame: str | bytes) -> None:
        self._carry_out(self._core.receive(frame))

    def _follow(self, speaking: bool) -> None:
        """Take the next 20 ms; called after every tick of the leg."""
        if self._source is None or self._source.closed:
            return
        try:
            self._carry_out(self._core.hear(speaking, self._source.played))
            self._feed()
        except Exception:
            # An invariant of ours broke: it ends this conversation alone, with its trace in the log.
            self._log.exception("relay.broken")
            self._end(BROKEN)

    def _feed(self) -> None:
        source = self._source
        if source is None or source.closed:
            return
        sound = self._core.talk.next_sound(source.played, source.room)
        if sound is not None:
            source.write_nowait(sound)
            if self._answer_due is not None:
                self._services.metrics.relay_first_sound.observe(self._clock() - self._answer_due)
                self._answer_due = None
        if self._mouth is not None:
            self._mouth.look()

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self._send(effect)
                case News(name, value):
                    self._send(Send(news(name, value, time.time_ns() // 1_000_000)))
                case Speak(piece):
                    self._speak(piece)
                case FallSilent():
                    self._fall_silent()
                case Press(digits):
                    self._keys.put_nowait(digits)
                case Remark(code, message):
                    self._notify(code, Level.WARNING, message)
                case Finish():
                    self._end("")

    def _send(self, message: Send) -> None:
        self._wire.queue(message)
        if self._wire.outgoing.hopeless:
            self._end("the application does not read what it is sent")

    def _speak(self, piece: Piece) -> None:
        if self._mouth is None:
            return
        if self._answer_due is None and self._core.talk.current is piece:
            self._answer_due = self._clock()
        self._mouth.say(piece)

    def _fall_silent(self) -> None:
        self._answer_due = None
        if self._source is not None and not self._source.closed:
            self._source.clear()
        if self._mouth is not None:
            self._mouth.look()

    async def _send_keys(self) -> None:
        while True:
            digits = await self._keys.get()
            try:
                await self._leg.media.send_digits(digits)
            except MediaError as error:
                self._carry_out(self._core.problem(STREAM_SOUND, f"keys cannot be sent: {error}"))

    def _end(self, why: str) -> None:
        """End the conversation, in order when there is no reason."""
        if not self._over.done():
            self._over.set_result(why)

    def _unsaid(self, piece: Piece, why: str) -> None:
        what = f"{piece.text[:40]!r}" if piece.text else "a sound"
        self._carry_out(self._core.problem(PLAYBACK_FAILED, f"{what} is not heard: {why}"))

    def _tell_of_voice(self, problem: str) -> None:
        self._tell_once(VOICE_FAILED, problem)

    def _tell_of_hearing(self, problem: str) -> None:
        self._tell_once(RECOGNITION_FAILED, problem)

    def _tell_of_providers(self, problem: str) -> None:
        self._tell_once(VOICE_FAILED if problem.startswith("tts") else RECOGNITION_FAILED, problem)

    def _tell_once(self, code: int, problem: str) -> None:
        if problem not in self._problems:
            self._problems.add(problem)
            self._notify(code, Level.WARNING, problem)

    def _notify(self, code: int, level: Level, what: str) -> None:
        self._journal.notify(code, level, f"<ConversationRelay>: {what}", url=shown(self._url))
