"""Signs of listening, which interrupt nothing where the document wants it so."""

import pytest

from engine.conversation_relay.backchannel import is_backchannel
from engine.conversation_relay.effects import FallSilent
from rcml.relaying import Input, RelayLanguage, Sensitivity
from tests.testkit.relay_scene import Scene, seconds

LONG = "We are open from nine to five, on Saturdays until one o'clock, and never on a Sunday."


@pytest.mark.parametrize(
    ("words", "language"),
    [
        *(("yeah", "en-US"), ("Uh-huh.", "en-GB"), ("Okay, okay, got it", "en-US"), ("mm-hmm", "ja-JP")),
        *(("Ja, genau", "de-DE"), ("d'accord", "fr-FR"), ("sí, claro", "es-MX"), ("ja", "nl")),
    ],
)
def test_what_shows_that_somebody_listens(words: str, language: str):
    assert is_backchannel(words, language)


@pytest.mark.parametrize(
    ("words", "language"),
    [
        *(
            ("", "en-US"),
            ("no", "en-US"),
            ("yeah but stop", "en-US"),
            ("wait", "en-US"),
            ("uh what", "en-US"),
        ),
        *(("yeah", "ja-JP"), ("ja", "en-US"), ("got", "en-US"), ("okay " * 1000 + "stop", "en-US")),
    ],
)
def test_what_means_something(words: str, language: str):
    assert not is_backchannel(words, language)


def talking(**asked: object) -> Scene:
    """A conversation in which the agent has begun to say something long."""
    scene = Scene(ignore_backchannel=True, **asked)
    scene.answer(LONG)
    scene.pass_time(0.5)
    return scene


def test_a_sign_of_listening_interrupts_nothing_and_is_not_told():
    scene = talking()
    utterance = scene.speak(0.5)
    scene.pass_time(0.5)
    assert scene.understand(utterance, "uh-huh, okay") == []
    scene.pass_time(seconds(LONG))
    assert (scene.sent("interrupt"), scene.sent("prompt")) == ([], [])


def test_a_short_word_that_means_something_interrupts_once_it_is_understood():
    scene = talking()
    utterance = scene.speak(0.4)
    scene.pass_time(0.5)
    assert scene.sent("interrupt") == []
    effects = scene.understand(utterance, "stop")
    assert FallSilent() in effects
    assert [each["voicePrompt"] for each in scene.sent("prompt")] == ["stop"]
    assert len(scene.sent("interrupt")) == 1


def test_it_interrupts_as_soon_as_its_words_seem_to_mean_something():
    scene = talking(partial_prompts=True)
    utterance = scene.speak(0.3)
    scene.effects += scene.core.partly_understood(utterance, "yeah")
    assert (scene.sent("interrupt"), scene.sent("prompt")) == ([], [])
    scene.effects += scene.core.partly_understood(utterance, "yeah but when")
    assert len(scene.sent("interrupt")) == 1
    assert [each["voicePrompt"] for each in scene.sent("prompt")] == ["yeah but when"]
    scene.understand(utterance, "yeah but when on Saturdays")
    assert len(scene.sent("interrupt")) == 1


def test_what_lasts_longer_than_a_sign_of_listening_interrupts_before_its_words_are_known():
    scene = talking()
    scene.speak(0.9)
    assert scene.sent("interrupt") == []
    scene.pass_time(0.2, speaking=True)
    assert len(scene.sent("interrupt")) == 1


def test_many_signs_of_listening_in_a_row_interrupt_nothing():
    scene = talking()
    utterance = scene.speak(0.5)
    scene.effects += scene.core.partly_understood(utterance, "yeah yeah")
    scene.pass_time(1.5, speaking=True)
    assert scene.sent("interrupt") == []


def test_a_yes_over_the_last_syllable_is_an_answer():
    scene = talking()
    scene.pass_time(seconds(LONG) - 0.8)
    utterance = scene.speak(0.5)
    scene.pass_time(0.5)
    scene.understand(utterance, "yes")
    assert [each["voicePrompt"] for each in scene.sent("prompt")] == ["yes"]


def test_a_yes_into_silence_is_told():
    scene = Scene(ignore_backchannel=True)
    scene.understand(scene.speak(0.3), "yes")
    assert [each["voicePrompt"] for each in scene.sent("prompt")] == ["yes"]


@pytest.mark.parametrize("asked", [{"interruptible": Input.NONE}, {"sensitivity": Sensitivity.LOW}])
def test_what_may_not_interrupt_does_not_by_its_words_either(asked: dict[str, object]):
    scene = talking(**asked)
    utterance = scene.speak(0.3)
    scene.understand(utterance, "stop")
    assert (scene.sent("interrupt"), scene.sent("prompt")) == ([], [])


def test_the_words_are_those_of_the_language_that_is_heard():
    scene = talking(heard=RelayLanguage(code="de-DE"))
    scene.understand(scene.speak(0.4), "ja genau")
    assert scene.sent("interrupt") == []
    scene.understand(scene.speak(0.4), "yeah")
    assert len(scene.sent("interrupt")) == 1
