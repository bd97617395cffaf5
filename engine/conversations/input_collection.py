"""One Gather of a call: prompts, keys and speech, until the input is complete."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from engine.journal.call_journal import CallJournal
from engine.legs.sip_leg import SipLeg
from engine.recognition.listener import Heard, SpeechListener
from engine.recognition.recogniser import Told
from engine.services import Services
from engine.stopping import stopped
from media.errors import MediaError
from media.speech.recognised import Recognised
from rcml.call import Collected, CollectRequest, InputKind, Level
from rcml.errors import RECOGNITION_FAILED
from rcml.input_collector import InputCollector, Voice

EARLY = 1e-6
"""Seconds by which a timer of the loop may come too soon."""


class InputCollection:
    """Plays the prompts and collects what the caller presses or says.

    ``keys`` are the keys as they come; ``prompts`` plays all prompts, and is cancelled by the first input.
    """

    def __init__(
        self,
        request: CollectRequest,
        journal: CallJournal,
        leg: SipLeg,
        services: Services,
        keys: asyncio.Queue[str],
    ) -> None:
        self._request = request
        self._journal = journal
        self._leg = leg
        self._services = services
        self._keys = keys
        self._clock = asyncio.get_running_loop().time
        self._collector = InputCollector(request)
        self._wake = asyncio.Event()
        self._prompts: asyncio.Future[None] | None = None
        self._listener: SpeechListener | None = None
        self._problems: set[str] = set()
        self._partial = ""
        self._sequence_number = 0

    async def run(self, prompts: Callable[[], Awaitable[None]]) -> Collected:
        """Return what was collected; raises what the prompts raise."""
        self._listen()
        self._prompts = asyncio.ensure_future(prompts())
        self._prompts.add_done_callback(lambda _: self._wake.set())
        try:
            while True:
                self._turn()
                if self._collector.finished:
                    return self._collector.collected
                await self._wait()
        finally:
            await stopped(self._prompts)
            if self._listener is not None:
                await self._listener.close()

    def _turn(self) -> None:
        """Bring the collector up to now, and do what follows from where it stands."""
        assert self._prompts is not None
        collector, voice = self._collector, self._collector.voice
        if self._prompts.done():
            if not self._prompts.cancelled():
                self._prompts.result()
            if collector.waiting_for_prompts:
                collector.prompts_ended(self._clock())
        collector.pass_time(self._clock() + EARLY)
        if self._listener is not None and collector.voice is not voice:
            if collector.voice is Voice.SPOKEN:
                self._listener.decide()
            elif collector.voice is Voice.SILENT:
                self._problem("the recogniser did not say in time what it heard: it counts as silence")
                self._listener.forget()

    async def _wait(self) -> None:
        """Return when a key came, the caller was heard, the prompts ended, or the time is over."""
        loop, deadline = asyncio.get_running_loop(), self._collector.deadline
        alarm = None if deadline is None else loop.call_at(deadline, self._wake.set)
        pressed = asyncio.ensure_future(self._keys.get())
        woken = asyncio.ensure_future(self._wake.wait())
        waiting: set[asyncio.Future[Any]] = {pressed, woken}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            self._wake.clear()
            if pressed.done():
                self._collector.press(pressed.result(), self._clock())
                self._silence_prompts()
        finally:
            pressed.cancel()
            woken.cancel()
            if alarm is not None:
                alarm.cancel()

    def _silence_prompts(self) -> None:
        if self._collector.started and self._prompts is not None:
            self._prompts.cancel()

    def _listen(self) -> None:
        """Begin to listen, if the document wants that and anybody can."""
        if InputKind.SPEECH not in self._request.kinds:
            return
        told = Told(partial=self._tell_partial, phrase_ended=self._phrase_ended, problem=self._problem)
        choice = self._services.recognisers.choose(self._request, told)
        if choice is None:
            return
        try:
            tap = self._leg.media.tap("in")
        except MediaError as error:
            self._problem(f"the call's sound cannot be had: {error}; speech counts as silence")
            return
        choice.prepare()
        self._listener = SpeechListener(tap, choice.begin, self._heard())

    def _heard(self) -> Heard:
        return Heard(began=self._voice_began, ended=self._voice_ended, understood=self._understood)

    def _voice_began(self) -> None:
        self._collector.voice_began(self._clock())
        if self._request.barge_in:
            self._silence_prompts()
        self._wake.set()

    def _voice_ended(self) -> None:
        self._collector.voice_ended(self._clock())
        self._wake.set()

    def _phrase_ended(self) -> None:
        self._collector.phrase_ended(self._clock())
        self._wake.set()

    def _understood(self, found: Recognised) -> None:
        if found.not_listened_for:
            phrases = ", ".join(repr(phrase) for phrase in found.not_listened_for)
            self._problem(f"hints that pocketsphinx cannot pronounce are not listened for: {phrases}")
        self._collector.understood(found.words, found.confidence)
        self._wake.set()

    def _tell_partial(self, words: str) -> None:
        callback = self._request.partial_results
        if callback is not None and words != self._partial:
            self._partial = words
            parameters = {"UnstableSpeechResult": words, "SequenceNumber": str(self._sequence_number)}
            self._sequence_number += 1
            self._journal.tell(callback, parameters.items())

    def _problem(self, problem: str) -> None:
        # A caller who tries again and again does not fill the log.
        if problem not in self._problems:
            self._problems.add(problem)
            self._journal.notify(RECOGNITION_FAILED, Level.WARNING, problem)
