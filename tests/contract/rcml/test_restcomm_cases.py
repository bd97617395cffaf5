"""Cases of Restcomm's own test-suite that the interpreter decides, under their ids in testcases.md.

Areas A, B, H, K and V as far as they need neither a second leg nor a wire; the system tests run them again
against real peers.
"""

import pytest

from rcml.errors import FETCH_HTTP_STATUS, FETCH_INPUT_OUTPUT, FetchFailed, PlaybackFailed
from rcml.interpreter import Outcome
from tests.testkit.scripted_call import RECORDING, START, ScriptedCall, run
from tests.testkit.scripted_caller import Answer

HANG = "<Response><Hangup/></Response>"
ACTION = "http://app.test/action"


def status(number: int, url: str = START) -> FetchFailed:
    return FetchFailed(f"status {number}", url=url, code=FETCH_HTTP_STATUS, status=number)


def test_a01_a_url_that_does_not_resolve_answers_500():
    failure = FetchFailed("name not resolved", url=START, code=FETCH_INPUT_OUTPUT)
    call = ScriptedCall(application={START: failure})
    run(call)
    assert (call.answered_at, call.ended) == (None, "500 (Problem while trying to download RCML)")


def test_a02_an_application_that_answers_408_gives_500():
    call = ScriptedCall(application={START: status(408)})
    run(call)
    assert (call.answered_at, call.ended) == (None, "500 (Problem while trying to download RCML)")


def test_a10_a_play_without_response_around_it_plays_and_hangs_up():
    call = ScriptedCall()
    run(call, "<Play>/restcomm/audio/demo-prompt.wav</Play>")
    assert call.heard == ["played http://app.test/restcomm/audio/demo-prompt.wav"]
    assert call.ended == "BYE"


def test_a13_a_caller_who_cancels_after_ringing_is_not_answered_and_one_document_was_fetched():
    call = ScriptedCall(hangs_up_at=0.0)
    assert run(call, "<Response><Say>hi</Say></Response>") is Outcome.CALLER_GONE
    assert (len(call.requests), call.answered_at, call.ended) == (1, None, "caller cancelled")


@pytest.mark.parametrize(("reason", "code"), [("rejected", "603"), ("busy", "486")])
def test_b01_and_b02_reject_ends_the_call_and_nothing_after_it_runs(reason: str, code: str):
    call = ScriptedCall()
    run(call, f'<Response><Reject reason="{reason}"/><Say>never</Say></Response>')
    assert (call.ended, call.heard) == (code, [])


def test_b04_a_pause_before_reject_keeps_ringing_and_603_follows():
    call = ScriptedCall()
    run(call, '<Response><Pause length="1"/><Reject reason="rejected"/></Response>')
    assert (call.now, call.answered_at, call.ended) == (1.0, None, "603")


def test_b05_play_then_say_then_bye():
    call = ScriptedCall()
    run(call, "<Response><Play>audio/beep.wav</Play><Say>Beep!</Say></Response>")
    assert call.heard == ["played http://app.test/audio/beep.wav", "said Beep!"]
    assert call.ended == "BYE"


def test_b07_and_v04_bye_follows_the_end_of_the_prompt():
    call = ScriptedCall()
    run(call, "<Response><Play>http://server.test/demo-prompt.wav</Play></Response>")
    assert (call.now, call.ended) == (2.0, "BYE")


def test_b08_a_missing_sound_hangs_up_and_the_next_verb_does_not_run():
    missing = "http://server.test/audio/demo-prompt13.wav"
    call = ScriptedCall(application={missing: PlaybackFailed("404", url=missing)})
    run(call, f"<Response><Play>{missing}</Play><Say>never</Say></Response>")
    assert (call.codes, call.heard) == ([13233], [])
    assert call.ended == "BYE (Problem while trying to play)"


def test_h08_a_recording_ends_when_the_caller_hangs_up():
    call = ScriptedCall(hangs_up_at=4.0)
    run(call, '<Response><Record timeout="15" maxLength="50"/></Response>')
    assert call.requests[1].parameters["RecordingDuration"] == "4.0"


