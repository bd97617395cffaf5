"""Gather: rows of rcml.md 5.4."""

from typing import Any

import pytest

from rcml.call import Callback, Collected, InputKind, Level, Silence, Sound, Speech
from rcml.errors import PlaybackFailed
from rcml.interpreter import InterpreterOptions, Outcome
from rcml.parser import parse_xml
from rcml.values import HttpMethod, Voice
from rcml.verbs.gather import Gather
from tests.testkit.scripted_call import START, ScriptedCall, run

ACTION = "http://app.test/action"


def gather(attributes: str = 'action="/action"', inside: str = "", **script: Any) -> ScriptedCall:
    call = ScriptedCall(**script)
    run(call, f"<Response><Gather {attributes}>{inside}</Gather><Say>nothing</Say></Response>")
    return call


def sent(call: ScriptedCall) -> dict[str, str]:
    assert call.requests[-1].url == ACTION, call.asked
    return dict(call.requests[-1].parameters)


def read(attributes: str) -> tuple[Gather, list[int]]:
    document = parse_xml(f"<Gather {attributes}/>", START)
    (verb,) = document.verbs
    assert isinstance(verb, Gather)
    return verb, [warning.code for warning in document.warnings]


def test_how_long_a_caller_may_speak_is_passed_on():
    call = gather('input="speech" maxSpeechTime="12"', recognises_speech=True)
    assert call.collected_with[0].speech_limit == 12
    assert gather('input="speech"', recognises_speech=True).collected_with[0].speech_limit == 60
    assert read('maxSpeechTime="long"')[1] == [13328]


def test_digits_are_sent_to_the_action_whose_answer_replaces_the_document():
    call = ScriptedCall(
        application={ACTION: "<Response><Say>thanks</Say></Response>"}, presses=[(1.0, "4"), (2.0, "2")]
    )
    run(call, '<Response><Gather action="/action"/><Say>unreachable</Say></Response>')
    assert call.asked == [f"POST {START}", f"POST {ACTION}"]
    assert sent(call) == {"Digits": "42", "SpeechResult": ""}
    assert call.heard == ["said thanks"]


def test_the_method_of_the_action_is_followed():
    call = gather('action="/action" method="get"', presses=[(1.0, "1")])
    assert call.requests[-1].method == "GET"


def test_an_invalid_method_is_post_with_warning_14104():
    verb, codes = read('method="FETCH"')
    assert (verb.method, codes) == (HttpMethod.POST, [14104])


def test_finish_on_key_ends_the_input_and_is_not_sent():
    call = gather(presses=[(1.0, "7"), (2.0, "#"), (2.5, "9")])
    assert sent(call)["Digits"] == "7"
    assert call.requests[-1].at == 2.0


def test_another_finish_key_may_be_chosen_and_hash_is_then_a_digit():
    call = gather(
        'action="/action" finishOnKey="*" startInputKey="#0123456789"', presses=[(1.0, "#"), (2.0, "*")]
    )
    assert sent(call)["Digits"] == "#"


def test_several_finish_keys_may_be_chosen():
    assert (
        sent(gather('action="/action" finishOnKey="90"', presses=[(1.0, "1"), (2.0, "0")]))["Digits"] == "1"
    )


def test_empty_finish_on_key_turns_the_terminator_off():
    call = gather('action="/action" finishOnKey=""', presses=[(1.0, "1"), (2.0, "#"), (3.0, "2")])
    assert sent(call)["Digits"] == "1#2"


@pytest.mark.parametrize("keys", ["A", "##############", "-1", "1 2"])
def test_an_invalid_finish_on_key_is_hash_with_warning_13310(keys: str):
    verb, codes = read(f'finishOnKey="{keys}"')
    assert (verb.finish_on_key, codes) == ("#", [13310])


def test_only_the_finish_key_counts_as_no_input():
    call = gather(presses=[(1.0, "#")])
    assert call.asked == [f"POST {START}"]
    assert call.heard == ["said nothing"]
    assert call.now == 2.0


def test_num_digits_ends_the_input_at_once():
    call = gather('action="/action" numDigits="3"', presses=[(1.0, "1"), (1.2, "2"), (1.4, "3"), (1.6, "4")])
    assert sent(call)["Digits"] == "123"
    assert call.requests[-1].at == 1.4


@pytest.mark.parametrize("number", ["0", "-3", "many", ""])
def test_an_invalid_num_digits_is_unlimited_with_warning_13314(number: str):
    verb, codes = read(f'numDigits="{number}"')
    assert (verb.num_digits, codes) == (None, [13314])


def test_start_input_key_ignores_other_keys_at_the_beginning():
    call = gather(
        'action="/action" startInputKey="5" numDigits="2"', presses=[(1.0, "1"), (2.0, "5"), (3.0, "1")]
    )
    assert sent(call)["Digits"] == "51"


