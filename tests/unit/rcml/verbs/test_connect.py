"""Connect: the caller talks to an application."""

from __future__ import annotations

from typing import Any

from rcml.interpreter import InterpreterOptions, Outcome
from rcml.relaying import RelayEnd, RelayStatus
from rcml.streaming import StreamEnd
from tests.testkit.scripted_call import START, ScriptedCall, run

AGENT = '<Stream name="agent" url="wss://app.test/agent"/>'
ENDED = StreamEnd(sid="MZ1", name="", duration=7.0)


def connect(attributes: str = "", inside: str = AGENT, **script: Any) -> ScriptedCall:
    call = ScriptedCall(**script)
    run(call, f"<Response><Connect {attributes}>{inside}</Connect><Say>after</Say></Response>")
    return call


def test_the_next_verb_waits_until_the_application_closes_the_connection():
    call = connect(streams=[ENDED])
    assert call.heard == ["wss://app.test/agent for 7 s", "said after"]
    assert call.connected_with[0].bidirectional
    assert call.answered_at == 0.0


def test_without_an_end_it_lasts_as_long_as_the_call():
    call = connect(hangs_up_at=60.0)
    assert (call.heard, call.ended) == (["wss://app.test/agent for 60 s"], "caller hung up")


def test_the_action_is_told_how_it_went_and_its_answer_replaces_the_document():
    call = connect('action="/after" method="GET"', streams=[ENDED])
    assert call.asked == [f"POST {START}", "GET http://app.test/after"]
    assert call.requests[-1].parameters == {
        "StreamSid": "MZ1",
        "StreamName": "agent",
        "StreamEvent": "stream-stopped",
        "StreamError": "",
    }
    assert "said after" not in call.heard


def test_a_connection_that_fails_is_told_and_the_document_goes_on():
    failed = StreamEnd(sid="MZ1", name="", error="connection refused")
    call = connect('action="/after"', inside='<Stream url="wss://app.test/"/>', streams=[failed])
    sent = call.requests[-1].parameters
    assert (sent["StreamEvent"], sent["StreamError"]) == ("stream-error", "connection refused")
    assert sent["StreamName"] == "MZ1"
    assert connect(streams=[failed]).heard[-1] == "said after"


def test_the_action_is_requested_for_a_caller_who_hung_up():
    call = connect('action="/after"', hangs_up_at=3.0)
    assert call.asked[-1] == "POST http://app.test/after"


def test_without_a_url_the_next_verb_runs():
    assert connect(inside="<Stream/>").heard == ["said after"]
    assert connect(inside="").heard == ["said after"]


def test_a_caller_of_an_engine_that_hangs_up_after_dials_stays_after_a_stream():
    call = ScriptedCall(streams=[ENDED])
    options = InterpreterOptions(restcomm_hangup_after_dial=True)
    run(call, f"<Response><Connect>{AGENT}</Connect><Say>after</Say></Response>", options=options)
    assert call.heard[-1] == "said after"


def test_an_agent_that_fails_at_once_again_and_again_is_a_loop():
    failed = StreamEnd(sid="MZ1", name="", error="refused")
    call = ScriptedCall(streams=[failed] * 200)
    outcome = run(call, f'<Connect action="{START}">{AGENT}</Connect>')
    assert outcome is Outcome.FAILED
    assert len(call.connected_with) == 50


RELAY = '<ConversationRelay url="wss://app.test/talk"/>'
TALKED = RelayEnd(sid="VX1", status=RelayStatus.ENDED, duration=7.9, handoff='{"to": "sales"}')


def test_a_relayed_conversation_is_waited_for_and_the_next_verb_runs():
    call = connect(inside=RELAY, relays=[TALKED])
    assert call.heard == ["wss://app.test/talk for 7.9 s", "said after"]
    assert [request.url for request in call.relayed_with] == ["wss://app.test/talk"]
    assert call.answered_at == 0.0


def test_the_action_gets_what_the_application_handed_over():
    call = connect('action="/after"', inside=RELAY, relays=[TALKED])
    assert call.requests[-1].parameters == {
        "SessionId": "VX1",
        "SessionStatus": "ended",
        "SessionDuration": "7",
        "HandoffData": '{"to": "sales"}',
    }


def test_the_action_is_told_why_a_conversation_failed():
    failed = RelayEnd(sid="VX1", status=RelayStatus.FAILED, code=64105, error="it left")
    call = connect('action="/after"', inside=RELAY, relays=[failed])
    assert call.requests[-1].parameters == {
        "SessionId": "VX1",
        "SessionStatus": "failed",
        "SessionDuration": "0",
        "ErrorCode": "64105",
        "ErrorMessage": "it left",
    }


def test_a_caller_who_hangs_up_completes_the_conversation():
    call = connect('action="/after"', inside=RELAY, hangs_up_at=3.0)
    assert call.requests[-1].parameters["SessionStatus"] == "completed"


def test_a_conversation_without_a_url_leads_nowhere():
    assert connect(inside="<ConversationRelay/>").heard == ["said after"]
