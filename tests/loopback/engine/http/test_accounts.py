"""Accounts through the REST API: who may see and change which (testcases.md O01, O11, O13, O14, O16, O17)."""

from hashlib import md5
from typing import Any

import pytest

from engine.store import AccountRow, ApiKeyRow, ApplicationRow, ClientRow, NumberRow, Store
from tests.loopback.engine.http.conftest import Follower
from tests.testkit.http_visitor import CHILD, CLOSED, ROOT, STRANGER, TOKEN, Visitor

BASE = "/2012-04-24/Accounts"
TWILIO = "/2010-04-01/Accounts"
PASSWORD = "RestComm1234"


async def made(visitor: Visitor, name: str, user: str = ROOT, token: str = TOKEN, **fields: str) -> Any:
    given = {"EmailAddress": f"{name}@company.com", "Password": PASSWORD, "FriendlyName": name}
    response, body = await visitor.get(
        f"{BASE}.json", user=user, token=token, method="POST", data=given | fields
    )
    assert response.status == 200, body
    return await response.json()


async def updated(visitor: Visitor, name: str, user: str = ROOT, token: str = TOKEN, **fields: str) -> int:
    response, _ = await visitor.get(f"{BASE}/{name}.json", user=user, token=token, method="POST", data=fields)
    return response.status


async def test_an_account_is_made_shown_and_listed_in_both_dialects(visitor: Visitor):
    child = await made(visitor, "Maria")
    assert (child["status"], child["role"], child["type"]) == ("active", "Administrator", "Full")
    assert child["auth_token"] == md5(PASSWORD.encode()).hexdigest()
    assert child["uri"] == f"/2012-04-24/Accounts/{child['sid']}.json"
    assert child["subresource_uris"]["incoming_phone_numbers"].endswith("/IncomingPhoneNumbers")
    listed = await visitor.json(f"{BASE}.json")
    assert {account["sid"] for account in listed} == {ROOT, CHILD, child["sid"]}
    response, body = await visitor.get(f"{TWILIO}.json", method="POST", data={"FriendlyName": "of twilio"})
    shown = await response.json()
    assert (response.status, shown["owner_account_sid"]) == (201, ROOT), body
    found = await visitor.json(f"{TWILIO}.json?FriendlyName=of+twilio")
    assert [account["sid"] for account in found["accounts"]] == [shown["sid"]]
    assert (await visitor.get(f"{TWILIO}/{shown['sid']}.json", user=shown["sid"], token=shown["auth_token"]))[
        0
    ].status == 200


async def test_a_new_account_has_a_client_by_the_name_in_its_address(visitor: Visitor, store: Store):
    child = await made(visitor, "george")
    (client,) = await store.find(ClientRow, ClientRow.login == "george")
    assert client.account_sid == child["sid"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"EmailAddress": ""}, 400),
        ({"EmailAddress": "no address"}, 400),
        ({"Password": ""}, 400),
        ({"Password": "1234"}, 400),
        ({"Status": "asleep"}, 400),
        ({"Role": "Emperor"}, 400),
        ({"EmailAddress": "child@example.com"}, 409),
        ({"EmailAddress": "CHILD@example.com"}, 409),
    ],
)
async def test_what_cannot_be_an_account_is_refused(visitor: Visitor, fields: dict[str, str], status: int):
    given = {"EmailAddress": "x@y.z", "Password": PASSWORD} | fields
    assert (await visitor.post(f"{BASE}.json", **given))[0] == status


async def test_accounts_are_three_levels_deep_and_no_more(visitor: Visitor):
    user, token = ROOT, TOKEN
    for level in ("first", "second", "third"):
        account = await made(visitor, level, user, token)
        user, token = account["sid"], account["auth_token"]
    given = {"EmailAddress": "fourth@company.com", "Password": PASSWORD}
    response, body = await visitor.get(f"{BASE}.json", user=user, token=token, method="POST", data=given)
    assert response.status == 400
    assert b"not allowed to have sub-accounts" in body
    assert (await visitor.get(f"{BASE}/{user}/Calls.json"))[0].status == 200


