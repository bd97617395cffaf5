"""Where a SIP address, or several, can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from engine.dialling.reach import Place, Reach, Unreachable, Way
from rcml.dialling import ClientTarget, SipAddress, SipTarget
from sip.bindings import Bindings
from sip.flow import Flow
from sip.transport.resolver import Naptr, Resolver, Srv
from tests.testkit.sip_messages import request, response
from tests.testkit.virtual_loop import run_virtual


class NoNames:
    """A DNS that knows nothing: only numeric hosts are found."""

    async def naptr(self, name: str) -> Sequence[Naptr]:
        return ()

    async def srv(self, name: str) -> Sequence[Srv]:
        return ()

    async def addresses(self, name: str) -> Sequence[str]:
        return ()


def found(target: SipTarget, draw: int = 0, *, private: bool = False) -> Place:
    nothing: Any = None
    peers: Any = SimpleNamespace(resolver=Resolver(NoNames(), ("UDP",), lambda n: min(draw, n - 1)))
    reach = Reach(nothing, nothing, nothing, peers, nothing, nothing)
    (place,) = run_virtual(reach.find(target, "+1555", private=private))
    return place


def tried(target: SipTarget, draw: int = 0) -> list[str]:
    return [way.request_uri for way in found(target, draw).ways]


def several(*addresses: SipAddress) -> SipTarget:
    return SipTarget(uri=addresses[0].uri, addresses=addresses)


A = SipAddress(uri="sip:a@192.0.2.1", priority=1, weight=1)
B = SipAddress(uri="sip:b@192.0.2.2", priority=1, weight=9, headers=(("X-B", "1"),), username="us")
C = SipAddress(uri="sip:c@192.0.2.3", priority=0)


def test_an_address_alone_is_the_only_way_with_its_headers_and_login():
    target = SipTarget(uri="sip:bob@192.0.2.1", headers=(("X-T", "1"),), username="us", password="secret")
    place = found(target)
    (way,) = place.ways
    assert (place.to_user, way.request_uri, way.headers) == ("bob", "sip:bob@192.0.2.1", (("X-T", "1"),))
    assert way.login is not None
    assert way.login.username == "us"


@pytest.mark.parametrize(("draw", "order"), [(0, [C, A, B]), (1, [C, A, B]), (2, [C, B, A]), (10, [C, B, A])])
def test_several_are_tried_by_priority_and_then_as_their_weights_are_drawn(
    draw: int, order: list[SipAddress]
):
    assert tried(several(A, B, C), draw) == [address.uri for address in order]


def test_each_of_several_has_its_own_headers_and_login_beside_those_of_all():
    target = SipTarget(uri=A.uri, addresses=(A, B), headers=(("X-All", "1"),))
    first, second = found(target).ways
    assert (first.headers, first.login) == ((("X-All", "1"),), None)
    assert second.headers == (("X-B", "1"), ("X-All", "1"))
    assert second.login is not None


def test_one_that_cannot_be_found_is_passed_over():
    nowhere = SipAddress(uri="sip:x@no-such-host.test", priority=0)
    assert tried(several(nowhere, C)) == [C.uri]
    with pytest.raises(Unreachable, match="no-such-host"):
        found(several(nowhere))


def test_a_party_is_not_told_who_calls_when_that_is_private():
    (way,) = found(SipTarget(uri="sip:bob@192.0.2.1"), private=True).ways
    assert way.private
    assert way.identity == (
        ("From", '"Anonymous" <sip:anonymous@anonymous.invalid>'),
        ("Privacy", "id"),
    )
    (way,) = found(SipTarget(uri="sip:bob@192.0.2.1")).ways
    assert (way.private, way.identity) == (False, ())


def led_from(way: Way, *contacts: str) -> list[Way]:
    """The ways that a redirect at one way leads to."""
    nothing: Any = None
    peers: Any = SimpleNamespace(resolver=Resolver(NoNames(), ("UDP",), lambda n: 0))
    reach = Reach(nothing, nothing, nothing, peers, nothing, nothing)
    moved = response(302, headers={"Contact": list(contacts)})
    return run_virtual(reach.redirected(way, SipTarget(uri="sip:bob@192.0.2.1"), "+1555", moved))


def test_a_redirect_leads_to_its_contacts_the_most_preferred_first():
    (way,) = found(SipTarget(uri="sip:bob@192.0.2.1", headers=(("X-T", "1"),))).ways
    led = led_from(
        way,
        "<sip:c@192.0.2.3?X-Evil=1>;q=0.2",
        "<sip:b@192.0.2.2:5070>;q=0.9",
        "<tel:+4930>",
        "<sip:x@no-such-host.test>",
    )
    assert [each.request_uri for each in led] == ["sip:b@192.0.2.2:5070", "sip:c@192.0.2.3"]
    assert [str(each.route) for each in led] == ["UDP 192.0.2.2:5070", "UDP 192.0.2.3:5060"]
    assert led[0].headers == (("X-T", "1"),)


def test_silence_where_a_trunk_redirected_us_to_is_not_the_trunks():
    (way,) = found(SipTarget(uri="sip:bob@192.0.2.1")).ways
    through = replace(way, trunk="carrier")
    silent: list[str] = []
    nothing: Any = None
    peers: Any = SimpleNamespace(links=SimpleNamespace(was_silent=silent.append))
    reach = Reach(nothing, nothing, nothing, peers, nothing, nothing)
    for each in led_from(through, "<sip:bob@192.0.2.66>"):
        assert each.trunk == "carrier"
        reach.was_silent(each)
    assert silent == []
    reach.was_silent(through)
    assert silent == ["carrier"]


@pytest.mark.hostile("T9", sent="302 to another host, which then challenges")
def test_t9_a_redirect_takes_a_password_to_no_other_host():
    (way,) = found(SipTarget(uri="sip:bob@192.0.2.1", username="us", password="secret")).ways
    here, elsewhere = led_from(way, "<sip:bob@192.0.2.1:5080>", "<sip:bob@192.0.2.66>")
    assert here.login is not None
    assert elsewhere.login is None


def test_a_client_behind_a_proxy_is_reached_along_its_path():
    bindings = Bindings()
    wish = request(
        "REGISTER",
        headers={
            "Contact": "<sip:alice@x.invalid;transport=ws>",
            "Path": "<sip:192.0.2.66;lr>, <sip:10.9.9.9;lr>",
        },
    )
    bindings.register("alice", wish, Flow("UDP", ("192.0.2.1", 5060), ("192.0.2.66", 40000)), 0.0)
    peers: Any = SimpleNamespace(
        resolver=Resolver(NoNames(), ("UDP",), lambda n: 0),
        registrar=SimpleNamespace(contacts=lambda login: bindings.contacts(login, 0.0)),
        clients=SimpleNamespace(srtp=lambda login: ""),
    )
    nothing: Any = None
    reach = Reach(nothing, nothing, nothing, peers, nothing, nothing)
    ((way,),) = [place.ways for place in run_virtual(reach.find(ClientTarget(login="alice"), "+1555"))]
    assert (way.request_uri, str(way.route)) == ("sip:alice@x.invalid;transport=ws", "UDP 192.0.2.66:5060")
    assert way.by_way_of == (("Route", "<sip:192.0.2.66;lr>"), ("Route", "<sip:10.9.9.9;lr>"))
    assert way.to_page
