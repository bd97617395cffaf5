"""What the phones of a test do by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sip.events import IncomingInvite, OfferReceived, SipEvent
from sip.message import Request
from sip.session_state import SessionState
from tests.testkit.wire import Phone, Wire, two_phones

Script = Callable[[Phone, SipEvent], None]


def answering(body: bytes = b"answer", *, ring: bool = False) -> Script:
    """Answer at once, and answer every later offer."""

    def script(phone: Phone, event: SipEvent) -> None:
        if isinstance(event, IncomingInvite):
            if ring:
                event.session.ring(phone.now)
            event.session.answer(phone.now, body)
        elif isinstance(event, OfferReceived):
            event.session.accept_offer(phone.now, b"re-" + body)

    return script


def ringing(phone: Phone, event: SipEvent) -> None:
    """Ring, and leave the rest to the test."""
    if isinstance(event, IncomingInvite):
        event.session.ring(phone.now)


def undecided(phone: Phone, event: SipEvent) -> None:
    """Answer the call, and leave later offers to the test."""
    if isinstance(event, IncomingInvite):
        event.session.answer(phone.now, b"answer")


def in_call(
    callee: Script | None = None, caller: Script | None = None, **changes: Any
) -> tuple[Phone, Phone, Wire]:
    """Return two phones whose call is set up, and their wire with an empty log."""
    alice, bob, wire = two_phones(callee=callee or answering(), caller=caller, **changes)
    alice.call()
    wire.run(1.0)
    assert alice.session.state is bob.session.state is SessionState.CONFIRMED
    wire.forget()
    return alice, bob, wire


def in_dialog(phone: Phone, method: str, body: bytes = b"", **headers: str) -> Request:
    """Make a request in the dialog of a phone, as a peer without our rules would send it."""
    usage = phone.session.usage
    request = usage.request(method, body=body)
    branch = f"z9hG4bK{phone.now}{method}"
    request.headers.insert_first("Via", f"SIP/2.0/UDP {phone.flow.local[0]};branch={branch}")
    for name, value in headers.items():
        request.headers.set(name.replace("_", "-"), value)
    return request
