from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from engine.http.dialect import TWILIO
from engine.http.resources import Place
from engine.http.resources.calls import CALLS
from engine.http.resources.declaration import iso8601, rfc2822
from engine.http.resources.notifications import NOTIFICATIONS
from engine.http.resources.recordings import RECORDINGS
from engine.recording_url import recording_url
from engine.store import CallRow, NotificationRow, RecordingRow

MOMENT = datetime(2013, 8, 5, 1, 52, 2, 123_000, tzinfo=UTC)
ACCOUNT = "AC" + "a" * 32
PLACE = Place(ACCOUNT, "http://voice.example.com")


def test_dates_are_written_in_utc_and_in_english():
    assert rfc2822(MOMENT) == "Mon, 5 Aug 2013 01:52:02 +0000"
    assert rfc2822(MOMENT.astimezone(timezone(timedelta(hours=2)))) == "Mon, 5 Aug 2013 01:52:02 +0000"
    assert iso8601(MOMENT) == "2013-08-05T01:52:02.123Z"


def test_a_call_has_every_field_of_the_reference():
    row = CallRow(
        sid="CA1", account_sid=ACCOUNT, instance_sid="ID1", from_="alice", to="+1555", direction="inbound",
        status="completed", date_created=MOMENT, date_updated=MOMENT, start_time=MOMENT, duration=8,
        caller_name="<b>Alice</b>",
    )  # fmt: skip
    shown = CALLS.json(row, PLACE)
    path = f"/2012-04-24/Accounts/{ACCOUNT}/Calls/CA1"
    assert shown == {
        "sid": "CA1", "InstanceId": "ID1", "account_sid": ACCOUNT, "parent_call_sid": None,
        "date_created": "Mon, 5 Aug 2013 01:52:02 +0000", "date_updated": "Mon, 5 Aug 2013 01:52:02 +0000",
        "from": "alice", "to": "+1555", "phone_number_sid": None, "status": "completed",
        "start_time": "2013-08-05T01:52:02.123Z", "end_time": None, "duration": 8, "ring_duration": None,
        "price": "0.00", "price_unit": "USD", "direction": "inbound", "answered_by": None,
        "api_version": "2012-04-24", "forwarded_from": None, "caller_name": "<b>Alice</b>", "reason": None,
        "quality": None, "uri": path + ".json",
        "subresource_uris": {
            "notifications": "/restcomm" + path + "/Notifications",
            "recordings": "/restcomm" + path + "/Recordings",
        },
    }  # fmt: skip


def test_a_recording_has_every_field_of_the_reference():
    row = RecordingRow(
        sid="RE1", account_sid=ACCOUNT, call_sid="CA1", instance_sid="ID1", duration=14.70275,
        status="completed", date_created=MOMENT, date_updated=MOMENT,
    )  # fmt: skip
    assert RECORDINGS.json(row, PLACE) == {
        "sid": "RE1", "account_sid": ACCOUNT, "call_sid": "CA1", "duration": "14.70275",
        "date_created": "Mon, 5 Aug 2013 01:52:02 +0000", "date_updated": "Mon, 5 Aug 2013 01:52:02 +0000",
        "api_version": "2012-04-24", "uri": f"/2012-04-24/Accounts/{ACCOUNT}/Recordings/RE1.json",
        "status": "completed",
        "file_uri": f"http://voice.example.com/2012-04-24/Accounts/{ACCOUNT}/Recordings/RE1.wav",
    }  # fmt: skip


def test_a_whole_number_of_seconds_keeps_its_decimal_point():
    row = RecordingRow(sid="RE1", account_sid=ACCOUNT, call_sid="CA1", instance_sid="ID1", duration=3.0)
    assert RECORDINGS.json(row, PLACE)["duration"] == "3.0"


def test_twilios_dialect_tells_the_length_of_a_recording_in_whole_seconds():
    row = RecordingRow(sid="RE1", account_sid=ACCOUNT, call_sid="CA1", instance_sid="ID1", duration=14.70275)
    assert RECORDINGS.json(row, replace(PLACE, dialect=TWILIO))["duration"] == "15"


def test_a_notification_has_every_field_of_the_reference():
    row = NotificationRow(
        sid="NO1", account_sid=ACCOUNT, error_code=11206, message_text="x", call_sid="CA1",
        request_url="http://a/", message_date=MOMENT, date_created=MOMENT, date_updated=MOMENT,
    )  # fmt: skip
    shown = NOTIFICATIONS.json(row, PLACE)
    assert list(shown) == [
        "sid", "date_created", "date_updated", "account_sid", "call_sid", "api_version", "log", "error_code",
        "more_info", "message_text", "message_date", "request_url", "request_method", "request_variables",
        "response_headers", "response_body", "uri",
    ]  # fmt: skip
    assert (shown["log"], shown["error_code"], shown["message_text"]) == (0, 11206, "x")


def test_the_url_that_applications_are_told_is_the_one_of_the_resource():
    url = recording_url("https://v.example.com", ACCOUNT, "RE1")
    assert url == f"https://v.example.com/2012-04-24/Accounts/{ACCOUNT}/Recordings/RE1.wav"
