"""Record: rows of rcml.md 5.5."""

from typing import Any

import pytest

from rcml.call import Callback, Level, RecordRequest
from rcml.interpreter import InterpreterOptions, Outcome
from rcml.parser import parse_xml
from rcml.values import HttpMethod
from rcml.verbs.record import Record
from tests.testkit.scripted_call import RECORDING, START, ScriptedCall, run

ACTION = "http://app.test/action"


def record(attributes: str = 'action="/action"', **script: Any) -> ScriptedCall:
    document = f"<Response><Record {attributes}/><Say>nothing</Say></Response>"
    call = ScriptedCall(application={START: [document, "<Response/>"]}, **script)
    run(call)
    return call


def read(attributes: str) -> tuple[Record, list[int]]:
    document = parse_xml(f"<Record {attributes}/>", START)
    (verb,) = document.verbs
    assert isinstance(verb, Record)
    return verb, [warning.code for warning in document.warnings]


def test_defaults_are_those_of_the_manual():
    assert record("").recorded_with == [
        RecordRequest(
            beep=True,
            silence=5,
            finish_on="1234567890*#",
            max_length=3600,
            status_callback=None,
        )
    ]


def test_a_key_ends_the_recording_and_is_sent():
    call = record(presses=[(7.0, "5")], speaks_for=60.0)
    assert call.asked == [f"POST {START}", f"POST {ACTION}"]
    assert call.requests[-1].parameters == {
        "RecordingUrl": RECORDING,
        "PublicRecordingUrl": RECORDING,
        "RecordingDuration": "7.0",
        "Digits": "5",
    }


def test_silence_ends_the_recording_without_a_key():
    call = record('action="/action" timeout="2"', speaks_for=3.25)
    assert call.requests[-1].parameters["RecordingDuration"] == "5.25"
    assert call.requests[-1].parameters["Digits"] == ""


def test_max_length_ends_the_recording():
    call = record('action="/action" maxLength="10"', speaks_for=60.0)
    assert call.requests[-1].parameters["RecordingDuration"] == "10.0"


def test_a_caller_who_hangs_up_is_recorded_and_the_action_still_requested():
    call = record(hangs_up_at=4.0)
    assert call.asked[-1] == f"POST {ACTION}"
    assert call.requests[-1].parameters["Digits"] == "hangup"
    assert call.ended == "caller hung up"


def test_verbs_of_the_action_that_need_the_caller_do_not_run_after_hangup():
    call = ScriptedCall(hangs_up_at=4.0, application={ACTION: "<Response><Say>bye</Say></Response>"})
    assert run(call, '<Record action="/action"/>') is Outcome.CALLER_GONE
    assert call.heard == []


def test_an_empty_recording_skips_the_action():
    call = record(speaks_for=0.0)
    assert (call.asked, call.heard) == ([f"POST {START}"], ["said nothing"])


def test_hanging_up_before_anything_was_recorded_requests_nothing():
    call = record(speaks_for=0.0, hangs_up_at=1.0)
    assert (call.asked, call.heard) == ([f"POST {START}"], [])


def test_without_an_action_the_current_document_is_requested():
    call = ScriptedCall(application={START: ["<Record/>", "<Say>kept</Say>"]})
    run(call)
    assert call.asked == [f"POST {START}", f"POST {START}"]
    assert call.heard == ["said kept"]


def test_without_an_action_the_compatible_interpreter_runs_the_next_verb():
    call = ScriptedCall()
    options = InterpreterOptions(absent_action_is_next_verb=True)
    run(call, "<Response><Record/><Say>next</Say></Response>", options=options)
    assert call.heard == ["said next"]


def test_the_method_of_the_action_is_followed():
    assert record('action="/action" method="GET"').requests[-1].method == "GET"


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ('method="PUT"', 13610),
        ('timeout="0"', 13612),
        ('timeout="x"', 13612),
        ('maxLength="1"', 13612),
        ('maxLength="x"', 13612),
        ('media="smell"', 13612),
        ('trim="hair"', 12200),
        ('recordingStatusCallbackEvent="done"', 12200),
        ('timeLimit="10"', 12200),
    ],
)
def test_an_invalid_value_is_the_default_with_its_warning(attributes: str, code: int):
    assert read(attributes) == (Record(), [code])


@pytest.mark.parametrize(("keys", "meant"), [("#", "#"), ("12", "12"), ("*", "*"), ("-1", ""), ("", "")])
def test_finish_on_key_is_a_set_and_may_be_turned_off(keys: str, meant: str):
    verb, codes = read(f'finishOnKey="{keys}"')
    assert (verb.finish_on_key, codes) == (meant, [])


def test_an_invalid_finish_on_key_is_hash_with_warning_13613():
    verb, codes = read('finishOnKey="any"')
    assert (verb.finish_on_key, codes) == ("#", [13613])


@pytest.mark.parametrize(
    ("written", "beep", "codes"), [("false", False, []), ("TRUE", True, []), ("yes", False, [12200])]
)
def test_a_boolean_is_true_only_when_it_says_true(written: str, beep: bool, codes: list[int]):
    verb, found = read(f'playBeep="{written}"')
    assert (verb.play_beep, found) == (beep, codes)


def test_only_sound_is_recorded_whatever_media_says():
    call = record('media="audio_video" action="/action"')
    assert call.codes == [13612]
    assert call.asked[-1] == f"POST {ACTION}"


def test_transcription_without_a_recogniser_is_left_out_with_warning_11001():
    call = record('transcribe="true" transcribeCallback="/text"')
    assert [(note.code, note.level) for note in call.notifications] == [(11001, Level.WARNING)]
    assert call.recorded_with[0].transcribe is False


def test_transcription_and_callbacks_reach_the_recorder():
    attributes = (
        'transcribe="true" transcribeCallback="/text" trim="trim-silence" playBeep="false"'
        ' recordingStatusCallback="/status" recordingStatusCallbackMethod="GET"'
        ' recordingStatusCallbackEvent="in-progress, completed"'
    )
    (request,) = record(attributes, recognises_speech=True).recorded_with
    assert (request.transcribe, request.trim_silence, request.beep) == (True, True, False)
    assert request.transcribe_callback == Callback(url="http://app.test/text")
    assert request.transcribe_language == "en-US"
    assert request.status_callback == Callback(
        url="http://app.test/status", method=HttpMethod.GET, events=("in-progress", "completed")
    )


def test_the_language_of_a_transcription_is_the_documents():
    call = record('transcribe="true" transcribeLanguage="de-AT"', recognises_speech=True)
    assert call.recorded_with[0].transcribe_language == "de-AT"
    verb, warnings = read('transcribeLanguage="German!"')
    assert (verb.transcribe_language, len(warnings)) == ("en-US", 1)


@pytest.mark.parametrize("name", ["transcribeCallback", "recordingStatusCallback"])
def test_a_callback_that_is_no_url_is_notified_as_11100_and_nothing_is_recorded(name: str):
    call = record(f'{name}="http://"')
    assert (call.codes, call.recorded_with) == ([11100], [])


def test_an_action_that_is_no_url_is_notified_as_11100_after_the_recording():
    call = record('action="http://"')
    assert (call.codes, len(call.recorded_with)) == ([11100], 1)
