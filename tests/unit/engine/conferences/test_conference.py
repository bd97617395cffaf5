"""Conferences in virtual time: who hears what, who stays how long, and what the application is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.conferences import EndReason
from rcml.call import Callback, Sound
from rcml.dialling import Beep, RoomEvent, Waiting
from rcml.flow import Fetch
from rcml.values import HttpMethod, Url
from tests.testkit.virtual_conference import Player, Scene, conference

WAIT_URL = "http://app.test/wait"
ALL_EVENTS = Callback(url="http://app.test/room", events=tuple(event.value for event in RoomEvent))


def wait_document(url: str = WAIT_URL) -> Fetch:
    return Fetch(Url(url), HttpMethod.GET)


def enters(sid: str, **request):
    return lambda scene: scene.enter(sid, **request)


def leaves(sid: str):
    return lambda scene: scene.callers[sid].hang_up()


def stays(scene: Scene) -> dict[str, tuple[str, float]]:
    return {
        sid: (caller.stay.because.value, round(caller.stay.duration, 3))
        for sid, caller in scene.callers.items()
        if caller.stay is not None
    }


def all_given_back(scene: Scene) -> bool:
    left = (len(scene.conferences), scene.conferences.participants, scene.tasks_left)
    return left == (0, 0, 0) and all(room.closed and not room.members for room in scene.rooms)


def test_two_talk_until_they_hang_up_and_nothing_is_left():
    scene = conference({0: enters("bob"), 1: enters("carol"), 5: leaves("bob"), 7: leaves("carol")})
    assert stays(scene) == {"bob": ("caller", 5), "carol": ("caller", 6)}
    assert len(scene.rooms) == 1
    assert all_given_back(scene)
    assert scene.statuses == ["RUNNING_INITIALIZING", "RUNNING_MODERATOR_PRESENT", "COMPLETED"]
    assert set(scene.been_in) == {"bob", "carol"}
    assert len(set(scene.been_in.values())) == 1


def test_rooms_of_other_names_are_other_rooms():
    scene = conference(
        {0: enters("bob", room="a"), 1: enters("carol", room="b"), 2: leaves("bob"), 3: leaves("carol")}
    )
    assert len(scene.rooms) == 2


def test_i02_the_time_limit_takes_one_out_who_stays_on_the_line():
    scene = conference({0: enters("bob", time_limit=50)})
    assert stays(scene) == {"bob": ("time limit", 50)}
    assert not scene.callers["bob"].gone
    assert all_given_back(scene)


def test_i05_two_who_come_at_the_same_moment_are_in_one_room():
    scene = conference(
        {0: lambda scene: (scene.enter("bob", time_limit=9), scene.enter("carol", time_limit=9))}
    )
    assert len(scene.rooms) == 1
    assert stays(scene) == {"bob": ("time limit", 9), "carol": ("time limit", 9)}


def test_who_comes_when_it_is_full_is_not_let_in():
    scene = conference(
        {
            0: enters("bob", max_participants=2),
            1: enters("carol", max_participants=2),
            2: enters("dave", max_participants=2),
            3: leaves("bob"),
            4: leaves("carol"),
        }
    )
    assert stays(scene)["dave"] == ("full", 0)
    assert scene.callers["dave"].notified == [16020]


def test_who_ends_it_by_leaving_ends_it_for_everybody():
    scene = conference({0: enters("bob"), 1: enters("carol", end_on_exit=True), 4: leaves("carol")})
    assert stays(scene) == {"bob": ("room ended", 4), "carol": ("caller", 3)}
    assert scene.statuses[-2:] == ["STOPPING", "COMPLETED"]


def test_it_ends_when_its_time_is_over():
    scene = conference({0: enters("bob"), 10: enters("carol")}, max_duration=100)
    assert stays(scene) == {"bob": ("room ended", 100), "carol": ("room ended", 90)}


def test_a_star_leaves_when_the_document_says_so():
    def press(scene: Scene) -> None:
        scene.callers["bob"].leg.on_digit("5")
        scene.callers["bob"].leg.on_digit("*")
        scene.callers["carol"].leg.on_digit("*")

    scene = conference(
        {0: enters("bob", hangup_on_star=True), 1: enters("carol"), 3: press, 5: leaves("carol")}
    )
    assert stays(scene) == {"bob": ("caller", 3), "carol": ("caller", 4)}
    assert scene.callers["bob"].leg.on_digit is None


def test_a_call_that_is_moved_elsewhere_leaves():
    scene = conference(
        {0: enters("bob"), 1: enters("carol"), 2: lambda scene: scene.move("bob"), 3: leaves("carol")}
    )
    assert stays(scene) == {"carol": ("caller", 2)}
    assert all_given_back(scene)


def test_i16_a_caller_whose_sound_cannot_be_joined_is_told_and_the_record_stays():
    scene = conference({0: enters("bob", broken=True)})
    assert stays(scene) == {"bob": ("failed", 0)}
    assert scene.callers["bob"].notified == [16030]
    assert scene.statuses == ["RUNNING_INITIALIZING", "FAILED"]
    assert all_given_back(scene)


def test_one_whose_sound_fails_disturbs_nobody():
    scene = conference({0: enters("bob"), 1: enters("carol", broken=True), 3: leaves("bob")})
    assert stays(scene) == {"carol": ("failed", 0), "bob": ("caller", 3)}


def test_who_enters_a_name_whose_conference_is_stopping_gets_a_new_one():
    def end_and_enter(scene: Scene) -> None:
        scene.conference().end()
        scene.enter("carol", time_limit=1)

    scene = conference({0: enters("bob"), 2: end_and_enter})
    assert stays(scene) == {"bob": ("room ended", 2), "carol": ("time limit", 1)}
    assert len(scene.rooms) == 2
    assert all_given_back(scene)


def let_the_application_take_long(scene: Scene) -> None:
    scene.fetch_takes = 60.0


NOTICE = Sound(url="http://app.test/notice.wav")
STATES: dict[str, tuple[dict[str, Any], Callable[[Scene], None] | None]] = {
    "waiting with music": ({"start_on_enter": False}, None),
    "waiting with a document": ({"start_on_enter": False, "wait": wait_document()}, None),
    "waiting for the document": (
        {"start_on_enter": False, "wait": wait_document()}, let_the_application_take_long,
    ),
    "alone": ({}, None),
    "on hold": ({}, lambda scene: scene.conference().hold("bob", True)),
    "hearing an announcement": ({}, lambda scene: scene.conference().announce(NOTICE)),
    "hearing an announcement alone": ({}, lambda scene: scene.conference().announce_to("bob", NOTICE)),
    "removed at the same moment": ({}, lambda scene: scene.conference().kick("bob")),
    "sent away at the same moment": ({}, lambda scene: scene.conference().end()),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "end", [leaves("bob"), lambda scene: scene.move("bob")], ids=["hangs up", "is moved"]
)
def test_a_caller_may_leave_in_any_state(state: str, end):
    request, brings_about = STATES[state]

    def prepare(scene: Scene) -> None:
        if brings_about is let_the_application_take_long:
            brings_about(scene)

    def act(scene: Scene) -> None:
        if brings_about is not None:
            brings_about(scene)

    at_once = "same moment" in state
    times = {
        0: prepare,
        0.1: enters("bob", **request),
        2 if at_once else 1.2: act,
        2.0001 if at_once else 2: end,
    }
    scene = conference(times, documents={WAIT_URL: "<Say>wait</Say>"})
    assert all_given_back(scene)


def test_a_fault_of_ours_ends_one_stay_and_nothing_is_left():
    def fail(*_, **__):
        raise RuntimeError("the outbox is broken")

    def enter(scene: Scene) -> None:
        scene.services.outbox.post = fail
        scene.enter("bob", status_callback=ALL_EVENTS)

    scene = conference({0: enter})
    assert "bob" not in stays(scene)
    assert all_given_back(scene)


def test_who_only_listens_is_muted_and_the_others_are_not():
    seen = {}

    def look(scene: Scene) -> None:
        seen.update({sid: caller.voice["muted"] for sid, caller in scene.callers.items()})

    conference(
        {0: enters("bob"), 1: enters("carol", muted=True), 2: look, 3: leaves("bob"), 4: leaves("carol")}
    )
    assert seen == {"bob": False, "carol": True}


def test_a_coach_is_heard_by_one_and_by_nobody_when_that_one_has_left():
    seen = []

    def look(scene: Scene) -> None:
        voice = scene.callers["coach"].voice
        agent = scene.callers.get("agent")
        seen.append((voice["muted"], agent is not None and voice["heard only by"] is agent.leg.media))

    scene = conference(
        {
            0: enters("customer"),
            1: enters("coach", coach="agent"),
            2: look,
            3: enters("agent"),
            4: look,
            5: leaves("agent"),
            6: look,
            7: leaves("customer"),
            8: leaves("coach"),
        }
    )
    assert seen[:2] == [(True, False), (False, True)]
    assert seen[2][0]
    assert all_given_back(scene)


def test_beeps_are_heard_by_the_room_while_it_runs():
    scene = conference({0: enters("bob"), 1: enters("carol"), 5: leaves("carol"), 9: leaves("bob")})
    assert scene.room.heard == [("beep", 1, 1.5), ("departure", 5, 5.35)]


def test_the_operator_chooses_the_beeps_and_a_broken_one_is_noted_and_replaced():
    scene = conference(
        {0: enters("bob"), 1: enters("carol"), 15: leaves("carol"), 29: leaves("bob")},
        entry_url="http://app.test/hello.wav",
        exit_url="http://app.test/broken.wav",
    )
    assert scene.room.heard == [("hello.wav", 1, 11), ("departure", 15, 15.35)]
    assert scene.callers["bob"].notified == [13233]


def test_music_is_heard_until_a_moderator_comes():
    scene = conference(
        {0: enters("bob", start_on_enter=False), 20: enters("carol"), 30: leaves("bob"), 31: leaves("carol")}
    )
    assert scene.room.heard[0] == ("music", 0, 20)


@pytest.mark.parametrize(
    ("wait", "name"), [(Waiting.SILENCE, None), (Sound(url="http://app.test/tune.wav", loops=0), "tune.wav")]
)
def test_the_document_chooses_what_is_heard_while_waiting(wait, name):
    scene = conference({0: enters("bob", start_on_enter=False, wait=wait), 30: leaves("bob")})
    assert [each[0] for each in scene.room.heard] == ([name] if name else [])
    assert all_given_back(scene)


def test_who_hears_wideband_waits_with_wideband_sound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Player, "wideband", True)
    wait = Sound(url="http://app.test/tune.wav", loops=0)
    scene = conference({0: enters("bob", start_on_enter=False, wait=wait), 30: leaves("bob")})
    assert [each[0] for each in scene.room.heard] == ["tune.wav, wideband"]


def test_i13_a_document_is_requested_by_the_first_alone_and_again_at_its_end():
    scene = conference(
        {
            0: enters("bob", start_on_enter=False, wait=wait_document()),
            1: enters("carol", start_on_enter=False, wait=wait_document("http://app.test/other")),
            5.5: leaves("bob"),
            7: leaves("carol"),
        },
        documents={WAIT_URL: "<Say>wait</Say>", "http://app.test/other": "<Say>other</Say>"},
    )
    assert [(at, sid) for at, sid, _, _ in scene.requests] == [(0, "bob"), (3, "bob"), (5.5, "carol")]
    assert scene.room.heard == [("wait", 0, 2), ("wait", 3, 5), ("other", 5.5, 7)]


@pytest.mark.parametrize(
    ("wait", "code"),
    [
        (Sound(url="http://app.test/broken.wav", loops=0), 13233),
        (wait_document("http://app.test/wrong"), 12200),
    ],
)
def test_a_wait_url_at_fault_fails_the_call_that_brought_it(wait, code):
    scene = conference(
        {
            0: enters("bob", start_on_enter=False, wait=wait),
            1: enters("carol", start_on_enter=False),
            2: leaves("carol"),
        },
        documents={"http://app.test/wrong": "<Dial>5</Dial>"},
    )
    assert stays(scene)["bob"][0] == "failed"
    assert scene.callers["bob"].notified == [code]
    assert scene.callers["carol"].notified == []


def test_a_lone_moderator_hears_music_when_the_server_waits_for_a_second():
    scene = conference(
        {0: enters("bob"), 4: enters("carol", start_on_enter=False), 6: leaves("bob"), 7: leaves("carol")},
        wait_for_second=True,
    )
    assert scene.room.heard[0] == ("music", 0, 4)


def test_a_participant_is_removed_and_stays_on_the_line():
    scene = conference(
        {
            0: enters("bob"),
            1: enters("carol"),
            3: lambda scene: scene.conference().kick("bob"),
            5: leaves("carol"),
        }
    )
    assert stays(scene)["bob"] == ("removed", 3)
    assert not scene.callers["bob"].gone


def test_hold_takes_a_participant_out_of_the_mix_to_music_and_back():
    seen = []

    def hold(scene: Scene, on: bool) -> None:
        scene.conference().hold("bob", on)
        seen.append(
            (scene.callers["bob"].voice["held"], scene.conference().participants["bob"].member.on_hold)
        )

    scene = conference(
        {
            0: enters("bob"),
            1: enters("carol"),
            3: lambda scene: hold(scene, True),
            8: lambda scene: hold(scene, False),
            9: leaves("bob"),
            10: leaves("carol"),
        }
    )
    assert seen == [(True, True), (False, False)]
    assert scene.callers["bob"].heard == [("music", 3, 8)]


def test_the_hold_sound_may_be_a_document_and_may_change():
    def hold(scene: Scene, sound) -> None:
        scene.conference().hold("bob", True, sound)

    scene = conference(
        {
            0: enters("bob"),
            1: lambda scene: hold(scene, wait_document()),
            6: lambda scene: hold(scene, Waiting.MUSIC),
            9: leaves("bob"),
        },
        documents={WAIT_URL: "<Say>wait</Say>"},
    )
    assert scene.callers["bob"].heard == [("wait", 1, 3), ("wait", 4, 6), ("music", 6, 9)]


@pytest.mark.parametrize(
    ("beep", "changed_to", "heard"),
    [
        (Beep.BOTH, False, []),
        (Beep.ON_ENTER, True, ["departure"]),
        (Beep.NEVER, True, ["departure"]),
    ],
)
def test_whether_the_others_hear_that_one_leaves_may_change(beep: Beep, changed_to: bool, heard: list[str]):
    scene = conference(
        {
            0: enters("bob", beep=Beep.NEVER),
            1: enters("carol", beep=beep),
            3: lambda scene: scene.conference().beep_on_exit("carol", changed_to),
            5: leaves("carol"),
            7: leaves("bob"),
        }
    )
    assert [name for name, begun, _ in scene.room.heard if begun >= 5] == heard


def test_what_is_heard_while_waiting_may_change_and_the_next_who_waits_brings_their_own():
    def change(sid: str, name: str):
        wait = Sound(url=f"http://app.test/{name}", loops=0)
        return lambda scene: scene.conference().wait_with(sid, wait)

    scene = conference(
        {
            0: enters("bob", start_on_enter=False),
            1: enters("carol", start_on_enter=False),
            2: change("carol", "hers.wav"),
            4: change("bob", "his.wav"),
            6: leaves("bob"),
            8: leaves("carol"),
        }
    )
    assert scene.room.heard == [("music", 0, 4), ("his.wav", 4, 6), ("hers.wav", 6, 8)]


def test_what_is_heard_while_waiting_begins_nothing_once_the_conference_has_started():
    wait = Sound(url="http://app.test/his.wav", loops=0)
    scene = conference(
        {0: enters("bob"), 2: lambda scene: scene.conference().wait_with("bob", wait), 4: leaves("bob")}
    )
    assert scene.room.heard == []


def test_an_announcement_is_heard_by_everybody_and_one_after_another():
    def announce(scene: Scene) -> None:
        scene.conference().announce(wait_document())
        scene.conference().announce(Sound(url="http://app.test/notice.wav"))

    scene = conference(
        {0: enters("bob", status_callback=ALL_EVENTS), 1: announce, 20: leaves("bob")},
        documents={WAIT_URL: "<Say>notice</Say>"},
    )
    assert scene.room.heard == [("notice", 1, 3), ("notice.wav", 3, 13)]
    assert scene.told.count("announcement-end") == 2
    assert scene.events[2]["AnnounceUrl"] == WAIT_URL


def test_an_announcement_that_fails_is_told():
    def announce(scene: Scene) -> None:
        scene.conference().announce(Sound(url="http://app.test/broken.wav"))

    scene = conference({0: enters("bob", status_callback=ALL_EVENTS), 1: announce, 2: leaves("bob")})
    assert "announcement-fail" in scene.told
    assert scene.callers["bob"].notified == [13233]


def test_one_on_hold_hears_an_announcement_and_then_the_music_again():
    def hold_and_announce(scene: Scene) -> None:
        scene.conference().hold("bob", True)
        scene.conference().announce_to("bob", Sound(url="http://app.test/notice.wav"))

    scene = conference({0: enters("bob"), 1: hold_and_announce, 15: leaves("bob")})
    assert [each for each in scene.callers["bob"].heard if each[1] != each[2]] == [
        ("notice.wav", 1, 11), ("music", 11, 15),
    ]  # fmt: skip
    assert scene.room.heard == []


def test_it_is_ended_by_request():
    scene = conference(
        {
            0: enters("bob", status_callback=ALL_EVENTS),
            1: enters("carol"),
            4: lambda scene: scene.conference().end(),
        }
    )
    assert {because for because, _ in stays(scene).values()} == {"room ended"}
    assert scene.events[-1]["ReasonConferenceEnded"] == EndReason.BY_REQUEST.value


def test_the_events_of_a_conference_in_order():
    scene = conference(
        {
            0: enters("bob", status_callback=ALL_EVENTS, label="host"),
            1: enters("carol", start_on_enter=False, end_on_exit=True),
            2: lambda scene: scene.conference().mute("bob", True),
            3: lambda scene: scene.conference().mute("bob", False),
            4: lambda scene: scene.conference().hold("carol", True),
            5: lambda scene: scene.conference().hold("carol", False),
            6: leaves("bob"),
            7: leaves("carol"),
        }
    )
    assert scene.told == [
        "participant-join bob",
        "conference-start",
        "participant-join carol",
        "participant-mute bob",
        "participant-unmute bob",
        "participant-hold carol",
        "participant-unhold carol",
        "participant-leave bob",
        "participant-leave carol",
        "conference-end",
    ]
    assert [each["SequenceNumber"] for each in scene.events] == [str(number) for number in range(1, 11)]
    joined = scene.events[2]
    assert joined["FriendlyName"] == "room"
    assert joined["ConferenceSid"].startswith("CF")
    assert {name: joined[name] for name in ("Muted", "Hold", "Coaching")} == dict.fromkeys(
        ("Muted", "Hold", "Coaching"), "false"
    )
    assert (joined["StartConferenceOnEnter"], joined["EndConferenceOnExit"]) == ("false", "true")
    assert scene.events[0]["ParticipantLabel"] == "host"
    assert (scene.events[3]["Muted"], scene.events[5]["Hold"]) == ("true", "true")
    ended = scene.events[-1]
    assert ended["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert ended["CallSidEndingConference"] == "carol"


def test_what_a_request_changes_of_a_participant_is_told_once():
    def change(scene: Scene) -> None:
        for _ in range(2):
            scene.conference().end_on_exit("bob", True)
            scene.conference().coach("bob", "carol")

    callback = Callback(url="http://app.test/room", events=("modify",))
    scene = conference(
        {0: enters("bob", status_callback=callback), 1: enters("carol"), 2: change, 9: leaves("bob")}
    )
    assert scene.told == ["participant-modify bob", "participant-modify bob"]
    assert [(told["EndConferenceOnExit"], told["Coaching"]) for told in scene.events] == [
        ("true", "false"),
        ("true", "true"),
    ]


def test_only_wanted_events_are_told_to_the_first_who_wants_any():
    first = Callback(url="http://app.test/first", events=("join",))
    scene = conference(
        {
            0: enters("bob"),
            1: enters("carol", status_callback=first),
            2: enters("dave", status_callback=ALL_EVENTS),
            3: leaves("bob"),
            4: leaves("carol"),
            5: leaves("dave"),
        }
    )
    assert scene.told == ["participant-join carol", "participant-join dave"]


def speaks(scene: Scene, sid: str, goes_on: bool) -> None:
    """Have the mix tell of somebody's speech, as it does whatever was asked for."""
    leg = scene.callers[sid].leg.media
    scene.room.on_speech(leg, goes_on)
    if goes_on:
        scene.room.on_leader(leg)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (("speaker",), ["participant-speech-start carol", "participant-speech-stop carol"]),
        (("active-speaker",), ["active-speaker carol"]),
    ],
)
def test_who_speaks_and_who_leads_is_told_to_who_asks(events, told):
    scene = conference(
        {
            0: enters("bob", status_callback=Callback(url="http://app.test/room", events=events)),
            1: enters("carol"),
            2: lambda scene: speaks(scene, "carol", True),
            4: lambda scene: speaks(scene, "carol", False),
            8: leaves("carol"),
            9: leaves("bob"),
        }
    )
    assert scene.told == told


