"""Enqueue, Leave and the noun Queue: what they ask of a call and what they tell the application."""

from typing import Any

import pytest

from rcml.call import Callback, Sound
from rcml.dialling import Dialled, DialStatus, Waiting
from rcml.flow import Fetch
from rcml.queueing import Dequeued, EnqueueRequest, QueueResult, TakeRequest
from rcml.values import HttpMethod, Url
from tests.testkit.scripted_call import START, ScriptedCall, run

ACTION = "http://app.test/action"
SERVED = Dequeued(result=QueueResult.BRIDGED, queue_sid="QU1", waited=12.4, talked=60.0)


def enqueued(attributes: str = "", **script: Any) -> ScriptedCall:
    document = f"<Response><Enqueue {attributes}>support</Enqueue><Say>next</Say></Response>"
    call = ScriptedCall(application={START: document, ACTION: "<Say>from action</Say>"}, **script)
    run(call)
    return call


def test_a_ringing_caller_is_answered_and_waits_with_the_servers_music():
    call = enqueued()
    assert call.answered_at == 0.0
    assert call.enqueued_with == [EnqueueRequest(queue="support")]


@pytest.mark.parametrize(
    ("attribute", "wait"),
    [
        ("waitUrl=''", Waiting.SILENCE),
        ("waitUrl='/hold.wav'", Sound(url="http://app.test/hold.wav", loops=0)),
        ("waitUrl='/wait'", Fetch(Url("http://app.test/wait"), HttpMethod.POST)),
        ("waitUrl='/wait' waitUrlMethod='GET'", Fetch(Url("http://app.test/wait"), HttpMethod.GET)),
    ],
)
def test_what_is_heard_meanwhile_is_chosen_by_the_url(attribute: str, wait: Sound | Fetch | Waiting):
    assert enqueued(attribute).enqueued_with[0].wait == wait


def test_priority_and_longest_wait_are_passed_on():
    request = enqueued("priority='7' maxWait='90'").enqueued_with[0]
    assert (request.priority, request.max_wait) == (7, 90)


def test_how_many_may_wait_is_passed_on():
    assert enqueued("maxQueueSize='3'").enqueued_with[0].most_waiting == 3
    assert enqueued("").enqueued_with[0].most_waiting is None
    call = enqueued("maxQueueSize='0'")
    assert (call.enqueued_with[0].most_waiting, call.codes) == (None, [12200])


def test_the_status_callback_is_told_all_events_unless_it_lists_some():
    request = enqueued("statusCallback='/told'").enqueued_with[0]
    every = ("join", "bridged", "abandoned", "leave")
    assert request.status_callback == Callback(url="http://app.test/told", events=every)
    chosen = "statusCallback='/told' statusCallbackMethod='GET' statusCallbackEvent='leave, abandoned'"
    assert enqueued(chosen).enqueued_with[0].status_callback == Callback(
        url="http://app.test/told", method=HttpMethod.GET, events=("leave", "abandoned")
    )


@pytest.mark.parametrize("priority", ["-1", "1000", "first"])
def test_a_priority_out_of_range_is_the_usual_one_with_a_warning(priority: str):
    call = enqueued(f"priority='{priority}'")
    assert (call.enqueued_with[0].priority, call.codes) == (500, [12200])


def test_the_action_is_told_how_the_wait_went():
    call = enqueued("action='/action'", waits=[SERVED])
    asked = dict(call.requests[1].parameters)
    assert asked == {"QueueResult": "bridged", "QueueSid": "QU1", "QueueTime": "12"}
    assert call.heard[-1] == "said from action"


def test_without_action_the_next_verb_runs():
    assert enqueued(waits=[SERVED]).heard == ["said next"]


def test_a_caller_who_hangs_up_in_the_queue_is_told_to_the_action_too():
    call = enqueued("action='/action'", hangs_up_at=30.0)
    assert dict(call.requests[1].parameters)["QueueResult"] == "hangup"
    assert call.heard == []


def test_an_enqueue_without_a_name_does_nothing():
    call = ScriptedCall()
    run(call, "<Response><Enqueue/><Say>next</Say></Response>")
    assert (call.enqueued_with, call.heard) == ([], ["said next"])


def test_leave_outside_of_a_queue_is_a_warning():
    call = ScriptedCall()
    run(call, "<Response><Leave/><Say>next</Say></Response>")
    assert (call.codes, call.heard) == ([13261], ["said next"])


def test_a_queue_in_dial_is_taken_from_with_the_limits_of_dial():
    call = ScriptedCall()
    run(
        call,
        "<Response><Dial timeout='60' timeLimit='600' hangupOnStar='true'>"
        "<Queue url='/soon' method='GET'>support</Queue></Dial></Response>",
    )
    (request,) = call.took_with
    whisper = Fetch(Url("http://app.test/soon"), HttpMethod.GET)
    expected = TakeRequest(
        queue="support", whisper=whisper, wait_limit=60, time_limit=600, hangup_on_star=True
    )
    assert (request.queue, request.whisper, request.wait_limit) == ("support", whisper, 60)
    assert (request.time_limit, request.hangup_on_star) == (expected.time_limit, True)
    assert call.answered_at == 0.0


def test_the_action_of_dial_is_told_how_the_agents_talk_went():
    talk = Dialled(status=DialStatus.COMPLETED, call_sid="CA7", ring_duration=3.0, talk_duration=40.0)
    document = "<Response><Dial action='/action'><Queue>support</Queue></Dial></Response>"
    call = ScriptedCall(application={START: document}, dials=[talk])
    run(call)
    asked = dict(call.requests[1].parameters)
    assert (asked["DialCallStatus"], asked["DialCallSid"], asked["DialCallDuration"]) == (
        "completed",
        "CA7",
        "40",
    )
