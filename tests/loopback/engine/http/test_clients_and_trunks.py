"""Clients and trunks through the REST API (testcases.md O04 to O07)."""

from typing import Any

import pytest

from engine.store import ClientRow, Source, Store, TrunkRow, digest_hashes
from tests.loopback.engine.http.conftest import Follower
from tests.testkit.http_visitor import CHILD, ROOT, Visitor

CLIENTS = f"/2012-04-24/Accounts/{ROOT}/Clients"
TRUNKS = f"/2012-04-24/Accounts/{ROOT}/Trunks"
PASSWORD = "RestComm1234"


async def client(visitor: Visitor, **fields: str) -> Any:
    status, shown = await visitor.post(f"{CLIENTS}.json", **{"Login": "maria", "Password": PASSWORD} | fields)
    assert status == 200, shown
    return shown


async def trunk(visitor: Visitor, **fields: str) -> Any:
    given = {"Name": "carrier", "SipUri": "sip:203.0.113.10", "Password": "secret", "Username": "us"}
    status, shown = await visitor.post(f"{TRUNKS}.json", **given | fields)
    assert status == 200, shown
    return shown


async def test_a_client_is_kept_with_hashes_and_shown_without(
    visitor: Visitor, store: Store, follower: Follower
):
    shown = await client(visitor)
    row = await store.get(ClientRow, shown["sid"])
    assert row is not None
    assert (row.ha1_md5, row.ha1_sha256) == digest_hashes("maria", "dialplane", PASSWORD)
    assert (shown["login"], shown["status"], shown["password"], shown["source"]) == ("maria", 1, "", "api")
    assert not {row.ha1_md5, row.ha1_sha256, PASSWORD} & set(map(str, shown.values()))
    assert await visitor.json(f"{CLIENTS}.json") == [shown]
    assert follower.changes == 1


async def test_o04_a_client_is_deleted_once(visitor: Visitor, follower: Follower):
    shown = await client(visitor)
    path = f"{CLIENTS}/{shown['sid']}.json"
    assert (await visitor.get(path, method="DELETE"))[0].status == 200
    assert (await visitor.get(path, method="DELETE"))[0].status == 404
    assert follower.changes == 2


async def test_o08_a_client_has_a_push_identity_as_long_as_push_is_enabled(visitor: Visitor):
    shown = await client(visitor)
    assert shown["push_client_identity"] is None
    path = f"{CLIENTS}/{shown['sid']}.json"
    _, enabled = await visitor.post(path, IsPushEnabled="true")
    assert enabled["push_client_identity"] == shown["sid"]
    _, renamed = await visitor.post(path, FriendlyName="x")
    assert renamed["push_client_identity"] == shown["sid"]
    _, disabled = await visitor.post(path, IsPushEnabled="false")
    assert disabled["push_client_identity"] is None


@pytest.mark.parametrize("password", ["1234", "alllowercase", "12345678", "Ab1"])
async def test_o05_a_weak_password_is_refused_and_not_repeated(visitor: Visitor, store: Store, password: str):
    status, problem = await visitor.post(f"{CLIENTS}.json", Login="maria", Password=password)
    assert (status, "weak" in problem["message"], password in problem["message"]) == (400, True, False)
    shown = await client(visitor)
    status, problem = await visitor.post(f"{CLIENTS}/{shown['sid']}", Password=password)
    assert (status, "weak" in problem["message"]) == (400, True)
    row = await store.get(ClientRow, shown["sid"])
    assert row is not None
    assert row.ha1_md5 == digest_hashes("maria", "dialplane", PASSWORD)[0]


@pytest.mark.parametrize("password", ["RestComm12", "RestComm1234!", "1234qwerT", "Restcomm2"])
async def test_passwords_that_restcomm_takes_are_taken(visitor: Visitor, password: str):
    await client(visitor, Password=password)


async def test_a_change_closes_a_client_and_keeps_its_password(visitor: Visitor, store: Store):
    shown = await client(visitor)
    status, changed = await visitor.post(f"{CLIENTS}/{shown['sid']}.json", Status="0", VoiceUrl="/kiosk")
    assert (status, changed["status"], changed["voice_url"]) == (200, 0, "/kiosk")
    row = await store.get(ClientRow, shown["sid"])
    assert row is not None
    assert row.ha1_md5 == digest_hashes("maria", "dialplane", PASSWORD)[0]
    await visitor.post(f"{CLIENTS}/{shown['sid']}.json", Password="Another1234")
    row = await store.get(ClientRow, shown["sid"])
    assert row is not None
    assert row.ha1_md5 == digest_hashes("maria", "dialplane", "Another1234")[0]


