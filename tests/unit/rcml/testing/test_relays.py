"""Relayed conversations in the kit, as an application's author tests them."""

from rcml.testing import dial
from rcml.testing.relays import DROPPED

AGENT = "wss://agent.test/talk"
CONNECT = (
    f'<Response><Connect action="/after"><ConversationRelay url="{AGENT}" welcomeGreeting="Good morning!" '
    'dtmfDetection="true"/></Connect></Response>'
)
AFTER = "<Response><Say>Goodbye.</Say></Response>"


def test_the_caller_hears_the_agent_and_the_agent_the_caller_until_it_ends_the_conversation():
    caller = dial({"/": CONNECT, "/after": AFTER})
    relay = caller.expect_relay(AGENT)
    caller.expect_said("Good morning!")
    caller.say("Is anybody there?")
    caller.press("42")
    relay.say("I am.")
    caller.expect_said("I am.")
    caller.wait(60)
    assert (relay.prompts, relay.keys) == (["Is anybody there?"], "42")
    relay.end('{"to": "sales"}')
    caller.expect_requested(
        "/after",
        SessionId=relay.sid,
        SessionStatus="ended",
        SessionDuration="60",
        HandoffData='{"to": "sales"}',
    )
    caller.expect_said("Goodbye")


def test_a_connection_that_breaks_is_told_with_its_reason():
    caller = dial({"/": CONNECT, "/after": AFTER})
    caller.expect_relay(AGENT).drop()
    sent = caller.expect_requested("/after", SessionStatus="failed")
    assert (sent.parameters["ErrorCode"], sent.parameters["ErrorMessage"]) == ("64105", DROPPED)


def test_a_caller_who_hangs_up_completes_the_conversation():
    caller = dial({"/": CONNECT, "/after": AFTER})
    caller.expect_relay(AGENT)
    caller.hang_up()
    sent = caller.expect_requested("/after", SessionStatus="completed")
    assert "HandoffData" not in sent.parameters


def test_keys_are_the_agents_only_where_the_document_says_so():
    quiet = CONNECT.replace('dtmfDetection="true"', "")
    caller = dial({"/": quiet, "/after": AFTER})
    relay = caller.expect_relay(AGENT)
    caller.press("1")
    assert relay.keys == ""
