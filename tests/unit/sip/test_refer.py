"""REFER and the subscription it implies, both ways (RFC 3515, RFC 6665, RFC 4488)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sip.errors import UsageError
from sip.events import InDialogRequest, ReferProgress, ReferReceived, SessionEnded, SipEvent
from sip.incoming_refer import SUBSCRIPTION_LASTS
from sip.message import Request, Response
from tests.testkit.sip_scripts import answering, in_call, in_dialog
from tests.testkit.wire import Phone, Wire, two_phones

CAROL = "<sip:carol@example.com>"


def accepting(*statuses: int, hangs_up: bool = False) -> Callable[[Phone, SipEvent], None]:
    """Answer calls, accept references, and report these statuses at once."""

    def script(phone: Phone, event: SipEvent) -> None:
        answering()(phone, event)
        if isinstance(event, ReferReceived):
            event.refer.accept(phone.now)
            if hangs_up:
                event.session.hang_up(phone.now)
            for status in statuses:
                event.refer.report(phone.now, status)

    return script


def refer(alice: Phone, wire: Wire, within: float = 10.0, **headers: str) -> ReferProgress:
    """Refer the callee to carol, and return the last that was told of it."""
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    alice.session.refer(wire.now, CAROL, fields)
    wire.run(wire.now + within)
    return alice.all(ReferProgress)[-1]


def fragments(phone: Phone) -> list[tuple[str, str]]:
    """State and fragment of each NOTIFY that a phone got, in order."""
    return [
        (message.headers.get("Subscription-State") or "", message.body.decode().strip())
        for message in phone.received
        if isinstance(message, Request) and message.method == "NOTIFY"
    ]


def test_a_reference_is_accepted_tried_and_concluded():
    alice, bob, wire = in_call(callee=accepting(200))
    told = refer(alice, wire).refer
    assert [what for _, what in wire.steps] == [
        "REFER", "202 (REFER)", "NOTIFY", "200 (NOTIFY)", "NOTIFY", "200 (NOTIFY)",
    ]  # fmt: skip
    assert fragments(alice) == [
        (f"active;expires={SUBSCRIPTION_LASTS}", "SIP/2.0 100 Trying"),
        ("terminated;reason=noresource", "SIP/2.0 200 OK"),
    ]
    assert (told.answered, told.notified, told.over) == (202, 200, True)
    assert str(bob.one(ReferReceived).refer.target) == CAROL


def test_what_changes_while_a_notify_is_on_its_way_is_told_in_one():
    alice, _, wire = in_call(callee=accepting(180, 183, 486))
    told = refer(alice, wire).refer
    assert [fragment for _, fragment in fragments(alice)] == ["SIP/2.0 100 Trying", "SIP/2.0 486 Busy Here"]
    assert told.notified == 486


def test_progress_is_told_while_it_lasts():
    alice, bob, wire = in_call(callee=accepting())
    refer(alice, wire)
    bob.one(ReferReceived).refer.report(wire.now, 180)
    wire.run(wire.now + 5)
    assert fragments(alice)[-1] == (f"active;expires={SUBSCRIPTION_LASTS - 10}", "SIP/2.0 180 Ringing")
    assert not alice.all(ReferProgress)[-1].refer.over


def test_a_refusal_is_all_there_is():
    def script(phone: Phone, event: SipEvent) -> None:
        answering()(phone, event)
        if isinstance(event, ReferReceived):
            event.refer.refuse(phone.now, 603)
            event.refer.accept(phone.now)
            event.refer.report(phone.now, 200)

    alice, _, wire = in_call(callee=script)
    told = refer(alice, wire).refer
    assert (told.answered, told.notified, told.over) == (603, None, True)
    assert [what for _, what in wire.steps] == ["REFER", "603 (REFER)"]


def test_the_subscription_outlives_the_call():
    alice, _, wire = in_call(callee=accepting(200, hangs_up=True))
    refer(alice, wire)
    assert [what for _, what in wire.steps].count("BYE") == 1
    assert [fragment for _, fragment in fragments(alice)] == ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"]
    assert wire.steps[-1][1] == "481 (NOTIFY)", "a phone that forgot the call may say so"


def test_a_referrer_that_does_not_answer_is_told_no_more():
    alice, bob, wire = in_call(callee=accepting())
    refer(alice, wire)
    wire.lose = range(1000)
    bob.one(ReferReceived).refer.report(wire.now, 180)
    wire.run(wire.now + 60)
    bob.one(ReferReceived).refer.report(wire.now, 200)
    wire.forget()
    wire.run(wire.now + 5)
    assert wire.steps == []


def test_a_subscription_nobody_concludes_ends_by_itself():
    alice, _, wire = in_call(callee=accepting())
    told = refer(alice, wire, within=SUBSCRIPTION_LASTS + 5).refer
    assert fragments(alice)[-1] == ("terminated;reason=timeout", "SIP/2.0 100 Trying")
    assert told.over


def test_a_referrer_may_want_no_subscription():
    alice, _, wire = in_call(callee=accepting(200))
    told = refer(alice, wire, Refer_Sub="false").refer
    assert [what for _, what in wire.steps] == ["REFER", "202 (REFER)"]
    assert (told.answered, told.notified, told.over) == (202, None, True)


def test_a_second_reference_in_a_dialog_has_a_name_of_its_own():
    alice, _, wire = in_call(callee=accepting(200))
    refer(alice, wire)
    refer(alice, wire)
    events = [
        message.headers.get("Event")
        for message in alice.received
        if isinstance(message, Request) and message.method == "NOTIFY"
    ]
    second = alice.session.refers[1]
    assert events == ["refer", "refer", f"refer;id={second.number}", f"refer;id={second.number}"]
    assert second.notified == 200


def test_a_notify_may_overtake_the_202():
    alice, bob, wire = in_call(callee=undecided)
    progress = alice.session.refer(wire.now, CAROL)
    wire.run(wire.now + 0.06)
    alice.receive(notify(bob, "active;expires=60", b"SIP/2.0 100 Trying\r\n"), wire.now)
    assert (progress.answered, progress.notified, progress.over) == (None, 100, False)


def undecided(phone: Phone, event: SipEvent) -> None:
    answering()(phone, event)


def notify(bob: Phone, state: str, body: bytes = b"", event: str = "refer") -> Request:
    """Make a NOTIFY as a peer without our rules would send it."""
    headers = {"Event": event, "Content_Type": "message/sipfrag", "Contact": "<sip:192.0.2.2:5060>"}
    if state:
        headers["Subscription_State"] = state
    return in_dialog(bob, "NOTIFY", body, **headers)


@pytest.mark.parametrize(
    ("state", "body", "over", "status"),
    [
        ("terminated;reason=noresource", b"SIP/2.0 486 Busy Here\r\n", True, 486),
        ("active;expires=60", b"SIP/2.0 200 OK\r\n", True, 200),
        ("", b"SIP/2.0 200 OK", True, 200),
        ("active", b"SIP/2.0 180 Ringing\r\nServer: x\r\n", False, 180),
        ("pending", b"INVITE sip:x SIP/2.0\r\n", False, None),
        ("terminated", b"", True, None),
    ],
)
def test_a_notify_is_read_leniently(state, body, over, status):
    alice, bob, wire = in_call(callee=undecided)
    progress = alice.session.refer(wire.now, CAROL)
    wire.run(wire.now + 0.06)
    alice.receive(notify(bob, state, body), wire.now)
    assert isinstance(answer := alice.take()[-1], Response)
    assert (answer.status, progress.over, progress.notified) == (200, over, status)


@pytest.mark.parametrize(("event", "status"), [("refer;id=99", 481), ("refer", 481)])
def test_a_notify_of_no_reference_of_ours_is_answered_481(event, status):
    alice, bob, wire = in_call(callee=undecided)
    alice.receive(notify(bob, "active", b"SIP/2.0 200 OK\r\n", event), wire.now)
    assert isinstance(answer := alice.take()[-1], Response)
    assert answer.status == status


def test_a_notify_of_another_package_is_the_owners_business():
    alice, bob, wire = in_call(callee=undecided)
    alice.receive(notify(bob, "active", b"", "message-summary"), wire.now)
    assert alice.one(InDialogRequest).request.method == "NOTIFY"


def test_a_peer_that_never_notifies_is_given_up_after_timer_n():
    alice, _, wire = in_call(callee=accepting())
    wire.lose = range(2, 1000)
    progress = alice.session.refer(wire.now, CAROL)
    wire.run(wire.now + 31.0)
    assert (progress.answered, progress.over) == (202, False)
    wire.run(wire.now + 2.0)
    assert (progress.notified, progress.over) == (None, True)


def test_a_refer_nobody_answers_is_a_408():
    alice, _, wire = in_call()
    wire.lose = range(1000)
    assert refer(alice, wire, within=40.0).refer.answered == 408
    assert not alice.all(SessionEnded)


def test_a_call_that_ends_is_waited_for_no_more():
    alice, bob, wire = in_call(callee=accepting())
    progress = refer(alice, wire).refer
    bob.session.hang_up(wire.now)
    wire.run(wire.now + 1)
    assert progress.over
    assert alice.events[-1].__class__ is SessionEnded
    deadline = alice.next_deadline()
    assert deadline is None or deadline < wire.now + 40


def test_only_a_call_that_is_up_can_be_referred():
    alice, _, wire = two_phones()
    session = alice.call()
    with pytest.raises(UsageError, match="refer while Calling"):
        session.refer(wire.now, CAROL)


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ({}, 400),
        ({"Refer_To": "<sip:"}, 400),
        ({"Refer_To": "<mailto:carol@example.com>"}, 416),
        ({"Refer_To": "<sip:carol@example.com?Replaces=nonsense>"}, 400),
    ],
)
def test_a_reference_that_cannot_be_read_is_refused(written, status):
    alice, bob, wire = in_call(callee=accepting())
    request = in_dialog(alice, "REFER", Contact="<sip:192.0.2.1:5060>", **written)
    bob.receive(request, wire.now)
    assert isinstance(answer := bob.take()[-1], Response)
    assert answer.status == status
    assert not bob.all(ReferReceived)


def test_the_dialog_to_replace_is_read_from_the_target():
    alice, bob, wire = in_call(callee=accepting())
    replaces = "abc%40host%3Bto-tag%3Done%3Bfrom-tag%3Dtwo"
    alice.session.refer(wire.now, f"<sip:carol@example.com?Replaces={replaces}>")
    wire.run(wire.now + 1)
    found = bob.one(ReferReceived).refer.replaces
    assert str(found) == "abc@host;to-tag=one;from-tag=two"
