"""Restcomm's Gateways and OutboundProxy, which are trunks of ours (rest-api.md section 17)."""

from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from engine.exchange.trunks import Trunk, TrunkDirectory
from engine.http import HttpServer
from engine.peers.peers import Peers
from engine.store import Source, Store, TrunkRow
from sip.uri import SipUri
from tests.loopback.engine.http.conftest import Follower
from tests.testkit.http_visitor import CHILD, ROOT, Visitor

BASE = f"/2012-04-24/Accounts/{ROOT}"
GATEWAYS = f"{BASE}/Management/Gateways"
GIVEN = {"UserName": "us", "Password": "secret", "Proxy": "carrier.example.com:5070", "Register": "true"}


async def gateway(visitor: Visitor, **fields: str) -> Any:
    status, shown = await visitor.post(f"{GATEWAYS}.json", **GIVEN | fields)
    assert status == 200, shown
    return shown


async def test_a_gateway_is_a_trunk_and_its_password_is_not_told(
    visitor: Visitor, store: Store, follower: Follower
):
    shown = await gateway(visitor, FriendlyName="My Carrier (EU)", TTL="1800")
    assert shown["uri"] == f"{GATEWAYS}/{shown['sid']}.json"
    told = {name: shown[name] for name in ("friendly_name", "user_name", "proxy", "register", "time_to_live")}
    assert told == {
        "friendly_name": "My Carrier (EU)", "user_name": "us", "proxy": "carrier.example.com:5070",
        "register": True, "time_to_live": 1800,
    }  # fmt: skip
    assert "secret" not in map(str, shown.values())
    row = await store.get(TrunkRow, shown["sid"])
    assert row is not None
    assert (row.name, row.uri, row.password) == ("My-Carrier-EU", "sip:carrier.example.com:5070", "secret")
    trunk = Trunk.of(row)
    assert (trunk.register, trunk.register_expires, trunk.prefixes) == (True, 1800, ())
    assert await visitor.json(f"{GATEWAYS}.json") == [shown]
    (listed,) = (await visitor.json(f"{BASE}/Trunks.json"))["trunks"]
    assert (listed["sid"], listed["register_expires"]) == (shown["sid"], 1800)
    assert follower.changes == 1


async def test_in_xml_it_has_restcomms_names(visitor: Visitor):
    shown = await gateway(visitor)
    _, body = await visitor.get(f"{GATEWAYS}/{shown['sid']}", headers={"Accept": "*/*"})
    (found,) = ElementTree.fromstring(body)
    assert (found.tag, found.findtext("FriendlyName")) == ("Gateway", "us")
    assert (found.findtext("TimeToLive"), found.findtext("UserName")) == ("3600", "us")
    _, body = await visitor.get(GATEWAYS, headers={"Accept": "*/*"})
    assert ElementTree.fromstring(body).find("Gateways/Gateway/Proxy") is not None


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_gateway_is_changed_and_deleted(visitor: Visitor, store: Store, method: str):
    shown = await gateway(visitor)
    path = f"{GATEWAYS}/{shown['sid']}.json"
    changed = {"Proxy": "sips:other.example.com", "Register": "false", "TTL": "", "FriendlyName": "Other"}
    response, _ = await visitor.get(path, method=method, data=changed)
    assert response.status == 200
    row = await store.get(TrunkRow, shown["sid"])
    assert row is not None
    assert (row.uri, row.register, row.register_expires) == ("sips:other.example.com", False, 3600)
    assert (row.friendly_name, row.name, row.password) == ("Other", "us", "secret")
    assert (await visitor.get(path, method="DELETE"))[0].status == 200
    assert (await visitor.get(path))[0].status == 404


async def test_several_may_be_called_alike(visitor: Visitor, store: Store):
    for _ in range(3):
        await gateway(visitor, FriendlyName="Ünïcode!")
    await gateway(visitor, FriendlyName="你好")
    names = {row.name for row in await store.find(TrunkRow)}
    assert names == {"n-code", "n-code-2", "n-code-3", "gateway"}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"UserName": ""}, "UserName can not be null"),
        ({"Password": ""}, "Password can not be null"),
        ({"Proxy": ""}, "Proxy can not be null"),
        ({"Register": ""}, "Register can not be null"),
        ({"Proxy": "two words"}, "write a SIP URI"),
        ({"TTL": "5"}, "TTL"),
        ({"TTL": "an hour"}, "TTL"),
    ],
)
async def test_what_cannot_be_a_gateway_is_400_in_words(visitor: Visitor, fields: dict[str, str], text: str):
    status, problem = await visitor.post(f"{GATEWAYS}.json", **GIVEN | fields)
    assert (status, text in problem["message"]) == (400, True), problem
    assert "secret" not in problem["message"]


