"""Cases of Restcomm's own test-suite on Dial that the interpreter decides, under their ids in testcases.md.

Areas A, C to J, as far as they need no wire; the system tests run them again against real peers. Where our
default is the documented behaviour and Restcomm's differs, both are here.
"""

from typing import Any

import pytest

from engine.journal.twilio_words import leg_events
from engine.store import CallRow
from rcml.call import Callback
from rcml.dialling import (
    ClientTarget,
    Dialled,
    DialStatus,
    Left,
    LeftBecause,
    NumberTarget,
    SipResponse,
    SipTarget,
    TalkRecording,
    Waiting,
)
from rcml.errors import FETCH_HTTP_STATUS, FetchFailed
from rcml.flow import Fetch
from rcml.interpreter import InterpreterOptions, Outcome
from rcml.screening import Screening, ScreeningOutcome
from rcml.values import HttpMethod, Url
from rcml.waiting import WaitLoop, WaitOutcome
from tests.testkit.scripted_call import START, ScriptedCall, complete, run
from tests.testkit.scripted_caller import Reply

ACTION = "http://mock.test/DialAction"
HANG = "<Response><Hangup/></Response>"
R_ALICE = "<Response><Dial><Client>alice</Client></Dial></Response>"
R_ALICE10 = '<Response><Dial timeLimit="10" timeout="10"><Client>alice</Client></Dial></Response>'
R_NUM = "<Response><Dial><Number>+131313</Number></Dial></Response>"
R_ACT = (
    f'<Response><Dial timeLimit="10" timeout="3" action="{ACTION}" method="POST">'
    "<Client>alice</Client></Dial></Response>"
)
R_SEQ = (
    "<Response>"
    + "".join(f'<Dial timeout="3"><Uri>sip:{name}@h.test</Uri></Dial>' for name in ("alice", "carol", "dave"))
    + "</Response>"
)
LIKE_RESTCOMM = InterpreterOptions(restcomm_hangup_after_dial=True, unknown_parameters_are_null=True)

ALICE, GEORGE = ClientTarget(login="alice"), NumberTarget(number="+131313")


def talk(seconds: float, *, ring: float = 1.0, sid: str = "CA1", **more: Any) -> Dialled:
    return Dialled(
        status=DialStatus.COMPLETED, call_sid=sid, ring_duration=ring, talk_duration=seconds, **more
    )


def ended(status: DialStatus, ring: float = 1.0) -> Dialled:
    return Dialled(status=status, call_sid="CA1", ring_duration=ring)


def play(document: str, *, options: InterpreterOptions | None = None, **script: Any) -> ScriptedCall:
    call = ScriptedCall(**script)
    run(call, document, options=options)
    return call


def rung(call: ScriptedCall) -> list[object]:
    return [target for request in call.dialled_with for target in request.targets]


def test_c01_the_callee_hangs_up_and_so_does_the_end_of_the_document():
    call = play(R_ALICE, dials=[talk(3.0)])
    assert (rung(call), call.heard, call.ended) == ([ALICE], ["talked for 3 s"], "BYE")


def test_c02_the_caller_hangs_up():
    call = play(R_ALICE10, dials=[talk(60.0)], hangs_up_at=4.0)
    assert (call.heard, call.ended) == (["talked for 3 s"], "caller hung up")


def test_c07_and_c08_headers_of_a_client():
    call = play(
        "<Response><Dial><Client>alice?X-Custom-Header1=1234&X-Custom-Header2=4321</Client></Dial></Response>"
    )
    headers = (("X-Custom-Header1", "1234"), ("X-Custom-Header2", "4321"))
    assert rung(call) == [ClientTarget(login="alice", headers=headers)]


@pytest.mark.parametrize("attributes", ["", f'action="{ACTION}"'])
def test_c10_and_c11_an_invalid_client_first_and_then_alice(attributes: str):
    call = play(
        f"<Response><Dial {attributes}><Client>invalidClient</Client></Dial>"
        "<Dial><Client>alice</Client></Dial></Response>",
        dials=[Dialled(), talk(3.0)],
        application={ACTION: R_ALICE},
    )
    assert rung(call) == [ClientTarget(login="invalidClient"), ALICE]
    assert len(call.requests) == (2 if attributes else 1)
    assert call.ended == "BYE"


def test_c13_headers_of_a_number():
    call = play("<Dial><Number>+131313?X-Custom-Header1=1234&X-Custom-Header2=4321</Number></Dial>")
    headers = (("X-Custom-Header1", "1234"), ("X-Custom-Header2", "4321"))
    assert rung(call) == [NumberTarget(number="+131313", headers=headers)]


