"""Echo: the caller hears themselves."""

from rcml.parser import parse_xml
from rcml.verbs.echo import Echo
from tests.testkit.scripted_call import ScriptedCall, run


def test_a_caller_hears_themselves_until_they_hang_up():
    call = ScriptedCall(hangs_up_at=42.0)
    run(call, "<Response><Echo/><Say>never</Say></Response>")
    assert (call.answered_at, call.heard, call.now) == (0.0, ["themselves"], 42.0)


def test_an_echo_of_some_seconds_is_followed_by_the_next_verb():
    call = ScriptedCall()
    run(call, '<Response><Echo timeout="30"/><Say>goodbye</Say></Response>')
    assert (call.heard, call.now) == (["themselves", "said goodbye"], 31.0)


def test_only_an_endless_echo_ends_the_document():
    endless, short = parse_xml('<Response><Echo/><Echo timeout="5"/></Response>', "").verbs
    assert (endless.ends_document, short.ends_document) == (True, False)


def test_a_timeout_that_is_none_is_reported():
    document = parse_xml('<Echo timeout="soon"/>', "")
    assert document.verbs == (Echo(),)
    assert [warning.code for warning in document.warnings] == [12200]
