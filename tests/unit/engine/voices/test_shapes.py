"""What voices are asked for."""

import pytest

from engine.config.speech_section import VoiceEntry
from engine.voices.shapes import JambonzShape, language_tag, voice_name
from media.speech.wording import Wording


def entry(**keys: object) -> VoiceEntry:
    return VoiceEntry.model_validate({"name": "acme", "kind": "jambonz", "url": "http://tts.test/"} | keys)


@pytest.mark.parametrize(
    ("language", "sent"),
    [
        ("en", "en-US"),
        ("en-GB", "en-GB"),
        ("EN-gb", "en-GB"),
        ("en-AU", "en-US"),
        ("de", "de"),
        ("fr-BE", "fr-BE"),
    ],
)
def test_a_language_is_sent_as_the_nearest_that_the_voice_speaks(language: str, sent: str):
    assert language_tag(language, ("en-US", "en-GB", "de")) == sent


@pytest.mark.parametrize(
    ("keys", "voice", "own", "sent"),
    [
        ({"man": "Bob", "woman": "Eve"}, "man", "", "Bob"),
        ({"man": "Bob", "woman": "Eve"}, "woman", "", "Eve"),
        ({"man": "Bob"}, "woman", "", "Bob"),
        ({"woman": "Eve"}, "man", "", "Eve"),
        ({}, "man", "", ""),
        ({"man": "Bob"}, "man", "nova", "nova"),
    ],
)
def test_a_voice_is_the_one_named_or_the_man_or_woman(keys: dict[str, str], voice: str, own: str, sent: str):
    assert voice_name(Wording(text="x", voice=voice, own_voice=own), entry(**keys)) == sent


def test_a_text_that_looks_like_markup_is_sent_as_text():
    assert JambonzShape(entry()).body(Wording(text="<speak>x")) == {
        "language": "en",
        "voice": "",
        "type": "text",
        "text": "<speak>x",
    }