@pytest.mark.parametrize("keys", ["x", "", "1234567890*#1"])
def test_an_invalid_start_input_key_is_the_default_with_warning_13315(keys: str):
    verb, codes = read(f'startInputKey="{keys}"')
    assert (verb.start_input_key, codes) == ("*0123456789", [13315])


def test_without_input_the_next_verb_runs_after_the_timeout():
    call = gather()
    assert call.heard == ["said nothing"]
    assert call.now == 5.0 + 1.0


def test_timeout_runs_after_the_prompts():
    call = gather('timeout="3"', "<Say>menu</Say>")
    assert call.now == 1.0 + 3.0 + 1.0


def test_timeout_is_also_the_time_between_digits():
    call = gather('action="/action" timeout="2"', presses=[(1.0, "1"), (2.9, "2"), (5.0, "3")])
    assert sent(call)["Digits"] == "12"
    assert call.requests[-1].at == pytest.approx(4.9)


@pytest.mark.parametrize("timeout", ["0", "-1", "soon", "2.5", ""])
def test_an_invalid_timeout_is_five_with_warning_13313(timeout: str):
    verb, codes = read(f'timeout="{timeout}"')
    assert (verb.timeout, codes) == (5, [13313])


def test_pre_and_post_timeout_replace_timeout():
    call = gather('timeout="9" preTimeout="2" postTimeout="1"')
    (request,) = call.collected_with
    assert (request.first_within, request.next_within) == (2, 1)


@pytest.mark.parametrize("name", ["preTimeout", "postTimeout"])
def test_an_invalid_pre_or_post_timeout_is_timeout_with_warning_13313(name: str):
    verb, codes = read(f'timeout="7" {name}="0"')
    assert (verb.pre_timeout or verb.post_timeout or verb.timeout, codes) == (7, [13313])


def test_action_on_empty_result_requests_the_action_without_input():
    call = gather('action="/action" actionOnEmptyResult="true"')
    assert sent(call) == {"Digits": "", "SpeechResult": ""}
    assert call.heard == []


def test_without_an_action_the_current_document_is_requested():
    call = ScriptedCall(
        application={START: ["<Gather numDigits='1'/>", "<Say>you pressed</Say>"]}, presses=[(1.0, "1")]
    )
    run(call)
    assert call.asked == [f"POST {START}", f"POST {START}"]
    assert call.requests[-1].parameters["Digits"] == "1"


def test_an_empty_action_is_an_absent_one():
    assert read('action="  "')[0].action is None


def test_without_an_action_the_compatible_interpreter_runs_the_next_verb():
    call = ScriptedCall(presses=[(1.0, "1")])
    options = InterpreterOptions(absent_action_is_next_verb=True)
    run(call, "<Response><Gather numDigits='1'/><Say>next</Say></Response>", options=options)
    assert (call.asked, call.heard) == ([f"POST {START}"], ["said next"])


def test_an_action_that_is_no_url_is_notified_as_11100_when_it_is_needed():
    call = gather('action="http://"', presses=[(1.0, "1")])
    assert (call.codes, call.heard) == ([11100], ["apology"])


def test_an_action_that_is_no_url_does_no_harm_when_nothing_is_pressed():
    assert gather('action="http://"').heard == ["said nothing"]


def test_prompts_are_heard_in_order_with_their_loops():
    inside = '<Say loop="2" voice="woman">a</Say><Pause length="3"/><Play loop="2">b.wav</Play><Say/>'
    call = gather("", inside)
    (request,) = call.collected_with
    assert request.prompts == (
        Speech(text="a", voice=Voice.WOMAN, loops=2),
        Silence(3),
        Sound(url="http://app.test/b.wav", loops=2),
    )
    assert call.now == 2.0 + 3.0 + 4.0 + 5.0 + 1.0


def test_a_key_stops_the_prompts():
    call = gather(
        'action="/action" numDigits="1"', "<Say>one</Say><Say>two</Say><Say>three</Say>", presses=[(1.5, "2")]
    )
    assert call.heard == ["said one", "said two"]
    assert (sent(call)["Digits"], call.requests[-1].at) == ("2", 1.5)


def test_keys_pressed_before_are_forgotten():
    call = ScriptedCall(presses=[(0.5, "9"), (2.0, "1")])
    run(call, '<Response><Say>wait</Say><Gather action="/action" numDigits="1"/></Response>')
    assert sent(call)["Digits"] == "1"


def test_an_endless_prompt_ends_with_the_first_key():
    call = gather('action="/action" numDigits="1"', '<Play loop="0">m.wav</Play>', presses=[(100.0, "1")])
    assert call.requests[-1].at == 100.0


def test_a_caller_who_hangs_up_ends_the_run_without_action():
    call = ScriptedCall(presses=[(1.0, "1")], hangs_up_at=2.0)
    assert run(call, '<Response><Gather action="/action"/></Response>') is Outcome.CALLER_GONE
    assert call.asked == [f"POST {START}"]


