"""Requests too large for a datagram: over TCP, and over UDP after all when TCP is refused."""

from __future__ import annotations

import itertools

import pytest

from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.events import Answered, EndCause, Provisional, Rejected, RequestAnswered
from sip.flow import Destination, Flow, Route
from sip.message import Request, Response
from sip.parser import parse_message

OURS = ("192.0.2.1", 5060)
PEER = ("192.0.2.2", 5070)
UDP = Destination("UDP", *PEER)
TCP = Destination("TCP", *PEER)
STREAM = Flow("TCP", (OURS[0], 40000), PEER, 1)
DATAGRAMS = Flow("UDP", OURS, PEER)
LARGE = b"x" * 1300


class Endpoint:
    """An endpoint that listens on UDP and, unless told otherwise, TCP."""

    def __init__(self, transports: tuple[str, ...] = ("UDP", "TCP")) -> None:
        numbers = itertools.count(1)
        self.sip = SipEndpoint(EndpointConfig(), lambda: f"t{next(numbers)}")
        for transport in transports:
            self.sip.listening(transport, *OURS)

    def invite(self, body: bytes = LARGE, route: Route = UDP, uri: str = "sip:bob@192.0.2.2:5070") -> None:
        self.session = self.sip.invite(
            0.0, request_uri=uri, from_="<sip:us@192.0.2.1>", to="<sip:bob@192.0.2.2>", destination=route,
            body=body,
        )  # fmt: skip

    def sent(self) -> list[tuple[Request | Response, Route]]:
        return [(parse_message(each.data), each.route) for each in self.sip.to_send()]

    def one(self) -> tuple[Request, Route]:
        ((message, route),) = self.sent()
        assert isinstance(message, Request)
        return message, route

    def answer(self, request: Request, status: int, flow: Flow, now: float = 1.0) -> None:
        response = Response.answer(request, status, to_tag="theirs")
        response.headers.add("Contact", "<sip:bob@192.0.2.2:5070>")
        if flow.is_reliable:
            self.sip.receive_bytes(response.to_bytes(), flow, now)
        else:
            self.sip.receive_datagram(response.to_bytes(), flow, now)

    def events(self) -> list[str]:
        return [type(event).__name__ for event in iter(self.sip.next_event, None)]


def test_a_large_request_goes_over_tcp_and_its_via_says_so():
    ours = Endpoint()
    ours.invite()
    request, route = ours.one()
    assert route == TCP
    assert request.via.transport == "TCP"
    assert len(request.headers.lines("Via")) == 1


def test_a_request_of_1300_octets_is_a_datagram():
    ours = Endpoint()
    ours.invite(b"x")
    small = len(ours.one()[0].to_bytes())
    ours = Endpoint()
    # Content-Length grows from one digit to four.
    ours.invite(b"x" * (1 + 1300 - small - 2))
    assert len(ours.one()[0].to_bytes()) <= 1300
    ours = Endpoint()
    ours.invite(b"x" * (1 + 1300 - small + 1))
    assert ours.one()[1] == TCP


@pytest.mark.parametrize(
    ("transports", "route", "uri"),
    [
        (("UDP",), UDP, "sip:bob@192.0.2.2:5070"),
        (("UDP", "TCP"), UDP, "sip:bob@192.0.2.2:5070;transport=udp"),
        (("UDP", "TCP"), DATAGRAMS, "sip:bob@10.0.0.9:5060"),
    ],
    ids=["we do not listen on TCP", "the URI insists", "the peer is behind a NAT"],
)
def test_a_large_request_stays_a_datagram_where_tcp_would_lead_nowhere(transports, route, uri):
    ours = Endpoint(transports)
    ours.invite(LARGE, route, uri)
    assert ours.one()[1] == route


def test_a_peer_that_is_where_its_contact_says_is_connected_to():
    ours = Endpoint()
    ours.invite(LARGE, DATAGRAMS)
    assert ours.one()[1] == TCP


