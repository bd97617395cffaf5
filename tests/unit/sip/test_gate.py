"""A gate that lets nothing new in: who is turned away, who passes, and what it costs (nothing that stays)."""

import pytest

from sip.events import IncomingInvite, IncomingRequest, InDialogRequest, SessionEnded
from sip.flow import Flow
from sip.message import Request, Response
from sip.source_limits import SourceLimits
from sip.trace import Trace
from sip.transport.local import CALLED
from tests.testkit.sip_messages import request
from tests.testkit.wire import Phone

EVERY_METHOD = frozenset({"INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "PUBLISH"})


class Barrier:
    """A gate that a test shuts."""

    def __init__(self, *shut: str) -> None:
        self.shut = frozenset(shut)
        self.told: list[tuple[str, float]] = []

    def closed(self, method: str, now: float) -> bool:
        return method in self.shut

    def turned_away(self, request: Request, flow: Flow, now: float) -> None:
        self.told.append((request.uri_text, now))


def server(gate: Barrier, **more: object) -> Phone:
    return Phone("bob", "192.0.2.20", "192.0.2.10", gate=gate, **more)  # type: ignore[arg-type]


def numbered(number: int, method: str = "INVITE", **headers: object) -> Request:
    via = f"SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-{number};rport"
    return request(method, headers={"Via": via, "Call-ID": f"call-{number}", **headers})


def answers(bob: Phone, *messages: Request, at: float = 0.0) -> list[Response]:
    for message in messages:
        bob.receive(message, at)
    return [one for one in bob.take() if isinstance(one, Response)]


@pytest.mark.parametrize("method", sorted(EVERY_METHOD))
def test_what_begins_something_is_answered_503_and_leaves_nothing(method):
    gate = Barrier(*EVERY_METHOD)
    bob = server(gate)
    (answer,) = answers(bob, numbered(1, method), at=4.0)
    assert (answer.status, answer.headers.get("Retry-After")) == (503, "5")
    assert answer.via.received == "192.0.2.10"
    assert (answer.call_id, str(answer.cseq)) == ("call-1", f"1 {method}")
    assert answer.to.tag
    assert gate.told == [("sip:bob@example.org", 4.0)]
    assert bob.events == []
    left = bob.endpoint.statistics()
    assert (left.server_transactions, left.sessions, left.turned_away) == (0, 0, 1)
    assert bob.endpoint.next_deadline() is None


def test_a_repetition_gets_the_same_answer_and_its_ack_is_dropped():
    bob = server(Barrier("INVITE"))
    first, second = answers(bob, numbered(1), numbered(1))
    assert first == second
    ack = numbered(1, "ACK", To=first.headers.get("To"))
    assert answers(bob, ack) == []
    assert bob.endpoint.statistics().unmatched == 0


def test_what_we_send_ourselves_passes_a_closed_gate():
    bob = server(Barrier("INVITE"))
    bob.endpoint.receive_frame(numbered(1).to_bytes(), CALLED, 0.0)
    bob.take()
    assert bob.one(IncomingInvite)


def test_while_there_is_room_everybody_is_let_in():
    bob = server(Barrier("REGISTER"))
    assert [one.status for one in answers(bob, numbered(1))] == [100]
    assert bob.one(IncomingInvite)


def test_an_invite_that_was_let_in_is_repeated_answered_and_ended_behind_a_closed_gate():
    gate = Barrier()
    bob = server(gate)
    answers(bob, numbered(1))
    gate.shut = EVERY_METHOD
    assert [one.status for one in answers(bob, numbered(1))] == [100]
    bob.session.answer(0.5, b"answer")
    (ok,) = answers(bob)
    tagged = {"To": ok.headers.get("To")}
    assert answers(bob, numbered(1, "ACK", **tagged)) == []
    reinvite = request(
        headers={"Via": "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-2", "Call-ID": "call-1", **tagged},
        body=b"offer",
        cseq=2,
    )
    assert [one.status for one in answers(bob, reinvite)] == [100]
    bye = request(
        "BYE",
        headers={"Via": "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-3", "Call-ID": "call-1", **tagged},
        cseq=3,
    )
    assert 200 in [one.status for one in answers(bob, bye, at=1.0)]
    assert bob.one(SessionEnded)
    assert bob.endpoint.statistics().turned_away == 0


def test_an_invite_that_was_let_in_is_cancelled_behind_a_closed_gate():
    gate = Barrier()
    bob = server(gate)
    answers(bob, numbered(1))
    gate.shut = EVERY_METHOD
    assert [one.status for one in answers(bob, numbered(1, "CANCEL"))] == [200, 487]


def test_requests_that_belong_to_something_are_not_asked_at_the_gate():
    bob = server(Barrier("BYE", "INFO", "CANCEL", "NOTIFY", "REFER", "UPDATE"))
    statuses = [one.status for one in answers(bob, numbered(1, "BYE"), numbered(2, "CANCEL"))]
    assert statuses == [481, 481]
    assert answers(bob, numbered(3, "NOTIFY")) == []
    assert bob.one(IncomingRequest)
    assert not bob.all(InDialogRequest)


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        ({"Via": 'SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK-1;x="open'}, 400),
        ({"To": None}, 400),
        ({"Call-ID": ["one", "two"]}, 400),
        ({"To": '"tag=" <sip:bob@example.org>;tag=lost'}, 481),
    ],
)
def test_what_cannot_be_answered_so_is_read_in_full(broken, status):
    bob = server(Barrier("INVITE"))
    (answer,) = answers(bob, request(headers=broken))
    assert answer.status == status


def test_a_flood_at_a_closed_gate_is_answered_within_the_limits_of_its_source():
    gate = Barrier("INVITE")
    bob = server(gate, sources=SourceLimits(2))
    refusals = answers(bob, *(numbered(number) for number in range(20)))
    assert [one.status for one in refusals] == [503] * 8
    assert len(gate.told) == 4
    assert bob.endpoint.statistics().source_ignored == 12


def test_who_is_turned_away_pushes_no_call_out_of_the_trace():
    trace, gate = Trace(calls=2), Barrier()
    bob = server(gate, trace=trace)
    answers(bob, numbered(1))
    gate.shut = EVERY_METHOD
    answers(bob, *(numbered(number) for number in range(2, 9)))
    assert trace.steps("call-1")


def test_over_a_stream_the_answer_goes_back_along_it():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", transport="TCP", gate=Barrier("INVITE"))
    via = "SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bK-1"
    bob.receive(request(headers={"Via": via}), 0.0)
    (sent,) = bob.endpoint.to_send()
    assert sent.route == bob.flow
    assert sent.data.startswith(b"SIP/2.0 503 ")
