"""The UAC of an INVITE against hand-made responses: forks, late 2xx, early dialogs (RFC 3261, RFC 6026)."""

from collections.abc import Iterable
from typing import Any

import pytest

from sip.endpoint_config import EndpointConfig
from sip.errors import UsageError
from sip.events import Answered, EndCause, Provisional, Rejected, SessionEnded
from sip.flow import Destination, Flow
from sip.message import Request, Response
from sip.session_state import SessionState
from tests.testkit.sip_messages import response
from tests.testkit.wire import Phone


def calling(body: bytes | None = b"offer", **changes: Any) -> tuple[Phone, Request]:
    alice = Phone("alice", "192.0.2.1", "192.0.2.2")
    alice.call(body, **changes)
    (invite,) = alice.take()
    assert isinstance(invite, Request)
    return alice, invite


def respond(
    alice: Phone,
    invite: Request,
    status: int,
    tag: str | None = "fork-1",
    at: float = 1.0,
    headers: Iterable[tuple[str, str]] = (),
) -> list[Request]:
    """Give alice a response, and return the requests she sends."""
    host = "192.0.2.3" if tag == "fork-2" else "192.0.2.2"
    fields = [*headers, *([("Contact", f"<sip:bob@{host}>")] if status < 300 else [])]
    response = Response.answer(invite, status, to_tag=tag, headers=fields)
    if status // 100 == 2:
        response.headers.set("Content-Type", "application/sdp")
        response.body = b"answer"
    alice.receive(response, at)
    return [one for one in alice.take() if isinstance(one, Request)]


