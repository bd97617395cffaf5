"""Keys and users: what each role may do, and what nobody is shown twice."""

from typing import Any

import pytest

from engine.store import ApiKeyRow, CallRow, Store, UserRow
from tests.testkit.http_visitor import CHILD, ROOT, Visitor

BASE = f"/2012-04-24/Accounts/{ROOT}"
TWILIO = f"/2010-04-01/Accounts/{ROOT}"


async def key(visitor: Visitor, **fields: str) -> tuple[str, str]:
    status, shown = await visitor.post(f"{BASE}/Keys.json", **fields)
    assert status == 200, shown
    return shown["sid"], shown["secret"]


async def status_of(visitor: Visitor, method: str, path: str, who: tuple[str, str]) -> int:
    response, _ = await visitor.get(path, user=who[0], token=who[1], method=method)
    return response.status


async def test_a_secret_is_shown_once_and_kept_as_a_hash(visitor: Visitor, store: Store):
    response, body = await visitor.get(f"{TWILIO}/Keys.json", method="POST", data={"FriendlyName": "ci"})
    made = await response.json()
    assert (response.status, len(made["secret"]) >= 43) == (201, True), body
    shown = await visitor.json(f"{TWILIO}/Keys/{made['sid']}.json")
    assert (shown["friendly_name"], shown["secret"]) == ("ci", None)
    kept = await store.get(ApiKeyRow, made["sid"])
    assert kept is not None
    assert made["secret"] not in repr(kept.values())
    assert await status_of(visitor, "GET", f"{BASE}/Calls.json", (made["sid"], made["secret"])) == 200
    assert await status_of(visitor, "GET", f"{BASE}/Calls.json", (made["sid"], "wrong")) == 401
    assert (await visitor.get(f"{TWILIO}/Keys/{made['sid']}.json", method="DELETE"))[0].status == 204
    assert await status_of(visitor, "GET", f"{BASE}/Calls.json", (made["sid"], made["secret"])) == 401


READS = ("GET", "Calls.json")
WRITES = ("POST", "Applications.json")
TRUNK = ("POST", "Trunks.json")
READS_KEYS = ("GET", "Keys.json")
MAKES_KEYS = ("POST", "Keys.json")
EVERYTHING = {READS, WRITES, TRUNK, READS_KEYS, MAKES_KEYS}


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ({"Role": "Administrator"}, EVERYTHING),
        ({"Role": "Developer"}, {READS, WRITES}),
        ({}, {READS, WRITES}),
        ({"Role": "read-only"}, {READS}),
        ({"Role": "Scoped", "Scopes": "Calls:read"}, {READS}),
        ({"Role": "Scoped", "Scopes": "Calls:write"}, set()),
        ({"Role": "Scoped", "Scopes": "Applications Trunks"}, {WRITES, TRUNK}),
    ],
)
async def test_a_role_may_do_what_the_table_says(
    visitor: Visitor, fields: dict[str, str], allowed: set[tuple[str, str]]
):
    who = await key(visitor, **fields)
    for method, path in EVERYTHING:
        status = await status_of(visitor, method, f"{BASE}/{path}", who)
        assert (status != 403) == ((method, path) in allowed), (method, path, status)


@pytest.mark.parametrize("role", ["Developer", "ReadOnly"])
async def test_a_key_without_all_rights_sees_no_token_and_changes_no_account(visitor: Visitor, role: str):
    who = await key(visitor, Role=role)
    for name in (ROOT, CHILD):
        path = f"/2012-04-24/Accounts/{name}.json"
        response, _ = await visitor.get(path, user=who[0], token=who[1])
        assert (await response.json())["auth_token"] == ""
        assert await status_of(visitor, "POST", path, who) == 403
    listed, body = await visitor.get("/2012-04-24/Accounts.json", user=who[0], token=who[1])
    assert (listed.status, b"t" * 32 in body) == (200, False)
    assert await status_of(visitor, "POST", "/2012-04-24/Accounts.json", who) == 403


