import pytest

from media.speech.languages import ESPEAK_VOICES, RCML_LANGUAGES, espeak_voice


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("bf", "fr-be"),
        ("bp", "pt-br"),
        ("cf", "fr"),
        ("en", "en-us"),
        ("en-gb", "en"),
        ("dan", "da"),
        ("no", "nb"),
        ("en-US", "en-us"),
        ("en-GB", "en"),
        ("en_gb", "en"),
        ("en-CA", "en-us"),
        ("es-ES", "es"),
        ("es-MX", "es-419"),
        ("pt-BR", "pt-br"),
        ("pt-PT", "pt"),
        ("de-AT", "de"),
        ("zh-CN", "cmn"),
        ("nb-NO", "nb"),
        ("sr-Latn-RS", "sr"),
        (" FR ", "fr"),
    ],
)
def test_codes_of_rcml_and_tags_of_bcp_47_have_a_voice(language, voice):
    assert espeak_voice(language) == voice


@pytest.mark.parametrize("language", ["", "xx", "tlh-KX", "-", "e"])
def test_a_language_that_espeak_does_not_speak_has_none(language):
    assert espeak_voice(language) is None


def test_every_rcml_language_has_a_voice_that_exists():
    assert set(RCML_LANGUAGES.values()) <= ESPEAK_VOICES
