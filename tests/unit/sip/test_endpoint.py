"""The endpoint as a whole: streams, flows, statistics, and input that nobody should send."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.errors import UsageError
from sip.events import EndCause, IncomingInvite, IncomingRequest, RequestAnswered, RequestTimedOut
from sip.flow import Destination, Flow
from sip.message import Request
from tests.testkit.sip_messages import request
from tests.testkit.sip_scripts import answering
from tests.testkit.wire import Phone, two_phones

STREAM = Flow("TCP", ("192.0.2.20", 5060), ("192.0.2.10", 40000), 1)


def stream_server() -> Phone:
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", transport="TCP")
    bob.flow = STREAM
    return bob


def test_a_call_over_a_stream_repeats_only_what_the_rfc_repeats():
    alice, _bob, wire = two_phones(callee=answering(), transport="TCP", lose={3})
    alice.call()
    wire.run(4.0)
    # The 2xx is repeated over any transport: another hop may be a datagram one (13.3.1.4).
    assert [what for _, what in wire.steps] == ["INVITE", "100", "200", "ACK (lost)", "200", "ACK"]


def test_messages_on_a_stream_may_come_in_any_pieces():
    bob = stream_server()
    data = (
        request("INVITE", body=b"offer").to_bytes() + request("OPTIONS", headers={"Call-ID": "2"}).to_bytes()
    )
    for octet in range(len(data)):
        bob.receive_bytes(data[octet : octet + 1], 0.0)
    assert bob.names() == ["IncomingInvite", "IncomingRequest"]


def test_a_ping_on_a_stream_is_answered():
    bob = stream_server()
    bob.receive_bytes(b"\r\n\r\n", 0.0)
    assert [(sent.data, sent.route) for sent in bob.endpoint.to_send()] == [(b"\r\n", STREAM)]


def test_a_keep_alive_datagram_is_ignored():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10")
    for data in (b"", b"\r\n\r\n", b"\0"):
        bob.receive_bytes(data, 0.0)
    assert bob.endpoint.to_send() == []
    assert bob.endpoint.statistics().malformed == 0


def test_a_stream_whose_framing_is_lost_is_answered_and_closed():
    bob = stream_server()
    broken = request("OPTIONS").to_bytes().replace(b"Content-Length: 0", b"Content-Length: lots")
    bob.receive_bytes(broken, 0.0)
    (sent,) = bob.endpoint.to_send()
    assert sent.data.startswith(b"SIP/2.0 400 ")
    assert (sent.close, sent.route) == (True, STREAM)


def test_a_message_that_takes_too_long_closes_its_stream():
    bob = stream_server()
    bob.receive_bytes(b"OPTIONS sip:x", 0.0)
    bob.receive_bytes(b"@y SIP/2.0\r\n", 29.0)
    assert bob.endpoint.next_deadline() == 30.0
    bob.handle_timers(30.0)
    (sent,) = bob.endpoint.to_send()
    assert (sent.data, sent.close, sent.route) == (b"", True, STREAM)
    assert bob.endpoint.statistics().streams == 0


def test_a_stream_between_messages_may_rest():
    bob = stream_server()
    bob.receive_bytes(request("OPTIONS").to_bytes(), 0.0)
    bob.endpoint.reply(0.0, bob.one(IncomingRequest).transaction, 200)
    bob.handle_timers(0.0)
    assert bob.endpoint.next_deadline() is None


def test_each_message_of_a_stream_has_its_own_time():
    bob = stream_server()
    bob.receive_bytes(b"OPTIONS ", 0.0)
    bob.receive_bytes(request("OPTIONS").to_bytes()[8:] + b"OPTIONS ", 20.0)
    bob.endpoint.reply(20.0, bob.one(IncomingRequest).transaction, 200)
    bob.handle_timers(20.0)
    assert bob.endpoint.next_deadline() == 50.0


def test_responses_to_a_stream_that_is_gone_go_where_the_via_says():
    bob = stream_server()
    bob.receive(request("OPTIONS", headers={"Via": "SIP/2.0/TCP 10.0.0.1:5071;branch=z9hG4bKx"}), 0.0)
    bob.endpoint.flow_closed(STREAM, 0.1)
    bob.endpoint.reply(0.2, bob.one(IncomingRequest).transaction, 200)
    (sent,) = bob.endpoint.to_send()
    assert sent.route == Destination("TCP", "192.0.2.10", 5071)


def test_a_call_survives_the_loss_of_its_stream():
    bob = stream_server()
    bob.receive(request("INVITE", body=b"offer"), 0.0)
    bob.endpoint.flow_closed(STREAM, 0.1)
    bob.session.answer(0.2, b"answer")
    assert [sent.route for sent in bob.endpoint.to_send()][-1] == Destination("TCP", "192.0.2.10", 5060)


def test_a_request_outside_a_dialog_is_completed_and_answered():
    def script(phone, event):
        if isinstance(event, IncomingRequest):
            phone.endpoint.reply(phone.now, event.transaction, 200)

    alice, bob, wire = two_phones(callee=script)
    options = Request("OPTIONS", "sip:bob@192.0.2.2", [("From", "<sip:a@b>"), ("To", "<sip:bob@192.0.2.2>")])
    handle = alice.endpoint.send_request(0.0, options, alice.flow)
    wire.run(10.0)
    told = alice.one(RequestAnswered)
    assert told.transaction is handle
    assert (told.response.status, told.session) == (200, None)
    arrived = bob.one(IncomingRequest).request
    assert arrived.from_.tag
    assert arrived.call_id.endswith("@192.0.2.1")
    assert (str(arrived.cseq), arrived.max_forwards) == ("1 OPTIONS", 70)


@pytest.mark.parametrize(("lost", "cause"), [(True, EndCause.TIMEOUT), (False, EndCause.TRANSPORT)])
def test_a_request_nobody_answers_is_told(lost, cause):
    alice, _, wire = two_phones(lose=range(100))
    options = Request("OPTIONS", "sip:bob@192.0.2.2", [("From", "<sip:a@b>"), ("To", "<sip:bob@192.0.2.2>")])
    alice.endpoint.send_request(0.0, options, alice.flow)
    if not lost:
        alice.endpoint.flow_failed(alice.flow, 0.1)
    wire.run(60.0)
    assert alice.one(RequestTimedOut).cause is cause


def test_a_header_cannot_smuggle_a_line_break():
    alice = Phone("alice", "192.0.2.1", "192.0.2.2")
    with pytest.raises(UsageError):
        alice.call(headers=[("X-A", "b\r\nX-C: d")])


def test_statistics_count_what_came():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10")
    bob.receive_bytes(b"garbage", 0.0)
    bob.receive(request("OPTIONS"), 0.0)
    bob.receive(request("ACK"), 0.0)
    counted = bob.endpoint.statistics()
    assert (counted.messages_received, counted.malformed, counted.unmatched) == (2, 1, 1)
    assert (counted.server_transactions, counted.sessions, counted.dialogs) == (1, 0, 0)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"garbage\r\n\r\n", b""),
        (b"INVITE sip:x SIP/3.0\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 INVITE\r\n\r\n", b"SIP/2.0 505 "),
        (b"INVITE  sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n", b"SIP/2.0 400 "),
        (b"SIP/2.0 999 What\r\nVia: SIP/2.0/UDP h\r\n\r\n", b""),
        (b"ACK  sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n", b""),
    ],
)
def test_malformed_requests_get_an_answer_when_one_can_be_made(data, answer):
    bob = Phone("bob", "192.0.2.20", "192.0.2.10")
    bob.receive_bytes(data, 0.0)
    sent = bob.endpoint.to_send()
    assert b"".join(one.data for one in sent)[: len(answer) or None] == answer
    assert bob.endpoint.statistics().malformed == 1


@given(st.binary(max_size=300))
def test_octets_never_raise(data):
    for bob in (Phone("bob", "192.0.2.20", "192.0.2.10"), stream_server()):
        bob.receive_bytes(data, 0.0)
        bob.take()


METHODS = ["INVITE", "BYE", "OPTIONS", "INFO", "UPDATE", "PRACK", "CANCEL", "ACK", "REGISTER"]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Change a few octets, or cut and repeat pieces."""
    octets = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(octets))
        what = chance.randrange(4)
        if what == 0:
            octets[place] = chance.randrange(256)
        elif what == 1:
            del octets[place : place + chance.randrange(1, 12)]
        elif what == 2:
            octets[place:place] = chance.choice([b";", b",", b'"', b"<", b"\r\n", b"\0", b"\xff", b"%", b"="])
        else:
            octets[place:place] = octets[place : place + chance.randrange(1, 20)]
        if not octets:
            return b""
    return bytes(octets)


