from collections.abc import Sequence
from typing import Any

import pytest

from engine.http.dialect import RESTCOMM, TWILIO
from engine.http.filters import Ended, EndsWith, OneOf, Since, Sorting, Until
from engine.http.problems import Problem
from engine.store import CallRow


def written(conditions: Sequence[Any]) -> list[str]:
    """Return the conditions as SQL with their values."""
    return [str(each.compile(compile_kwargs={"literal_binds": True})) for each in conditions]


def test_restcomms_numbers_are_matched_from_the_end_and_twilios_whole():
    declared = EndsWith("To", CallRow.to)
    assert written(declared.conditions({"To": "131"}, RESTCOMM)) == ["lower(calls.\"to\") LIKE lower('%131')"]
    assert written(declared.conditions({"To": "131"}, TWILIO)) == ["calls.\"to\" = '131'"]
    assert declared.conditions({}, RESTCOMM) == []


def test_several_values_between_commas_are_looked_for_at_once():
    declared = OneOf("Status", CallRow.status)
    assert written(declared.conditions({"Status": "busy"}, RESTCOMM)) == ["calls.status = 'busy'"]
    several = written(declared.conditions({"Status": "ringing, in-progress"}, TWILIO))
    assert several == ["calls.status IN ('ringing', 'in-progress')"]
    assert declared.conditions({"Status": " , "}, RESTCOMM) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("2013-08-23", "2013-08-23 00:00:00"),
        ("2013-08-23 14:30:07.820000000", "2013-08-23 14:30:07.820000"),
        ("2013-08-23T14:30:07+02:00", "2013-08-23 12:30:07"),
        ("2013-08-23T14:30:07 02:00", "2013-08-23 12:30:07"),
        ("2013-08-23T14:30:07Z", "2013-08-23 14:30:07"),
    ],
)
def test_a_day_or_a_moment_begins_the_list(text: str, first: str):
    (condition,) = Since("StartTime", CallRow.date_created).conditions({"StartTime": text}, RESTCOMM)
    value = condition.right.value.astimezone().utctimetuple()
    assert first.startswith(f"{value.tm_year}-{value.tm_mon:02}-{value.tm_mday:02} {value.tm_hour:02}:")


def test_a_day_ends_the_list_at_its_midnight():
    (condition,) = Until("EndTime", CallRow.date_created).conditions({"EndTime": "2013-08-23"}, RESTCOMM)
    assert condition.right.value.isoformat() == "2013-08-24T00:00:00+00:00"


def test_calls_that_ended_long_ago_are_found_by_the_index_of_their_beginnings():
    ended = Ended("EndTime", CallRow.date_created, CallRow.end_time)
    before, began = ended.conditions({"EndTime<": "2013-08-23"}, TWILIO)
    assert [str(each.left) for each in (before, began)] == ["calls.end_time", "calls.date_created"]
    assert before.right.value == began.right.value
    (since,) = ended.conditions({"EndTime>": "2013-08-23"}, TWILIO)
    assert str(since.left) == "calls.end_time"


@pytest.mark.parametrize("text", ["yesterday", "2013-13-01", "23.08.2013", "0"])
def test_what_is_no_day_is_a_problem(text: str):
    with pytest.raises(Problem, match="write a day as YYYY-MM-DD"):
        Since("StartTime", CallRow.date_created).conditions({"StartTime": text}, RESTCOMM)


def clauses(query: dict[str, str]) -> list[str]:
    order = Sorting({"From": CallRow.from_, "DateCreated": CallRow.date_created}).order(query, CallRow)
    return [str(each).replace("calls.", "") for each in order.clauses()]


def test_the_order_is_ascending_unless_said_otherwise_and_total_in_one_direction():
    assert clauses({"SortBy": "From"}) == ['"from" ASC', "date_created ASC", "sid ASC"]
    assert clauses({"SortBy": "From:desc"}) == ['"from" DESC', "date_created DESC", "sid DESC"]
    assert clauses({"SortBy": "DateCreated:asc"}) == ["date_created ASC", "sid ASC"]
    assert clauses({"SortBy": "DateCreated:asc", "Reverse": "true"}) == ["date_created DESC", "sid DESC"]
    assert clauses({"Reverse": "true"}) == ["date_created ASC", "sid ASC"]
    assert clauses({"Reverse": "false"}) == clauses({})
    assert clauses({}) == ["date_created DESC", "sid DESC"]
    with pytest.raises(Problem, match="Error parsing the SortBy parameter: 'To' is not"):
        clauses({"SortBy": "To"})
