"""What we write about ourselves, and where a URI leads."""

import pytest

from sip.endpoint_config import EndpointConfig
from sip.flow import Destination, Flow, Route
from sip.local_identity import LocalIdentity, destination_of
from sip.uri import parse_uri

UDP = Flow("UDP", ("192.0.2.20", 5060), ("192.0.2.10", 5060))
TCP_WE_OPENED = Flow("TCP", ("192.0.2.20", 41234), ("192.0.2.10", 5060), 3)
SOMEWHERE = Destination("UDP", "192.0.2.10", 5060)


def identity(config: EndpointConfig | None = None, *listening: tuple[str, str, int]) -> LocalIdentity:
    made = LocalIdentity(config or EndpointConfig(), lambda: "token")
    for transport, host, port in listening:
        made.listening(transport, host, port)
    return made


@pytest.mark.parametrize(
    ("route", "listening", "via"),
    [
        (UDP, [], "SIP/2.0/UDP 192.0.2.20:5060"),
        (TCP_WE_OPENED, [("TCP", "192.0.2.20", 5060)], "SIP/2.0/TCP 192.0.2.20:5060"),
        (TCP_WE_OPENED, [], "SIP/2.0/TCP 192.0.2.20:41234"),
        (
            SOMEWHERE,
            [("UDP", "192.0.2.20", 5070), ("UDP", "192.0.2.21", 5080)],
            "SIP/2.0/UDP 192.0.2.20:5070",
        ),
        (
            Destination("TCP", "192.0.2.10", 5060),
            [("UDP", "192.0.2.20", 5070)],
            "SIP/2.0/TCP 192.0.2.20:5070",
        ),
        (SOMEWHERE, [("UDP", "2001:db8::1", 5060)], "SIP/2.0/UDP [2001:db8::1]:5060"),
    ],
)
def test_via_names_where_we_can_be_reached(
    route: Route, listening: list[tuple[str, str, int]], via: str
) -> None:
    assert str(identity(None, *listening).via(route)) == f"{via};branch=z9hG4bKtoken;rport"


@pytest.mark.parametrize("transport", ["WS", "WSS"])
def test_a_uri_calls_both_kinds_of_websocket_ws(transport):
    flow = Flow(transport, ("192.0.2.20", 8080), ("192.0.2.10", 41234), 3)
    known = identity(None, (transport, "192.0.2.20", 8080))
    assert known.contact(flow) == "<sip:192.0.2.20:8080;transport=ws>"
    assert str(known.via(flow)).startswith(f"SIP/2.0/{transport} 192.0.2.20:8080;")


def test_the_external_address_hides_the_local_one():
    config = EndpointConfig(external_host="sip.example.com")
    assert identity(config).contact(UDP) == "<sip:sip.example.com:5060>"
    assert identity(config).contact(UDP, "bob smith") == "<sip:bob%20smith@sip.example.com:5060>"
    assert identity(config).call_id_host(UDP) == "sip.example.com"


@pytest.mark.parametrize(
    ("transport", "contact"),
    [
        ("TLS", "<sips:alice@192.0.2.20:5061>"),
        ("WSS", "<sips:alice@192.0.2.20:5061;transport=ws>"),
        ("TCP", "<sip:alice@192.0.2.20:5061;transport=tcp>"),
    ],
)
def test_a_secure_contact_is_a_sips_uri_where_the_route_is_secure(transport: str, contact: str):
    flow = Flow(transport, ("192.0.2.20", 5061), ("192.0.2.10", 41234), 3)
    assert identity(None, (transport, "192.0.2.20", 5061)).contact(flow, "alice", secure=True) == contact


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:192.0.2.9", Destination("UDP", "192.0.2.9", 5060)),
        ("sip:192.0.2.9:5070", Destination("UDP", "192.0.2.9", 5070)),
        ("sip:192.0.2.9;transport=tcp", Destination("TCP", "192.0.2.9", 5060)),
        ("sips:192.0.2.9", Destination("TLS", "192.0.2.9", 5061)),
        ("sip:[2001:db8::9]", Destination("UDP", "2001:db8::9", 5060)),
        ("sip:proxy.example.com;maddr=192.0.2.9", Destination("UDP", "192.0.2.9", 5060)),
        ("sip:proxy.example.com", None),
        ("tel:+15551234", None),
    ],
)
def test_a_uri_with_a_numeric_host_needs_no_resolver(uri: str, expected: Destination | None) -> None:
    assert destination_of(parse_uri(uri), "UDP", None) == expected


def test_a_name_is_asked_of_the_resolver():
    asked = []

    def resolve(uri, transport):
        asked.append((str(uri), transport))
        return SOMEWHERE

    assert destination_of(parse_uri("sip:a@proxy.example.com"), "TCP", resolve) == SOMEWHERE
    assert asked == [("sip:a@proxy.example.com", "TCP")]
