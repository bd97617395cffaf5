"""Where in-dialog requests go: route set, remote target, or back along the flow."""

import pytest

from sip.endpoint_config import EndpointConfig
from sip.flow import Destination, Flow, Route
from sip.message import Response
from sip.uri import SipUri
from tests.testkit.sip_messages import request
from tests.testkit.wire import Phone

LOCAL = ("192.0.2.20", 5060)
UDP_FLOW = Flow("UDP", LOCAL, ("192.0.2.10", 5060))
TCP_FLOW = Flow("TCP", LOCAL, ("192.0.2.10", 40000), 1)


def resolver(uri: SipUri, transport: str) -> Destination | None:
    known = {"pbx.example.com": "203.0.113.7"}
    return Destination(transport, known[uri.host], uri.port or 5060) if uri.host in known else None


def way_of_bye(
    contact: str,
    *,
    record_route: str | None = None,
    transport: str = "UDP",
    follow_flow: bool = True,
    flow: Flow = UDP_FLOW,
) -> Route:
    """Return where the BYE of a call goes that came with this Contact."""
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", transport=transport)
    bob.endpoint._core.config = EndpointConfig(follow_flow=follow_flow)
    bob.endpoint._core.resolve = resolver
    bob.flow = TCP_FLOW if transport == "TCP" else flow
    invite = request(headers={"Contact": contact, "Record-Route": record_route})
    bob.receive(invite, 0.0)
    bob.session.answer(0.0, b"answer")
    to = next(str(one.to) for one in bob.take() if isinstance(one, Response) and one.status == 200)
    bob.receive(request("ACK", headers={"To": to}), 0.1)
    bob.session.hang_up(0.2)
    (sent,) = bob.endpoint.to_send()
    assert sent.data.startswith(b"BYE ")
    return sent.route


@pytest.mark.parametrize(
    ("contact", "remote"),
    [
        ("<sip:alice@192.0.2.10:5060>", ("192.0.2.10", 5060)),
        ("<sip:alice@192.0.2.10:5099>", ("192.0.2.10", 5099)),
        ("<sip:alice@192.0.2.10>", ("192.0.2.10", 5060)),
        # Behind a NAT: what the Contact says leads nowhere.
        ("<sip:alice@10.0.0.5:5099>", ("192.0.2.10", 5060)),
        ("<sip:alice@phone.example.com>", ("192.0.2.10", 5060)),
    ],
)
def test_datagrams_go_to_the_contact_unless_another_host_sent_them(contact, remote):
    assert way_of_bye(contact) == Flow("UDP", LOCAL, remote)


@pytest.mark.parametrize(("follow_flow", "port"), [(True, 40000), (False, 5060)])
def test_a_contact_without_a_port_is_where_the_packets_come_from_if_flows_are_followed(follow_flow, port):
    flow = Flow("UDP", LOCAL, ("192.0.2.10", 40000))
    route = way_of_bye("<sip:alice@192.0.2.10>", follow_flow=follow_flow, flow=flow)
    assert route == Flow("UDP", LOCAL, ("192.0.2.10", port))


def test_without_follow_flow_the_contact_is_believed():
    route = way_of_bye("<sip:alice@10.0.0.5:5099>", follow_flow=False)
    assert route == Flow("UDP", LOCAL, ("10.0.0.5", 5099))


def test_a_proxy_that_recorded_its_route_is_visited():
    route = way_of_bye("<sip:alice@10.0.0.5>", record_route="<sip:192.0.2.40:5070;lr>")
    assert route == Flow("UDP", LOCAL, ("192.0.2.40", 5070))


def test_a_proxy_whose_name_nobody_resolved_is_reached_along_the_flow():
    assert way_of_bye("<sip:a@10.0.0.5>", record_route="<sip:proxy.example.com;lr>") == UDP_FLOW