def test_a_verb_that_is_no_prompt_is_skipped_with_a_warning():
    document = parse_xml("<Gather><Hangup/><Say>menu</Say></Gather>", START)
    (verb,) = document.verbs
    assert isinstance(verb, Gather)
    assert len(verb.prompts) == 1
    assert [warning.code for warning in document.warnings] == [12200]


@pytest.mark.parametrize(
    ("prompt", "code"), [('<Say voice="x">a</Say>', 13321), ('<Say loop="x">a</Say>', 13322)]
)
def test_warnings_of_a_say_inside_have_their_own_numbers(prompt: str, code: int):
    document = parse_xml(f"<Gather>{prompt}</Gather>", START)
    assert [warning.code for warning in document.warnings] == [code]


def test_a_play_inside_that_is_no_url_is_notified_as_13325_and_stops():
    call = gather("", "<Play>http://</Play>")
    assert (call.codes, call.heard) == ([13325], ["apology"])


def test_a_prompt_that_cannot_be_played_hangs_up():
    url = "http://app.test/a.wav"
    call = gather("", "<Play>a.wav</Play>", application={url: PlaybackFailed("gone", url=url)})
    assert (call.codes, call.ended) == ([13233], "BYE (Problem while trying to play)")


def test_speech_is_sent_as_speech_result():
    call = gather('action="/action" input="speech"', says="yes please", recognises_speech=True)
    assert sent(call) == {"Digits": "", "SpeechResult": "yes please"}


def test_dtmf_and_speech_may_both_be_accepted():
    call = gather(
        'action="/action" input="dtmf speech" numDigits="1"',
        presses=[(1.0, "1")],
        says="x",
        recognises_speech=True,
    )
    assert call.collected_with[0].kinds == {InputKind.DTMF, InputKind.SPEECH}
    assert sent(call) == {"Digits": "1", "SpeechResult": ""}


def test_speech_without_a_recogniser_is_no_speech_with_warning_11001():
    call = gather('action="/action" input="speech"', presses=[(1.0, "1")], says="yes")
    assert [(note.code, note.level) for note in call.notifications] == [(11001, Level.WARNING)]
    assert (call.heard, call.collected_with[0].kinds) == (["said nothing"], frozenset())


def test_speech_and_dtmf_without_a_recogniser_is_dtmf():
    call = gather('action="/action" input="dtmf speech" numDigits="1"', presses=[(1.0, "1")], says="yes")
    assert sent(call) == {"Digits": "1", "SpeechResult": ""}


def test_the_recogniser_is_told_language_hints_and_partial_results():
    attributes = (
        'input="speech" language="fr-FR" hints=" oui , non,," provider="acme"'
        ' partialResultCallback="/partial" partialResultCallbackMethod="GET"'
    )
    (request,) = gather(attributes, recognises_speech=True).collected_with
    assert (request.language, request.hints, request.provider) == ("fr-FR", ("oui", "non"), "acme")
    assert request.partial_results == Callback(url="http://app.test/partial", method=HttpMethod.GET)


def test_a_partial_result_callback_that_is_no_url_is_notified_as_11100_and_stops():
    call = gather('input="speech" partialResultCallback="http://"', recognises_speech=True)
    assert (call.codes, call.heard) == ([11100], ["apology"])


def test_an_invalid_input_is_dtmf_with_a_warning():
    verb, codes = read('input="smoke"')
    assert (verb.input, codes) == ((InputKind.DTMF,), [12200])


def test_an_invalid_language_is_the_default_with_a_warning():
    verb, codes = read('language="not a language"')
    assert (verb.language, codes) == ("en-US", [12200])


@pytest.mark.parametrize(
    ("written", "pause"),
    [
        ("", 5.0),
        ('timeout="3"', 3.0),
        ('timeout="3" postTimeout="2"', 2.0),
        ('speechTimeout="1" postTimeout="2"', 1.0),
        ('speechTimeout="auto" postTimeout="2"', None),
        ('speechTimeout="AUTO"', None),
        ('speechTimeout="soon"', 5.0),
        ('speechTimeout="0"', 5.0),
    ],
)
def test_the_pause_that_ends_speech_has_its_own_attribute(written, pause):
    call = ScriptedCall(says="yes", recognises_speech=True)
    run(call, f'<Response><Gather action="/action" input="speech" {written}/></Response>')
    assert call.collected_with[0].pause_within == pause


def test_a_caller_who_spoke_is_told_with_how_sure_that_is():
    spoken = Gather()._answer(Collected(speech="yes", confidence=0.87654))
    assert spoken.parameters == {"Digits": "", "SpeechResult": "yes", "Confidence": "0.877"}
    pressed = Gather()._answer(Collected(digits="1"))
    assert "Confidence" not in pressed.parameters


def test_a_document_may_keep_speech_from_stopping_the_prompts():
    call = ScriptedCall(says="yes", recognises_speech=True)
    run(call, '<Response><Gather action="/action" input="speech" bargeIn="false"/></Response>')
    assert not call.collected_with[0].barge_in
