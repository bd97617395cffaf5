"""Ladders per Call-ID, in bounded memory."""

from sip.flow import Destination, Flow
from sip.trace import Trace
from tests.testkit.sip_messages import request, response
from tests.testkit.wire import Phone

FLOW = Flow("UDP", ("192.0.2.20", 5060), ("192.0.2.10", 5060))


def test_a_ladder_shows_what_passed():
    trace = Trace()
    trace.received(request("INVITE"), FLOW, 10.0)
    trace.sent(response(180), b"", FLOW, 10.25)
    trace.sent(request("BYE"), b"", Destination("TCP", "192.0.2.10", 5060), 12.0)
    assert trace.ladder("call-1@192.0.2.10").splitlines() == [
        "   0.000  <- INVITE           UDP 192.0.2.10:5060",
        "   0.250  -> 180 (INVITE)     UDP 192.0.2.10:5060",
        "   2.000  -> BYE              TCP 192.0.2.10:5060",
    ]


def test_an_unknown_call_has_an_empty_ladder():
    assert Trace().ladder("nobody") == ""


def test_the_call_heard_of_longest_ago_is_forgotten_first():
    trace = Trace(calls=2)
    for call_id in ("a", "b", "a", "c"):
        trace.received(request("OPTIONS", headers={"Call-ID": call_id}), FLOW, 0.0)
    assert list(trace.call_ids()) == ["a", "c"]


def test_a_call_pushes_out_only_its_own_steps():
    trace = Trace(steps=3)
    for at in range(10):
        trace.received(request("OPTIONS"), FLOW, float(at))
    assert [step.at for step in trace.steps("call-1@192.0.2.10")] == [7.0, 8.0, 9.0]


def test_an_endpoint_traces_what_it_receives_and_sends():
    trace = Trace()
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", trace=trace)
    bob.receive(request("INVITE"), 0.0)
    bob.receive(request("PUBLISH", headers={"Call-ID": "other"}), 0.0)
    assert [step.summary for step in trace.steps("call-1@192.0.2.10")] == ["INVITE", "100 (INVITE)"]
    assert [step.summary for step in trace.steps("other")] == ["PUBLISH", "405 (PUBLISH)"]


def test_a_step_has_the_message_as_it_is_on_the_wire():
    trace, invite = Trace(), request("INVITE")
    trace.received(invite, FLOW, 0.0)
    trace.sent(response(180), b"SIP/2.0 180 Ringing", FLOW, 0.1)
    steps = trace.steps("call-1@192.0.2.10")
    assert [step.data for step in steps] == [invite.to_bytes(), b"SIP/2.0 180 Ringing"]


def test_a_call_that_is_forgotten_begins_anew():
    trace = Trace()
    trace.received(request("INVITE"), FLOW, 0.0)
    trace.forget("call-1@192.0.2.10")
    trace.forget("nobody")
    assert not trace.steps("call-1@192.0.2.10")
    trace.received(request("BYE"), FLOW, 1.0)
    assert [step.summary for step in trace.steps("call-1@192.0.2.10")] == ["BYE"]


def test_a_ladder_shows_the_octets_that_came():
    trace = Trace()
    trace.received(request("INVITE"), FLOW, 0.0, b"INVITE as it came")
    assert trace.steps(request("INVITE").call_id)[0].data == b"INVITE as it came"
