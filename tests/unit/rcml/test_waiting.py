"""The document of waitUrl: rows of rcml.md 5.10."""

from typing import Any

import pytest

from rcml.errors import FETCH_HTTP_STATUS, FetchFailed, PlaybackFailed
from rcml.flow import Fetch
from rcml.values import HttpMethod, Url
from rcml.waiting import WaitLoop, WaitOutcome
from tests.testkit.scripted_call import START, ScriptedCall, complete
from tests.testkit.scripted_caller import Answer, Reply

OTHER = "http://app.test/other"


def wait(reply: Reply | list[Reply], **script: Any) -> tuple[WaitOutcome, ScriptedCall]:
    room = ScriptedCall(ringing=False, **script)
    room.application[START] = reply
    return complete(WaitLoop(room).run(Fetch(Url(START), HttpMethod.GET))), room


def test_an_answer_in_sound_is_played_without_end():
    outcome, room = wait(Answer(b"RIFF", "audio/wav"), hangs_up_at=1000.0)
    assert (outcome, room.now) == (WaitOutcome.GONE, 1000.0)
    assert (room.asked, room.heard) == ([f"GET {START}"], [f"played {START}"])


def test_a_document_starts_again_at_its_end_with_a_new_request():
    document = "<Response><Say>Please wait.</Say><Play>a.wav</Play><Pause length='5'/></Response>"
    outcome, room = wait(document, hangs_up_at=20.0)
    assert outcome is WaitOutcome.GONE
    assert [request.at for request in room.requests] == [0.0, 9.0, 18.0]
    assert room.heard[:3] == ["said Please wait.", "played http://app.test/a.wav", "said Please wait."]


def test_a_document_may_wait_for_hours():
    outcome, room = wait("<Say>Please wait.</Say>", hangs_up_at=14400.0)
    assert (outcome, len(room.requests), room.codes) == (WaitOutcome.GONE, 7200, [])


def test_a_sound_of_a_document_is_played_once_a_round():
    _, room = wait("<Play>start</Play>", hangs_up_at=7.0)
    assert len(room.requests) == 3


def test_a_redirect_is_followed():
    outcome, room = wait("<Redirect>/other</Redirect>", application={OTHER: "<Say>a</Say>"}, hangs_up_at=3.0)
    assert outcome is WaitOutcome.GONE
    assert room.asked == [f"GET {START}", f"POST {OTHER}", f"GET {START}", f"POST {OTHER}"]


@pytest.mark.parametrize("document", ["", "<Response/>", "<Say/>", "<Play/>", "<Redirect/>", "<Foo/>"])
def test_a_document_without_a_sound_is_requested_once_and_silence_follows(document: str):
    outcome, room = wait(document)
    assert (outcome, len(room.requests), room.gone) == (WaitOutcome.SILENT, 1, False)


@pytest.mark.parametrize("verb", ["<Gather/>", "<Record/>", "<Dial>100</Dial>", "<Hangup/>", "<Reject/>"])
def test_another_verb_fails_and_hangs_up(verb: str):
    outcome, room = wait(f"<Response><Say>a</Say>\n{verb}</Response>")
    assert (outcome, room.heard) == (WaitOutcome.FAILED, ["said a"])
    assert [(note.code, note.line) for note in room.notifications] == [(12200, 2)]
    assert room.ended == "BYE (Problem with waitUrl)"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (FetchFailed("status 404", url=START, code=FETCH_HTTP_STATUS, status=404), 21402),
        (Answer(b"{}", "application/json"), 12300),
        ("<oops", 12100),
        ("<Play>http://</Play>", 11100),
        ("<Redirect>start</Redirect>", 14106),
        ("<Play>gone.wav</Play>", 13233),
    ],
)
def test_an_application_at_fault_fails_and_hangs_up(reply: Reply, code: int):
    gone = "http://app.test/gone.wav"
    outcome, room = wait(reply, application={gone: PlaybackFailed("404", url=gone)})
    assert (outcome, room.codes, room.gone) == (WaitOutcome.FAILED, [code], True)


def announce(reply: Reply) -> tuple[WaitOutcome, ScriptedCall]:
    room = ScriptedCall(ringing=False)
    room.application[START] = reply
    return complete(WaitLoop(room).announce(Fetch(Url(START), HttpMethod.GET))), room


def test_an_announcement_is_heard_once():
    outcome, room = announce("<Response><Say>Doors close.</Say><Play>a.wav</Play></Response>")
    assert (outcome, room.gone) == (WaitOutcome.HEARD, False)
    assert (room.asked, room.heard) == (
        [f"GET {START}"],
        ["said Doors close.", "played http://app.test/a.wav"],
    )


def test_an_announcement_in_sound_is_played_once():
    outcome, room = announce(Answer(b"RIFF", "audio/wav"))
    assert (outcome, room.heard) == (WaitOutcome.HEARD, [f"played {START}"])


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("<Response/>", WaitOutcome.SILENT),
        ("<Dial>100</Dial>", WaitOutcome.FAILED),
        ("<oops", WaitOutcome.FAILED),
    ],
)
def test_an_announcement_without_a_sound_or_with_a_fault_says_so(reply: str, expected: WaitOutcome):
    assert announce(reply)[0] is expected