def test_h10_hanging_up_at_once_keeps_no_recording():
    call = ScriptedCall(hangs_up_at=0.001, speaks_for=0.0)
    run(call, '<Response><Record timeout="15" maxLength="50"/></Response>')
    assert len(call.requests) == 1


def test_h11_the_action_is_posted_after_the_caller_hung_up():
    call = ScriptedCall(hangs_up_at=3.0, application={ACTION: HANG})
    run(call, '<Response><Record timeout="15" maxLength="60" action="/action"/></Response>')
    assert call.asked == [f"POST {START}", f"POST {ACTION}"]
    assert call.requests[1].parameters == {
        "RecordingUrl": RECORDING,
        "PublicRecordingUrl": RECORDING,
        "RecordingDuration": "3.0",
        "Digits": "hangup",
    }


def test_h13_an_unknown_attribute_is_ignored_and_a_failing_action_never_asked_for_nothing():
    call = ScriptedCall(hangs_up_at=0.001, speaks_for=0.0, application={ACTION: status(408, ACTION)})
    run(call, '<Response><Record timeLimit="10" action="/action"/></Response>')
    assert (len(call.requests), call.codes) == (1, [12200])


def test_h14_the_record_action_is_requested_once_by_get():
    call = ScriptedCall(hangs_up_at=9.0, speaks_for=60.0, application={ACTION: "<Response/>"})
    run(call, '<Record action="/action" method="GET" finishOnKey="*" maxLength="10" playBeep="true"/>')
    assert call.asked == [f"POST {START}", f"GET {ACTION}"]


@pytest.mark.parametrize("keys", ["", "-1"])
def test_h16_without_finish_keys_a_recording_runs_to_its_length(keys: str):
    call = ScriptedCall(
        presses=[(2.0, "#"), (3.0, "1")], speaks_for=60.0, application={ACTION: "<Say>next</Say>"}
    )
    run(call, f'<Record finishOnKey="{keys}" maxLength="10" action="/action"/>')
    assert call.requests[1].parameters["RecordingDuration"] == "10.0"
    assert call.heard == ["said next"]


def test_k01_a_single_key_is_sent_after_the_timer_though_three_were_wanted():
    call = ScriptedCall(presses=[(1.0, "3")], application={ACTION: HANG})
    run(call, '<Response><Gather action="/action" method="GET" numDigits="3"></Gather></Response>')
    assert call.asked == [f"POST {START}", f"GET {ACTION}"]
    assert (call.requests[1].parameters["Digits"], call.requests[1].at) == ("3", 6.0)
    assert call.ended == "BYE"


def test_k02_three_keys_are_sent_at_once_and_once():
    call = ScriptedCall(presses=[(1.0, "1"), (2.0, "2"), (3.0, "3")], application={ACTION: HANG})
    run(call, '<Response><Gather action="/action" method="GET" numDigits="3"></Gather></Response>')
    assert call.asked == [f"POST {START}", f"GET {ACTION}"]
    assert (call.requests[1].parameters["Digits"], call.requests[1].at) == ("123", 3.0)


def test_k04_a_relative_action_after_prompts_is_followed():
    finish = "http://app.test/gather-action-finish.xml"
    call = ScriptedCall(presses=[(2.0, "1")], application={finish: HANG})
    run(call, '<Gather action="gather-action-finish.xml" numDigits="1"><Pause/><Play>a.wav</Play></Gather>')
    assert call.asked[-1] == f"POST {finish}"
    assert call.ended == "BYE"


def test_v02_the_verb_after_a_play_runs_when_the_sound_has_ended():
    call = ScriptedCall()
    run(call, "<Response><Play>http://server.test/demo-prompt.wav</Play><Say>then</Say></Response>")
    assert call.heard == ["played http://server.test/demo-prompt.wav", "said then"]


def test_1_9_an_unparseable_document_answers_500_with_restcomms_reason():
    call = ScriptedCall(application={START: Answer(b"<Response><Dial></Response>")})
    run(call)
    assert call.ended == "500 (Problem_to_parse_downloaded_RCML)"
