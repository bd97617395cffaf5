"""A leg on the stage: its other side, its sound and its documents, done with a clock and a transcript."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from rcml.call import (
    Callback,
    CallerGone,
    FetchFailed,
    InputKind,
    Level,
    PlaybackFailed,
    Prompt,
    Silence,
    Sound,
    Speech,
)
from rcml.call_parameters import base_parameters, worded
from rcml.dialling import BUSY, Dialled
from rcml.document import Document
from rcml.errors import BODY_TOO_LARGE, FETCH_HTTP_STATUS, FETCH_INPUT_OUTPUT
from rcml.fetching import FetchingCall
from rcml.parser import parse
from rcml.testing.application import ApplicationDown, Request
from rcml.testing.scene import DEAF, Ear, Scene, spoken_for
from rcml.testing.told_call import StagedToldCall
from rcml.testing.transcript import Kind, Line
from rcml.values import HttpMethod, RejectReason

SOUND_LENGTH = 2.0
"""Seconds of a sound whose length the test does not tell."""

LARGEST_DOCUMENT = 1_048_576


class StagedLeg(FetchingCall):
    """What a test's telephone moves, and what every part of a staged call does with it.

    The parts know a leg and not the call that is made of them.
    """

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
        self.scene = scene
        self.who = who
        self.sid = scene.sid("CA")
        self.from_ = from_
        self.to = to
        self.ended: str | None = None
        """How it ended: a SIP status, `BYE` or words, with the reason given; None while it lasts."""
        self.faulty = False
        """Whether it ended because the application is broken."""
        self.ear = DEAF
        self.answered_by = ""
        """Who was found to have answered, in the words of `AnsweredBy`; empty while nobody knows."""
        self._direction = direction
        self._headers = headers
        self._parent_sid = parent_sid
        self.dialled: Dialled | None = None
        """How the last Dial went; every request after it tells of it."""
        self._began = scene.stage.now
        self._status = "ringing"

    @property
    def now(self) -> float:
        return self.scene.stage.now

    def press(self, key: str) -> None:
        """A key of the other side arrives; when nothing listens it is lost."""
        lost = "" if InputKind.DTMF in self.ear.kinds else " (nothing listens for keys: it is lost)"
        self.write(Kind.PRESSED, f"{key}{lost}")
        self.ear.key(key)

    def speak(self, words: str) -> None:
        """The other side begins to say something."""
        lost = "" if InputKind.SPEECH in self.ear.kinds else " (nothing listens for speech: it is lost)"
        self.write(Kind.SPOKE, f"{words!r}{lost}")
        self.ear.words(words)

    def leave(self) -> None:
        """The other side hangs up, or gives up while it rings."""
        if not self.gone:
            self._end("hung up by the other side" if self._status == "in-progress" else "cancelled")

    def picked_up(self) -> None:
        """The party that we rang answers."""
        self._status = "in-progress"
        self.write(Kind.ANSWERED, "")

    def refused(self, status: int) -> None:
        """The party that we rang refuses."""
        self._end(str(status), status="busy" if status in BUSY else "failed")

    def tell(self, callback: Callback, **parameters: str) -> None:
        """Tell the application something; what it answers does not count."""
        sent = worded(self._told(), {**self.parameters(), **parameters})
        request = Request(callback.method.value, callback.url, sent)
        told = " ".join(f"{name}={value}" for name, value in parameters.items())
        self.write(Kind.REQUESTED, f"{callback.method.value} {callback.url} {told}", request)
        with suppress(ApplicationDown):
            self.scene.application.answer(request)

    @abstractmethod
    def another(self, *, who: str, from_: str) -> StagedLeg:
        """Return a leg of the same scene that rings somebody on behalf of this one."""

    def write(self, kind: Kind, text: str, about: object = None) -> None:
        """Add a line to the transcript."""
        self.scene.transcript.write(Line(self.scene.stage.now, self.who, kind, text, about))

    @property
    def ringing(self) -> bool:
        return not self.gone and self._status == "ringing"

    @property
    def gone(self) -> bool:
        return self.ended is not None

    @property
    def recognises_speech(self) -> bool:
        return self.scene.recognises_speech

    async def answer(self) -> None:
        self._require()
        if self.ringing:
            self._status = "in-progress"
            self.write(Kind.ANSWERED, "")

    async def reject(self, reason: RejectReason) -> None:
        if self.ringing:
            self._end(f"{reason.status}", status="busy")

    async def hang_up(self, reason: str | None = None) -> None:
        self.faulty = self.faulty or (reason is not None and not self.gone)
        self.finish(reason)

    def finish(self, reason: str | None = None) -> None:
        """End the leg from our side."""
        if self.gone:
            return
        how = "487" if self.ringing else "BYE"
        self._end(how if reason is None else f"{how} ({reason})")

    async def fail(self, reason: str, *, status: int = 500) -> None:
        if self.gone:
            return
        self.faulty = True
        if self.ringing:
            self._end(f"{status} ({reason})", status="failed")
            return
        self.write(Kind.SAID, "(the apology for a broken application)")
        await self.hang_up(reason)

    async def say(self, speech: Speech) -> None:
        await self._hear(speech)

    async def play(self, sound: Sound) -> None:
        await self._hear(sound)

    async def pause(self, seconds: float) -> None:
        self.write(Kind.WAITED, f"{seconds:g} s")
        await self.lasts(seconds)

    async def send_digits(self, digits: str) -> None:
        self._require()
        self.write(Kind.SENT_KEYS, digits)
        await self.lasts(sum(0.5 if key == "w" else 0.2 for key in digits))

    async def echo(self, seconds: float | None) -> None:
        self.write(Kind.PLAYED, "(their own voice)")
        await self.lasts(math.inf if seconds is None else seconds)

    async def fetch(self, url: str, method: HttpMethod, parameters: Mapping[str, str]) -> Document:
        sent = worded(self._told(), {**self.parameters(), **parameters}, self.dialled)
        request = Request(method.value, url, sent, call=self)
        told = " ".join(f"{name}={value}" for name, value in parameters.items())
        self.write(Kind.REQUESTED, f"{method.value} {url} {told}", request)
        try:
            answer = self.scene.application.answer(request)
        except ApplicationDown as down:
            raise FetchFailed(str(down), url=url, code=FETCH_INPUT_OUTPUT) from down
        if not 200 <= answer.status < 300:
            what = f"answered {answer.status}"
            raise FetchFailed(what, url=url, code=FETCH_HTTP_STATUS, status=answer.status)
        if len(answer.body) > LARGEST_DOCUMENT:
            what = f"answered {len(answer.body)} bytes: at most {LARGEST_DOCUMENT} are read"
            raise FetchFailed(what, url=url, code=BODY_TOO_LARGE)
        return parse(answer.body, answer.content_type, answer.moved_to or url)

    def notify(
        self, code: int, level: Level, message: str, *, url: str | None = None, line: int | None = None
    ) -> None:
        place = "" if url is None else f" ({url}{'' if line is None else f', line {line}'})"
        self.write(Kind.NOTIFIED, f"{level.name} {code}: {message}{place}", (code, level))

    def parameters(self) -> dict[str, str]:
        """Return what every request about the leg tells the application (rcml.md 2.2), in its order."""
        return base_parameters(self._told(), self._headers, self.dialled)

    def _told(self) -> StagedToldCall:
        return StagedToldCall(
            sid=self.sid,
            account_sid=self.scene.account_sid,
            from_=self.from_,
            to=self.to,
            status=self._status,
            direction=self._direction,
            api_version=self.scene.api_version,
            began=self._began,
            answered_by=self.answered_by or None,
            parent_call_sid=self._parent_sid,
        )

    async def lasts(self, seconds: float) -> None:
        """Let time pass; raises ``CallerGone`` as soon as the other side is gone."""
        self._require()
        await self.scene.stage.wait(seconds, lambda: self.gone)
        self._require()

    @contextmanager
    def listening(self, ear: Ear) -> Iterator[None]:
        """Let ``ear`` take what the other side presses and says."""
        before, self.ear = self.ear, ear
        if ear.kinds:
            self.write(Kind.LISTENS, " ".join(sorted(kind.value for kind in ear.kinds)))
        try:
            yield
        finally:
            self.ear = before

    async def _hear(self, prompt: Prompt, enough: Callable[[], bool] | None = None) -> None:
        self._require()
        match prompt:
            case Silence(seconds):
                length = seconds
                self.write(Kind.WAITED, f"{seconds:g} s")
            case Speech(text=text, loops=loops):
                length = spoken_for(text) * (loops or math.inf)
                self.write(Kind.SAID, repr(text), prompt)
            case Sound(url=url, loops=loops):
                length = self.scene.sounds.get(url, SOUND_LENGTH) * (loops or math.inf)
                if math.isnan(length):
                    raise PlaybackFailed("the test says that it cannot be played", url=url)
                self.write(Kind.PLAYED, url, prompt)
        await self.scene.stage.wait(length, enough or (lambda: self.gone))
        self._require()

    def _require(self) -> None:
        if self.gone:
            raise CallerGone

    def _end(self, how: str, *, status: str | None = None) -> None:
        was = self._status
        self._status = status or ("completed" if was == "in-progress" else "canceled")
        self.ended = how
        self.write(Kind.ENDED, how)
