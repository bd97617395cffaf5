"""What ended calls leave: nothing for the garbage collector, and little while transactions go on."""

import gc
from collections.abc import Callable
from types import FunctionType, ModuleType

import pytest

from sip.events import IncomingInvite, IncomingRequest, OfferReceived, SipEvent
from sip.invite_session import InviteSession
from sip.message import Message
from sip.session_state import SessionState
from sip.trace import Trace
from tests.testkit.sip_messages import request
from tests.testkit.sip_scripts import answering
from tests.testkit.wire import Phone, Wire, two_phones

Ending = Callable[[InviteSession, Wire], None]
CALLS = 5


def accepting(phone: Phone, event: SipEvent) -> None:
    """Answer calls, and agree to whatever is offered."""
    if isinstance(event, IncomingInvite):
        event.session.ring(phone.now)
        event.session.answer(phone.now, b"answer")
    elif isinstance(event, OfferReceived):
        event.session.accept_offer(phone.now, b"agreed")


def refusing(phone: Phone, event: SipEvent) -> None:
    if isinstance(event, IncomingInvite):
        event.session.reject(phone.now, 486)


def ringing(phone: Phone, event: SipEvent) -> None:
    if isinstance(event, IncomingInvite):
        event.session.ring(phone.now)


def progressing(phone: Phone, event: SipEvent) -> None:
    """Describe ourselves reliably, then answer."""
    if isinstance(event, IncomingInvite):
        event.session.progress(phone.now, 183, b"answer")
        event.session.answer(phone.now, b"answer")


def silent(phone: Phone, event: SipEvent) -> None:
    """Leave a call alone."""


def hang_up(session: InviteSession, wire: Wire) -> None:
    session.hang_up(wire.now)


def be_hung_up(session: InviteSession, wire: Wire) -> None:
    other = next(iter(wire.right.endpoint._core.sessions))  # type: ignore[attr-defined]
    other.hang_up(wire.now)


def offer_anew(session: InviteSession, wire: Wire) -> None:
    session.send_offer(wire.now, b"another offer")
    wire.run(wire.now + 1.0)
    session.hang_up(wire.now)


def hang_up_amid_an_offer(session: InviteSession, wire: Wire) -> None:
    session.send_offer(wire.now, b"another offer")
    session.hang_up(wire.now)


def refer(session: InviteSession, wire: Wire) -> None:
    session.refer(wire.now, "<sip:carol@example.com>")
    wire.run(wire.now + 1.0)
    session.hang_up(wire.now)


def nothing(session: InviteSession, wire: Wire) -> None:
    """Let what is under way end it."""


LIVES = [
    (accepting, hang_up),
    (accepting, be_hung_up),
    (accepting, offer_anew),
    (accepting, hang_up_amid_an_offer),
    (accepting, refer),
    (progressing, hang_up),
    (refusing, nothing),
    (ringing, hang_up),
    (silent, hang_up),
]


@pytest.mark.parametrize(
    ("callee", "ending"), LIVES, ids=[f"{callee.__name__}, {ending.__name__}" for callee, ending in LIVES]
)
def test_an_ended_call_leaves_no_garbage_at_either_end(quiet_collector, callee, ending):
    _live(callee, ending)
    assert gc.collect() == 0


def test_a_call_whose_other_end_is_dead_leaves_no_garbage(quiet_collector):
    _live(accepting, nothing, lose=range(4, 1000))
    assert gc.collect() == 0


def test_an_invite_that_nobody_hears_leaves_no_garbage(quiet_collector):
    _live(accepting, nothing, lose=range(1000))
    assert gc.collect() == 0


def test_a_late_offer_leaves_no_garbage(quiet_collector):
    _live(answering(b"their offer"), hang_up, body=None, caller=accepting)
    assert gc.collect() == 0


def test_what_is_kept_of_answered_requests_holds_no_message_and_no_session(quiet_collector):
    """RFC 3261 keeps a transaction for half a minute: at 60 calls a second some 4,000 of them."""
    alice, bob, wire = two_phones(callee=accepting)
    for _ in range(CALLS):
        session = alice.call(now=wire.now)
        wire.run(wire.now + 1.0)
        session.hang_up(wire.now)
        wire.run(wire.now + 1.0)
    assert bob.endpoint.statistics().server_transactions == 2 * CALLS
    _forget(alice, bob)
    kept = _reachable(bob.endpoint._core.layer)
    assert not [each for each in kept if isinstance(each, Message | InviteSession)]


def test_a_repeated_request_is_answered_with_the_same_octets(quiet_collector):
    trace = Trace()
    bob = Phone("bob", "192.0.2.2", "192.0.2.1", trace=trace)
    bob.receive(request("OPTIONS"), 0.0)
    bob.endpoint.reply(0.0, bob.one(IncomingRequest).transaction, 200, headers=[("Accept", "a/b")], body=b"c")
    (first,) = bob.endpoint.to_send()
    bob.receive(request("OPTIONS"), 1.0)
    (again,) = bob.endpoint.to_send()
    assert again == first
    assert [step.summary for step in trace.steps("call-1@192.0.2.10")] == ["OPTIONS", "200 (OPTIONS)"] * 2


def test_a_second_answer_is_dropped():
    bob = Phone("bob", "192.0.2.2", "192.0.2.1")
    bob.receive(request("OPTIONS"), 0.0)
    for status in (200, 500):
        bob.endpoint.reply(0.0, bob.one(IncomingRequest).transaction, status)
    (sent,) = bob.endpoint.to_send()
    assert sent.data.startswith(b"SIP/2.0 200 ")


def _forget(*phones: Phone) -> None:
    """Let go of what the phones noted."""
    for phone in phones:
        for noted in (phone.events, phone.sent, phone.received):
            noted.clear()


def _reachable(root: object) -> list[object]:
    """Return everything that ``root`` keeps alive, but for classes and modules."""
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if id(each) not in seen and not isinstance(each, type | ModuleType | FunctionType):
            seen[id(each)] = each
            waiting += gc.get_referents(each)
    return list(seen.values())


def _live(callee, ending, *, lose=(), body=b"offer", caller=None) -> None:
    """Let calls begin, live and end, until the last timer has run."""
    alice, bob, wire = two_phones(callee=callee, caller=caller, lose=lose)
    for _ in range(CALLS):
        session = alice.call(body, wire.now)
        wire.run(wire.now + 2.0)
        ending(session, wire)
        wire.run(wire.now + 1.0)
    wire.run(wire.now + 2000.0)
    assert session.state is SessionState.TERMINATED
    left, right = alice.endpoint.statistics(), bob.endpoint.statistics()
    assert (left.sessions, left.client_transactions, right.sessions, right.server_transactions) == (
        0,
        0,
        0,
        0,
    )
