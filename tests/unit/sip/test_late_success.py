"""What still comes of an INVITE when its session is over: 2xx again, and 2xx of other branches (RFC 6026)."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from sip.message import Request, Response
from tests.testkit.wire import Phone
from tests.unit.sip.test_invite_uac import calling, respond


@pytest.fixture
def by_counts_alone() -> Iterator[None]:
    """Without the collector: what is gone went because nobody had it."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def hung_up() -> tuple[Phone, Request, list[Request]]:
    """Return a caller who was answered at 1 s and hung up at 2 s, the INVITE, and the ACK."""
    alice, invite = calling()
    acknowledged = respond(alice, invite, 200)
    alice.session.hang_up(2.0)
    (bye,) = (one for one in alice.take() if isinstance(one, Request))
    alice.receive(Response.answer(bye, 200), 2.1)
    return alice, invite, acknowledged


def test_a_2xx_that_is_repeated_after_the_end_gets_the_same_ack():
    alice, invite, first = hung_up()
    again = respond(alice, invite, 200, at=20.0)
    assert [one.to_bytes() for one in again] == [one.to_bytes() for one in first]
    assert [one.method for one in again] == ["ACK"]


def test_another_branch_that_answers_after_the_end_is_acknowledged_and_ended():
    alice, invite, _ = hung_up()
    assert [(one.method, one.to.tag) for one in respond(alice, invite, 200, "fork-2", at=20.0)] == [
        ("ACK", "fork-2"),
        ("BYE", "fork-2"),
    ]
    assert [one.method for one in respond(alice, invite, 200, "fork-2", at=20.5)] == ["ACK"]


def test_what_comes_too_late_to_mean_something_is_dropped():
    alice, invite, _ = hung_up()
    told = len(alice.events)
    assert respond(alice, invite, 180, at=20.0) == []
    assert respond(alice, invite, 486, at=20.0) == []
    assert len(alice.events) == told


@pytest.mark.parametrize("refused", [False, True])
def test_a_session_that_is_over_is_gone_though_its_transaction_waits(by_counts_alone, refused):
    if refused:
        alice, invite = calling()
        respond(alice, invite, 486)
    else:
        alice, _, _ = hung_up()
    gone = weakref.ref(alice.session)
    alice.events.clear()
    assert gone() is None
    assert alice.endpoint.statistics().client_transactions >= 1
