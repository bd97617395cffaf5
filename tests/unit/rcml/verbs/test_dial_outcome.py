"""Dial, what follows: rows of rcml.md 5.6.2, 5.6.3 and 5.10, and of 13 where its sources disagree."""

from typing import Any

import pytest

from rcml.dialling import Dialled, DialStatus, Left, LeftBecause, SipResponse
from rcml.interpreter import InterpreterOptions
from rcml.parser import parse_xml
from rcml.verbs.dial import Dial
from tests.testkit.scripted_call import START, ScriptedCall, run

ACTION = "http://app.test/action"
ANSWERED = Dialled(status=DialStatus.COMPLETED, call_sid="CA1", ring_duration=2.0, talk_duration=3.0)
BUSY = Dialled(status=DialStatus.BUSY, call_sid="CA1", ring_duration=1.0)
LIKE_RESTCOMM = InterpreterOptions(restcomm_hangup_after_dial=True)


def dial(
    attributes: str = 'action="/action"',
    inside: str = "<Number>100</Number>",
    *,
    options: InterpreterOptions | None = None,
    **script: Any,
) -> ScriptedCall:
    document = f"<Response><Dial {attributes}>{inside}</Dial><Say>next</Say></Response>"
    call = ScriptedCall(application={START: document, ACTION: "<Say>from action</Say>"}, **script)
    run(call, options=options)
    return call


def parameters(dialled: Dialled, **script: Any) -> dict[str, str]:
    return dict(dial(dials=[dialled], **script).requests[1].parameters)


def test_a_ringing_caller_is_answered_before_somebody_is_rung():
    call = dial(dials=[BUSY])
    assert call.answered_at == 0.0


def test_with_answer_on_bridge_the_caller_is_answered_when_somebody_answers():
    call = dial('answerOnBridge="true"', dials=[ANSWERED])
    assert call.answered_at == 2.0


def test_with_answer_on_bridge_a_caller_whom_nobody_answers_goes_on_ringing():
    call = ScriptedCall(dials=[BUSY])
    run(call, '<Response><Dial answerOnBridge="true">100</Dial><Reject reason="busy"/></Response>')
    assert (call.answered_at, call.ended) == (None, "486")


@pytest.mark.parametrize("dialled", [ANSWERED, BUSY, Dialled()])
def test_the_action_is_requested_once_and_its_answer_runs_on_the_caller(dialled: Dialled):
    call = dial(dials=[dialled])
    assert call.asked == [f"POST {START}", f"POST {ACTION}"]
    assert call.heard[-1] == "said from action"


def test_the_method_of_the_action_is_followed():
    assert dial('action="/action" method="GET"', dials=[BUSY]).asked[1] == f"GET {ACTION}"


@pytest.mark.parametrize("attributes", ["", 'action=""'])
@pytest.mark.parametrize("dialled", [ANSWERED, BUSY])
def test_without_an_action_the_next_verb_runs(dialled: Dialled, attributes: str):
    call = dial(attributes, dials=[dialled])
    assert (len(call.requests), call.heard[-1]) == (1, "said next")


def test_the_parameters_of_a_talk_are_those_of_the_manual():
    assert list(parameters(ANSWERED).items()) == [
        ("DialRingDuration", "2"),
        ("DialCallSid", "CA1"),
        ("DialCallStatus", "completed"),
        ("DialCallDuration", "3"),
    ]


@pytest.mark.parametrize(
    "status", [DialStatus.BUSY, DialStatus.NO_ANSWER, DialStatus.CANCELED, DialStatus.FAILED]
)
def test_a_dial_that_nobody_answered_tells_why_and_no_talk(status: DialStatus):
    assert parameters(Dialled(status=status, call_sid="CA2", ring_duration=4.0)) == {
        "DialRingDuration": "4",
        "DialCallSid": "CA2",
        "DialCallStatus": status.value,
        "DialCallDuration": "0",
    }


def test_a_dial_without_a_leg_tells_no_sid_and_no_ringing():
    assert parameters(Dialled()) == {"DialCallStatus": "failed", "DialCallDuration": "0"}


def test_a_dial_without_a_leg_tells_a_null_sid_when_compatible():
    options = InterpreterOptions(unknown_parameters_are_null=True)
    call = dial(dials=[Dialled()], options=options)
    assert call.requests[1].parameters == {
        "DialCallSid": "null",
        "DialCallStatus": "failed",
        "DialCallDuration": "0",
    }


