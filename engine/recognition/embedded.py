"""An utterance for pocketsphinx: recognised anew at each pause, so that the end need not wait."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import numpy as np

from engine.recognition.recogniser import Told
from engine.stopping import stopped
from media.errors import RecognitionError
from media.sound import Samples
from media.speech.recognised import Recognised
from media.speech.sphinx import SphinxRecogniser


class EmbeddedRecognition:
    """Keeps the utterance and has it recognised whole.

    What is less sure than ``least_confidence`` was not understood: the recogniser takes any noise for the
    phrase that is least unlike it.
    """

    def __init__(
        self, sphinx: SphinxRecogniser, phrases: tuple[str, ...], least_confidence: float, told: Told
    ) -> None:
        self._sphinx = sphinx
        self._phrases = phrases
        self._least_confidence = least_confidence
        self._told = told
        self._heard: list[Samples] = []
        self._trying: asyncio.Task[Recognised] | None = None
        self._spoken = 0
        """Samples up to the last pause; what follows is silence unless another pause comes."""
        self._tried = -1

    def hear(self, samples: Samples) -> None:
        self._heard.append(samples)

    def pause(self) -> None:
        self._spoken = sum(len(samples) for samples in self._heard)
        # What is already being recognised is worth its while; it is asked for again at the end.
        if self._trying is None or self._trying.done():
            self._try()

    async def result(self) -> Recognised:
        spoken = self._spoken or sum(len(samples) for samples in self._heard)
        if self._trying is None or self._tried < spoken:
            await self._forget()
            self._spoken = spoken
            self._try()
        assert self._trying is not None
        return await self._trying

    async def close(self) -> None:
        await self._forget()

    def _try(self) -> None:
        self._tried = self._spoken
        self._trying = asyncio.create_task(self._recognise())
        self._trying.add_done_callback(_fetch_failure)

    async def _recognise(self) -> Recognised:
        utterance = np.concatenate(self._heard)[: self._spoken]
        found = await self._sphinx.recognise(utterance, self._phrases)
        if found.confidence < self._least_confidence:
            found = Recognised("", found.confidence, found.not_listened_for)
        if found:
            self._told.partial(found.words)
        return found

    async def _forget(self) -> None:
        if self._trying is not None:
            with suppress(RecognitionError):
                await stopped(self._trying)


def _fetch_failure(task: asyncio.Task[Recognised]) -> None:
    """Look at how it failed, so that asyncio does not complain when nobody asks for the result."""
    if not task.cancelled():
        task.exception()
