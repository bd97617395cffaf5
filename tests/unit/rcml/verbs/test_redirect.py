"""Redirect: rows of rcml.md 5.12."""

import pytest

from rcml.interpreter import Outcome
from tests.testkit.scripted_call import START, ScriptedCall, run

NEXT = {"http://app.test/next": "<Response><Say>next</Say></Response>"}


def test_the_other_document_replaces_this_one():
    call = ScriptedCall(application=dict(NEXT))
    run(call, "<Response><Redirect>/next</Redirect><Say>unreachable</Say></Response>")
    assert call.asked == [f"POST {START}", "POST http://app.test/next"]
    assert call.heard == ["said next"]


def test_only_the_base_parameters_are_sent():
    call = ScriptedCall()
    run(call, "<Response><Redirect>/next</Redirect></Response>")
    assert call.requests[-1].parameters == {}


@pytest.mark.parametrize("method", ["GET", "get", "Get"])
def test_the_method_is_read_in_any_case(method: str):
    call = ScriptedCall()
    run(call, f'<Response><Redirect method="{method}">next</Redirect></Response>')
    assert call.asked[-1] == "GET http://app.test/next"


def test_an_invalid_method_is_post_with_warning_13710():
    call = ScriptedCall()
    run(call, '<Response><Redirect method="PUT">next</Redirect></Response>')
    assert (call.asked[-1], call.codes) == ("POST http://app.test/next", [13710])


def test_an_empty_text_runs_the_next_verb():
    call = ScriptedCall()
    run(call, "<Response><Redirect> </Redirect><Say>here</Say></Response>")
    assert call.heard == ["said here"]


def test_a_text_that_is_no_url_is_notified_as_11100_and_stops():
    call = ScriptedCall()
    outcome = run(call, "<Response><Redirect>http://</Redirect><Say>never</Say></Response>")
    assert (outcome, call.codes) == (Outcome.FAILED, [11100])


def test_a_ringing_call_is_answered_first():
    call = ScriptedCall(application={"http://app.test/next": "<Response><Reject/></Response>"})
    run(call, "<Response><Redirect>/next</Redirect></Response>")
    assert (call.answered_at, call.ended) == (0.0, "BYE")
