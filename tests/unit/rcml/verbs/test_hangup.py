"""Hangup: rows of rcml.md 5.11."""

from rcml.interpreter import Outcome
from tests.testkit.scripted_call import ScriptedCall, run


def test_an_answered_call_gets_bye_and_later_verbs_never_run():
    call = ScriptedCall()
    assert run(call, "<Response><Say>a</Say><Hangup/><Say>b</Say></Response>") is Outcome.ENDED_BY_VERB
    assert (call.heard, call.ended) == (["said a"], "BYE")


def test_a_ringing_call_gets_487():
    call = ScriptedCall()
    run(call, "<Response><Pause/><Hangup/></Response>")
    assert (call.answered_at, call.ended) == (None, "487")


def test_text_inside_is_remarked_on_and_ignored():
    call = ScriptedCall()
    run(call, "<Response><Hangup>bye</Hangup></Response>")
    assert call.codes == [12200]
    assert call.ended == "487"