def test_who_has_left_speaks_no_more():
    def speak_on(scene: Scene) -> None:
        scene.room.on_speech(scene.callers["carol"].leg.media, False)

    callback = Callback(url="http://app.test/room", events=("speaker",))
    scene = conference(
        {
            0: enters("bob", status_callback=callback),
            1: enters("carol"),
            2: leaves("carol"),
            3: speak_on,
            9: leaves("bob"),
        }
    )
    assert scene.told == []


def test_nothing_of_speech_is_asked_of_the_mix_where_nobody_wants_to_know():
    scene = conference(
        {
            0: enters("bob", status_callback=Callback(url="http://app.test/room", events=("join",))),
            9: leaves("bob"),
        }
    )
    assert scene.room.on_speech is None


def test_the_others_hear_a_participant_as_the_document_and_then_a_request_say():
    shapes = []

    def change(scene: Scene) -> None:
        shapes.append(scene.room.shapes[scene.callers["bob"].leg.media])
        room = scene.conference()
        room.shape("bob", noise_gate=False)
        room.shape("carol", agc=True)
        shapes.extend(scene.room.shapes[scene.callers[sid].leg.media] for sid in ("bob", "carol"))

    conference(
        {
            0: enters("bob", agc=True, noise_gate=True),
            1: enters("carol"),
            2: change,
            8: leaves("carol"),
            9: leaves("bob"),
        }
    )
    assert shapes == [(True, True), (True, False), (True, False)]
