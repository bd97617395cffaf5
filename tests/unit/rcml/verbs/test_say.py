"""Say: rows of rcml.md 5.1."""

import pytest

from rcml.call import Speech
from rcml.interpreter import Outcome
from rcml.parser import parse_xml
from rcml.values import Voice
from rcml.verbs.say import Say
from tests.testkit.scripted_call import ScriptedCall, run


def read(document: str) -> tuple[Say, list[int]]:
    parsed = parse_xml(document, "http://app.test/")
    (verb,) = parsed.verbs
    assert isinstance(verb, Say)
    return verb, [warning.code for warning in parsed.warnings]


def test_the_text_is_spoken_and_the_next_verb_runs():
    call = ScriptedCall()
    assert run(call, "<Response><Say>Hello</Say><Say>again</Say></Response>") is Outcome.DOCUMENT_ENDED
    assert call.heard == ["said Hello", "said again"]
    assert call.answered_at == 0.0
    assert call.ended == "BYE"


def test_defaults_are_a_man_in_english_once():
    assert read("<Say>Hi</Say>")[0].prompt() == Speech(text="Hi", voice=Voice.MAN, language="en", loops=1)


def test_every_attribute_reaches_the_voice():
    verb, codes = read('<Say voice="woman" language="fr" loop="0" provider="acme">Salut</Say>')
    assert verb.prompt() == Speech(text="Salut", voice=Voice.WOMAN, language="fr", loops=0, provider="acme")
    assert codes == []


@pytest.mark.parametrize(
    ("short", "tag"),
    [
        ("bf", "fr-BE"),
        ("bp", "pt-BR"),
        ("cf", "fr-CA"),
        ("dan", "da"),
        ("en-gb", "en-GB"),
        ("no", "nb"),
        ("tr", "tr"),
    ],
)
def test_short_language_names_stand_for_language_tags(short: str, tag: str):
    assert read(f'<Say language="{short}">x</Say>')[0].language == tag


@pytest.mark.parametrize("language", ["klingon", "xx-XX", "", "e n"])
def test_an_unsupported_language_is_english_with_a_warning(language: str):
    verb, codes = read(f'<Say language="{language}">x</Say>')
    assert (verb.language, codes) == ("en", [13512])


def test_a_language_tag_of_a_known_language_is_kept():
    assert read('<Say language="en-US">x</Say>') == (Say(words="x", language="en-US"), [])


def test_an_invalid_voice_is_a_man_with_warning_13511():
    assert read('<Say voice="robot">x</Say>') == (Say(words="x", voice="robot"), [13511])
    assert Say(words="x", voice="robot").prompt() == Speech(text="x", own_voice="robot")


@pytest.mark.parametrize("voice", ["alice", "Polly.Joanna", "Google.en-US-Standard-C"])
def test_voices_of_twiml_are_spoken_by_the_woman(voice: str):
    verb, codes = read(f'<Say voice="{voice}">x</Say>')
    assert (verb.prompt(), codes) == (Speech(text="x", voice=Voice.WOMAN), [])


def test_a_voice_of_the_named_provider_is_asked_for_without_a_warning():
    verb, codes = read('<Say provider="acme" voice="nova-2">x</Say>')
    assert (verb.prompt(), codes) == (Speech(text="x", own_voice="nova-2", provider="acme"), [])


@pytest.mark.parametrize("voice", ["", "a&#10;b", "x" * 101, "&lt;b&gt;"])
def test_what_can_be_no_voice_is_a_man_with_warning_13511(voice: str):
    assert read(f'<Say voice="{voice}">x</Say>') == (Say(words="x"), [13511])


@pytest.mark.parametrize("loop", ["two", "-1", "1.5", "", "99999999999", "\u0661"])
def test_an_invalid_loop_is_one_with_warning_13510(loop: str):
    assert read(f'<Say loop="{loop}">x</Say>') == (Say(words="x"), [13510])


def test_loop_zero_speaks_until_the_caller_hangs_up():
    call = ScriptedCall(hangs_up_at=30.0)
    assert run(call, '<Response><Say loop="0">on</Say><Say>never</Say></Response>') is Outcome.CALLER_GONE
    assert (call.heard, call.now) == (["said on"], 30.0)


@pytest.mark.parametrize("say", ["<Say/>", "<Say></Say>", "<Say>  \n </Say>"])
def test_an_empty_text_answers_and_the_next_verb_runs_at_once(say: str):
    call = ScriptedCall()
    run(call, f"<Response>{say}<Play>/a.wav</Play></Response>")
    assert call.heard == ["played http://app.test/a.wav"]
    assert call.now == 2.0


def test_keys_are_ignored_outside_gather():
    call = ScriptedCall(presses=[(0.5, "1")])
    run(call, "<Response><Say>one</Say><Say>two</Say></Response>")
    assert call.heard == ["said one", "said two"]


def test_text_of_ssml_elements_is_spoken():
    verb, codes = read(
        '<Say>Press <say-as interpret-as="digits">1</say-as> now.<break time="1s"/> Thanks</Say>'
    )
    assert (verb.words, codes) == ("Press 1 now. Thanks", [])
    assert verb.words_as_ssml == (
        'Press <say-as interpret-as="digits">1</say-as> now.<break time="1s"/> Thanks'
    )
    prompt = verb.prompt()
    assert prompt is not None
    assert prompt.ssml == verb.words_as_ssml


def test_among_other_children_the_last_text_wins():
    verb, codes = read("<Say>first<Foo/>second<Bar>inside</Bar>  </Say>")
    assert (verb.words, codes) == ("second", [12200, 12200])


def test_no_prompt_comes_of_an_empty_text():
    assert Say().prompt() is None