def test_durations_are_whole_seconds():
    dialled = Dialled(status=DialStatus.COMPLETED, call_sid="CA1", ring_duration=1.98, talk_duration=3.02)
    sent = parameters(dialled)
    assert (sent["DialRingDuration"], sent["DialCallDuration"]) == ("2", "3")


def test_the_url_of_a_recording_is_sent_under_both_names():
    url = "http://server.test/Recordings/RE1.wav"
    sent = parameters(
        Dialled(status=DialStatus.COMPLETED, call_sid="CA1", talk_duration=3.0, recording_url=url)
    )
    assert (sent["RecordingUrl"], sent["PublicRecordingUrl"]) == (url, url)


def test_the_response_of_a_sip_address_is_sent_with_its_headers():
    response = SipResponse(call_id="abc", status=486, headers=(("X-Why", "lunch"), ("x-till", "2 pm")))
    sent = parameters(Dialled(status=DialStatus.BUSY, call_sid="CA1", response=response))
    assert list(sent.items())[:4] == [
        ("DialSipCallId", "abc"),
        ("DialSipResponseCode", "486"),
        ("DialSipHeader_X-Why", "lunch"),
        ("DialSipHeader_x-till", "2 pm"),
    ]


def test_the_timeout_ends_the_ringing():
    call = dial('action="/action" timeout="7"')
    assert call.requests[1].at == 7.0
    assert call.requests[1].parameters["DialCallStatus"] == "no-answer"


def test_the_time_limit_ends_the_talk_and_the_caller_goes_on():
    talk = Dialled(status=DialStatus.COMPLETED, call_sid="CA1", talk_duration=999.0)
    call = dial('action="/action" timeLimit="10"', dials=[talk])
    assert call.requests[1].parameters["DialCallDuration"] == "10"
    assert call.heard == ["talked for 10 s", "said from action"]


def test_hangup_on_star_ends_the_talk_and_the_caller_goes_on():
    call = dial('hangupOnStar="true"', dials=[ANSWERED], presses=[(4.0, "*")])
    assert call.heard == ["talked for 2 s", "said next"]


def test_a_star_is_only_a_key_without_hangup_on_star():
    assert dial("", dials=[ANSWERED], presses=[(4.0, "*")]).heard[0] == "talked for 3 s"


def test_a_caller_who_hangs_up_in_a_talk_leaves_the_action_to_be_requested():
    call = dial(dials=[ANSWERED], hangs_up_at=4.0)
    assert call.requests[1].parameters["DialCallStatus"] == "completed"
    assert call.requests[1].parameters["DialCallDuration"] == "2"
    assert (call.heard, call.ended) == (["talked for 2 s"], "caller hung up")


def test_a_caller_who_hangs_up_in_a_talk_runs_no_next_verb():
    call = dial("", dials=[ANSWERED], hangs_up_at=4.0)
    assert (call.asked, call.heard) == ([f"POST {START}"], ["talked for 2 s"])


def test_an_answered_caller_who_hangs_up_while_it_rings_is_told_as_completed():
    call = dial(dials=[ANSWERED], hangs_up_at=1.0)
    assert call.requests[1].parameters == {
        "DialRingDuration": "1",
        "DialCallSid": "CA1",
        "DialCallStatus": "completed",
        "DialCallDuration": "0",
    }


def test_a_caller_who_cancels_while_it_rings_is_told_as_canceled():
    call = dial('action="/action" answerOnBridge="true"', dials=[ANSWERED], hangs_up_at=1.0)
    assert call.requests[1].parameters["DialCallStatus"] == "canceled"
    assert call.ended == "caller cancelled"


def test_a_caller_who_is_gone_before_the_dial_rings_nobody():
    call = ScriptedCall(hangs_up_at=1.0)
    run(call, '<Response><Say>a</Say><Dial action="/action">100</Dial></Response>')
    assert (call.dialled_with, call.asked) == ([], [f"POST {START}"])


def test_like_restcomm_a_talk_is_followed_by_hanging_up_and_the_action_is_still_requested():
    call = dial(dials=[ANSWERED], options=LIKE_RESTCOMM)
    assert call.asked == [f"POST {START}", f"POST {ACTION}"]
    assert (call.heard, call.ended) == (["talked for 3 s"], "BYE")


def test_like_restcomm_no_verb_follows_a_talk():
    call = dial("", dials=[ANSWERED], options=LIKE_RESTCOMM)
    assert (call.heard, call.ended) == (["talked for 3 s"], "BYE")


