import pytest

from engine.store import CallRow
from rcml.api_version import API_VERSION


def call(**more) -> CallRow:
    fields = {
        "sid": "CA1", "account_sid": "AC1", "instance_sid": "ID1", "from_": "alice", "to": "+1555",
        "direction": "inbound", "status": "ringing",
    }  # fmt: skip
    return CallRow(**{**fields, **more})


def test_a_row_holds_its_values_and_nothing_else():
    row = call()
    row.duration = 3
    assert vars(row).keys() == set(CallRow.attributes())
    assert row.values() == vars(row)


def test_what_is_not_given_has_its_default():
    row = call()
    assert (row.duration, row.status_callback, row.api_version) == (None, "", API_VERSION)
    assert row.date_created.tzinfo is not None


def test_a_value_that_no_column_takes_is_refused_by_name():
    with pytest.raises(TypeError, match="colour"):
        call(colour="red")


def test_copied_values_do_not_change_with_the_row():
    row = call()
    before = row.values()
    row.status = "completed"
    assert before["status"] == "ringing"


def test_the_class_makes_conditions_of_its_columns():
    assert str(CallRow.from_ == "alice") == 'calls."from" = :from_1'


def test_rows_with_equal_values_are_equal():
    row = call()
    assert call(date_created=row.date_created, date_updated=row.date_updated) == row
