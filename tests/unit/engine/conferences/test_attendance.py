"""The rules of a conference: rows of rcml.md 5.10, without sound and time."""

from __future__ import annotations

import pytest

from engine.conferences.attendance import Attendance, EndReason, Happening, Member, Voice
from rcml.dialling import Beep, LeftBecause

ABSENT, PRESENT = "RUNNING_MODERATOR_ABSENT", "RUNNING_MODERATOR_PRESENT"


def room(*members: Member, quorum: int = 1) -> Attendance:
    """Return the attendance after these have come."""
    attendance = Attendance(quorum=quorum)
    for member in members:
        attendance.enter(member)
    return attendance


def waiting(sid: str, **more) -> Member:
    return Member(sid, start_on_enter=False, **more)


def what(happenings: list[Happening]) -> list[tuple[str, str | None]]:
    return [(each.what.value, each.member.sid if each.member else None) for each in happenings]


def test_nobody_has_come_yet():
    assert Attendance().status == "RUNNING_INITIALIZING"


def test_who_may_start_it_starts_it_at_once():
    attendance = Attendance()
    assert what(attendance.enter(Member("bob"))) == [("joined", "bob"), ("started", None)]
    assert (attendance.status, attendance.started, attendance.host) == (PRESENT, True, None)


def test_who_may_not_start_it_waits_muted():
    attendance = Attendance()
    bob = waiting("bob")
    assert what(attendance.enter(bob)) == [("joined", "bob")]
    assert (attendance.status, attendance.host) == (ABSENT, bob)
    assert attendance.voice(bob) == Voice(muted=True)


def test_a_second_who_may_not_start_it_changes_nothing_and_hears_what_the_first_one_brought():
    bob = waiting("bob")
    assert room(bob, waiting("carol")).host is bob


def test_when_the_first_of_the_waiting_leaves_the_next_one_says_what_is_heard():
    carol = waiting("carol")
    attendance = room(waiting("bob"), carol)
    attendance.leave("bob", LeftBecause.CALLER)
    assert attendance.host is carol


def test_a_moderator_unmutes_those_who_waited_but_not_who_only_listens():
    bob, carol = waiting("bob"), waiting("carol", muted=True)
    attendance = room(bob, carol)
    assert ("started", None) in what(attendance.enter(Member("dave")))
    assert attendance.voice(bob) == Voice()
    assert attendance.voice(carol) == Voice(muted=True)


def test_it_stays_started_when_the_moderator_leaves():
    attendance = room(waiting("bob"), Member("dave"))
    attendance.leave("dave", LeftBecause.CALLER)
    assert (attendance.status, attendance.started) == (PRESENT, True)


@pytest.mark.parametrize("second", [Member("carol"), waiting("carol")])
def test_a_lone_moderator_waits_for_a_second_when_the_server_says_so(second: Member):
    attendance = room(Member("bob"), quorum=2)
    assert (attendance.started, attendance.status) == (False, PRESENT)
    assert ("started", None) in what(attendance.enter(second))


def test_a_moderator_who_left_before_the_start_starts_nothing():
    attendance = room(Member("bob"), waiting("carol"), quorum=3)
    attendance.leave("bob", LeftBecause.CALLER)
    assert attendance.status == ABSENT
    assert ("started", None) not in what(attendance.enter(waiting("dave")))


@pytest.mark.parametrize(
    ("beep", "enters", "leaves"),
    [
        (Beep.BOTH, True, True),
        (Beep.NEVER, False, False),
        (Beep.ON_ENTER, True, False),
        (Beep.ON_EXIT, False, True),
    ],
)
def test_beeps_are_those_of_the_one_who_comes_and_goes(beep: Beep, enters: bool, leaves: bool):
    attendance = room(Member("bob"))
    came = what(attendance.enter(Member("carol", beep=beep)))
    went = what(attendance.leave("carol", LeftBecause.CALLER))
    assert (("entry beep", "carol") in came, ("exit beep", "carol") in went) == (enters, leaves)


