"""`POST …/Clients/{sid or login}/Tokens` in both dialects."""

import time

import pytest

from engine.exchange.access_tokens import LONGEST_SECONDS, read_claims, token_key
from engine.store import ClientRow, Store
from tests.testkit.http_visitor import CHILD, ROOT, STRANGER, TOKEN, Visitor
from tests.testkit.sip_clients import client

TOKENS = f"/2012-04-24/Accounts/{ROOT}/Clients/alice/Tokens"


@pytest.fixture
async def alice(store: Store, visitor: Visitor) -> ClientRow:
    row = client()
    row.account_sid = ROOT
    await store.commit(row)
    return row


def claims(token: str):
    return read_claims(token, {ROOT: token_key(TOKEN)}.get, time.time())


async def test_a_token_is_for_the_client_and_the_time_that_were_asked(visitor: Visitor, alice: ClientRow):
    status, made = await visitor.post(TOKENS, Ttl="120")
    assert status == 200
    said = claims(made["token"])
    assert (said.login, said.account_sid, said.expires - said.issued) == ("alice", ROOT, 120)
    assert said.signed_in is None
    assert (made["login"], made["client_sid"], made["ttl"], made["renewable"]) == (
        "alice",
        alice.sid,
        120,
        False,
    )
    assert made["phone_url"] == f"http://voice.example.com/phone#token={made['token']}"


async def test_both_dialects_name_the_client_by_sid_or_login(visitor: Visitor, alice: ClientRow):
    for name in ("alice", alice.sid):
        status, made = await visitor.post(
            f"/2010-04-01/Accounts/{ROOT}/Clients/{name}/Tokens.json", Renewable="true"
        )
        assert (status, made["ttl"], made["renewable"]) == (201, "3600", True)
        assert claims(made["token"]).signed_in is not None


@pytest.mark.parametrize("ttl", ["59", "0", "-1", str(LONGEST_SECONDS + 1), "an hour"])
async def test_a_token_lives_between_a_minute_and_a_day(visitor: Visitor, alice: ClientRow, ttl: str):
    status, answer = await visitor.post(TOKENS, Ttl=ttl)
    assert status == 400
    assert answer["message"].startswith("Ttl = ")


async def test_only_who_may_see_the_account_mints(visitor: Visitor, alice: ClientRow):
    assert (await visitor.post(TOKENS, None))[0] == 401
    assert (await visitor.post(TOKENS, STRANGER))[0] == 403
    assert (await visitor.post(TOKENS, CHILD))[0] == 403


async def test_there_must_be_such_an_open_client_in_the_account(
    visitor: Visitor, alice: ClientRow, store: Store
):
    assert (await visitor.post(TOKENS.replace("alice", "carol")))[0] == 404
    elsewhere = f"/2012-04-24/Accounts/{CHILD}/Clients/alice/Tokens"
    assert (await visitor.post(elsewhere))[0] == 404
    alice.status = 0
    await store.commit(alice)
    status, answer = await visitor.post(TOKENS)
    assert (status, answer["message"]) == (409, "The client 'alice' is closed: open it first.")


async def test_relay_tokens_are_empty_where_browsers_need_no_help(visitor: Visitor):
    status, told = await visitor.post(f"/2010-04-01/Accounts/{ROOT}/Tokens.json", Ttl="120")
    assert (status, told["ice_servers"], told["username"], told["ttl"]) == (201, [], "", "120")
    status, told = await visitor.post(f"/2012-04-24/Accounts/{ROOT}/Tokens")
    assert (status, told["ttl"]) == (200, LONGEST_SECONDS)


async def test_only_who_may_see_the_account_is_told_of_relays(visitor: Visitor):
    path = f"/2010-04-01/Accounts/{ROOT}/Tokens.json"
    assert (await visitor.post(path, None))[0] == 401
    assert (await visitor.post(path, STRANGER))[0] == 403
    assert (await visitor.post(path, Ttl="59"))[0] == 400
