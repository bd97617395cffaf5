"""Pause: rows of rcml.md 5.3."""

import pytest

from rcml.interpreter import Outcome
from rcml.parser import parse_xml
from rcml.verbs.pause import Pause
from tests.testkit.scripted_call import ScriptedCall, run


def test_the_default_is_one_second():
    call = ScriptedCall()
    run(call, "<Response><Pause/><Pause length='3'/></Response>")
    assert call.now == 4.0


@pytest.mark.parametrize("length", ["0", "-1", "x", "1.5", ""])
def test_an_invalid_length_is_one_with_warning_13910(length: str):
    document = parse_xml(f'<Pause length="{length}"/>', "")
    assert document.verbs == (Pause(),)
    assert [warning.code for warning in document.warnings] == [13910]


def test_a_call_is_not_answered_while_the_first_verb_pauses():
    call = ScriptedCall()
    run(call, "<Response><Pause length='4'/><Say>hello</Say></Response>")
    assert call.answered_at == 4.0


def test_a_reject_after_it_still_rejects():
    call = ScriptedCall()
    assert run(call, "<Response><Pause/><Reject/></Response>") is Outcome.ENDED_BY_VERB
    assert (call.answered_at, call.ended) == (None, "603")
