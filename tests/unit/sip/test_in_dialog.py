"""Requests inside a dialog: INFO, BYE, CSeq order, unknown dialogs (RFC 3261 section 12.2.2, RFC 6086)."""

import pytest

from sip.events import EndCause, InDialogRequest, InfoReceived, RequestAnswered, RequestTimedOut, SessionEnded
from sip.message import Request, Response
from tests.testkit.sip_scripts import answering
from tests.testkit.wire import Phone, Wire, two_phones

RELAY = b"Signal=5\r\nDuration=160\r\n"


def in_call() -> tuple[Phone, Phone, Wire]:
    alice, bob, wire = two_phones(callee=answering())
    alice.call()
    wire.run(1.0)
    wire.forget()
    return alice, bob, wire


def ask(alice: Phone, bob: Phone, wire: Wire, method: str, body: bytes = b"", **fields: str) -> Response:
    """Send a request in the dialog as alice, and return what bob answers."""
    request = alice.session.usage.request(method, body=body)
    number = request.cseq.number
    request.headers.insert_first(
        "Via", f"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{method}{number}{len(fields)}"
    )
    for name, value in fields.items():
        request.headers.set(name.replace("_", "-"), value)
    bob.receive(request, wire.now)
    answer = bob.take()[-1]
    assert isinstance(answer, Response)
    return answer


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("application/dtmf-relay", RELAY), ("application/dtmf", b"5"), ("Application/DTMF-Relay", RELAY)],
)
def test_digits_by_info_are_answered_and_surfaced(content_type, body):
    alice, bob, wire = in_call()
    alice.session.send_request(wire.now, "INFO", body, content_type)
    wire.run(10.0)
    assert [what for _, what in wire.steps] == ["INFO", "200 (INFO)"]
    received = bob.one(InfoReceived)
    assert (received.content_type, received.body) == (content_type.lower(), body)
    assert alice.one(RequestAnswered).response.status == 200
    assert alice.one(RequestAnswered).session is alice.session


def test_an_info_that_is_repeated_is_one_digit():
    alice, bob, wire = in_call()
    wire.lose = {1}
    alice.session.send_request(wire.now, "INFO", RELAY, "application/dtmf-relay")
    wire.run(10.0)
    assert [what for _, what in wire.steps] == ["INFO", "200 (INFO) (lost)", "INFO", "200 (INFO)"]
    assert len(bob.all(InfoReceived)) == 1


def test_an_info_of_another_type_is_answered_415_with_what_is_accepted():
    alice, bob, wire = in_call()
    answer = ask(alice, bob, wire, "INFO", b"<x/>", Content_Type="application/media_control+xml")
    assert answer.status == 415
    assert answer.headers.get("Accept") == "application/dtmf-relay, application/dtmf"
    assert not bob.all(InfoReceived)


def test_an_empty_info_is_a_keep_alive():
    alice, bob, wire = in_call()
    assert ask(alice, bob, wire, "INFO").status == 200
    assert not bob.all(InfoReceived)


def test_an_info_package_is_not_known_here():
    alice, bob, wire = in_call()
    answer = ask(alice, bob, wire, "INFO", RELAY, Info_Package="foo", Content_Type="application/dtmf-relay")
    assert answer.status == 469
    assert "Recv-Info" in answer.headers


def test_options_in_a_dialog_are_answered_here():
    alice, bob, wire = in_call()
    answer = ask(alice, bob, wire, "OPTIONS")
    assert answer.status == 200
    assert "INVITE" in answer.allow


@pytest.mark.parametrize("method", ["NOTIFY", "MESSAGE"])
def test_other_requests_are_surfaced(method):
    alice, bob, wire = in_call()
    request = alice.session.send_request(wire.now, method, b"hello", "text/plain")
    wire.run(1.2)
    surfaced = bob.one(InDialogRequest)
    bob.endpoint.reply(wire.now, surfaced.transaction, 200, body=b"thanks", content_type="text/plain")
    wire.run(10.0)
    answered = alice.one(RequestAnswered)
    assert answered.transaction is request
    assert (answered.response.status, answered.response.body) == (200, b"thanks")


def test_a_request_nobody_answers_is_told_and_ends_nothing():
    alice, _, wire = in_call()
    wire.lose = range(100)
    alice.session.send_request(wire.now, "MESSAGE", b"hello", "text/plain")
    wire.run(100.0)
    assert alice.one(RequestTimedOut).cause is EndCause.TIMEOUT
    assert not alice.all(SessionEnded)


def test_an_info_answered_481_ends_the_session():
    alice, bob, wire = in_call()
    bob.session.usage.dissolve()
    alice.session.send_request(wire.now, "INFO", RELAY, "application/dtmf-relay")
    wire.run(10.0)
    assert alice.one(SessionEnded).cause is EndCause.DIALOG_GONE


def test_a_refer_answered_481_ends_nothing():
    alice, bob, wire = in_call()
    bob.session.usage.dissolve()
    alice.session.send_request(wire.now, "REFER", headers=[("Refer-To", "<sip:x@example.com>")])
    wire.run(10.0)
    assert alice.one(RequestAnswered).response.status == 481
    assert not alice.all(SessionEnded)


def test_a_cseq_that_goes_back_is_answered_500():
    alice, bob, wire = in_call()
    assert ask(alice, bob, wire, "OPTIONS", CSeq="10 OPTIONS").status == 200
    assert ask(alice, bob, wire, "OPTIONS", CSeq="9 OPTIONS").status == 500


@pytest.mark.parametrize(
    "method", ["BYE", "INVITE", "UPDATE", "INFO", "PRACK", "OPTIONS", "MESSAGE", "REFER"]
)
def test_a_request_in_an_unknown_dialog_is_answered_481(method):
    alice, bob, wire = in_call()
    assert ask(alice, bob, wire, method, To="<sip:callee@192.0.2.2>;tag=nobody").status == 481
    assert not bob.all(SessionEnded)


def test_a_request_after_our_bye_is_answered_481_but_bye_200():
    alice, bob, wire = in_call()
    bob.session.hang_up(wire.now)
    assert ask(alice, bob, wire, "INFO").status == 481
    assert ask(alice, bob, wire, "BYE").status == 200


def test_a_prack_to_a_caller_is_answered_481():
    alice, bob, wire = in_call()
    answer = ask(bob, alice, wire, "PRACK", RAck="1 1 INVITE")
    assert answer.status == 481


def test_the_dialog_is_matched_by_both_tags():
    alice, bob, wire = in_call()
    answer = ask(alice, bob, wire, "BYE", From="<sip:mallory@192.0.2.66>;tag=guessed")
    assert answer.status == 481
    assert isinstance(bob.session.request, Request)
    assert not bob.all(SessionEnded)