def test_the_one_who_starts_it_makes_no_beep_and_neither_does_one_who_waits():
    attendance = room(waiting("bob"))
    assert what(attendance.enter(waiting("carol"))) == [("joined", "carol")]
    assert what(attendance.enter(Member("dave"))) == [("joined", "dave"), ("started", None)]


def test_nobody_is_left_to_hear_the_last_one_go():
    attendance = room(Member("bob"))
    assert what(attendance.leave("bob", LeftBecause.CALLER)) == [("left", "bob"), ("ended", None)]
    assert (attendance.status, attendance.end_reason, attendance.ended_by) == (
        "COMPLETED", EndReason.LAST_LEFT, "bob",
    )  # fmt: skip


def test_who_ends_it_by_leaving_sends_all_others_away():
    attendance = room(Member("bob"), Member("carol", end_on_exit=True), waiting("dave"))
    happened = attendance.leave("carol", LeftBecause.TIME_LIMIT)
    assert what(happened) == [("left", "carol"), ("dismissed", "bob"), ("dismissed", "dave")]
    assert {each.because for each in happened[1:]} == {LeftBecause.ROOM_ENDED}
    assert (attendance.status, attendance.over) == ("STOPPING", True)
    assert what(attendance.leave("bob", LeftBecause.ROOM_ENDED)) == [("left", "bob")]
    assert what(attendance.leave("dave", LeftBecause.ROOM_ENDED)) == [("left", "dave"), ("ended", None)]
    assert (attendance.end_reason, attendance.ended_by) == (EndReason.END_ON_EXIT, "carol")


def test_a_request_ends_it_once():
    attendance = room(Member("bob"), waiting("carol"))
    assert what(attendance.end(EndReason.BY_REQUEST)) == [("dismissed", "bob"), ("dismissed", "carol")]
    assert attendance.end(EndReason.TIME_LIMIT) == []
    assert attendance.end_reason is EndReason.BY_REQUEST


@pytest.mark.parametrize(
    ("end_on_exit", "reason"), [(False, EndReason.LAST_KICKED), (True, EndReason.END_ON_EXIT_KICKED)]
)
def test_a_conference_whose_last_member_is_removed_says_so(end_on_exit: bool, reason: EndReason):
    attendance = room(Member("bob", end_on_exit=end_on_exit))
    attendance.leave("bob", LeftBecause.REMOVED)
    assert attendance.end_reason is reason


def test_each_is_let_in_by_their_own_limit():
    attendance = room(Member("bob"), Member("carol"))
    assert not attendance.has_room_for(Member("dave", max_participants=2))
    assert attendance.has_room_for(Member("eve", max_participants=3))


def test_mute_and_hold_happen_once():
    bob = Member("bob")
    attendance = room(bob)
    assert what(attendance.mute("bob", True)) == [("muted", "bob")]
    assert attendance.mute("bob", True) == []
    assert what(attendance.hold("bob", True)) == [("held", "bob")]
    assert attendance.voice(bob) == Voice(muted=True, held=True)
    assert what(attendance.hold("bob", False)) == [("resumed", "bob")]
    assert what(attendance.mute("bob", False)) == [("unmuted", "bob")]


def test_a_coach_is_heard_by_one_alone_and_by_nobody_while_that_one_is_away():
    coach = Member("coach", coach="agent")
    attendance = room(Member("customer"), coach)
    assert attendance.voice(coach) == Voice(muted=True)
    attendance.enter(Member("agent"))
    assert attendance.voice(coach) == Voice(heard_only_by="agent")
    attendance.leave("agent", LeftBecause.CALLER)
    assert attendance.voice(coach) == Voice(muted=True)


def test_who_coaches_themselves_is_heard_by_nobody():
    coach = Member("coach", coach="coach")
    assert room(coach).voice(coach) == Voice(muted=True)


def test_a_coach_who_ends_that_is_heard_by_all():
    coach = Member("coach", coach="agent")
    attendance = room(Member("agent"), coach)
    assert what(attendance.coach("coach", None)) == [("coaching", "coach")]
    assert attendance.voice(coach) == Voice()
