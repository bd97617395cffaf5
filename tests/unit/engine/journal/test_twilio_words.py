"""What an application of Twilio's is told of a call: its names with Twilio's meaning."""

from __future__ import annotations

import pytest

from engine.journal.call_parameters import leg_parameters
from engine.journal.twilio_words import leg_events, reached
from engine.store import CallRow
from rcml.api_version import API_VERSION, TWILIOS_API_VERSION
from rcml.call_parameters import base_parameters, worded
from rcml.dialling import Dialled, DialStatus, LegEvent


def call(status: str, version: str = TWILIOS_API_VERSION, duration: int | None = None) -> CallRow:
    return CallRow(
        sid="CA1", account_sid="AC1", instance_sid="ID1", from_="+1555", to="+1444", direction="inbound",
        status=status, api_version=version, duration=duration,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "status", "told"),
    [
        (LegEvent.INITIATED, "queued", "initiated"),
        (LegEvent.RINGING, "ringing", "ringing"),
        (LegEvent.ANSWERED, "in-progress", "in-progress"),
        (LegEvent.COMPLETED, "completed", "completed"),
        (LegEvent.COMPLETED, "busy", "busy"),
        (LegEvent.COMPLETED, "no-answer", "no-answer"),
        (LegEvent.COMPLETED, "canceled", "canceled"),
        (LegEvent.COMPLETED, "not-found", "failed"),
    ],
)
def test_the_status_of_an_event_is_the_state_and_of_the_end_how_it_ended(
    event: LegEvent, status: str, told: str
):
    assert leg_parameters(call(status), event, {})["CallStatus"] == told
    assert leg_parameters(call(status, API_VERSION), event, {})["CallStatus"] == event.value


def test_a_leg_is_told_of_with_its_version_and_both_spellings_of_its_parties():
    told = leg_parameters(call("busy"), LegEvent.COMPLETED, {})
    assert (told["ApiVersion"], told["Called"], told["Caller"]) == ("2010-04-01", "+1444", "+1555")
    assert (
        not {"ApiVersion", "Called", "Caller"}
        & leg_parameters(call("busy", API_VERSION), LegEvent.COMPLETED, {}).keys()
    )


def test_the_length_of_a_recording_is_a_whole_number():
    assert worded(call("in-progress"), {"RecordingDuration": "7.6"})["RecordingDuration"] == "8"
    assert worded(call("in-progress", API_VERSION), {"RecordingDuration": "7.6"}) == {
        "RecordingDuration": "7.6"
    }


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"parent_call_sid": "CA2"}, {"ParentCallSid": "CA2"}),
        ({"sip_call_id": "1@h"}, {"SipCallId": "1@h"}),
        ({}, {}),
    ],
)
def test_each_request_tells_where_the_call_comes_from(known: dict[str, str], told: dict[str, str]):
    for version, expected in ((TWILIOS_API_VERSION, told), (API_VERSION, {})):
        row = call("in-progress", version)
        for name, value in known.items():
            setattr(row, name, value)
        sent = base_parameters(row)
        assert {name: sent[name] for name in ("ParentCallSid", "SipCallId") if name in sent} == expected


def test_a_recording_is_told_of_with_its_sid_too():
    url = f"http://us.test/2012-04-24/Accounts/AC1/Recordings/RE{'1' * 32}.wav"
    assert worded(call("in-progress"), {"RecordingUrl": url})["RecordingSid"] == "RE" + "1" * 32
    given = {"RecordingUrl": url, "RecordingSid": "RE2"}
    assert worded(call("in-progress"), given)["RecordingSid"] == "RE2"
    assert "RecordingSid" not in worded(call("in-progress", API_VERSION), {"RecordingUrl": url})


def test_a_number_is_told_of_the_end_alone_with_its_length():
    assert reached(call("ringing"), {}) is None
    assert reached(call("in-progress"), {}) is None
    told = reached(call("completed", duration=12), {"CallStatus": "completed"})
    assert told is not None
    assert (told["CallStatus"], told["CallDuration"]) == ("completed", "12")


def test_a_number_in_restcomms_words_is_told_of_every_state_with_the_parameters_of_all_requests():
    ringing = call("ringing", API_VERSION)
    assert reached(ringing, base_parameters(ringing)) == base_parameters(ringing)


def test_a_leg_that_is_told_of_without_a_choice_of_events_tells_its_end_alone_to_twilios():
    assert leg_events(call("queued"), ()) == ("completed",)
    assert leg_events(call("queued"), ("ringing", "answered")) == ("ringing", "answered")
    assert leg_events(call("queued", API_VERSION), ()) == ("initiated", "ringing", "answered", "completed")


def test_what_is_empty_is_left_out_where_applications_ask_whether_it_is_there():
    pressed = {"Digits": "1", "SpeechResult": "", "CallerName": "", "ForwardedFrom": "", "ParentCallSid": ""}
    assert worded(call("in-progress"), pressed) == {"Digits": "1"}
    spoken = {"Digits": "", "SpeechResult": "sales", "Confidence": "0.9"}
    assert worded(call("in-progress"), spoken) == {"SpeechResult": "sales", "Confidence": "0.9"}
    assert worded(call("in-progress"), {"Digits": "", "SpeechResult": ""}) == {"Digits": ""}
    assert worded(call("in-progress", API_VERSION), pressed) == pressed


def test_the_action_of_a_dial_is_told_whether_the_caller_was_bridged():
    told = {"DialCallStatus": "completed", "DialCallDuration": "0"}
    # An answered caller who is gone is told of as completed, whoever they rang.
    left = worded(call("completed"), told, Dialled(status=DialStatus.CANCELED))
    assert left == {**told, "DialBridged": "false"}
    talked = Dialled(status=DialStatus.COMPLETED)
    assert worded(call("in-progress"), told, talked)["DialBridged"] == "true"
    assert worded(call("in-progress"), {"Digits": "1"}, talked) == {"Digits": "1"}
    assert worded(call("in-progress", API_VERSION), told, talked) == told


@pytest.mark.parametrize("status", ["answered", "failed"])
def test_the_action_of_a_conference_is_told_of_it_in_twilios_words_alone(status: str):
    told = {"CallSid": "CA1", "DialCallStatus": status}
    before = Dialled(status=DialStatus.COMPLETED)
    assert worded(call("in-progress"), told, before) == told
    assert worded(call("in-progress", API_VERSION), told, before) == {"CallSid": "CA1"}
