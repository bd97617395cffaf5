"""The document that is heard in a queue: its verbs, and what Leave and Hangup do in it."""

from typing import Any

import pytest

from rcml.flow import Fetch
from rcml.values import Url
from rcml.waiting import QUEUE_VERBS, WaitLoop, WaitOutcome
from tests.testkit.scripted_call import START, ScriptedCall, complete
from tests.testkit.scripted_caller import Reply

MENU = "<Gather action='/chosen' numDigits='1' timeout='5'><Say>Press 1 to leave.</Say></Gather>"


def wait(reply: Reply | list[Reply], **script: Any) -> tuple[WaitOutcome, ScriptedCall]:
    call = ScriptedCall(ringing=False, **script)
    call.application[START] = reply
    rounds = WaitLoop(call, verbs=QUEUE_VERBS, outlives_failure=True)
    return complete(rounds.run(Fetch(Url(START)))), call


def test_leave_ends_the_wait_and_not_the_call():
    outcome, call = wait("<Response><Say>That was all.</Say><Leave/><Say>never</Say></Response>")
    assert (outcome, call.heard, call.gone) == (WaitOutcome.LEFT, ["said That was all."], False)


def test_a_key_may_lead_to_a_document_that_leaves():
    outcome, call = wait(
        f"<Response>{MENU}</Response>",
        application={"http://app.test/chosen": "<Leave/>"},
        presses=[(3.0, "1")],
    )
    assert (outcome, call.requests[-1].parameters["Digits"]) == (WaitOutcome.LEFT, "1")


def test_without_a_key_the_document_is_heard_again():
    outcome, call = wait(f"<Response>{MENU}</Response>", hangs_up_at=20.0)
    assert outcome is WaitOutcome.GONE
    assert [request.at for request in call.requests] == [0.0, 7.0, 14.0]


def test_hangup_ends_the_call():
    outcome, call = wait("<Response><Say>Nobody is here.</Say><Hangup/></Response>")
    assert (outcome, call.ended) == (WaitOutcome.GONE, "BYE")


@pytest.mark.parametrize("verb", ["<Record/>", "<Dial>100</Dial>", "<Enqueue>other</Enqueue>"])
def test_another_verb_fails_and_the_caller_stays(verb: str):
    outcome, call = wait(f"<Response>{verb}</Response>")
    assert (outcome, call.codes) == (WaitOutcome.FAILED, [12200])
    assert not call.gone


def test_a_function_is_asked_for_the_request_of_each_round():
    call = ScriptedCall(ringing=False, hangs_up_at=5.0)
    call.application[START] = "<Say>wait</Say>"
    rounds = iter(range(10))
    complete(WaitLoop(call).run(lambda: Fetch(Url(START), parameters={"Round": str(next(rounds))})))
    assert [request.parameters["Round"] for request in call.requests] == ["0", "1", "2"]