def test_c14_headers_of_a_sip_address():
    call = play(
        "<Dial><Sip>sip:+131313@127.0.0.1:5070?X-Custom-Header1=1234&X-Custom-Header2=4321</Sip></Dial>"
    )
    headers = (("X-Custom-Header1", "1234"), ("X-Custom-Header2", "4321"))
    assert rung(call) == [SipTarget(uri="sip:+131313@127.0.0.1:5070", headers=headers)]


@pytest.mark.parametrize("status", [DialStatus.BUSY, DialStatus.FAILED])
def test_c16_and_c17_a_number_that_is_busy_or_fails_hangs_up_at_the_end_of_the_document(status: DialStatus):
    call = play(R_NUM, dials=[ended(status)])
    assert (rung(call), call.ended) == ([GEORGE], "BYE")


def test_c22_without_a_caller_id_the_caller_is_shown():
    assert play(R_NUM).dialled_with[0].caller_id is None


def test_c23_headers_of_a_sip_address_get_their_prefix():
    call = play(
        '<Response><Dial timeLimit="10" timeout="10">'
        "<Sip>sip:alice@127.0.0.1:5091?mycustomheader=foo&myotherheader=bar</Sip></Dial></Response>"
    )
    headers = (("X-mycustomheader", "foo"), ("X-myotherheader", "bar"))
    assert rung(call) == [SipTarget(uri="sip:alice@127.0.0.1:5091", headers=headers)]


def test_d01_nobody_answers_and_one_is_rung_after_the_other():
    call = play(R_SEQ)
    assert rung(call) == [SipTarget(uri=f"sip:{name}@h.test") for name in ("alice", "carol", "dave")]
    assert (call.now, call.ended) == (9.0, "BYE")


def test_d02_a_caller_who_hangs_up_on_the_first_rings_no_other():
    call = play(R_SEQ, dials=[talk(60.0)], hangs_up_at=4.0)
    assert len(rung(call)) == 1


def test_d04_like_restcomm_a_callee_who_hangs_up_ends_the_call():
    call = play(R_SEQ, dials=[talk(3.0)], options=LIKE_RESTCOMM)
    assert (len(rung(call)), call.ended) == (1, "BYE")


def test_d04_as_documented_the_next_is_rung():
    assert len(rung(play(R_SEQ, dials=[talk(3.0)]))) == 3


def test_d05_like_restcomm_the_third_is_not_rung_after_the_second_hung_up():
    call = play(R_SEQ, dials=[ended(DialStatus.NO_ANSWER, 3.0), talk(3.0)], options=LIKE_RESTCOMM)
    assert (len(rung(call)), call.now, call.ended) == (2, 7.0, "BYE")


def test_d07_the_third_is_rung_after_two_that_do_not_exist():
    call = play(R_SEQ, dials=[ended(DialStatus.FAILED), ended(DialStatus.FAILED), talk(3.0)], hangs_up_at=4.0)
    assert (len(rung(call)), call.heard) == (3, ["talked for 1 s"])


def test_e01_a_fork_is_one_request():
    call = play(
        "<Response><Dial><Client>alice</Client><Sip>sip:henrique@127.0.0.1:5092</Sip>"
        "<Number>+131313</Number></Dial></Response>",
        dials=[talk(3.0)],
    )
    (request,) = call.dialled_with
    assert request.targets == (ALICE, SipTarget(uri="sip:henrique@127.0.0.1:5092"), GEORGE)
    assert not request.sequential


def test_e16_everyone_is_busy_and_the_action_rings_another():
    call = play(
        f'<Response><Dial timeLimit="1000" timeout="2" action="{ACTION}"><Number>+131313</Number>'
        "<Uri>sip:henrique@h.test</Uri><Client>alice</Client></Dial></Response>",
        dials=[ended(DialStatus.BUSY), talk(3.0)],
        application={ACTION: '<Response><Dial timeout="50"><Uri>sip:fotini@h.test</Uri></Dial></Response>'},
    )
    assert call.asked == [f"POST {START}", f"POST {ACTION}"]
    assert rung(call)[3:] == [SipTarget(uri="sip:fotini@h.test")]
    assert call.heard == ["talked for 3 s"]


def sent(**script: Any) -> tuple[dict[str, str], str | None]:
    call = play(R_ACT, application={ACTION: ""}, **script)
    assert call.asked == [f"POST {START}", f"POST {ACTION}"]
    return dict(call.requests[1].parameters), call.ended


