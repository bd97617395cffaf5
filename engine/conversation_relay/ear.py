"""The listening half of a relayed conversation: what the caller says, utterance by utterance."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from engine.conversation_relay.core import Utterance
from engine.recognition.library import RecogniserLibrary
from engine.recognition.recogniser import Recognition, Told
from engine.stopping import stopped
from engine.transcriptions.track import PAUSE_FRAMES, TranscribedTrack, Understood
from media.plane.sound_ring import SoundReader
from media.sound import Samples
from media.speech.recognised import Recognised
from rcml.call import CollectRequest, InputKind
from rcml.relaying import RelayLanguage

ELEMENT = "<ConversationRelay>"
HANG_OVER = 0.2
"""Seconds of silence that the detector of speech waits by itself."""
FRAME_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Listening:
    """Who is told what the caller does."""

    language: Callable[[], RelayLanguage]
    followed: Callable[[bool], None]
    began: Callable[[], Utterance]
    partial: Callable[[Utterance, str], None]
    understood: Callable[[Utterance, str], None]
    problem: Callable[[str], None]


class Ear:
    """Listens to a tap until it is closed, in the language that is expected when an utterance begins.

    ``pause`` is the silence that ends an utterance; None leaves it to us.
    """

    def __init__(
        self, tap: SoundReader, recognisers: RecogniserLibrary, listening: Listening, pause: float | None
    ) -> None:
        self._recognisers = recognisers
        self._listening = listening
        self._stopped = False
        choice = self._recognisers.choose(self._request(), self._told(None))
        if choice is not None:
            choice.prepare()
        frames = PAUSE_FRAMES if pause is None else max(1, round((pause - HANG_OVER) / FRAME_SECONDS))
        understood = Understood(
            partial=lambda words: None,
            final=lambda found: None,
            failed=listening.problem,
            followed=listening.followed,
        )
        self._track: TranscribedTrack | None = TranscribedTrack(
            tap, self._begin, understood, pause_frames=frames
        )

    def stop(self) -> None:
        """Hear no more; what was not understood by now is not told."""
        self._stopped = True
        if self._track is not None:
            self._track.stop()

    async def close(self) -> None:
        """Give up what is still being recognised; closing twice is nothing."""
        self.stop()
        # The track knows us: a circle, which would be freed by a garbage collection only.
        track, self._track = self._track, None
        if track is not None:
            await stopped(asyncio.ensure_future(track.finish()))

    def _begin(self, _: Told) -> Recognition:
        utterance = self._listening.began()
        choice = self._recognisers.choose(self._request(), self._told(utterance))
        if choice is None:
            return Unheard()
        return _Followed(choice.begin(), utterance, self._understood)

    def _understood(self, utterance: Utterance, words: str) -> None:
        if not self._stopped:
            self._listening.understood(utterance, words)

    def _request(self) -> CollectRequest:
        language = self._listening.language()
        return CollectRequest(
            kinds=frozenset({InputKind.SPEECH}),
            language=language.tag,
            hints=language.hints,
            provider=language.recogniser,
        )

    def _told(self, utterance: Utterance | None) -> Told:
        def partial(words: str) -> None:
            if utterance is not None:
                self._listening.partial(utterance, words)

        return Told(
            partial=partial,
            phrase_ended=lambda: None,
            problem=self._listening.problem,
            asked_by=ELEMENT,
        )


class _Followed:
    """A recognition whose result is told with the utterance that it belongs to."""

    def __init__(
        self, recognition: Recognition, utterance: Utterance, understood: Callable[[Utterance, str], None]
    ) -> None:
        self._recognition = recognition
        self._utterance = utterance
        self._understood = understood

    def hear(self, samples: Samples) -> None:
        self._recognition.hear(samples)

    def pause(self) -> None:
        self._recognition.pause()

    async def result(self) -> Recognised:
        found = await self._recognition.result()
        self._understood(self._utterance, found.words)
        return found

    async def close(self) -> None:
        await self._recognition.close()


class Unheard:
    """An utterance in a language that nobody here knows."""

    def hear(self, samples: Samples) -> None:
        """Forget it."""

    def pause(self) -> None:
        """Nothing was heard."""

    async def result(self) -> Recognised:
        return Recognised()

    async def close(self) -> None:
        """There is nothing to let go of."""
