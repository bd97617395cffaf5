"""What a UAS does with each request before anyone sees it: RFC 3261 section 8.2."""

import pytest

from sip.endpoint_config import EndpointConfig
from sip.events import IncomingInvite, IncomingRequest
from sip.message import Response
from tests.testkit.sip_messages import request
from tests.testkit.wire import Phone


def server(**settings: object) -> Phone:
    return Phone("bob", "192.0.2.20", "192.0.2.10", config=EndpointConfig(**settings))  # type: ignore[arg-type]


def answers(bob: Phone, *messages: object, at: float = 0.0) -> list[Response]:
    for message in messages:
        bob.receive(message, at)  # type: ignore[arg-type]
    return [one for one in bob.take() if isinstance(one, Response)]


def only(bob: Phone, message: object) -> Response:
    (answer,) = answers(bob, message)
    return answer


def test_an_invite_is_answered_100_and_surfaced():
    bob = server()
    assert only(bob, request("INVITE", body=b"offer")).status == 100
    assert bob.one(IncomingInvite).session.offer_body == b"offer"


@pytest.mark.parametrize("method", ["OPTIONS", "REGISTER", "MESSAGE", "REFER", "NOTIFY"])
def test_requests_outside_dialogs_are_surfaced_and_answered_by_the_owner(method):
    bob = server()
    assert answers(bob, request(method)) == []
    surfaced = bob.one(IncomingRequest)
    bob.endpoint.reply(0.1, surfaced.transaction, 202, "Fine", headers=[("X-A", "b")])
    (answer,) = bob.take()
    assert isinstance(answer, Response)
    assert (answer.status, answer.reason, answer.headers.get("X-A")) == (202, "Fine", "b")
    assert answer.to.tag


def test_the_owner_may_build_the_response_itself():
    bob = server()
    answers(bob, request("OPTIONS"))
    surfaced = bob.one(IncomingRequest)
    bob.endpoint.respond(0.1, surfaced.transaction, Response.answer(surfaced.request, 503, to_tag="t"))
    (answer,) = bob.take()
    assert isinstance(answer, Response)
    assert answer.status == 503


@pytest.mark.parametrize(("method", "status"), [("PUBLISH", 405), ("SUBSCRIBE", 405), ("NEWMETHOD", 501)])
def test_a_method_that_is_not_served_is_refused_with_what_is(method, status):
    answer = only(server(), request(method))
    assert answer.status == status
    assert "INVITE" in answer.allow


def test_an_unknown_extension_that_is_required_is_refused_420():
    answer = only(server(), request(headers={"Require": "100rel, nothingSupportsThis, nor-this"}))
    assert answer.status == 420
    assert answer.unsupported == ("nothingSupportsThis", "nor-this")


def test_100rel_and_timer_may_be_required_unless_they_are_off():
    message = request(headers={"Require": "100rel, timer"})
    assert only(server(), message).status == 100
    answer = only(server(reliable_provisional=False, session_expires=0), message)
    assert answer.unsupported == ("100rel", "timer")


def test_a_body_that_is_no_description_is_refused_415():
    answer = only(server(), request(headers={"Content-Type": "application/unknown"}, body=b"?"))
    assert answer.status == 415
    assert "application/sdp" in (answer.headers.get("Accept") or "")


def test_a_description_in_a_multipart_body_is_the_offer():
    body = (
        b"--b\r\nContent-Type: application/sdp\r\n\r\noffer\r\n"
        b"--b\r\nContent-Type: application/isup\r\n\r\n\x01\x02\r\n--b--\r\n"
    )
    bob = server()
    answers(bob, request(headers={"Content-Type": "multipart/mixed;boundary=b"}, body=body))
    assert bob.one(IncomingInvite).session.offer_body == b"offer"


def test_a_caller_that_takes_no_description_is_refused_406():
    assert only(server(), request(headers={"Accept": "text/plain"})).status == 406


def test_an_unknown_scheme_is_refused_416():
    assert only(server(), request(uri="nobodyKnowsThisScheme:x")).status == 416


def test_max_forwards_0_reaches_a_uas():
    assert only(server(), request(headers={"Max-Forwards": "0"})).status == 100


@pytest.mark.parametrize("name", ["Allow", "Supported"])
def test_a_slip_in_what_a_caller_can_costs_no_call(name: str):
    assert only(server(), request(headers={name: "()"})).status == 100


def test_a_session_timer_that_is_too_short_is_refused_422():
    answer = only(server(), request(headers={"Session-Expires": "30", "Supported": "timer"}))
    assert (answer.status, answer.min_se) == (422, 90)


@pytest.mark.parametrize(
    "change",
    [
        {"CSeq": "1 BYE"},
        {"CSeq": "36893488147419103232 INVITE"},
        {"CSeq": None},
        {"Call-ID": None},
        {"From": None},
        {"From": "<sip:alice@example.com>"},
        {"To": '"Bell, Alexander <sip:x@y>'},
        {"Max-Forwards": "300"},
        {"Contact": "<sip:a@b>, <sip:c@d>"},
        {"Session-Expires": "soon"},
        {"Min-SE": "-1"},
        {"RAck": "x"},
        {"Expires": "soon"},
        {"Require": ";;"},
    ],
)
def test_a_malformed_request_is_refused_400_without_state(change):
    bob = server()
    assert only(bob, request(headers=change)).status == 400
    assert bob.names() == []
    assert bob.endpoint.statistics().server_transactions == 0
    assert bob.endpoint.statistics().refused == 1


def test_a_malformed_ack_is_dropped():
    assert answers(server(), request("ACK", headers={"CSeq": "one ACK"})) == []