def test_f01_and_f02_a_client_that_is_not_registered():
    parameters, how = sent(dials=[Dialled()], options=LIKE_RESTCOMM)
    assert parameters == {"DialCallStatus": "failed", "DialCallDuration": "0", "DialCallSid": "null"}
    assert how == "BYE"


@pytest.mark.parametrize("options", [None, LIKE_RESTCOMM])
def test_f04_alice_hangs_up(options: InterpreterOptions | None):
    parameters, how = sent(dials=[talk(3.0)], options=options)
    assert (parameters["DialCallStatus"], parameters["DialCallDuration"], how) == ("completed", "3", "BYE")


def test_f05_bob_hangs_up():
    parameters, how = sent(dials=[talk(60.0)], hangs_up_at=4.0)
    assert (parameters["DialCallStatus"], parameters["DialCallDuration"]) == ("completed", "3")
    assert how == "caller hung up"


def test_f07_alice_is_busy():
    parameters, how = sent(dials=[ended(DialStatus.BUSY)])
    assert (parameters["DialCallStatus"], parameters["DialCallDuration"], how) == ("busy", "0", "BYE")


def test_f08_the_caller_is_ended_while_alice_rings():
    parameters, _ = sent(dials=[talk(3.0, ring=3.0)], hangs_up_at=1.0)
    assert (parameters["DialCallStatus"], parameters["DialCallDuration"]) == ("completed", "0")


def test_f11_two_seconds_of_ringing_and_three_of_talk():
    parameters, _ = sent(dials=[talk(3.0, ring=2.0)])
    assert (parameters["DialRingDuration"], parameters["DialCallDuration"]) == ("2", "3")


def test_2_2_rows_16_to_18_the_response_of_a_sip_leg():
    response = SipResponse(call_id="1@h", status=200, headers=(("X-Mine", "a value"),))
    parameters, _ = sent(dials=[talk(3.0, response=response)])
    assert parameters["DialSipCallId"] == "1@h"
    assert parameters["DialSipResponseCode"] == "200"
    assert parameters["DialSipHeader_X-Mine"] == "a value"


@pytest.mark.parametrize(
    ("noun", "text"),
    [("Client", "alice"), ("Sip", "sip:henrique@h.test"), ("Number", "+131313")],
)
def test_g01_g07_and_g08_every_event_of_a_leg_is_told(noun: str, text: str):
    call = play(f'<Dial><{noun} statusCallback="http://mock.test/status">{text}</{noun}></Dial>')
    (target,) = call.dialled_with[0].targets
    assert target.status_callback == Callback(url="http://mock.test/status")
    alice = CallRow(
        sid="CA1", account_sid="AC1", instance_sid="ID1", from_="+1", to=text, direction="outbound-dial",
        status="queued",
    )  # fmt: skip
    assert leg_events(alice, target.status_callback.events) == (
        *("initiated", "ringing"),
        *("answered", "completed"),
    )


def test_g04_and_g05_events_and_method_of_a_leg():
    call = play(
        '<Dial><Client statusCallback="/s" statusCallbackMethod="GET"'
        ' statusCallbackEvent="initiated,answered">alice</Client></Dial>'
    )
    (target,) = call.dialled_with[0].targets
    assert target.status_callback == Callback(
        url="http://app.test/s", method=HttpMethod.GET, events=("initiated", "answered")
    )


def test_g14_the_action_hangs_up_after_alice_did():
    call = play(
        f'<Response><Dial action="{ACTION}" method="GET"><Client>alice</Client></Dial></Response>',
        dials=[talk(3.0)],
        application={ACTION: HANG},
    )
    assert (call.asked[1], call.ended) == (f"GET {ACTION}", "BYE")


def test_h01_the_recording_of_a_bridge_is_asked_for():
    call = play('<Dial timeLimit="10" timeout="10" record="true"><Client>alice</Client></Dial>')
    assert call.dialled_with[0].recording == TalkRecording()


def test_h02_the_action_of_a_recorded_dial_is_requested_after_bob_hung_up():
    url = "http://server.test/RE1.wav"
    call = play(
        f'<Dial timeLimit="10" record="true" action="{ACTION}" method="GET"><Client>alice</Client></Dial>',
        dials=[talk(60.0, recording_url=url)],
        hangs_up_at=8.0,
    )
    assert call.asked[1] == f"GET {ACTION}"
    assert call.requests[1].parameters["RecordingUrl"] == url