async def test_o11_an_unknown_user_is_401_and_one_without_the_right_403(visitor: Visitor):
    path = f"{BASE}/{ROOT}.json"
    assert (await visitor.get(path, user="AC" + "9" * 32))[0].status == 401
    assert (await visitor.get(path, user="friendly name"))[0].status == 401
    assert (await visitor.get(path, user=CHILD))[0].status == 403
    assert (await visitor.get(path, user=STRANGER))[0].status == 403
    assert (await visitor.get(f"{BASE}/{'AC' + '9' * 32}.json"))[0].status == 404


async def test_o13_an_account_is_updated_by_sid_or_address(visitor: Visitor):
    child = await made(visitor, "o13", Status="uninitialized")
    sid, token = child["sid"], child["auth_token"]
    assert (await visitor.get(f"{BASE}/{sid}.json", user=sid, token=token))[0].status == 403
    assert await updated(visitor, sid, Password="Other5678", AuthToken="ignored") == 200
    token = md5(b"Other5678").hexdigest()
    assert (await visitor.get(f"{BASE}/{sid}.json", user="o13@company.com", token=token))[0].status == 200
    assert await updated(visitor, "o13@company.com", FriendlyName="renamed", Role="Developer") == 200
    assert await updated(visitor, sid, Status="SUSPENDED") == 200
    assert await updated(visitor, sid, Status="ACTIVE") == 200
    shown = await visitor.json(f"{BASE}/{sid}.json")
    assert (shown["friendly_name"], shown["role"], shown["status"]) == ("renamed", "Developer", "active")
    assert shown["auth_token"] == token
    response, _ = await visitor.get(f"{BASE}.json/{sid}", method="PUT", data={"FriendlyName": "put"})
    assert response.status == 200


async def test_o14_a_role_is_given_by_administrators_to_accounts_below_alone(visitor: Visitor):
    parent = await made(visitor, "parent")
    developer = await made(visitor, "developer", parent["sid"], parent["auth_token"], Role="Developer")
    grandchild = await made(visitor, "grandchild", parent["sid"], parent["auth_token"])
    of_parent = (parent["sid"], parent["auth_token"])
    of_developer = (developer["sid"], developer["auth_token"])
    assert await updated(visitor, grandchild["sid"], *of_parent, Role="Developer") == 200
    assert await updated(visitor, parent["sid"], *of_parent, Role="Developer") == 403
    assert await updated(visitor, parent["sid"], *of_parent, Status="suspended") == 403
    assert await updated(visitor, STRANGER, *of_parent, Role="Developer") == 403
    assert await updated(visitor, developer["sid"], *of_developer, Role="Administrator") == 403
    assert await updated(visitor, developer["sid"], *of_developer, FriendlyName="mine") == 200
    given = {"EmailAddress": "a@b.cd", "Password": PASSWORD}
    response, _ = await visitor.get(
        f"{BASE}.json", user=of_developer[0], token=of_developer[1], method="POST", data=given
    )
    assert response.status == 403


async def test_o17_a_suspension_and_its_end_reach_all_accounts_below(
    visitor: Visitor, store: Store, follower: Follower
):
    accounts = [await made(visitor, "top")]
    for name in ("one", "two"):
        top = accounts[0]
        accounts.append(await made(visitor, name, top["sid"], top["auth_token"]))
    for name in ("one.one", "two.two"):
        above = accounts[1]
        accounts.append(await made(visitor, name, above["sid"], above["auth_token"]))
    changes = follower.changes
    for status, seen in (("suspended", 403), ("active", 200)):
        assert await updated(visitor, accounts[0]["sid"], Status=status) == 200
        for account in accounts:
            path = f"{BASE}/{account['sid']}.json"
            assert (await visitor.json(path))["status"] == status
            response, _ = await visitor.get(path, user=account["sid"], token=account["auth_token"])
            assert response.status == seen
    assert follower.changes == changes + 2