def test_an_ack_of_nothing_is_dropped():
    bob = server()
    assert answers(bob, request("ACK")) == []
    assert bob.endpoint.statistics().unmatched == 1


def test_a_refusal_has_the_same_to_tag_each_time():
    bob = server()
    first, again = (only(bob, request("PUBLISH")) for _ in range(2))
    assert first.to.tag == again.to.tag
    assert first.to.tag


def test_tags_of_two_servers_differ():
    one = Phone("bob", "192.0.2.20", "192.0.2.10")
    other = Phone("eve", "192.0.2.20", "192.0.2.10")
    assert only(one, request("PUBLISH")).to.tag != only(other, request("PUBLISH")).to.tag


@pytest.mark.hostile("T14", sent="the same INVITE by another way")
def test_a_copy_that_came_another_way_is_refused_482():
    bob = server()
    copy = request(headers={"Via": "SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKother"})
    assert [one.status for one in answers(bob, request(), copy)] == [100, 482]
    assert len(bob.all(IncomingInvite)) == 1


def test_a_repeated_invite_is_absorbed():
    bob = server()
    assert [one.status for one in answers(bob, request(), request())] == [100, 100]
    assert len(bob.all(IncomingInvite)) == 1
    assert bob.endpoint.statistics().retransmissions_absorbed == 1


@pytest.mark.parametrize("method", ["BYE", "INFO", "PRACK", "UPDATE"])
def test_what_makes_sense_only_in_a_dialog_is_refused_481_outside(method):
    assert only(server(), request(method)).status == 481


def test_rport_and_received_are_filled_in():
    bob = server()
    answer = only(bob, request(headers={"Via": "SIP/2.0/UDP 10.1.1.1:5062;branch=z9hG4bKx;rport"}))
    assert (answer.via.received, answer.via.rport) == ("192.0.2.10", 5060)


def test_received_is_added_when_the_host_differs():
    answer = only(server(), request(headers={"Via": "SIP/2.0/UDP pc.example:5060;branch=z9hG4bKx"}))
    assert (answer.via.received, answer.via.rport) == ("192.0.2.10", None)


@pytest.mark.parametrize(
    ("via", "follow", "port"),
    [
        ("10.1.1.1:5062;branch=z9hG4bKx;rport", False, 5060),
        ("10.1.1.1:5062;branch=z9hG4bKx", False, 5062),
        ("10.1.1.1;branch=z9hG4bKx", False, 5060),
        ("10.1.1.1:5062;branch=z9hG4bKx", True, 5060),
    ],
)
def test_responses_go_to_the_source_or_where_the_via_says(via, follow, port):
    bob = server(follow_flow=follow)
    bob.receive(request(headers={"Via": f"SIP/2.0/UDP {via}"}), 0.0)
    (sent,) = bob.endpoint.to_send()
    assert getattr(sent.route, "remote", None) == ("192.0.2.10", port)


def test_beyond_the_limit_on_sessions_an_invite_is_refused_503_without_state():
    bob = server(maximum_sessions=2, retry_after=7)
    statuses = [
        only(bob, request(headers={"Call-ID": f"c{n}", "Via": f"SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK{n}"}))
        for n in range(3)
    ]
    assert [one.status for one in statuses] == [100, 100, 503]
    assert statuses[2].headers.get("Retry-After") == "7"
    left = bob.endpoint.statistics()
    assert (left.sessions, left.server_transactions, left.overloaded) == (2, 2, 1)


def test_beyond_the_limit_on_transactions_every_request_is_refused_503():
    bob = server(maximum_transactions=1)
    fields = {"Call-ID": "other", "Via": "SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKother"}
    answers(bob, request("OPTIONS"))
    assert only(bob, request("OPTIONS", headers=fields)).status == 503


def test_a_call_can_end_although_new_requests_are_refused():
    bob = server(maximum_transactions=1)
    invite = request("INVITE")
    answers(bob, invite)
    bob.session.answer(0.0, b"answer")
    (ok,) = (one for one in bob.take() if isinstance(one, Response))
    to = {"To": str(ok.to), "Via": "SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKbye"}
    assert only(bob, request("BYE", headers=to, cseq=2)).status == 200


def test_the_product_is_named_only_if_the_configuration_names_it():
    assert "Server" not in only(server(), request()).headers
    assert only(server(user_agent="Example"), request("PUBLISH")).headers.get("Server") == "Example"


def test_an_rfc_2543_call_is_served():
    bob = server()
    old = {"Via": "SIP/2.0/UDP old.example", "From": "<sip:alice@192.0.2.10>", "Contact": None}
    assert only(bob, request("INVITE", headers=old)).status == 100
    bob.session.answer(0.0, b"answer")
    (ok,) = (one for one in bob.take() if isinstance(one, Response))
    bob.receive(request("ACK", headers={**old, "To": str(ok.to)}), 0.1)
    assert bob.names() == ["IncomingInvite", "Acknowledged"]


def test_a_via_with_broken_parameters_is_answered_where_it_came_from():
    answer = only(server(follow_flow=False), request(headers={"Via": "SIP/2.0/UDP 192.0.2.10;branch=;;="}))
    assert answer.status == 400


def test_a_response_that_cannot_be_sent_is_counted_and_the_transaction_goes_on():
    bob = server()
    answers(bob, request())
    bob.endpoint.flow_failed(bob.flow, 0.1)
    counted = bob.endpoint.statistics()
    assert (counted.transport_errors, counted.server_transactions, counted.sessions) == (1, 1, 1)


def test_allow_lists_what_is_served():
    assert server(surfaced_methods=("OPTIONS",)).endpoint.allow == (
        "INVITE, ACK, CANCEL, BYE, INFO, PRACK, UPDATE, OPTIONS"
    )
