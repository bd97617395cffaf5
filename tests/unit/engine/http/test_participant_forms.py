"""What a request that calls somebody into a conference says of the conference, as a document says it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.conferences import Conferences
from engine.config import Settings
from engine.http.conference_operations import ParticipantOperations
from engine.http.forms import checked
from engine.http.problems import Problem
from engine.http.resources.participants import ParticipantCreation
from rcml import parser
from rcml.dialling import RoomEvent
from rcml.makes_recording import RecordingEvent, Trim
from rcml.nouns.conference import Conference
from rcml.verbs.dial import Dial

CALLED = {"From": "+15550100", "To": "client:alice"}
COACHED = "CA" + "1" * 32


def asked(**given: str) -> ParticipantCreation:
    return checked({name: [value] for name, value in (CALLED | given).items()}, ParticipantCreation)


def written(room: str = "the room", **given: str) -> Conference:
    """Return the conference that the document of a request leads into."""
    text = asked(**given).document(room, lambda url: f"http://here.test{url}")
    (dial,) = parser.parse_xml(text, "").verbs
    (noun,) = cast(Dial, dial).nouns
    assert isinstance(noun, Conference)
    return noun


def test_a_request_that_says_nothing_leaves_the_conference_as_documents_have_it():
    noun = written()
    assert (noun.room, noun.max_participants, noun.recorded, noun.told()) == ("the room", 40, False, None)
    assert noun.recording_told() is None


def test_the_conference_is_recorded_and_told_of_as_the_request_says():
    noun = written(
        MaxParticipants="3",
        ConferenceRecord="record-from-start",
        ConferenceTrim="trim-silence",
        ConferenceStatusCallback="/room",
        ConferenceStatusCallbackMethod="GET",
        ConferenceStatusCallbackEvent="join leave",
        ConferenceRecordingStatusCallback="/recorded",
        ConferenceRecordingStatusCallbackEvent="in-progress completed",
    )
    assert (noun.max_participants, noun.recorded, noun.trim) == (3, True, Trim.TRIM_SILENCE)
    assert noun.status_callback_event == (RoomEvent.JOIN, RoomEvent.LEAVE)
    told, recorded = noun.told(), noun.recording_told()
    assert told is not None
    assert recorded is not None
    assert (told.url, told.method.value) == ("http://here.test/room", "GET")
    assert (recorded.url, recorded.method.value) == ("http://here.test/recorded", "POST")
    assert noun.recording_status_callback_event == (RecordingEvent.IN_PROGRESS, RecordingEvent.COMPLETED)


def participants() -> ParticipantOperations:
    store: Any = SimpleNamespace(instance_sid="ID" + "3" * 32)
    return ParticipantOperations(Conferences(), lambda: None, Settings.embedded, store)


@pytest.mark.parametrize("name", ["Order 4.2", " blanks\u00a0", "a  b", "<&>"])
def test_the_record_of_a_new_conference_has_the_name_that_who_answers_enters(name: str):
    room = participants().new_owner("AC" + "1" * 32, name).friendly_name
    assert written(room).room == room == name.strip()


@pytest.mark.parametrize("name", ["", "  ", "two\r\nlines", "nul\0"])
def test_what_no_document_could_name_is_no_conference(name: str):
    with pytest.raises(Problem, match="is no name of a conference"):
        participants().new_owner("AC" + "1" * 32, name)


@pytest.mark.parametrize(
    ("given", "coach"),
    [
        ({"CallSidToCoach": COACHED}, COACHED),
        ({"CallSidToCoach": COACHED, "Coaching": "true"}, COACHED),
        ({"CallSidToCoach": COACHED, "Coaching": "false"}, None),
    ],
)
def test_whom_somebody_coaches(given: dict[str, str], coach: str | None):
    assert written(**given).coach == coach


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Coaching": "true"}, "needs CallSidToCoach"),
        ({"ConferenceStatusCallbackEvent": "join nonsense"}, "'nonsense' is none of start, end"),
        ({"ConferenceRecordingStatusCallbackEvent": "done"}, "'done' is none of in-progress"),
        ({"ConferenceRecord": "perhaps"}, "ConferenceRecord"),
        ({"ConferenceStatusCallback": "ftp://x"}, "ConferenceStatusCallback = 'ftp://x'"),
        ({"MaxParticipants": "0"}, "MaxParticipants"),
    ],
)
def test_what_cannot_be_is_refused_in_words(given: dict[str, str], said: str):
    with pytest.raises(Problem) as caught:
        asked(**given)
    assert said in caught.value.message
