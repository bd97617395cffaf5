import asyncio
from collections import Counter

import pytest

from sip.flow import Destination
from sip.transport.resolver import MOST_DESTINATIONS, Naptr, Resolver, Srv
from sip.uri import SipUri
from tests.testkit.virtual_loop import run_virtual


class Zone:
    """What a DNS would say, and what it was asked."""

    def __init__(self, *, naptr=None, srv=None, hosts=None) -> None:
        self._naptr, self._srv, self._hosts = naptr or {}, srv or {}, hosts or {}
        self.asked: list[str] = []

    async def naptr(self, name):
        return await self._answer("NAPTR", name, self._naptr)

    async def srv(self, name):
        return await self._answer("SRV", name, self._srv)

    async def addresses(self, name):
        return await self._answer("A", name, self._hosts)

    async def _answer(self, kind, name, records):
        self.asked.append(f"{kind} {name}")
        await asyncio.sleep(0.01)
        found = records.get(name, [])
        if isinstance(found, Exception):
            raise found
        return found


def resolved(uri: str, zone: Zone | None = None, transports=("UDP", "TCP"), below=lambda n: 0) -> list[str]:
    resolver = Resolver(zone or Zone(), transports, below)
    return [str(place) for place in run_virtual(resolver.resolve(SipUri.parse(uri)))]


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("sip:192.0.2.1", "UDP 192.0.2.1:5060"),
        ("sip:a@192.0.2.1:5080", "UDP 192.0.2.1:5080"),
        ("sip:192.0.2.1;transport=tcp", "TCP 192.0.2.1:5060"),
        ("sip:[2001:db8::1]", "UDP 2001:db8::1:5060"),
        ("sip:example.com;maddr=192.0.2.9", "UDP 192.0.2.9:5060"),
        ("sips:192.0.2.1", "TLS 192.0.2.1:5061"),
        ("sips:192.0.2.1;transport=tcp", "TLS 192.0.2.1:5061"),
    ],
)
def test_a_numeric_host_is_asked_of_nobody(uri, place):
    zone = Zone()
    assert resolved(uri, zone, ("UDP", "TCP", "TLS")) == [place]
    assert zone.asked == []


def test_a_transport_we_do_not_have_leads_nowhere():
    assert resolved("sip:192.0.2.1;transport=sctp") == []
    assert resolved("sips:192.0.2.1") == []
    assert resolved("sip:192.0.2.1", transports=("TCP",)) == ["TCP 192.0.2.1:5060"]


def test_a_port_means_addresses_alone():
    zone = Zone(hosts={"example.com": ["192.0.2.1", "2001:db8::1"]})
    assert resolved("sip:example.com:5070", zone) == ["UDP 192.0.2.1:5070", "UDP 2001:db8::1:5070"]
    assert zone.asked == ["A example.com"]


def test_naptr_chooses_the_transport_and_srv_the_servers():
    zone = Zone(
        naptr={
            "example.com": [
                Naptr(50, 50, "SIPS+D2T", "_sips._tcp.example.com."),
                Naptr(100, 50, "SIP+D2U", "_sip._udp.example.com."),
                Naptr(90, 50, "SIP+D2T", "_sip._tcp.example.com."),
            ]
        },
        srv={
            "_sip._tcp.example.com.": [Srv(2, 1, 5060, "b.example.com."), Srv(1, 1, 5070, "a.example.com.")],
            "_sip._udp.example.com.": [Srv(1, 1, 5060, "a.example.com.")],
        },
        hosts={"a.example.com.": ["192.0.2.1"], "b.example.com.": ["192.0.2.2"]},
    )
    assert resolved("sip:example.com", zone) == [
        "TCP 192.0.2.1:5070",
        "TCP 192.0.2.2:5060",
        "UDP 192.0.2.1:5060",
    ]


def test_a_named_transport_asks_for_its_servers_alone():
    zone = Zone(srv={"_sip._tcp.example.com": [Srv(1, 1, 5062, "192.0.2.7")]})
    assert resolved("sip:example.com;transport=tcp", zone) == ["TCP 192.0.2.7:5062"]
    assert zone.asked == ["SRV _sip._tcp.example.com"]


def test_without_naptr_the_servers_of_each_transport_are_tried():
    service = {"_sip._tcp.example.com": [Srv(1, 1, 5060, "a.example.com")]}
    zone = Zone(srv=service, hosts={"a.example.com": ["192.0.2.1"]})
    assert resolved("sip:example.com", zone) == ["TCP 192.0.2.1:5060"]
    assert zone.asked[:3] == ["NAPTR example.com", "SRV _sip._udp.example.com", "SRV _sip._tcp.example.com"]


def test_without_any_service_the_host_itself_is_tried():
    assert resolved("sip:example.com", Zone(hosts={"example.com": ["192.0.2.1"]})) == ["UDP 192.0.2.1:5060"]
    assert resolved("sip:nowhere.invalid") == []


def test_a_sips_uri_takes_secure_services_only():
    zone = Zone(
        naptr={"example.com": [Naptr(1, 1, "SIP+D2U", "_sip._udp.example.com.")]},
        srv={"_sips._tcp.example.com": [Srv(1, 1, 5061, "192.0.2.1")]},
    )
    assert resolved("sips:example.com", zone, ("UDP", "TCP", "TLS")) == ["TLS 192.0.2.1:5061"]


def test_a_dot_says_that_the_service_is_not_offered():
    zone = Zone(srv={"_sip._tcp.example.com": [Srv(0, 0, 0, ".")]}, hosts={"example.com": []})
    assert resolved("sip:example.com;transport=tcp", zone) == []


def test_weights_share_the_load_within_a_priority():
    records = [Srv(1, 0, 1, "192.0.2.1"), Srv(1, 10, 2, "192.0.2.2"), Srv(1, 30, 3, "192.0.2.3")]
    zone = Zone(srv={"_sip._udp.example.com": records})
    firsts = Counter(
        resolved("sip:example.com;transport=udp", zone, below=lambda n, draw=draw: min(draw, n - 1))[0]
        for draw in range(41)
    )
    assert [firsts[f"UDP 192.0.2.{n}:{n}"] for n in (1, 2, 3)] == [1, 10, 30]


def test_a_hostile_zone_is_cut_short():
    many = [Srv(n, 1, 5060, f"192.0.2.{n}") for n in range(200)]
    zone = Zone(srv={"_sip._udp.example.com": many})
    assert len(resolved("sip:example.com", zone)) == MOST_DESTINATIONS


def test_a_name_server_that_fails_is_the_callers_business():
    with pytest.raises(OSError, match="no answer"):
        resolved("sip:example.com", Zone(naptr={"example.com": OSError("no answer")}))


def test_over_tls_a_place_keeps_the_host_that_the_certificate_must_be_for():
    """RFC 5922 section 4: the host of the URI, not the server that DNS names for it."""
    zone = Zone(
        srv={"_sips._tcp.example.com": [Srv(1, 1, 5061, "edge7.carrier.example")]},
        hosts={"edge7.carrier.example": ["192.0.2.7"]},
    )
    resolver = Resolver(zone, ("UDP", "TLS"), lambda below: 0)
    (place,) = run_virtual(resolver.resolve(SipUri.parse("sips:example.com")))
    assert place == Destination("TLS", "192.0.2.7", 5061, "example.com")
    (numeric,) = run_virtual(resolver.resolve(SipUri.parse("sips:192.0.2.9")))
    assert numeric.name == ""