async def test_a_scope_holds_for_what_was_asked_however_the_path_is_written(visitor: Visitor, store: Store):
    who = await key(visitor, Role="Scoped", Scopes="Calls:read")
    sid = "CA" + "1" * 32
    await store.commit(
        CallRow(
            sid=sid,
            account_sid=ROOT,
            instance_sid="ID",
            from_="a",
            to="b",
            direction="inbound",
            status="completed",
        )
    )
    for path in (f"Calls/{sid}.json", f"Calls.json/{sid}", f"Calls/{sid}/Recordings.json"):
        assert await status_of(visitor, "GET", f"{BASE}/{path}", who) == 200
    for path in ("Recordings.json", "Calls%2F..%2FRecordings.json", "IncomingPhoneNumbers.json"):
        assert await status_of(visitor, "GET", f"{BASE}/{path}", who) in (403, 404)


@pytest.mark.parametrize(
    "fields",
    [
        {"Role": "Scoped"},
        {"Role": "Developer", "Scopes": "Calls"},
        {"Role": "Scoped", "Scopes": "calls"},
        {"Role": "Scoped", "Scopes": "Keys:write"},
        {"Role": "Emperor"},
        {"UserSid": "US" + "0" * 32},
    ],
)
async def test_what_cannot_be_a_key_is_400(visitor: Visitor, fields: dict[str, str]):
    assert (await visitor.post(f"{BASE}/Keys.json", **fields))[0] == 400


async def user(visitor: Visitor, **fields: str) -> Any:
    status, shown = await visitor.post(f"{BASE}/Users.json", EmailAddress="Ann@example.com", **fields)
    assert status == 200, shown
    return shown


async def test_a_user_signs_in_with_address_and_password(visitor: Visitor, store: Store):
    made = await user(visitor, Name="Ann", Role="ReadOnly")
    who = ("ann@example.com", made["password"])
    assert await status_of(visitor, "GET", f"{BASE}/Calls.json", who) == 200
    assert await status_of(visitor, "POST", f"{BASE}/Applications.json", who) == 403
    assert await status_of(visitor, "GET", f"{BASE}/Calls.json", (who[0], "wrong")) == 401
    path = f"{BASE}/Users/{made['sid']}.json"
    assert (await visitor.json(path))["password"] is None
    kept = await store.get(UserRow, made["sid"])
    assert kept is not None
    assert kept.password_hash.startswith("scrypt$")
    status, _ = await visitor.post(path, Password="Better5678", Role="Scoped", Scopes="Calls")
    assert status == 200
    assert await status_of(visitor, "GET", f"{BASE}/Calls.json", who) == 401
    who = ("ann@example.com", "Better5678")
    assert await status_of(visitor, "GET", f"{BASE}/Applications.json", who) == 403
    assert (await visitor.post(path, Status="inactive"))[0] == 200
    assert await status_of(visitor, "GET", f"{BASE}/Calls.json", who) == 401


async def test_a_users_keys_have_the_users_rights_and_are_two_at_most(visitor: Visitor):
    made = await user(visitor, Role="ReadOnly", Password="RestComm1234")
    assert made["password"] is None
    who = await key(visitor, UserSid=made["sid"], Role="Administrator")
    await key(visitor, UserSid=made["sid"])
    assert (await visitor.post(f"{BASE}/Keys.json", UserSid=made["sid"]))[0] == 400
    assert await status_of(visitor, "GET", f"{BASE}/Calls.json", who) == 200
    assert await status_of(visitor, "POST", f"{BASE}/Applications.json", who) == 403
    assert await status_of(visitor, "GET", f"{BASE}/Keys.json", who) == 403
    assert (await visitor.get(f"{BASE}/Users/{made['sid']}.json", method="DELETE"))[0].status == 200
    assert await status_of(visitor, "GET", f"{BASE}/Calls.json", who) == 401


async def test_an_address_signs_in_one_alone(visitor: Visitor):
    await user(visitor)
    for address in ("ann@example.com", "child@example.com"):
        assert (await visitor.post(f"{BASE}/Users.json", EmailAddress=address))[0] == 409
