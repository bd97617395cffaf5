"""Reject: rows of rcml.md 5.13."""

import pytest

from rcml.interpreter import Outcome
from tests.testkit.scripted_call import ScriptedCall, run


@pytest.mark.parametrize(
    ("reject", "status"),
    [("<Reject/>", "603"), ('<Reject reason="rejected"/>', "603"), ('<Reject reason="busy"/>', "486")],
)
def test_a_ringing_call_is_refused_and_never_answered(reject: str, status: str):
    call = ScriptedCall()
    assert run(call, f"<Response>{reject}<Say>never</Say></Response>") is Outcome.ENDED_BY_VERB
    assert (call.answered_at, call.ended, call.heard) == (None, status, [])


def test_an_unknown_reason_is_rejected_with_a_warning():
    call = ScriptedCall()
    run(call, '<Response><Reject reason="tired"/></Response>')
    assert (call.ended, call.codes) == ("603", [12200])


def test_an_answered_call_is_hung_up():
    call = ScriptedCall()
    run(call, "<Response><Say>hello</Say><Reject/><Say>never</Say></Response>")
    assert (call.heard, call.ended) == (["said hello"], "BYE")
