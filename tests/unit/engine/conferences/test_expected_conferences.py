"""Conferences into which somebody is being called before anybody is in them."""

from __future__ import annotations

from collections.abc import Callable

from engine.conferences.conference import new_record
from engine.store import ConferenceRow
from tests.testkit.virtual_conference import ACCOUNT, Scene, conference


class Calls:
    """Calls into the room; ``records`` are the conferences that their requests were answered with."""

    def __init__(self) -> None:
        self.records: list[ConferenceRow] = []
        self._over: list[Callable[[], bool]] = []

    def begin(self, scene: Scene) -> None:
        store = scene.services.store
        row, over = scene.conferences.expect(new_record(ACCOUNT, "room", store.instance_sid), store)
        self.records.append(row)
        self._over.append(over)

    def end(self, scene: Scene) -> None:
        self._over.pop(0)()


def enters(scene: Scene) -> None:
    scene.enter("bob")


def leaves(scene: Scene) -> None:
    scene.callers["bob"].hang_up()


def another_enters(scene: Scene) -> None:
    scene.enter("carol")


def and_leaves(scene: Scene) -> None:
    scene.callers["carol"].hang_up()


def test_who_answers_begins_the_conference_that_the_request_was_answered_with():
    calls = Calls()
    scene = conference({0: calls.begin, 1: enters, 2: leaves, 3: calls.end})
    assert scene.been_in == {"bob": calls.records[0].sid}
    assert scene.statuses.count("COMPLETED") == 1
    assert scene.conferences.expected(ACCOUNT, "room") is None


def test_several_calls_into_one_name_are_calls_into_one_conference():
    calls = Calls()
    scene = conference({0: calls.begin, 0.5: calls.begin, 1: calls.end, 2: enters, 3: leaves, 4: calls.end})
    assert {row.sid for row in calls.records} == {scene.been_in["bob"]}
    assert len(scene.rooms) == 1


def test_a_conference_that_nobody_came_into_is_completed_with_the_last_call():
    calls = Calls()
    scene = conference({0: calls.begin, 1: calls.begin, 2: calls.end, 3: calls.end})
    assert scene.rows == [(0, "RUNNING_INITIALIZING"), (3, "COMPLETED")]
    assert (scene.rooms, scene.conferences.expected(ACCOUNT, "room")) == ([], None)


def test_a_conference_that_ended_meanwhile_is_not_begun_again_by_who_answers_late():
    calls = Calls()
    scene = conference({0: calls.begin, 1: enters, 2: leaves, 3: another_enters, 4: calls.end, 5: and_leaves})
    assert scene.been_in["bob"] == calls.records[0].sid != scene.been_in["carol"]
    assert scene.statuses.count("COMPLETED") == 2