def test_mutated_messages_never_raise_and_sessions_still_end():
    chance = random.Random(20261121)
    for _ in range(300):
        bob = Phone("bob", "192.0.2.20", "192.0.2.10", script=answering(ring=True))
        for method in chance.sample(METHODS, 4):
            whole = request(method, headers={"Supported": "100rel, timer"}, body=b"offer").to_bytes()
            bob.receive_bytes(mutated(whole, chance), 0.0)
            bob.take()
        for event in bob.all(IncomingInvite):
            bob.endpoint.handle_timers(1.0)
            event.session.hang_up(1.0)
        while (deadline := bob.next_deadline()) is not None and deadline < 500.0:
            bob.handle_timers(deadline)
        left = bob.endpoint.statistics()
        assert (left.sessions, left.server_transactions, left.dialogs) == (0, 0, 0)


def test_mutated_responses_never_raise():
    chance = random.Random(20261122)
    for _ in range(300):
        alice, bob, wire = two_phones(callee=answering(ring=True), lose=range(1, 100))
        alice.call()
        wire.run(0.1)
        for message in bob.sent:
            alice.receive_bytes(mutated(message.to_bytes(), chance), 0.2)
            alice.take()
        wire.run(100.0)
        assert alice.endpoint.next_deadline() is None or alice.session.state.value == "Confirmed"