def test_like_restcomm_a_caller_whom_nobody_answered_goes_on():
    assert dial("", dials=[BUSY], options=LIKE_RESTCOMM).heard == ["said next"]


def test_talks_start_the_count_of_documents_again():
    at_once = Dialled(status=DialStatus.COMPLETED, call_sid="CA1")
    call = ScriptedCall(dials=[ANSWERED] * 80 + [at_once] * 80)
    run(call, "<Response><Dial>100</Dial><Redirect>start</Redirect></Response>")
    assert (len(call.requests), call.codes) == (130, [14106])


def test_callees_who_hang_up_at_once_do_not():
    at_once = Dialled(status=DialStatus.COMPLETED, call_sid="CA1")
    call = ScriptedCall(dials=[at_once] * 80)
    run(call, "<Response><Dial>100</Dial><Redirect>start</Redirect></Response>")
    assert (len(call.requests), call.codes) == (50, [14106])


ROOM = "<Conference>room</Conference>"


def test_a_conference_is_joined_and_the_other_nouns_are_ignored():
    call = dial(
        "", f"<Number>100</Number>{ROOM}<Conference>other</Conference>", stays=[Left(LeftBecause.REMOVED)]
    )
    assert ([request.room for request in call.joined_with], call.dialled_with) == (["room"], [])
    assert call.codes == [12200]


def test_a_ringing_caller_is_answered_before_the_room():
    assert dial("", ROOM).answered_at == 0.0
    assert dial('answerOnBridge="true"', ROOM).answered_at == 0.0


def test_after_a_conference_the_action_is_told_that_the_caller_was_in_it():
    call = dial('action="/action" timeLimit="50"', ROOM)
    assert call.asked == [f"POST {START}", f"POST {ACTION}"]
    assert call.requests[1].parameters == {"DialCallStatus": "answered"}
    assert call.heard == ["room for 50 s", "said from action"]


@pytest.mark.parametrize(
    "because", [LeftBecause.TIME_LIMIT, LeftBecause.ROOM_ENDED, LeftBecause.REMOVED, LeftBecause.FULL]
)
def test_a_caller_who_is_out_of_the_room_goes_on(because: LeftBecause):
    assert dial("", ROOM, stays=[Left(because)]).heard == ["said next"]


def test_a_caller_who_hangs_up_in_the_room_leaves_the_action_to_be_requested():
    call = dial('action="/action"', ROOM, hangs_up_at=7.0)
    assert call.asked == [f"POST {START}", f"POST {ACTION}"]
    assert (call.heard, call.ended) == (["room for 7 s"], "caller hung up")


def test_a_star_leaves_the_room_when_asked_to():
    call = dial('hangupOnStar="true"', ROOM, presses=[(4.0, "*")])
    assert call.heard == ["room for 4 s", "said next"]


def test_a_room_that_cannot_be_joined_hangs_up():
    call = dial("", ROOM, stays=[Left(LeftBecause.FAILED)])
    assert (call.heard, call.ended) == ([], "BYE (Conference failed)")


def test_a_room_that_cannot_be_joined_still_requests_the_action():
    call = dial('action="/action"', ROOM, stays=[Left(LeftBecause.FAILED)])
    assert (call.asked, call.heard) == ([f"POST {START}", f"POST {ACTION}"], [])
    assert call.requests[1].parameters == {"DialCallStatus": "failed"}


def test_like_restcomm_the_end_of_a_room_hangs_up():
    ended = dial("", ROOM, stays=[Left(LeftBecause.ROOM_ENDED, 3.0)], options=LIKE_RESTCOMM)
    assert (ended.heard, ended.ended) == (["room for 3 s"], "BYE (Conference time limit reached)")
    limited = dial('timeLimit="5"', ROOM, options=LIKE_RESTCOMM)
    assert limited.heard == ["room for 5 s", "said next"]


def test_a_dial_alone_is_a_document():
    call = ScriptedCall(dials=[BUSY])
    run(call, "<Dial>100</Dial>")
    assert (len(call.dialled_with), call.ended) == (1, "BYE")


def test_an_empty_dial_fails_at_once():
    call = ScriptedCall(application={ACTION: "<Response/>"})
    run(call, '<Dial action="/action"/>')
    assert call.requests[1].parameters["DialCallStatus"] == "failed"
    assert parse_xml("<Dial/>", START).verbs == (Dial(),)