def test_the_invite_says_what_we_support_and_where_we_are():
    _, invite = calling()
    assert str(invite.via).startswith("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK")
    assert str(invite.contact) == "<sip:192.0.2.1:5060>"
    assert invite.supported == ("100rel", "timer", "replaces", "norefersub")
    assert {"INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "INFO"} <= set(invite.allow)
    assert invite.max_forwards == 70
    assert invite.from_.tag
    assert invite.to.tag is None
    assert "User-Agent" not in invite.headers


def test_headers_of_the_caller_are_sent():
    _, invite = calling(headers=[("X-Account", "42"), ("P-Asserted-Identity", "<sip:+15551234@example.com>")])
    assert invite.headers.get("X-Account") == "42"
    assert len(invite.asserted_identities) == 1


def test_a_100_is_not_told():
    alice, invite = calling()
    respond(alice, invite, 100, None)
    assert alice.names() == []
    assert alice.endpoint.next_deadline() is None


def test_each_fork_that_rings_is_an_early_dialog():
    alice, invite = calling()
    respond(alice, invite, 180, "fork-1")
    respond(alice, invite, 183, "fork-2")
    assert [event.response.status for event in alice.all(Provisional)] == [180, 183]
    assert alice.session.dialog is not None
    assert (alice.session.dialog.remote_tag, alice.session.dialog.early) == ("fork-2", True)
    assert alice.endpoint.statistics().dialogs == 1


def test_the_first_fork_to_answer_has_the_call():
    alice, invite = calling()
    respond(alice, invite, 180, "fork-2")
    (ack,) = respond(alice, invite, 200, "fork-1")
    assert (ack.method, ack.uri_text, ack.to.tag) == ("ACK", "sip:bob@192.0.2.2", "fork-1")
    assert ack.cseq.number == invite.cseq.number
    assert ack.via.branch != invite.via.branch
    assert alice.session.state is SessionState.CONFIRMED


def test_another_fork_that_answers_is_acknowledged_and_ended():
    alice, invite = calling()
    respond(alice, invite, 200, "fork-1")
    ack, bye = respond(alice, invite, 200, "fork-2", at=31.0)
    assert [(one.method, one.to.tag, one.uri_text) for one in (ack, bye)] == [
        ("ACK", "fork-2", "sip:bob@192.0.2.3"),
        ("BYE", "fork-2", "sip:bob@192.0.2.3"),
    ]
    assert bye.cseq.number == invite.cseq.number + 1
    assert [one.method for one in respond(alice, invite, 200, "fork-2", at=31.2)] == ["ACK"]
    assert alice.names() == ["Answered"]


def test_a_peer_that_invents_forks_gets_no_more_memory():
    alice, invite = calling()
    respond(alice, invite, 200, "fork-1")
    answered = [bool(respond(alice, invite, 200, f"invented-{number}")) for number in range(100)]
    assert answered.count(True) == 16


def test_a_repeated_2xx_is_acknowledged_each_time_with_the_same_ack():
    alice, invite = calling()
    first = respond(alice, invite, 200)
    again = respond(alice, invite, 200, at=5.0)
    assert [one.to_bytes() for one in first] == [one.to_bytes() for one in again]
    assert len(alice.all(Answered)) == 1


def test_a_2xx_after_timer_m_is_dropped():
    alice, invite = calling()
    respond(alice, invite, 200)
    alice.handle_timers(34.0)
    assert respond(alice, invite, 200, at=34.0) == []
    assert alice.endpoint.statistics().unmatched == 1


def test_a_late_2xx_after_a_cancel_was_given_up_is_dropped():
    alice, invite = calling()
    respond(alice, invite, 180)
    alice.session.hang_up(1.0)
    alice.handle_timers(33.0)
    alice.take()
    assert alice.one(SessionEnded).cause is EndCause.CANCELLED
    assert respond(alice, invite, 200, at=34.0) == []


def test_an_answer_before_any_provisional_to_a_call_already_given_up_is_taken_down():
    alice, invite = calling()
    session = next(iter(alice.endpoint._core.sessions))
    session.hang_up(0.5)
    ack, bye = respond(alice, invite, 200)
    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert alice.names() == ["SessionEnded"]
    assert alice.one(SessionEnded).cause is EndCause.CANCELLED


def test_the_route_set_of_the_2xx_is_followed_in_reverse():
    alice, invite = calling()
    routes = [("Record-Route", "<sip:192.0.2.52;lr>"), ("Record-Route", "<sip:192.0.2.51:5070;lr>")]
    (ack,) = respond(alice, invite, 200, headers=routes)
    assert [str(route.uri) for route in ack.routes] == ["sip:192.0.2.51:5070;lr", "sip:192.0.2.52;lr"]
    assert ack.uri_text == "sip:bob@192.0.2.2"


def test_a_redirection_is_a_rejection_that_tells_where():
    alice, invite = calling()
    respond(alice, invite, 302, headers=[("Contact", "<sip:carol@192.0.2.9>")])
    told = alice.one(Rejected).response
    assert told is not None
    assert str(told.contacts[0].uri) == "sip:carol@192.0.2.9"


def test_a_challenge_is_a_rejection_with_its_response():
    alice, invite = calling()
    challenge = ("WWW-Authenticate", 'Digest realm="x", nonce="y"')
    (ack,) = respond(alice, invite, 401, headers=[challenge])
    assert ack.method == "ACK"
    assert ack.via == invite.via
    told = alice.one(Rejected)
    assert told.cause is EndCause.REJECTED
    assert told.response is not None
    assert "WWW-Authenticate" in told.response.headers


@pytest.mark.parametrize("status", [180, 200, 486])
def test_a_response_with_two_vias_was_not_meant_for_us(status):
    alice, invite = calling()
    response = Response.answer(invite, status, to_tag="x")
    response.headers.add("Via", "SIP/2.0/UDP 192.0.2.77")
    alice.receive(response, 1.0)
    assert alice.names() == []
    assert alice.endpoint.statistics().malformed == 1


def test_the_in_dialog_way_is_the_one_responses_come_from():
    alice = Phone("alice", "192.0.2.1", "192.0.2.2")
    alice.call(destination=Destination("UDP", "192.0.2.2", 5060))
    (invite,) = alice.take()
    assert isinstance(invite, Request)
    respond(alice, invite, 200)
    assert alice.session.flow == alice.flow


def test_a_destination_that_cannot_be_reached_rejects_the_call():
    alice = Phone("alice", "192.0.2.1", "192.0.2.2", config=EndpointConfig())
    where = Destination("TCP", "192.0.2.2", 5060)
    alice.call(destination=where)
    alice.take()
    alice.endpoint.flow_failed(where, 1.0)
    alice.take()
    assert alice.one(Rejected).cause is EndCause.TRANSPORT
    assert alice.names() == ["Rejected", "SessionEnded"]


def test_a_stream_that_closes_before_any_answer_rejects_the_call():
    alice = Phone("alice", "192.0.2.1", "192.0.2.2")
    alice.call(destination=Destination("TCP", "192.0.2.2", 5060))
    alice.take()
    alice.endpoint.flow_closed(Flow("TCP", ("192.0.2.1", 40000), ("192.0.2.2", 5060), 7), 1.0)
    alice.take()
    assert alice.one(Rejected).cause is EndCause.TRANSPORT


def test_ringing_without_a_tag_is_told_but_makes_no_dialog():
    alice, invite = calling()
    respond(alice, invite, 180, None)
    assert alice.names() == ["Provisional"]
    assert alice.session.dialog is None
    with pytest.raises(UsageError, match="dialog"):
        alice.session.send_offer(1.0, b"hold")
    (ack,) = respond(alice, invite, 200)
    assert ack.method == "ACK"


def test_a_challenged_invite_is_tried_again_in_the_same_call():
    alice, invite = calling()
    respond(alice, invite, 401)
    alice.call(
        from_=str(invite.from_),
        headers=[("Call-ID", invite.call_id), ("CSeq", "2 INVITE"), ("Authorization", "Digest x=y")],
    )
    (again,) = alice.take()
    assert isinstance(again, Request)
    assert (again.call_id, again.from_, again.cseq.number) == (invite.call_id, invite.from_, 2)
    assert again.via.branch != invite.via.branch


def test_a_peer_that_rings_with_ever_new_tags_gets_no_more_memory():
    alice, invite = calling()
    for number in range(50):
        respond(alice, invite, 180, f"invented-{number}")
    assert len(alice.all(Provisional)) == 16
    (ack,) = respond(alice, invite, 200, "invented-49")
    assert ack.to.tag == "invented-49"


def test_ringing_after_the_answer_is_old_news():
    alice, invite = calling()
    respond(alice, invite, 200, "fork-1")
    respond(alice, invite, 180, "fork-2")
    assert alice.names() == ["Answered"]


def test_a_second_provisional_after_the_cancel_sends_no_second_cancel():
    alice, invite = calling()
    respond(alice, invite, 180)
    alice.session.hang_up(1.0)
    assert [one.method for one in alice.take() if isinstance(one, Request)] == ["CANCEL"]
    assert respond(alice, invite, 183, at=1.1) == []


def test_an_answer_with_a_slip_in_what_it_allows_is_an_answer():
    alice, invite = calling()
    wrong = response(200, headers={"Allow": "INVITE;ACK;BYE", "Supported": "timer;replaces"}, to=invite)
    alice.receive(wrong, 0.5)
    assert alice.names() == ["Answered"]