def test_h16_the_action_of_a_recording_may_be_a_dial_alone():
    call = play(
        f'<Record finishOnKey="-1" maxLength="10" action="{ACTION}"/>',
        speaks_for=60.0,
        application={ACTION: '<Dial timeout="50"><Uri>sip:alice@h.test</Uri></Dial>'},
    )
    assert rung(call) == [SipTarget(uri="sip:alice@h.test")]


def test_i01_and_i02_the_time_limit_ends_the_call():
    call = play('<Response><Dial timeLimit="50"><Conference>test</Conference></Dial></Response>')
    assert (call.heard, call.now, call.ended) == (["test for 50 s"], 50.0, "BYE")


def test_i04_and_i10_one_who_is_alone_hangs_up():
    call = ScriptedCall(hangs_up_at=1.0)
    document = "<Response><Dial><Conference>room</Conference></Dial></Response>"
    assert run(call, document) is Outcome.CALLER_GONE
    assert call.joined_with[0].wait is Waiting.MUSIC


def test_i13_a_wait_document_says_and_plays():
    call = play(
        '<Dial><Conference startConferenceOnEnter="false" waitUrl="http://mock.test/waitUrl"'
        ' waitMethod="GET">test</Conference></Dial>'
    )
    (request,) = call.joined_with
    assert not request.start_on_enter
    assert request.wait == Fetch(Url("http://mock.test/waitUrl"), HttpMethod.GET)
    document = "<Response><Say>Wait.</Say><Play>/restcomm/audio/demo-prompt.wav</Play></Response>"
    room = ScriptedCall(ringing=False, hangs_up_at=3.5, application={"http://mock.test/waitUrl": document})
    assert complete(WaitLoop(room).run(request.wait)) is WaitOutcome.GONE
    assert room.asked == ["GET http://mock.test/waitUrl"]
    assert room.heard == ["said Wait.", "played http://mock.test/restcomm/audio/demo-prompt.wav"]


def test_i16_a_room_that_cannot_be_joined_ends_the_call():
    call = play("<Dial><Conference>room</Conference></Dial>", stays=[Left(LeftBecause.FAILED)])
    assert call.ended == "BYE (Conference failed)"


def test_i17_the_action_of_a_conference_is_requested_after_bob_hung_up():
    call = play(f'<Dial action="{ACTION}" method="GET"><Conference>test</Conference></Dial>', hangs_up_at=7.0)
    # The engine tells Twilio's applications alone; test_conference.py has what Restcomm's are told.
    assert (call.asked[1], call.requests[1].parameters) == (f"GET {ACTION}", {"DialCallStatus": "answered"})


def screened(text: str, document: Reply, noun: str = "Client") -> tuple[ScreeningOutcome, ScriptedCall]:
    """Dial a noun with a screening URL, and screen the callee as the engine does."""
    call = play(
        f'<Response><Dial timeLimit="10" timeout="10"><{noun} url="http://mock.test/screening" method="GET">'
        f"{text}</{noun}></Dial></Response>"
    )
    (target,) = call.dialled_with[0].targets
    assert target.screening is not None
    callee = ScriptedCall(ringing=False, application={"http://mock.test/screening": document})
    outcome = complete(Screening(callee).run(target.screening))
    assert callee.asked == ["GET http://mock.test/screening"]
    return outcome, callee


def test_j01_an_empty_screening_document_bridges():
    assert screened("alice", "<Response></Response>")[0] is ScreeningOutcome.ACCEPTED


def test_j02_a_screening_document_is_said_to_the_callee_and_bridges():
    outcome, callee = screened("alice", "<Say>Hi bob. Someone wants to talk to you</Say>")
    assert outcome is ScreeningOutcome.ACCEPTED
    assert callee.heard == ["said Hi bob. Someone wants to talk to you"]


def test_j05_a_hangup_releases_the_callee():
    outcome, callee = screened("sip:alice@h.test", HANG, "Sip")
    assert (outcome, callee.ended) == (ScreeningOutcome.DECLINED, "BYE")


def test_j08_a_prompt_plays_before_the_bridge():
    outcome, callee = screened("131313", "<Response><Play>/hello.wav</Play></Response>", "Number")
    assert (outcome, callee.heard) == (ScreeningOutcome.ACCEPTED, ["played http://mock.test/hello.wav"])


def test_a_wrong_screening_url_ends_the_callee():
    missing = FetchFailed("status 404", url="http://mock.test/screening", code=FETCH_HTTP_STATUS, status=404)
    outcome, callee = screened("+131313", missing, "Number")
    assert (outcome, callee.gone) == (ScreeningOutcome.FAILED, True)