def test_a_flood_of_different_calls_needs_bounded_memory():
    endpoint = SipEndpoint(EndpointConfig(maximum_transactions=50, maximum_sessions=10), iter_tokens())
    flow = Flow("UDP", ("192.0.2.20", 5060), ("192.0.2.10", 5060))
    for number in range(500):
        via = f"SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK{number}"
        method = "INVITE" if number % 2 else "REGISTER"
        flood = request(method, headers={"Via": via, "Call-ID": str(number)})
        endpoint.receive_datagram(flood.to_bytes(), flow, number / 1000)
    counted = endpoint.statistics()
    assert (counted.server_transactions, counted.sessions) == (50, 10)
    assert counted.overloaded == 500 - 50
    while endpoint.next_event() is not None:
        pass


def iter_tokens():
    numbers = iter(range(1_000_000))
    return lambda: f"t{next(numbers)}"


def test_what_happens_to_one_peer_is_no_matter_of_the_transactions_of_others():
    """Thousands of transactions run in a flood, when hundreds of streams may close at once."""
    bob = stream_server()
    other = Flow("TCP", ("192.0.2.20", 5060), ("192.0.2.11", 40000), 2)
    for number, flow in enumerate((STREAM, other)):
        invite = request(headers={"Call-ID": str(number), "Via": f"SIP/2.0/TCP h;branch=z9hG4bK{number}"})
        bob.endpoint.receive_bytes(invite.to_bytes(), flow, 0.0)
    first, second = (bob.endpoint.next_event() for _ in range(2))
    bob.endpoint.flow_closed(STREAM, 0.1)
    bob.endpoint.to_send()
    assert isinstance(first, IncomingInvite)
    assert isinstance(second, IncomingInvite)
    for event in (first, second):
        event.session.ring(0.2)
    routes = [sent.route for sent in bob.endpoint.to_send()]
    assert routes == [Destination("TCP", "192.0.2.10", 5060), other]
    assert not bob.endpoint._core.layer._along(STREAM)


def test_nothing_is_kept_of_the_places_of_transactions_that_have_ended():
    alice, bob, wire = two_phones(callee=answering())
    alice.call()
    wire.run(1.0)
    alice.session.hang_up(wire.now)
    wire.run(200.0)
    assert alice.endpoint._core.layer._of_place == bob.endpoint._core.layer._of_place == {}