async def test_o01_what_a_suspended_account_has_is_read_from_above_and_not_changed(visitor: Visitor):
    assert await updated(visitor, CHILD, Status="suspended") == 200
    assert (await visitor.get(f"{BASE}/{CHILD}/Calls.json"))[0].status == 200
    given = {"PhoneNumber": "+15551230009"}
    status, shown = await visitor.post(f"{BASE}/{CHILD}/IncomingPhoneNumbers.json", **given)
    assert (status, "suspended" in shown["message"]) == (403, True)


async def test_o16_a_closed_account_loses_what_it_has_and_stays_closed(visitor: Visitor, store: Store):
    child = await made(visitor, "closing")
    sid = child["sid"]
    grandchild = await made(visitor, "below", sid, child["auth_token"])
    number = NumberRow(sid="PN" + "5" * 32, account_sid=sid, phone_number="+15550005")
    await store.commit(
        number,
        ApplicationRow(sid="AP" + "5" * 32, account_sid=grandchild["sid"]),
        ApiKeyRow(sid="SK" + "5" * 32, account_sid=sid, secret_hash="", role="Developer"),
    )
    assert await updated(visitor, sid, Status="closed") == 200
    assert (await visitor.json(f"{BASE}/{grandchild['sid']}.json"))["status"] == "closed"
    for kind in (ClientRow, ApplicationRow, ApiKeyRow):
        assert await store.count(kind, kind.account_sid.in_([sid, grandchild["sid"]])) == 0
    path = f"{BASE}/{sid}/IncomingPhoneNumbers"
    assert (await visitor.get(f"{path}/{number.sid}.json"))[0].status == 404
    assert (await visitor.json(f"{path}.json"))["total"] == 0
    status, shown = await visitor.post(f"{BASE}/{sid}.json", Status="active")
    assert (status, shown["message"]) == (400, "Account is closed")
    # Somebody else may have the number now.
    status, _ = await visitor.post(f"{BASE}/{ROOT}/IncomingPhoneNumbers.json", PhoneNumber="+15550005")
    assert status == 200


async def test_a_token_of_the_configuration_file_is_changed_there(visitor: Visitor):
    assert await updated(visitor, ROOT, Password="Other5678") == 409


async def test_guesses_at_one_name_are_held_up_and_others_come_through(visitor: Visitor):
    path = f"{BASE}/{CHILD}.json"
    for _ in range(20):
        assert (await visitor.get(path, user=CHILD, token="wrong"))[0].status == 401
    response, _ = await visitor.get(path, user=CHILD)
    assert (response.status, response.headers["Retry-After"]) == (429, "60")
    assert (await visitor.get(path))[0].status == 200


async def test_subaccounts_lists_every_account_below(visitor: Visitor, store: Store):
    await store.commit(AccountRow(sid="AC" + "7" * 32, auth_token=TOKEN, parent_sid=CHILD))
    listed = await visitor.json(f"{BASE}.json?SubAccounts=true")
    assert {account["sid"] for account in listed} == {ROOT, CHILD, "AC" + "7" * 32}
    assert CLOSED not in str(listed)


async def test_every_resource_that_an_account_names_is_there(visitor: Visitor):
    account = await visitor.json(f"/2012-04-24/Accounts/{ROOT}.json")
    assert {"sms_messages", "transcriptions", "outgoing_caller_ids"} <= set(account["subresource_uris"])
    for uri in account["subresource_uris"].values():
        assert isinstance(await visitor.json(uri), dict | list)
    twilios = await visitor.json(f"/2010-04-01/Accounts/{ROOT}.json")
    assert set(twilios["subresource_uris"]) == set(account["subresource_uris"])
