"""Clients behind proxies: what their REGISTER says of the way, and what goes along it (RFC 3327)."""

import asyncio

import pytest

from sip.flow import Destination, Flow
from sip.message import Request
from tests.testkit.sip_messages import response
from tests.testkit.virtual_registrar import House, story

PAGE = Flow("WSS", ("127.0.0.1", 8080), ("192.0.2.10", 41001), 8)
EDGE = Flow("UDP", ("127.0.0.1", 5060), ("192.0.2.66", 40000))
BEHIND_NAT = "<sip:alice@10.0.0.7:5062>"


@pytest.mark.parametrize(("supported", "told"), [("path, gruu", ["<sip:192.0.2.66;lr>"]), (None, [])])
def test_path_is_told_back_to_who_knows_it_and_kept_for_all(supported: str | None, told: list[str]):
    async def tell(house: House) -> None:
        path = "<sip:192.0.2.66;lr>"
        answer = await house.register(BEHIND_NAT, flow=EDGE, Path=path, Supported=supported)
        assert (answer.status, [str(hop) for hop in answer.paths]) == (200, told)
        (binding,) = house.registrar.contacts("alice")
        assert [str(hop) for hop in binding.path] == [path]

    story(tell)


def test_a_proxy_may_require_path_of_the_registrar():
    async def tell(house: House) -> None:
        path = "<sip:192.0.2.66;lr>"
        assert (await house.register(BEHIND_NAT, flow=EDGE, Path=path, Require="path")).status == 200
        refused = await house.ask(house.wish(BEHIND_NAT, Require="path, gruu"))
        assert (refused.status, refused.headers.get("Unsupported")) == (420, "gruu")

    story(tell)


def test_a_path_without_a_password_changes_nothing():
    async def tell(house: House) -> None:
        await house.register(BEHIND_NAT, flow=EDGE, Path="<sip:192.0.2.66;lr>")
        stolen = house.wish(BEHIND_NAT, Path="<sip:198.51.100.1;lr>", Supported="path")
        assert (await house.ask(stolen, EDGE)).status == 401
        thief = await house.register(BEHIND_NAT, password="guess", Path="<sip:198.51.100.1;lr>")
        assert (thief.status, thief.paths) == (403, ())
        (binding,) = house.registrar.contacts("alice")
        assert str(binding.next_hop) == "sip:192.0.2.66;lr"

    story(tell)


def test_a_contact_behind_a_proxy_is_asked_through_it():
    async def tell(house: House) -> None:
        house.hosts["edge.example.org"] = [Destination("UDP", "192.0.2.66", 5080)]
        house.stack.answer = lambda ping: response(200, to=ping)
        path = "<sip:edge.example.org;lr>, <sip:10.9.9.9;lr>"
        await house.register(BEHIND_NAT, flow=EDGE, Path=path)
        await asyncio.sleep(61)
        ((ping, route),) = [(ping, route) for ping, route in house.stack.sent if isinstance(ping, Request)]
        assert (ping.uri_text, ", ".join(map(str, ping.routes))) == ("sip:alice@10.0.0.7:5062", path)
        assert route == Destination("UDP", "192.0.2.66", 5080)
        assert house.reached() == ["sip:alice@10.0.0.7:5062"]

    story(tell)


def test_a_contact_whose_proxy_has_no_address_is_removed():
    async def tell(house: House) -> None:
        await house.register(BEHIND_NAT, flow=EDGE, Path="<sip:edge.example.org;lr>")
        await asyncio.sleep(61)
        assert house.pings() == []
        assert house.reached() == []

    story(tell)


def test_a_contact_behind_a_proxy_outlives_the_proxys_websocket():
    async def tell(house: House) -> None:
        await house.register(BEHIND_NAT, flow=PAGE, Path="<sip:192.0.2.66;lr>")
        house.registrar.flow_closed(PAGE)
        assert house.reached() == ["sip:alice@10.0.0.7:5062"]

    story(tell)
