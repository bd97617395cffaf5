"""By which index SQLite finds the rows of a list, whatever it has counted."""

import sqlite3
from collections.abc import Iterable
from typing import Any, cast

import pytest
from sqlalchemy import Index, Table
from sqlalchemy.dialects import sqlite

from engine.http.dialect import RESTCOMM
from engine.http.resources import Resource
from engine.http.resources.events import EVENTS
from engine.http.resources.executions import EXECUTIONS
from engine.http.resources.recordings import RECORDINGS
from engine.http.resources.traces import TRACES
from engine.store.ordering import page_query


def plan(resource: Resource[Any], query: dict[str, str], indexes: Iterable[Index]) -> str:
    """Return how SQLite would read the first page of a list; of indexes alike it takes a later one."""
    rows = cast(Table, resource.row.__table__)
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE {rows.name} ({', '.join(each.name for each in rows.columns)})")
    for index in indexes:
        names = ", ".join(each.name for each in index.columns)
        database.execute(f"CREATE INDEX {index.name} ON {rows.name} ({names})")
    where = [resource.accounts(query) == "AC"]
    for each in resource.filters:
        where += each.conditions(query, RESTCOMM)
    asked = page_query(resource.row, where, resource.sorting.order(query, resource.row), limit=50)
    text = asked.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    steps = [str(row[3]) for row in database.execute(f"EXPLAIN QUERY PLAN {text}")]
    database.close()
    return "; ".join(steps)


@pytest.mark.parametrize("order", ["", "DateCreated:asc"])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    ("resource", "column", "index"),
    [
        (TRACES, "SessionSid", "ix_traces_session_sid"),
        (EVENTS, "CallSid", "ix_events_call_sid"),
        (EXECUTIONS, "CallSid", "ix_executions_call_sid"),
        (RECORDINGS, "CallSid", "ix_recordings_call_sid"),
        (RECORDINGS, "ConferenceSid", "ix_recordings_conference_sid"),
    ],
)
def test_what_belongs_to_one_call_is_found_by_the_call(
    resource: Resource[Any], column: str, index: str, order: str, backwards: bool
):
    rows = cast(Table, resource.row.__table__)
    indexes = sorted(rows.indexes, key=lambda each: str(each.name), reverse=backwards)
    query = {column: "CA", "SortBy": order} if order else {column: "CA"}
    assert f"USING INDEX {index} " in plan(resource, query, indexes)


def test_a_whole_list_is_walked_in_its_order():
    rows = cast(Table, TRACES.row.__table__)
    assert "ix_traces_account_sid_date_created" in plan(TRACES, {}, rows.indexes)
    assert "ix_traces_account_sid_date_created" in plan(TRACES, {"SessionSid": ""}, rows.indexes)
