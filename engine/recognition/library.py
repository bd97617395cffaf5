"""Chooses who listens to a caller, and lets pocketsphinx step in for a recogniser that fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.config import Settings
from engine.config.recognition import EMBEDDED_RECOGNISER, RecogniserEntry
from engine.recognition.counted import Counted
from engine.recognition.embedded import EmbeddedRecognition
from engine.recognition.recogniser import Recognition, Told
from engine.recognition.remote import RemoteRecognition
from engine.recognition.stand_in import StandIn
from engine.reporting.metrics import Metrics
from engine.streams.dialing import StreamDialer
from media.speech.sphinx import SphinxRecogniser
from rcml.call import CollectRequest
from rcml.transcribing import TranscriptionRequest

Begin = Callable[[], Recognition]
"""Begins to listen to an utterance."""


def _nothing_to_prepare() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Who listens."""

    begin: Begin
    prepare: Callable[[], None] = _nothing_to_prepare
    """Called before the caller speaks, so that the first word need not wait."""


@dataclass(frozen=True)
class Writer:
    """Who turns speech into text."""

    name: str
    begin: Callable[[Told], Recognition]


class RecogniserLibrary:
    """All recognisers of one configuration: pocketsphinx, and those of the ``[[recognisers]]`` tables."""

    def __init__(
        self, settings: Settings, sphinx: SphinxRecogniser, dialer: StreamDialer, metrics: Metrics
    ) -> None:
        self._sphinx = sphinx
        self._dialer = dialer
        self._metrics = metrics
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Use new settings for utterances from now on."""
        self._default = settings.speech.recogniser
        self._least_confidence = settings.speech.least_confidence
        self._entries = {entry.name: entry for entry in settings.recognisers}

    def named(self, wanted: str) -> str | None:
        """Return the name of the recogniser that is meant, whatever its case; None when there is none."""
        names = (EMBEDDED_RECOGNISER, *self._entries)
        return next((name for name in names if name.lower() == wanted.lower()), None)

    def free_speech(self, language: str) -> RecogniserEntry | None:
        """Return who understands anything that is said in a language; None when nobody does."""
        default = self._entries.get(self._default)
        entries = (default, *self._entries.values()) if default is not None else self._entries.values()
        return next((entry for entry in entries if entry.knows(language)), None)

    def writer(self, request: TranscriptionRequest) -> Writer | None:
        """Return who turns a live call into text; None when nobody can.

        A recogniser that fails is not replaced: another one's guesses would be taken for what was said.
        """
        entry = self._entries.get(request.provider or "") or self.free_speech(request.language)
        if entry is not None:
            return Writer(entry.name, lambda told: self._writing(entry, request, told))
        if request.hints and _is_english(request.language):
            return Writer(EMBEDDED_RECOGNISER, lambda told: self._phrases(request.hints, told))
        return None

    def _writing(self, entry: RecogniserEntry, request: TranscriptionRequest, told: Told) -> Recognition:
        remote = RemoteRecognition(
            entry,
            self._dialer,
            language=request.language,
            hints=request.hints,
            told=told,
            interim=request.partial_results,
        )
        return Counted(remote, entry.name, self._metrics)

    def choose(self, request: CollectRequest, told: Told) -> Choice | None:
        """Return who listens for what a document asks; None when nobody knows the language."""
        entry = self._entry(request, told)
        embedded_knows = _is_english(request.language)
        if entry is not None:
            return Choice(begin=lambda: self._remote(entry, request, told, steps_in=embedded_knows))
        if not embedded_knows:
            told.problem(
                f"{EMBEDDED_RECOGNISER} does not know {request.language}: speech counts as silence; "
                "name a recogniser that does under [[recognisers]]"
            )
            return None
        if not request.hints:
            told.problem(
                f"{told.asked_by} has no hints: {EMBEDDED_RECOGNISER} listens for yes, no and digits; write "
                "hints, or name a recogniser under [[recognisers]]"
            )
        return Choice(begin=lambda: self._embedded(request, told), prepare=self._sphinx.prepare)

    def _entry(self, request: CollectRequest, told: Told) -> RecogniserEntry | None:
        name = self._default if request.provider is None else request.provider
        if name != EMBEDDED_RECOGNISER and name not in self._entries:
            known = ", ".join((EMBEDDED_RECOGNISER, *self._entries))
            told.problem(
                f"{told.asked_by} provider={name!r}: there is no such recogniser, {self._default} listens; "
                f"known are {known}"
            )
            name = self._default
        entry = self._entries.get(name)
        if entry is not None and not entry.knows(request.language):
            told.problem(
                f"the recogniser {name} is not for {request.language}; see to languages of "
                f"[[recognisers]] {name}"
            )
            return None
        return entry

    def _remote(
        self, entry: RecogniserEntry, request: CollectRequest, told: Told, *, steps_in: bool
    ) -> Recognition:
        def failed(why: str) -> None:
            instead = f"{EMBEDDED_RECOGNISER} listens instead" if steps_in else "nobody else can listen"
            told.problem(
                f"the recogniser {entry.name} failed: {why}; {instead}; see to [[recognisers]] {entry.name}"
            )

        remote = RemoteRecognition(
            entry, self._dialer, language=request.language, hints=request.hints, told=told
        )
        first = Counted(remote, entry.name, self._metrics)
        return StandIn(first, failed, lambda: self._counted_embedded(request, told) if steps_in else None)

    def _embedded(self, request: CollectRequest, told: Told) -> Recognition:
        def failed(why: str) -> None:
            told.problem(f"{EMBEDDED_RECOGNISER} failed: {why}; what was said is not known")

        return StandIn(self._counted_embedded(request, told), failed, lambda: None)

    def _counted_embedded(self, request: CollectRequest, told: Told) -> Recognition:
        return self._phrases(request.hints, told)

    def _phrases(self, hints: tuple[str, ...], told: Told) -> Recognition:
        listening = EmbeddedRecognition(self._sphinx, hints, self._least_confidence, told)
        return Counted(listening, EMBEDDED_RECOGNISER, self._metrics)


def _is_english(language: str) -> bool:
    return language.lower().partition("-")[0] == "en"
