"""INVITE with Replaces: which dialog it means, and when it is refused (RFC 3891 section 3)."""

from __future__ import annotations

import pytest

from sip.endpoint_config import EndpointConfig
from sip.events import IncomingInvite
from sip.header_values import Replaces
from sip.message import Response
from tests.testkit.sip_messages import request
from tests.testkit.sip_scripts import in_call, ringing
from tests.testkit.wire import Phone, two_phones


def replaced(phone: Phone, *, early_only: bool = False) -> str:
    """Return the value of Replaces that names the phone's dialog."""
    dialog = phone.session.dialog
    assert dialog is not None
    return str(Replaces(dialog.call_id, dialog.local_tag, dialog.remote_tag, early_only))


def invite(phone: Phone, now: float, value: str, **headers: str) -> Response:
    """Let a third party send an INVITE with Replaces; return the answer."""
    fields = {"Call-ID": "third", "Replaces": value, **headers}
    phone.receive(request(headers=fields, body=b"offer"), now)
    return next(message for message in phone.take() if isinstance(message, Response))


def test_an_invite_that_replaces_a_call_names_it():
    _, bob, wire = in_call()
    assert invite(bob, wire.now, replaced(bob)).status == 100
    assert bob.all(IncomingInvite)[-1].replaces is bob.session


def test_an_invite_without_replaces_replaces_nothing():
    _, bob, _ = in_call()
    assert bob.all(IncomingInvite)[-1].replaces is None


@pytest.mark.parametrize("value", ["unknown;to-tag=a;from-tag=b", "callee1;to-tag=a;from-tag=0"])
def test_an_unknown_dialog_is_answered_481(value):
    _, bob, wire = in_call()
    assert invite(bob, wire.now, value).status == 481


def test_the_tags_are_those_of_the_recipient():
    _, bob, wire = in_call()
    dialog = bob.session.dialog
    assert dialog is not None
    swapped = str(Replaces(dialog.call_id, dialog.remote_tag, dialog.local_tag))
    assert invite(bob, wire.now, swapped).status == 481


def test_an_answered_call_is_busy_for_who_wants_an_early_one():
    _, bob, wire = in_call()
    assert invite(bob, wire.now, replaced(bob, early_only=True)).status == 486


def test_a_call_that_rings_here_cannot_be_replaced():
    alice, bob, wire = two_phones(callee=ringing)
    alice.call()
    wire.run(1.0)
    assert invite(bob, wire.now, replaced(bob)).status == 481


def test_a_call_that_we_make_can_be_replaced_before_the_answer():
    alice, _, wire = two_phones(callee=ringing)
    alice.call()
    wire.run(1.0)
    assert invite(alice, wire.now, replaced(alice, early_only=True)).status == 100


def test_a_call_that_has_just_ended_is_declined():
    _, bob, wire = in_call()
    value = replaced(bob)
    bob.session.hang_up(wire.now)
    assert invite(bob, wire.now, value).status == 603


@pytest.mark.parametrize("headers", [{"Join": "a;to-tag=b;from-tag=c"}])
def test_replaces_beside_join_is_refused(headers):
    _, bob, wire = in_call()
    assert invite(bob, wire.now, replaced(bob), **headers).status == 400


@pytest.mark.parametrize("value", ["nonsense", "a;to-tag=b", "a;from-tag=b"])
def test_a_broken_replaces_is_refused(value):
    _, bob, wire = in_call()
    assert invite(bob, wire.now, value).status == 400


def test_replaces_outside_an_invite_is_refused():
    _, bob, wire = in_call()
    fields = {"Call-ID": "third", "Replaces": replaced(bob)}
    bob.receive(request("OPTIONS", headers=fields), wire.now)
    answer = bob.take()[-1]
    assert isinstance(answer, Response)
    assert answer.status == 400


def test_who_takes_no_references_ignores_replaces():
    _, bob, wire = in_call(callee_config=EndpointConfig(surfaced_methods=()))
    assert invite(bob, wire.now, replaced(bob)).status == 100
    assert bob.all(IncomingInvite)[-1].replaces is None