def test_a_refused_connection_leads_back_to_udp_and_the_call_succeeds():
    ours = Endpoint()
    ours.invite()
    first, _ = ours.one()
    ours.sip.flow_failed(TCP, 0.1)
    again, route = ours.one()
    assert route == UDP
    assert again.via.transport == "UDP"
    assert again.via.branch != first.via.branch
    assert (again.call_id, again.cseq, again.body) == (first.call_id, first.cseq, first.body)
    ours.answer(again, 180, DATAGRAMS)
    ours.answer(again, 200, DATAGRAMS)
    assert ours.events() == [Provisional.__name__, Answered.__name__]
    assert ours.one()[0].method == "ACK"
    assert ours.session.flow == DATAGRAMS


def test_the_datagram_is_repeated_as_timer_a_says():
    ours = Endpoint()
    ours.invite()
    ours.one()
    ours.sip.flow_failed(TCP, 0.1)
    ours.one()
    assert ours.sip.next_deadline() == pytest.approx(0.6)
    ours.sip.handle_timers(0.6)
    assert ours.one()[1] == UDP


def test_a_cancel_follows_the_request_that_was_heard():
    ours = Endpoint()
    ours.invite()
    ours.one()
    ours.sip.flow_failed(TCP, 0.1)
    again, _ = ours.one()
    ours.answer(again, 180, DATAGRAMS)
    ours.session.hang_up(2.0)
    cancel, route = ours.one()
    assert (cancel.method, route) == ("CANCEL", UDP)
    assert cancel.via == again.via


def test_udp_that_fails_too_ends_the_call():
    ours = Endpoint()
    ours.invite()
    ours.one()
    ours.sip.flow_failed(TCP, 0.1)
    ours.one()
    ours.sip.flow_failed(UDP, 0.2)
    rejected = ours.sip.next_event()
    assert isinstance(rejected, Rejected)
    assert rejected.cause is EndCause.TRANSPORT


def test_a_stream_that_breaks_after_it_was_answered_is_no_reason_to_ask_again():
    ours = Endpoint()
    ours.invite()
    request, _ = ours.one()
    ours.answer(request, 180, STREAM)
    ours.sip.flow_closed(STREAM, 2.0)
    assert ours.sent() == []


def test_a_stream_that_breaks_before_any_answer_leads_back_to_udp():
    ours = Endpoint()
    ours.invite()
    ours.one()
    ours.sip.flow_closed(STREAM, 2.0)
    assert ours.one()[1] == UDP


def test_who_refused_tcp_is_not_asked_again_for_a_while():
    ours = Endpoint()
    ours.sip.flow_failed(TCP, 0.0)
    ours.invite()
    assert ours.one()[1] == UDP
    options = Request(
        "OPTIONS", "sip:bob@192.0.2.2:5070", [("From", "<sip:us@a>"), ("To", "<sip:b@b>")], LARGE
    )
    ours.sip.send_request(700.0, options, UDP)
    assert ours.one()[1] == TCP


def test_a_request_outside_dialogs_is_answered_over_the_stream():
    ours = Endpoint()
    options = Request(
        "OPTIONS", "sip:bob@192.0.2.2:5070", [("From", "<sip:us@a>"), ("To", "<sip:b@b>")], LARGE
    )
    entry = ours.sip.send_request(0.0, options, UDP)
    request, _ = ours.one()
    ours.answer(request, 200, STREAM)
    answered = ours.sip.next_event()
    assert isinstance(answered, RequestAnswered)
    assert answered.transaction is entry


def test_when_the_stream_of_a_large_invite_is_gone_the_dialog_goes_on_over_udp():
    ours = Endpoint()
    ours.invite()
    request, _ = ours.one()
    ours.answer(request, 200, STREAM)
    ack, route = ours.one()
    assert (ack.method, route) == ("ACK", STREAM)
    ours.sip.flow_closed(STREAM, 2.0)
    ours.session.hang_up(3.0)
    bye, route = ours.one()
    assert (bye.method, route) == ("BYE", UDP)
