"""Queues in virtual time: who talks to whom and when, what they hear, and what the application is told."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from engine.dialling.talk import Talk
from engine.dialling.visitor import Visitor
from engine.queues.hand_over import HandOver
from engine.queues.place import Place
from rcml.call import Callback, Sound
from rcml.dialling import Dialled, RingTone, Waiting
from rcml.flow import Fetch
from rcml.queueing import Dequeued
from rcml.values import HttpMethod, Url
from tests.testkit.virtual_queue import QueueScene, queues

WAIT, WHISPER = "http://app.test/wait", "http://app.test/whisper"


def at(url: str) -> Fetch:
    return Fetch(Url(url), HttpMethod.POST)


def enters(sid: str, **request: Any):
    return lambda scene: scene.enter(sid, **request)


def takes(sid: str, **request: Any):
    return lambda scene: scene.take(sid, **request)


def leaves(*sids: str):
    return lambda scene: [scene.callers[sid].leave() for sid in sids]


def presses(sid: str, key: str):
    return lambda scene: scene.callers[sid].press(key)


def moves(sid: str):
    return lambda scene: scene.move(sid)


def count(scene: QueueScene) -> None:
    scene.count()


def member(scene: QueueScene, sid: str) -> tuple[str, float, float]:
    result = scene.callers[sid].result
    assert isinstance(result, Dequeued)
    return result.result.value, round(result.waited, 1), round(result.talked, 1)


def agent(scene: QueueScene, sid: str) -> tuple[str, str | None, float, float]:
    result = scene.callers[sid].result
    assert isinstance(result, Dialled)
    return (
        result.status.value,
        result.call_sid,
        round(result.ring_duration, 1),
        round(result.talk_duration, 1),
    )


def nothing_is_left(scene: QueueScene) -> bool:
    return scene.counted[-1] == (0, 0) and scene.tasks_left == 0


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_who_has_left_a_queue_leaves_nothing_to_the_garbage_collector(quiet_collector, who):
    queues(
        {0: enters("bob", status_callback=TOLD), 10: takes("ann"), 30: leaves(who), 40: leaves("ann", "bob")}
    )
    assert not [each for each in gc.get_objects() if isinstance(each, HandOver | Place | Talk)]


def test_an_agent_takes_the_caller_who_waits_and_both_learn_how_it_went():
    scene = queues({0: enters("bob"), 10: takes("ann"), 30: leaves("ann")})
    assert scene.talks == ["ann bob 10-30"]
    assert member(scene, "bob") == ("bridged", 10, 20)
    assert agent(scene, "ann") == ("completed", "bob", 0, 20)
    assert not scene.callers["bob"].gone
    assert nothing_is_left(scene)


def test_an_agent_who_comes_first_waits_for_a_caller():
    scene = queues({0: takes("ann"), 7: enters("bob"), 10: count, 12: leaves("bob")})
    assert scene.talks == ["ann bob 7-12"]
    assert agent(scene, "ann") == ("completed", "bob", 7, 5)
    assert member(scene, "bob") == ("bridged", 0, 5)
    assert scene.counted[0] == (0, 0)


def test_the_smaller_priority_is_taken_first_and_of_equals_who_waits_longest():
    scene = queues(
        {
            0: enters("bob"),
            1: enters("carol"),
            2: enters("vip", priority=1),
            3: count,
            5: takes("ann"),
            6: leaves("ann"),
            7: takes("ann2"),
            8: leaves("ann2"),
            9: takes("ann3"),
            10: leaves("ann3"),
        }
    )
    assert scene.counted[0] == (3, 0)
    assert scene.talks == ["ann vip 5-6", "ann2 bob 7-8", "ann3 carol 9-10"]
    assert nothing_is_left(scene)


def test_agents_are_served_in_the_order_of_their_coming():
    scene = queues(
        {
            0: takes("ann"),
            1: takes("abe"),
            2: count,
            3: enters("bob"),
            4: enters("carol"),
            9: leaves("bob", "carol"),
        }
    )
    assert scene.counted[0] == (0, 2)
    assert scene.talks == ["ann bob 3-9", "abe carol 4-9"]


def test_queues_of_other_names_are_other_queues():
    scene = queues(
        {0: enters("bob", queue="sales", max_wait=5), 1: takes("ann", queue="support", wait_limit=2)}
    )
    assert member(scene, "bob") == ("timeout", 5, 0)
    assert agent(scene, "ann") == ("no-answer", None, 2, 0)
    assert sorted(row.friendly_name for row in scene.rows) == ["sales", "support"]


def test_two_who_use_a_new_name_at_once_are_in_one_queue_that_is_stored_once():
    scene = queues({0: lambda scene: (scene.enter("bob"), scene.take("ann")), 5: leaves("ann")})
    assert len(scene.rows) == 1
    assert scene.talks == ["ann bob 0.01-5"]


def test_the_keys_of_each_are_pressed_towards_the_other_as_in_dial():
    scene = queues(
        {0: enters("bob"), 1: takes("ann"), 2: presses("ann", "1"), 3: presses("bob", "2"), 4: leaves("bob")}
    )
    assert scene.callers["bob"].phone.media.pressed == ["1"]
    assert scene.callers["ann"].phone.media.pressed == ["2"]


@pytest.mark.parametrize(
    ("wait", "heard"),
    [
        (Waiting.MUSIC, [("music", 0.01, 5)]),
        (Sound(url="http://app.test/moh.wav", loops=0), [("moh.wav", 0.01, 5)]),
        (Waiting.SILENCE, []),
    ],
)
def test_who_waits_hears_music_a_sound_or_silence_until_their_turn(wait, heard):
    scene = queues({0: enters("bob", wait=wait), 5: takes("ann"), 6: leaves("bob")})
    assert scene.callers["bob"].heard == heard


def test_a_wait_document_runs_again_and_again_and_is_told_each_time_how_long_the_queue_is():
    scene = queues(
        {0: enters("bob"), 1: enters("carol", wait=at(WAIT)), 4: leaves("bob"), 9: leaves("carol")},
        documents={WAIT: "<Say>please wait</Say>"},
    )
    sid = scene.rows[0].sid
    common = {"QueueSid": sid, "EstimatedWaitTime": ""}
    assert scene.parameters("/wait") == [
        {"QueueTime": "0", "QueuePosition": "2", "CurrentQueueSize": "2", "AvgQueueTime": "0", **common},
        {"QueueTime": "3", "QueuePosition": "2", "CurrentQueueSize": "2", "AvgQueueTime": "3", **common},
        {"QueueTime": "6", "QueuePosition": "1", "CurrentQueueSize": "1", "AvgQueueTime": "6", **common},
    ]
    assert [name for name, _, _ in scene.callers["carol"].heard][:2] == ["please wait", "please wait"]
    assert member(scene, "carol") == ("hangup", 8, 0)
    assert nothing_is_left(scene)


def test_the_estimate_follows_the_pace_of_the_last_hand_overs():
    scene = queues(
        {
            0: enters("b1"), 1: enters("b2"), 2: enters("b3", wait=at(WAIT)),
            10: takes("a1"), 20: takes("a2"), 25: enters("b4", wait=at(WAIT), max_wait=1),
            30: leaves("b1", "b2", "b3"),
        },
        documents={WAIT: "<Pause length=\"60\"/>"},
    )  # fmt: skip
    assert [sent["EstimatedWaitTime"] for sent in scene.parameters("/wait")] == ["", "15"]


def test_leave_by_a_key_takes_the_caller_out_who_stays_on_the_line():
    scene = queues(
        {0: enters("bob", wait=at(WAIT)), 4: presses("bob", "0"), 20: takes("ann", wait_limit=1)},
        documents={
            WAIT: '<Gather action="/key" numDigits="1" timeout="60"><Say>press 0</Say></Gather>',
            "http://app.test/key": "<Leave/>",
        },
    )
    assert member(scene, "bob") == ("leave", 4, 0)
    assert not scene.callers["bob"].gone
    assert agent(scene, "ann") == ("no-answer", None, 1, 0)
    assert nothing_is_left(scene)


def test_hangup_in_the_wait_document_ends_the_call_and_nobody_takes_it_meanwhile():
    scene = queues(
        {0: enters("bob", wait=at(WAIT)), 2.06: takes("ann", wait_limit=1)},
        documents={WAIT: "<Say>nobody is here</Say><Hangup/>"},
    )
    assert member(scene, "bob") == ("hangup", 2.1, 0)
    assert agent(scene, "ann")[0] == "no-answer"
    assert scene.talks == []


@pytest.mark.parametrize(
    "document", ["<Dial>+15551</Dial>", "<Enqueue>other</Enqueue>", "<Play>/broken.wav</Play>"]
)
def test_a_wait_document_that_cannot_run_takes_the_caller_out_with_an_error(document):
    scene = queues({0: enters("bob", wait=at(WAIT))}, documents={WAIT: document})
    assert member(scene, "bob")[0] == "error"
    assert not scene.callers["bob"].gone
    assert len(scene.callers["bob"].notified) == 1
    assert nothing_is_left(scene)


def test_a_sound_that_cannot_be_played_takes_the_caller_out_with_an_error():
    wait = Sound(url="http://app.test/broken.wav", loops=0)
    scene = queues({0: enters("bob", wait=wait)})
    assert member(scene, "bob") == ("error", 0, 0)
    assert not scene.callers["bob"].gone


def test_a_wait_document_of_nothing_audible_leaves_silence_and_the_caller_waiting():
    scene = queues(
        {0: enters("bob", wait=at(WAIT)), 50: takes("ann"), 51: leaves("ann")}, documents={WAIT: ""}
    )
    assert len(scene.requests) == 1
    assert scene.talks == ["ann bob 50-51"]


def test_the_turn_comes_while_the_wait_document_is_fetched():
    scene = queues(
        {
            0: enters("bob", wait=at(WAIT)),
            5: takes("ann"),
            6: leaves("ann"),
        },
        documents={WAIT: "<Say>please wait</Say>"},
        fetch_takes=30,
    )
    assert scene.talks == ["ann bob 5-6"]
    assert nothing_is_left(scene)


def test_max_wait_ends_the_wait_and_counts_from_the_coming():
    scene = queues({0: enters("bob", max_wait=12)})
    assert member(scene, "bob") == ("timeout", 12, 0)
    assert nothing_is_left(scene)


def test_who_comes_to_a_full_queue_is_not_let_in():
    scene = queues({0: enters("bob"), 1: enters("carol"), 5: leaves("bob")}, max_size=1)
    assert member(scene, "carol") == ("queue-full", 0, 0)
    assert scene.callers["carol"].heard == []


def test_a_document_may_let_fewer_wait_than_the_queue_holds():
    scene = queues(
        {
            0: enters("bob"),
            1: enters("carol", most_waiting=1),
            2: enters("dave", most_waiting=2),
            9: leaves("bob"),
            12: leaves("dave"),
        }
    )
    assert member(scene, "carol") == ("queue-full", 0, 0)
    assert member(scene, "dave") == ("hangup", 10, 0)


def test_a_caller_who_hangs_up_gives_their_place_back():
    scene = queues(
        {
            0: enters("bob"),
            1: enters("carol", max_wait=20),
            3: leaves("bob"),
            4: takes("ann"),
            6: leaves("ann"),
        }
    )
    assert member(scene, "bob") == ("hangup", 3, 0)
    assert scene.talks == ["ann carol 4-6"]


def test_a_caller_who_is_given_another_document_waits_no_more_and_the_action_is_told():
    action = Callback(url="http://app.test/served")
    scene = queues({0: enters("bob", if_redirected=action), 3: moves("bob"), 4: takes("ann", wait_limit=1)})
    told = {"CallSid": "bob", "QueueResult": "redirected", "QueueSid": scene.rows[0].sid, "QueueTime": "3"}
    assert scene.events == [(3, "http://app.test/served", told)]
    assert scene.callers["bob"].result is None
    assert agent(scene, "ann")[0] == "no-answer"
    assert nothing_is_left(scene)


def test_a_call_that_is_stopped_is_not_told_of_as_redirected():
    def stop(scene: QueueScene) -> None:
        scene.callers["bob"].steerable = False
        scene.move("bob")

    scene = queues({0: enters("bob", if_redirected=Callback(url="http://app.test/served")), 3: stop})
    assert scene.events == []


def test_without_a_database_the_caller_goes_on_with_a_system_error():
    scene = queues({0: enters("bob"), 1: takes("ann")}, store_fails=True)
    assert member(scene, "bob") == ("system-error", 0, 0)
    assert agent(scene, "ann")[0] == "failed"
    assert (scene.callers["bob"].notified, scene.callers["ann"].notified) == ([11008], [11008])


def test_an_agent_hears_the_ring_tone_while_nobody_waits():
    scene = queues({0: takes("ann", while_waiting=RingTone()), 7: enters("bob"), 8: leaves("bob")})
    assert scene.callers["ann"].heard == [("ring tone", 0.01, 7)]


def test_the_star_key_ends_the_agents_wait_and_the_talk():
    scene = queues(
        {
            0: takes("ann", hangup_on_star=True), 3: presses("ann", "*"),
            10: enters("bob"), 11: takes("abe", hangup_on_star=True), 15: presses("abe", "*"),
        }
    )  # fmt: skip
    assert agent(scene, "ann") == ("canceled", None, 3, 0)
    assert agent(scene, "abe") == ("completed", "bob", 0, 4)
    assert not scene.callers["abe"].gone
    assert member(scene, "bob") == ("bridged", 1, 4)
    assert nothing_is_left(scene)


def test_an_agent_who_hangs_up_while_waiting_takes_nobody():
    scene = queues({0: takes("ann"), 3: leaves("ann"), 4: enters("bob", max_wait=5)})
    assert agent(scene, "ann") == ("canceled", None, 3, 0)
    assert member(scene, "bob") == ("timeout", 5, 0)


def test_the_time_limit_parts_them_and_both_go_on():
    scene = queues({0: enters("bob"), 1: takes("ann", time_limit=60)})
    assert scene.talks == ["ann bob 1-61"]
    assert not scene.callers["ann"].gone
    assert not scene.callers["bob"].gone


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_moving_either_elsewhere_parts_them_before_anything_else_is_heard(who):
    scene = queues({0: enters("bob"), 1: takes("ann"), 9: moves(who)})
    assert scene.talks == ["ann bob 1-9"]
    assert scene.callers["ann"].done_at == scene.callers["bob"].done_at == 9
    assert nothing_is_left(scene)


def test_a_talk_that_cannot_be_connected_is_told_to_both():
    def break_bob(scene: QueueScene) -> None:
        scene.callers["bob"].phone.media.broken = True

    scene = queues({0: enters("bob"), 1: break_bob, 2: takes("ann")})
    assert member(scene, "bob")[0] == "system-error"
    assert agent(scene, "ann")[:2] == ("failed", None)
    assert scene.callers["ann"].notified == [11008]
    assert nothing_is_left(scene)


def test_the_member_hears_the_agents_document_and_then_they_are_connected():
    scene = queues(
        {0: enters("bob"), 10: takes("ann", whisper=at(WHISPER)), 20: leaves("ann")},
        documents={WHISPER: "<Say>you are next</Say>"},
    )
    told = {"QueueSid": scene.rows[0].sid, "QueueTime": "10", "DequeingCallSid": "ann"}
    assert scene.parameters("/whisper") == [told]
    assert scene.requests[0][2]["CallSid"] == "bob"
    assert scene.callers["bob"].heard == [("music", 0.01, 10), ("you are next", 10, 12)]
    assert scene.talks == ["ann bob 12-20"]
    assert member(scene, "bob") == ("bridged", 12, 8)


def test_a_member_who_hangs_up_during_it_leaves_the_agent_waiting_for_the_next():
    scene = queues(
        {
            0: enters("bob"), 1: takes("ann", whisper=at(WHISPER), wait_limit=20),
            2: leaves("bob"), 5: enters("carol"), 30: leaves("ann"),
        },
        documents={WHISPER: "<Say>you are next</Say>"},
    )  # fmt: skip
    assert member(scene, "bob") == ("hangup", 2, 0)
    assert scene.talks == ["ann carol 7-30"]
    assert agent(scene, "ann") == ("completed", "carol", 6, 23)
    assert nothing_is_left(scene)


def test_an_agent_who_leaves_during_it_leaves_the_member_at_their_turn():
    scene = queues(
        {
            0: enters("bob"), 1: enters("carol"), 2: takes("ann", whisper=at(WHISPER)),
            3: leaves("ann"), 5: takes("abe"), 6: takes("abe2"), 9: leaves("abe", "abe2"),
        },
        documents={WHISPER: "<Say>you are next</Say>"},
    )  # fmt: skip
    assert agent(scene, "ann") == ("canceled", None, 1, 0)
    assert scene.talks == ["abe bob 5-9", "abe2 carol 6-9"]
    assert scene.callers["bob"].heard[-1] == ("music", 3, 5)
    assert member(scene, "bob") == ("bridged", 5, 4)


def test_max_wait_goes_on_when_an_agent_left_during_it():
    scene = queues(
        {0: enters("bob", max_wait=10), 2: takes("ann", whisper=at(WHISPER)), 12: leaves("ann")},
        documents={WHISPER: '<Pause length="30"/>'},
    )
    assert member(scene, "bob") == ("timeout", 12, 0)
    assert scene.talks == []


def test_a_document_that_hangs_up_ends_the_members_call():
    scene = queues(
        {0: enters("bob"), 1: takes("ann", whisper=at(WHISPER), wait_limit=5)},
        documents={WHISPER: "<Hangup/>"},
    )
    assert member(scene, "bob")[0] == "hangup"
    assert agent(scene, "ann")[0] == "no-answer"
    assert nothing_is_left(scene)


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        pytest.param({WHISPER: "<Enqueue>other</Enqueue>"}, 12200, id="a verb that is not allowed"),
        pytest.param({WHISPER: "<Say>you are"}, 12100, id="no XML"),
        pytest.param({}, 21402, id="cannot be fetched"),
    ],
)
def test_a_document_that_cannot_run_is_left_out_and_told_of(documents: dict[str, str], code: int):
    scene = queues(
        {0: enters("bob"), 1: takes("ann", whisper=at(WHISPER), wait_limit=5), 9: leaves("ann")},
        documents=documents,
    )
    assert scene.talks == ["ann bob 1-9"]
    assert member(scene, "bob") == ("bridged", 1, 8)
    assert code in scene.callers["bob"].notified
    assert nothing_is_left(scene)


def test_what_a_document_said_before_it_failed_was_heard_and_they_are_connected():
    scene = queues(
        {0: enters("bob"), 1: takes("ann", whisper=at(WHISPER)), 9: leaves("ann")},
        documents={WHISPER: "<Say>you are next</Say><Redirect>/nowhere</Redirect>"},
    )
    assert scene.callers["bob"].heard[-1][0] == "you are next"
    assert scene.talks == ["ann bob 3-9"]


def test_a_document_that_does_not_end_is_cut_and_they_are_connected():
    scene = queues(
        {0: enters("bob"), 1: takes("ann", whisper=at(WHISPER)), 90: leaves("ann")},
        documents={WHISPER: '<Pause length="3600"/>'},
    )
    assert scene.talks == ["ann bob 61-90"]


TOLD = Callback(url="http://app.test/told", events=("join", "bridged", "abandoned", "leave"))


def told(scene: QueueScene, sid: str = "bob") -> list[tuple[float, str, dict[str, str]]]:
    """Return when what was told of a caller, with what belongs to that event alone."""
    common = {
        *("CallSid", "QueueSid", "FriendlyName", "SequenceNumber", "StatusCallbackEvent", "Timestamp"),
    }
    return [
        (at, sent["StatusCallbackEvent"], {name: sent[name] for name in sent if name not in common})
        for at, _, sent in scene.events
        if sent["CallSid"] == sid
    ]


def test_the_application_is_told_of_coming_being_connected_and_leaving_in_order():
    scene = queues({0: enters("bob", status_callback=TOLD), 10: takes("ann"), 30: leaves("ann")})
    assert told(scene) == [
        (0.01, "join", {"QueueTime": "0", "QueuePosition": "1", "CurrentQueueSize": "1"}),
        (10, "bridged", {"QueueTime": "10", "DequeingCallSid": "ann"}),
        (30, "leave", {"QueueTime": "10", "QueueResult": "bridged"}),
    ]
    assert [sent["SequenceNumber"] for _, _, sent in scene.events] == ["0", "1", "2"]
    assert {(sent["FriendlyName"], sent["QueueSid"]) for _, _, sent in scene.events} == {
        ("support", scene.rows[0].sid)
    }


def test_a_caller_who_hangs_up_while_waiting_has_abandoned_the_queue():
    scene = queues(
        {0: enters("first"), 1: enters("bob", status_callback=TOLD), 4: leaves("bob"), 5: leaves("first")}
    )
    assert told(scene) == [
        (1, "join", {"QueueTime": "0", "QueuePosition": "2", "CurrentQueueSize": "2"}),
        (4, "abandoned", {"QueueTime": "3", "QueueResult": "hangup"}),
    ]


@pytest.mark.parametrize(
    ("steerable", "event", "result"), [(True, "leave", "redirected"), (False, "abandoned", "hangup")]
)
def test_a_caller_who_is_taken_out_from_outside_is_told_of_once(steerable, event, result):
    def take_out(scene: QueueScene) -> None:
        scene.callers["bob"].steerable = steerable
        scene.move("bob")

    scene = queues({0: enters("bob", status_callback=TOLD), 3: take_out})
    assert told(scene)[1:] == [(3, event, {"QueueTime": "3", "QueueResult": result})]


def test_only_events_that_were_asked_for_are_told_and_their_numbers_stay():
    chosen = Callback(url="http://app.test/told", events=("leave",))
    scene = queues({0: enters("bob", status_callback=chosen, max_wait=2)})
    assert told(scene) == [(2.01, "leave", {"QueueTime": "2", "QueueResult": "timeout"})]
    assert scene.events[0][2]["SequenceNumber"] == "1"


def test_a_caller_who_cannot_be_connected_is_not_told_of_as_bridged():
    def break_bob(scene: QueueScene) -> None:
        scene.callers["bob"].phone.media.broken = True

    scene = queues({0: enters("bob", status_callback=TOLD), 1: break_bob, 2: takes("ann")})
    assert [event for _, event, _ in told(scene)] == ["join", "leave"]


class Guest(Visitor):
    """Somebody on the line already."""

    def __init__(self) -> None:
        self.gone = False

    def leave(self) -> None:
        self.gone = True


def handing_over(scene: QueueScene, guest: Guest) -> None:
    """Do what an attended transfer by bob's telephone does."""
    agent_call = scene.callers["ann"]
    agent_call.phone.talk.hand_over(guest)


def test_an_agent_goes_on_with_whom_the_member_consulted_and_the_member_is_hung_up():
    guest = Guest()
    scene = queues({0: enters("bob"), 1: takes("ann"), 5: lambda scene: handing_over(scene, guest)})
    assert scene.talks == ["ann bob 1-5"]
    assert scene.callers["ann"].talked_to == [guest]
    assert scene.callers["bob"].stopped
    assert not guest.gone
    assert agent(scene, "ann")[:2] == ("completed", "bob")
    assert nothing_is_left(scene)


def test_whom_the_member_consulted_is_let_go_when_the_agent_leaves_at_that_moment():
    guest = Guest()

    def both(scene: QueueScene) -> None:
        scene.callers["ann"].leave()
        handing_over(scene, guest)

    scene = queues({0: enters("bob"), 1: takes("ann"), 5: both})
    assert scene.callers["ann"].talked_to == []
    assert guest.gone
    assert nothing_is_left(scene)