async def test_a_trunk_of_the_file_is_a_gateway_that_is_changed_there(visitor: Visitor, store: Store):
    named = TrunkRow(sid="TK" + "1" * 32, account_sid=ROOT, name="pbx", uri="sip:pbx", source=Source.FILE)
    await store.commit(named)
    (shown,) = await visitor.json(f"{GATEWAYS}.json")
    assert (shown["friendly_name"], shown["proxy"], shown["register"]) == ("pbx", "pbx", False)
    assert (await visitor.post(f"{GATEWAYS}/{named.sid}", TTL="60"))[0] == 409


async def test_gateways_and_proxies_are_for_administrators_of_the_root_account(visitor: Visitor):
    below = f"/2012-04-24/Accounts/{CHILD}"
    status, _ = await visitor.post(f"{below}/Management/Gateways.json", user=CHILD, **GIVEN)
    assert status == 403
    assert (await visitor.get(f"{below}/OutboundProxy.json", user=CHILD))[0].status == 403
    _, key = await visitor.post(f"{BASE}/Keys.json", Role="Developer")
    for name in ("Management/Gateways", "OutboundProxy", "OutboundProxy/switchProxy"):
        response, _ = await visitor.get(f"{BASE}/{name}.json", user=key["sid"], token=key["secret"])
        assert response.status == 403


def served_by(server: HttpServer, *trunks: Trunk) -> TrunkDirectory:
    directory = TrunkDirectory(trunks)
    server.live.peers = cast(Peers, SimpleNamespace(trunks=directory))
    return directory


def carrier(name: str, *prefixes: str) -> Trunk:
    return Trunk(name=name, uri=SipUri.parse(f"sip:{name}.example.com:5070"), prefixes=prefixes)


async def test_the_second_carrier_is_tried_first_when_they_are_switched(visitor: Visitor, server: HttpServer):
    directory = served_by(server, carrier("uk", "+44"), carrier("one", "+"), carrier("two", "+"))
    assert await visitor.json(f"{BASE}/OutboundProxy.json") == {
        "ActiveProxy": "one.example.com:5070", "UsingFallBackProxy": False, "AllowFallback": True,
        "AllowFallbackToPrimary": True, "PrimaryProxy": "one.example.com:5070",
        "FallbackProxy": "two.example.com:5070",
    }  # fmt: skip
    switched = await visitor.json(f"{BASE}/OutboundProxy.json/switchProxy")
    assert switched == {"ActiveProxy": "two.example.com:5070"}
    assert await visitor.json(f"{BASE}/OutboundProxy/getActiveProxy.json") == switched
    assert (await visitor.json(f"{BASE}/OutboundProxy.json"))["UsingFallBackProxy"] is True
    assert [trunk.name for trunk in directory.for_number("+1305")] == ["two", "one"]
    assert [trunk.name for trunk in directory.for_number("+4420")] == ["uk", "two", "one"]
    _, body = await visitor.get(f"{BASE}/OutboundProxy/switchProxy", headers={"Accept": "*/*"})
    assert ElementTree.fromstring(body).findtext("ActiveProxy") == "one.example.com:5070"
    assert [trunk.name for trunk in directory.for_number("+1305")] == ["one", "two"]


async def test_the_active_proxy_is_one_that_answers(visitor: Visitor, server: HttpServer):
    directory = served_by(server, carrier("one", "+"), carrier("two", "+"))
    directory.is_up = lambda name: name != "one"
    shown = await visitor.json(f"{BASE}/OutboundProxy.json")
    assert (shown["ActiveProxy"], shown["UsingFallBackProxy"]) == ("two.example.com:5070", True)


@pytest.mark.parametrize("trunks", [(), (carrier("in"),), (carrier("one", "+"), carrier("uk", "+44"))])
async def test_without_a_second_carrier_there_is_nothing_to_switch(
    visitor: Visitor, server: HttpServer, trunks: tuple[Trunk, ...]
):
    served_by(server, *trunks)
    shown = await visitor.json(f"{BASE}/OutboundProxy.json")
    assert (shown["FallbackProxy"], shown["AllowFallback"]) == ("", False)
    assert shown["ActiveProxy"] == shown["PrimaryProxy"]
    response, body = await visitor.get(f"{BASE}/OutboundProxy/switchProxy.json")
    assert (response.status, b"There is no fallback" in body) == (409, True)


async def test_while_the_server_starts_the_proxies_are_not_known(visitor: Visitor):
    assert (await visitor.get(f"{BASE}/OutboundProxy.json"))[0].status == 503
