"""Hold and Resume: rows of rcml.md 5.15 and 5.16."""

from __future__ import annotations

import pytest

from rcml.referring import Change, Changed
from tests.testkit.scripted_call import ScriptedCall, run

MUSIC = 'holdMusic="/music.wav"'


def test_a_held_caller_hears_music_until_resumed():
    call = ScriptedCall()
    run(call, f"<Response><Hold {MUSIC}/><Pause length='5'/><Resume/><Say>back</Say></Response>")
    assert call.heard == ["held with http://app.test/music.wav", "resumed", "said back"]
    assert call.answered_at == 0.0
    assert len(call.requests) == 1


def test_a_caller_is_held_in_silence_without_music():
    call = ScriptedCall()
    run(call, "<Response><Hold/></Response>")
    assert call.heard == ["held"]


def test_resume_passes_over_a_caller_who_is_not_held():
    call = ScriptedCall()
    run(call, "<Response><Resume action='/resumed'/><Say>here</Say></Response>")
    assert call.heard == ["said here"]
    assert len(call.requests) == 1


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        (Changed(Change.DONE, 200), "held", "200"),
        (Changed(Change.FAILED, 488), "failed", "488"),
        (Changed(Change.NO_ANSWER, 408), "no-answer", "408"),
    ],
)
def test_the_action_of_hold_is_told(changed: Changed, status: str, code: str):
    call = ScriptedCall(holds=[changed])
    run(call, "<Response><Hold action='/held' method='GET'/><Say>not said</Say></Response>")
    assert call.asked[-1] == "GET http://app.test/held"
    assert call.requests[-1].parameters == {"HoldStatus": status, "HoldSipResponseCode": code}
    assert "said not said" not in call.heard


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        (Changed(Change.DONE, 200), "resumed", "200"),
        (Changed(Change.FAILED, 500), "failed", "500"),
        (Changed(Change.NO_ANSWER, 408), "no-answer", "408"),
    ],
)
def test_the_action_of_resume_is_told(changed: Changed, status: str, code: str):
    call = ScriptedCall(holds=[Changed(Change.DONE, 200), changed])
    run(call, "<Response><Hold/><Resume action='/resumed' method='GET'/></Response>")
    assert call.asked[-1] == "GET http://app.test/resumed"
    assert call.requests[-1].parameters == {"ResumeStatus": status, "ResumeSipResponseCode": code}
