"""Answers of which nothing is kept: what is alike in them, and how their ACK is known."""

import pytest

from sip.endpoint_config import EndpointConfig
from sip.message import Request, Response
from tests.testkit.sip_messages import request
from tests.testkit.wire import Phone

VIA = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-one;rport"


def refused_by(bob: Phone, message: Request) -> Response:
    bob.receive(message, 0.0)
    (answer,) = bob.take()
    assert isinstance(answer, Response)
    assert answer.status == 420
    return answer


def unwelcome(via: str = VIA, call_id: str = "c1") -> Request:
    return request(headers={"Via": via, "Call-ID": call_id, "Require": "nothing-we-know"})


def ack(answer: Response, via: str = VIA, call_id: str = "c1") -> Request:
    return request("ACK", headers={"Via": via, "Call-ID": call_id, "To": answer.headers.get("To")})


def test_each_repetition_gets_the_same_tag_and_another_request_another():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10")
    tags = [refused_by(bob, unwelcome()).to.tag for _ in range(3)]
    assert len(set(tags)) == 1
    others = [
        refused_by(bob, unwelcome(VIA.replace("one", "two"))).to.tag,
        refused_by(bob, unwelcome(VIA.replace(".10:", ".11:"))).to.tag,
        refused_by(bob, unwelcome(call_id="c2")).to.tag,
    ]
    assert len({*tags, *others}) == 4


def test_two_servers_do_not_make_the_same_tags():
    first, second = (Phone(name, "192.0.2.20", "192.0.2.10") for name in ("bob", "eve"))
    assert refused_by(first, unwelcome()).to.tag != refused_by(second, unwelcome()).to.tag


@pytest.mark.parametrize("hops", [VIA, f"{VIA}, SIP/2.0/UDP far.example;branch=z9hG4bK-far"])
def test_the_ack_of_such_an_answer_is_dropped_in_silence(hops):
    bob = Phone("bob", "192.0.2.20", "192.0.2.10")
    answer = refused_by(bob, unwelcome(hops))
    bob.receive(ack(answer), 0.1)
    assert bob.take() == []
    assert bob.events == []
    assert bob.endpoint.statistics().unmatched == 0


def test_an_ack_that_acknowledges_nothing_is_counted():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10")
    answer = refused_by(bob, unwelcome())
    bob.receive(ack(answer, call_id="c2"), 0.1)
    assert bob.take() == []
    assert bob.endpoint.statistics().unmatched == 1


def test_nothing_is_kept_of_what_was_refused():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", config=EndpointConfig())
    for number in range(50):
        refused_by(bob, unwelcome(call_id=f"c{number}"))
    left = bob.endpoint.statistics()
    assert (left.server_transactions, left.sessions, left.refused) == (0, 0, 50)
    assert bob.endpoint.next_deadline() is None
