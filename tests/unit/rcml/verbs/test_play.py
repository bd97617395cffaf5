"""Play: rows of rcml.md 5.2."""

import pytest

from rcml.errors import PlaybackFailed
from rcml.interpreter import Outcome
from rcml.parser import parse_xml
from rcml.values import Url
from rcml.verbs.play import Play
from tests.testkit.scripted_call import START, ScriptedCall, run


def test_a_sound_is_played_and_the_next_verb_runs():
    call = ScriptedCall()
    run(call, "<Response><Play>http://other.test/a.wav</Play><Say>done</Say></Response>")
    assert call.heard == ["played http://other.test/a.wav", "said done"]


@pytest.mark.parametrize(
    ("written", "played"),
    [
        ("a.wav", "http://app.test/a.wav"),
        ("/restcomm/audio/demo-prompt.wav", "http://app.test/restcomm/audio/demo-prompt.wav"),
        ("../x/a.wav?b=1&c=2", "http://app.test/x/a.wav?b=1&c=2"),
        ("//cdn.test/a.wav", "http://cdn.test/a.wav"),
        ("https://cdn.test:8443/\u00fc.wav", "https://cdn.test:8443/\u00fc.wav"),
    ],
)
def test_a_relative_url_is_resolved_against_the_documents_url(written: str, played: str):
    call = ScriptedCall()
    run(call, f"<Response><Play>{written}</Play></Response>")
    assert call.heard == [f"played {played}"]


def test_loop_repeats_the_sound():
    call = ScriptedCall()
    run(call, '<Response><Play loop="3">a.wav</Play></Response>')
    assert call.now == 6.0


def test_loop_zero_plays_until_the_caller_hangs_up():
    call = ScriptedCall(hangs_up_at=600.0)
    assert (
        run(call, '<Response><Play loop="0">a.wav</Play><Say>never</Say></Response>') is Outcome.CALLER_GONE
    )
    assert call.now == 600.0


@pytest.mark.parametrize("loop", ["x", "-2", ""])
def test_an_invalid_loop_is_one_with_warning_13410(loop: str):
    document = parse_xml(f'<Play loop="{loop}">a.wav</Play>', START)
    assert document.verbs == (Play(sound=Url("a.wav")),)
    assert [warning.code for warning in document.warnings] == [13410]


def test_an_empty_text_runs_the_next_verb():
    call = ScriptedCall()
    run(call, "<Response><Play/><Say>next</Say></Response>")
    assert call.heard == ["said next"]


@pytest.mark.parametrize(
    "text", ["http://a b/x.wav", "file:///etc/passwd", "http://", "http://[::1", "x{y}.wav", "%zz"]
)
def test_a_text_that_is_no_url_is_notified_as_11100_and_stops(text: str):
    call = ScriptedCall()
    assert run(call, f"<Response>\n<Play>{text}</Play><Say>never</Say></Response>") is Outcome.FAILED
    assert [(note.code, note.line, note.url) for note in call.notifications] == [(11100, 2, START)]
    assert call.heard == ["apology"]
    assert call.ended == "BYE (Invalid URL in RCML)"


def test_a_sound_that_cannot_be_fetched_is_notified_as_13233_and_hangs_up():
    missing = "http://app.test/missing.wav"
    call = ScriptedCall(application={missing: PlaybackFailed("404", url=missing)})
    assert run(call, "<Response><Play>missing.wav</Play><Say>never</Say></Response>") is Outcome.FAILED
    assert [(note.code, note.url) for note in call.notifications] == [(13233, missing)]
    assert call.heard == []
    assert call.ended == "BYE (Problem while trying to play)"


def test_digits_are_pressed_before_the_sound():
    call = ScriptedCall()
    run(call, '<Response><Play digits="wW12#">a.wav</Play></Response>')
    assert call.heard == ["keys www12#", "played http://app.test/a.wav"]


def test_invalid_digits_are_left_out_with_a_warning():
    document = parse_xml('<Play digits="call me"/>', START)
    assert document.verbs == (Play(),)
    assert [warning.code for warning in document.warnings] == [12200]