async def test_o07_a_login_is_made_once(visitor: Visitor):
    first = await client(visitor)
    assert (await client(visitor))["sid"] == first["sid"]
    status, _ = await visitor.post(
        f"/2012-04-24/Accounts/{CHILD}/Clients.json", user=CHILD, Login="maria", Password=PASSWORD
    )
    assert status == 409


@pytest.mark.parametrize("login", ["a?b", "a=b", "a@b", "a b"])
async def test_a_login_with_a_separator_is_refused(visitor: Visitor, login: str):
    status, problem = await visitor.post(f"{CLIENTS}.json", Login=login, Password=PASSWORD)
    assert (status, "contains invalid character(s)" in problem["message"]) == (400, True)


async def test_what_the_file_declares_is_changed_there(visitor: Visitor, store: Store):
    kept = ClientRow(
        sid="CL" + "1" * 32, account_sid=ROOT, login="alice", ha1_md5="", ha1_sha256="", source=Source.FILE
    )
    named = TrunkRow(sid="TK" + "1" * 32, account_sid=ROOT, name="pbx", uri="sip:pbx", source=Source.FILE)
    await store.commit(kept, named)
    for path in (f"{CLIENTS}/{kept.sid}", f"{TRUNKS}/{named.sid}"):
        assert (await visitor.post(path, Status="0"))[0] == 409
        assert (await visitor.get(path, method="DELETE"))[0].status == 409


async def test_a_trunk_is_kept_whole_and_shown_without_its_password(visitor: Visitor, store: Store):
    shown = await trunk(visitor, AllowFrom="203.0.113.0/24, 192.0.2.7", Prefixes="+49 +43", Register="true")
    row = await store.get(TrunkRow, shown["sid"])
    assert row is not None
    assert (row.password, row.register, row.codecs) == ("secret", True, ["PCMU", "PCMA", "G722", "opus"])
    assert (row.allow_from, row.prefixes) == (["203.0.113.0/24", "192.0.2.7/32"], ["+49", "+43"])
    assert (shown["sip_uri"], shown["register"], "password" in shown) == ("sip:203.0.113.10", True, False)
    assert (await visitor.json(f"{TRUNKS}.json"))["trunks"] == [shown]


async def test_a_trunk_is_changed_and_deleted(visitor: Visitor, store: Store, follower: Follower):
    shown = await trunk(visitor, Prefixes="+49")
    path = f"{TRUNKS}/{shown['sid']}.json"
    status, changed = await visitor.post(path, Prefixes="", NumberFormat="e164", SipUri="", AllowFrom="")
    assert (status, changed["prefixes"], changed["number_format"]) == (200, [], "e164")
    assert (changed["sip_uri"], changed["username"]) == ("sip:203.0.113.10", "us")
    assert (await visitor.get(path, method="DELETE"))[0].status == 200
    assert await store.count(TrunkRow) == 0
    assert follower.changes == 3


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"SipUri": "carrier"}, "SipUri = 'carrier': write a SIP URI"),
        ({"AllowFrom": "everywhere"}, "write a network or an address"),
        ({"NumberFormat": "roman"}, "NumberFormat"),
        ({"Name": "two words"}, "Name"),
    ],
)
async def test_what_cannot_be_a_trunk_is_400_in_words(visitor: Visitor, fields: dict[str, str], text: str):
    given = {"Name": "carrier", "SipUri": "sip:203.0.113.10"} | fields
    status, problem = await visitor.post(f"{TRUNKS}.json", **given)
    assert (status, text in problem["message"]) == (400, True), problem


async def test_a_trunk_is_the_root_accounts_and_its_name_is_unique(visitor: Visitor, store: Store):
    await trunk(visitor)
    given = {"Name": "carrier", "SipUri": "sip:203.0.113.10"}
    assert (await visitor.post(f"{TRUNKS}.json", **given))[0] == 409
    status, _ = await visitor.post(f"/2012-04-24/Accounts/{CHILD}/Trunks.json", **given | {"Name": "other"})
    assert (status, await store.count(TrunkRow)) == (403, 1)
