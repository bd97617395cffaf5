"""Streams in the kit, as an application's author tests them."""

from rcml.errors import STREAM_NAME
from rcml.testing import dial
from rcml.testing.streams import DROPPED

AGENT = "wss://agent.test/call"
CONNECT = (
    f'<Response><Connect action="/after"><Stream url="{AGENT}"><Parameter name="a" value="b"/></Stream>'
    "</Connect></Response>"
)
AFTER = "<Response><Say>Goodbye.</Say></Response>"


def test_the_document_waits_until_the_agent_closes_and_the_action_is_told():
    caller = dial({"/": CONNECT, "/after": AFTER})
    stream = caller.expect_stream(AGENT)
    assert stream.request.parameters == (("a", "b"),)
    caller.press("42")
    caller.wait(60)
    assert (stream.keys, caller.heard) == ("42", [])
    stream.close()
    caller.expect_requested("/after", StreamEvent="stream-stopped", StreamSid=stream.sid)
    caller.expect_said("Goodbye")


def test_a_connection_that_breaks_is_told_with_its_reason():
    caller = dial({"/": CONNECT, "/after": AFTER})
    caller.expect_stream(AGENT).drop()
    sent = caller.expect_requested("/after", StreamEvent="stream-error")
    assert sent.parameters["StreamError"] == DROPPED


def test_a_caller_who_hangs_up_ends_the_stream():
    caller = dial({"/": CONNECT, "/after": AFTER})
    stream = caller.expect_stream(AGENT)
    caller.hang_up()
    caller.expect_requested("/after", StreamEvent="stream-stopped")
    assert stream.over


def test_a_started_stream_goes_on_beside_the_document_until_it_is_stopped():
    ear = '<Stream name="ear" url="wss://app.test/listen"/>'
    caller = dial({"/": f"<Response><Start>{ear}</Start><Pause/><Stop>{ear}</Stop><Pause/></Response>"})
    stream = caller.expect_stream("wss://app.test/listen")
    assert not stream.over
    caller.wait(1.5)
    assert stream.over
    caller.expect_hung_up()
    assert caller.errors == []


def test_two_streams_of_one_name_are_noted():
    ear = '<Stream name="ear" url="wss://app.test/listen"/>'
    caller = dial(
        {"/": f"<Response><Start>{ear}{ear}</Start><Connect>{ear}</Connect><Say>on</Say></Response>"}
    )
    caller.expect_notified(STREAM_NAME)
    caller.expect_notified(STREAM_NAME)
    caller.expect_said("on")