def test_a_name_that_was_resolved_is_followed():
    route = way_of_bye("<sip:alice@10.0.0.5>", record_route="<sip:pbx.example.com;lr>")
    assert route == Flow("UDP", LOCAL, ("203.0.113.7", 5060))


def test_another_transport_in_the_route_is_a_destination_to_connect_to():
    route = way_of_bye("<sip:a@10.0.0.5>", record_route="<sip:192.0.2.40;transport=tcp;lr>")
    assert route == Destination("TCP", "192.0.2.40", 5060)


def test_a_stream_is_used_both_ways():
    assert way_of_bye("<sip:alice@192.0.2.10:5060;transport=tcp>", transport="TCP") == TCP_FLOW


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("<sip:alice@192.0.2.77:5070;transport=tcp>", Destination("TCP", "192.0.2.77", 5070)),
        ("<sip:alice@phone.example.com;transport=tcp>", Destination("TCP", "192.0.2.10", 40000)),
    ],
)
def test_when_the_stream_is_gone_a_new_one_goes_to_the_target(contact, expected):
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", transport="TCP")
    bob.flow = TCP_FLOW
    bob.receive(request(headers={"Contact": contact}), 0.0)
    bob.session.answer(0.0, b"answer")
    to = next(str(one.to) for one in bob.take() if isinstance(one, Response) and one.status == 200)
    bob.receive(request("ACK", headers={"To": to}), 0.1)
    bob.endpoint.flow_closed(TCP_FLOW, 0.2)
    bob.session.hang_up(0.3)
    assert [sent.route for sent in bob.endpoint.to_send()] == [expected]


def test_our_contact_is_the_address_the_peer_reached():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10")
    bob.receive(request(), 0.0)
    bob.session.ring(0.0)
    ringing = bob.take()[-1]
    assert str(ringing.contact) == "<sip:192.0.2.20:5060>"


def test_our_contact_names_a_stream_transport():
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", transport="TCP")
    bob.receive(request(), 0.0)
    bob.session.ring(0.0)
    assert str(bob.take()[-1].contact) == "<sip:192.0.2.20:5060;transport=tcp>"


def test_behind_a_nat_our_contact_is_the_external_address():
    config = EndpointConfig(external_host="203.0.113.1", external_port=5070)
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", config=config)
    bob.receive(request(), 0.0)
    bob.session.ring(0.0)
    assert str(bob.take()[-1].contact) == "<sip:203.0.113.1:5070>"


@pytest.mark.parametrize(
    ("uri", "record_route", "scheme"),
    [
        ("sips:bob@192.0.2.20", None, "sips"),
        ("sip:bob@192.0.2.20", "<sips:192.0.2.10;lr>", "sips"),
        ("sip:bob@192.0.2.20", "<sip:192.0.2.10;lr;transport=tls>", "sip"),
        ("sip:bob@192.0.2.20", None, "sip"),
    ],
)
def test_a_call_that_is_to_be_secure_all_the_way_has_a_secure_contact(uri, record_route, scheme):
    """Section 12.1.1; pjsip refuses an answer with another one."""
    bob = Phone("bob", "192.0.2.20", "192.0.2.10", transport="TLS")
    via = "SIP/2.0/TLS 192.0.2.10:5061;branch=z9hG4bK1;rport"
    bob.receive(request("INVITE", uri, headers={"Via": via, "Record-Route": record_route}), 0.0)
    bob.session.answer(0.0, b"answer")
    (answer,) = [one for one in bob.take() if isinstance(one, Response) and one.status == 200]
    assert answer.contact is not None
    assert answer.contact.uri.scheme == scheme


def test_a_secure_call_of_ours_has_a_secure_contact():
    alice = Phone("alice", "192.0.2.1", "192.0.2.2", transport="TLS")
    alice.call(request_uri="sips:callee@192.0.2.2")
    alice.call(request_uri="sip:callee@192.0.2.2")
    contacts = [message.contact for message in alice.take()]
    assert [contact and contact.uri.scheme for contact in contacts] == ["sips", "sip"]
