"""Who listens, who steps in, and what is told of it; no process and no socket."""

from typing import Any

import numpy as np
import pytest

from engine.config import Settings
from engine.recognition.embedded import EmbeddedRecognition
from engine.recognition.library import RecogniserLibrary
from engine.recognition.recogniser import Told
from engine.recognition.stand_in import StandIn
from engine.reporting.metrics import Metrics
from media.errors import RecognitionError
from media.sound import Samples
from media.speech.recognised import Recognised
from rcml.call import CollectRequest
from tests.testkit.virtual_loop import run_virtual

FRAME = np.zeros(160, np.int16)
EAR = {"name": "ear", "url": "wss://stt.test/listen", "languages": ["en", "de-DE"]}


class FakeSphinx:
    """Understands the last of the phrases."""

    def __init__(self, confidence: float = 0.9, fails: bool = False) -> None:
        self.asked: list[tuple[int, tuple[str, ...]]] = []
        self.prepared = 0
        self._confidence = confidence
        self._fails = fails

    def prepare(self) -> None:
        self.prepared += 1

    async def recognise(self, utterance: Samples, phrases: tuple[str, ...]) -> Recognised:
        self.asked.append((len(utterance), phrases))
        if self._fails:
            raise RecognitionError("the process ended")
        return Recognised(phrases[-1] if phrases else "yes", self._confidence)


class Heard:
    def __init__(self) -> None:
        self.partials: list[str] = []
        self.problems: list[str] = []
        self.told = Told(
            partial=self.partials.append, phrase_ended=lambda: None, problem=self.problems.append
        )


def library(
    sphinx: Any, metrics: Metrics | None = None, recogniser: str = "pocketsphinx"
) -> RecogniserLibrary:
    settings = Settings.embedded(recognisers=[EAR], speech={"recogniser": recogniser})
    dialer: Any = None
    return RecogniserLibrary(settings, sphinx, dialer, metrics or Metrics())


def test_the_built_in_recogniser_listens_for_the_hints_and_is_made_ready():
    async def scene() -> None:
        sphinx, heard, metrics = FakeSphinx(), Heard(), Metrics()
        choice = library(sphinx, metrics).choose(CollectRequest(hints=("sales", "support")), heard.told)
        assert choice is not None
        choice.prepare()
        recognition = choice.begin()
        recognition.hear(FRAME)
        recognition.pause()
        assert (await recognition.result()).words == "support"
        assert sphinx.prepared == 1
        assert heard.problems == []
        assert heard.partials == ["support"]
        labels = {"recogniser": "pocketsphinx", "outcome": "understood"}
        assert metrics.registry.get_sample_value("dialplane_utterances_total", labels) == 1.0

    run_virtual(scene())


def test_without_hints_a_note_says_what_is_listened_for():
    heard = Heard()
    assert library(FakeSphinx()).choose(CollectRequest(), heard.told) is not None
    assert "yes, no and digits" in heard.problems[0]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"language": "fr-FR"}, "pocketsphinx does not know fr-FR"),
        ({"language": "fr-FR", "provider": "ear"}, "the recogniser ear is not for fr-FR"),
        ({"hints": ("a",), "provider": "nobody"}, "there is no such recogniser, pocketsphinx listens"),
        ({"hints": ("a",), "language": "de-AT", "provider": "ear"}, "the recogniser ear is not for de-AT"),
    ],
)
def test_what_cannot_be_listened_for_is_told(asked, problem):
    heard = Heard()
    choice = library(FakeSphinx()).choose(CollectRequest(**asked), heard.told)
    assert problem in heard.problems[0]
    assert (choice is None) == (not asked.get("language", "en").startswith("en"))


@pytest.mark.parametrize("language", ["en-US", "EN", "de-DE"])
def test_a_declared_recogniser_is_chosen_by_name_or_by_configuration(language):
    heard, sphinx = Heard(), FakeSphinx()
    for request, default in [
        (CollectRequest(language=language, provider="ear"), "pocketsphinx"),
        (CollectRequest(language=language), "ear"),
    ]:
        choice = library(sphinx, recogniser=default).choose(request, heard.told)
        assert choice is not None
        choice.prepare()
    assert (heard.problems, sphinx.prepared) == ([], 0)


def embedded(sphinx: Any, heard: Heard, least: float = 0.5) -> EmbeddedRecognition:
    return EmbeddedRecognition(sphinx, ("sales",), least, heard.told)


def test_what_was_recognised_in_the_pause_is_not_recognised_again():
    async def scene() -> None:
        sphinx = FakeSphinx()
        recognition = embedded(sphinx, Heard())
        recognition.hear(FRAME)
        recognition.pause()
        recognition.hear(FRAME)
        assert (await recognition.result()).words == "sales"
        assert sphinx.asked == [(160, ("sales",))]

    run_virtual(scene())


def test_words_after_the_pause_are_recognised_with_those_before():
    async def scene() -> None:
        sphinx = FakeSphinx()
        recognition = embedded(sphinx, Heard())
        for _ in range(2):
            recognition.hear(FRAME)
            recognition.pause()
        await recognition.result()
        assert sphinx.asked[-1] == (320, ("sales",))

    run_virtual(scene())


def test_what_is_too_unsure_was_not_understood():
    async def scene() -> None:
        heard = Heard()
        recognition = embedded(FakeSphinx(confidence=0.4), heard)
        recognition.hear(FRAME)
        assert await recognition.result() == Recognised("", 0.4)
        assert heard.partials == []
        await recognition.close()

    run_virtual(scene())


def test_the_second_listens_to_the_whole_utterance_when_the_first_fails():
    async def scene() -> None:
        heard, sphinx, failures = Heard(), FakeSphinx(), list[str]()
        first = embedded(FakeSphinx(fails=True), heard)
        both = StandIn(first, failures.append, lambda: embedded(sphinx, heard))
        both.hear(FRAME)
        both.pause()
        both.hear(FRAME)
        assert (await both.result()).words == "sales"
        assert failures == ["the process ended"]
        assert sphinx.asked == [(320, ("sales",))]
        await both.close()

    run_virtual(scene())


def test_when_nobody_is_left_nothing_was_said():
    async def scene() -> None:
        heard = Heard()
        choice = library(FakeSphinx(fails=True)).choose(CollectRequest(hints=("sales",)), heard.told)
        assert choice is not None
        recognition = choice.begin()
        recognition.hear(FRAME)
        assert await recognition.result() == Recognised()
        assert "pocketsphinx failed: the process ended" in heard.problems[0]
        await recognition.close()

    run_virtual(scene())
