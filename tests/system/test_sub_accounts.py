"""Calls of sub-accounts: rows A14 and A16, whose signatures they carry, and what was exchanged about them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp
import pytest
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from engine.http import HttpServer
from tests.testkit.application import FakeApplication, Recorded
from tests.testkit.daemon import ACCOUNT_SID, AUTH_TOKEN, Daemon
from tests.testkit.http_visitor import Visitor
from tests.testkit.phone import Phones

# Only who proves to be a client reaches anything here: each call is of a client whose account is known.
SETTINGS = {"sip": {"anonymous_inbound": False, "ping_interval": 0.0}}
CLIENTS = [{"login": "maria", "password": "RestComm1234"}]
BRIEF = "<Response><Say>Hello.</Say></Response>"
PASSWORD = "RestComm1234"
ACCOUNTS = "/2012-04-24/Accounts"


@pytest.fixture
async def visitor(daemon: Daemon) -> AsyncIterator[Visitor]:
    server = SimpleNamespace(port=int(daemon.http.rpartition(":")[2]))
    async with aiohttp.ClientSession() as session:
        yield Visitor(cast(HttpServer, server), session)


async def post(
    visitor: Visitor, path: str, user: str = ACCOUNT_SID, token: str = AUTH_TOKEN, **form: str
) -> Any:
    response, body = await visitor.get(path, user=user, token=token, method="POST", data=form)
    assert response.status == 200, body
    return await response.json()


async def sub_account(visitor: Visitor, login: str) -> Any:
    return await post(
        visitor,
        f"{ACCOUNTS}.json",
        EmailAddress=f"{login}@example.com",
        Password=PASSWORD,
        FriendlyName=login,
    )


def is_signed_by(request: Recorded, url: str, token: str) -> bool:
    query = f"?{urlencode(request.query)}" if request.query else ""
    signature = request.headers["X-Twilio-Signature"]
    return bool(RequestValidator(token).validate(url + query, dict(request.form), signature))


async def test_a14_the_number_of_a_closed_account_is_403_and_nobody_is_asked(
    visitor: Visitor, phones: Phones, application: FakeApplication
):
    account = await sub_account(visitor, "closing")
    application.answer("/closed", BRIEF)
    numbers = f"{ACCOUNTS}/{account['sid']}/IncomingPhoneNumbers.json"
    await post(visitor, numbers, PhoneNumber="2222", VoiceUrl=application.url("/closed"))
    for status in ("suspended", "active", "closed"):
        await post(visitor, f"{ACCOUNTS}/{account['sid']}.json", Status=status)
        call = await phones.dial("2222", login="maria", password=PASSWORD)
        if status == "active":
            await (await call.answered()).ended_by_server()
        else:
            assert (await call.refused()).status == 403
    assert len(application.requests_to("/closed")) == 1


async def test_a16_a_sub_accounts_client_dials_its_parents_number(
    visitor: Visitor, phones: Phones, application: FakeApplication, daemon: Daemon
):
    account = await sub_account(visitor, "subby")
    application.answer("/1111", BRIEF)
    call = await phones.dial("1111", login="subby", password=PASSWORD)
    await (await call.answered()).ended_by_server()
    asked = await application.request_to("/1111")
    assert asked["AccountSid"] == account["sid"]
    assert is_signed_by(asked, application.url("/1111"), account["auth_token"])
    path = f"{ACCOUNTS}/{account['sid']}/Calls/{asked['CallSid']}.json"
    for user, token in ((ACCOUNT_SID, AUTH_TOKEN), (account["sid"], account["auth_token"])):
        shown = await visitor.json(path, user=user, token=token)
        assert (shown["status"], shown["account_sid"]) == ("completed", account["sid"])
    traces = f"{ACCOUNTS}/{account['sid']}/Traces.json?SessionSid={asked['CallSid']}"
    (trace,) = (await visitor.json(traces, user=ACCOUNT_SID, token=AUTH_TOKEN))["traces"]
    assert (trace["direction"], trace["request"]["method"], trace["status"]) == (
        "outbound",
        "GET",
        "completed",
    )
    assert trace["request"]["path"].startswith(f"/1111?CallSid={asked['CallSid']}&")
    assert trace["response"]["body"] == BRIEF
    ladder = await visitor.json(path.replace(".json", "/Ladder.json"), user=ACCOUNT_SID, token=AUTH_TOKEN)
    passed = [(step["direction"], step["summary"]) for step in ladder["steps"]]
    assert [each for each in passed if "100" not in each[1]][:6] == [
        ("<-", "INVITE"), ("->", "407 (INVITE)"), ("<-", "ACK"), ("<-", "INVITE"), ("->", "180 (INVITE)"),
        ("->", "200 (INVITE)"),
    ]  # fmt: skip
    assert ("->", "BYE") in passed
    assert "username=" not in str(ladder), "credentials are masked"


async def test_what_an_application_changes_is_traced_without_its_secrets(visitor: Visitor):
    account = await sub_account(visitor, "traced")
    listed = await visitor.json(
        f"{ACCOUNTS}/{account['sid']}/Traces.json", user=account["sid"], token=account["auth_token"]
    )
    assert listed["total"] == 0
    client = f"{ACCOUNTS}/{account['sid']}/Clients.json"
    await post(visitor, client, account["sid"], account["auth_token"], Login="seen", Password=PASSWORD)
    listed = await visitor.json(
        f"{ACCOUNTS}/{account['sid']}/Traces.json", user=account["sid"], token=account["auth_token"]
    )
    (trace,) = listed["traces"]
    assert (trace["direction"], trace["request"]["body"]) == ("inbound", "Login=seen&Password=***")
    assert (trace["request"]["headers"]["Authorization"], trace["response"]["status"]["code"]) == ("***", 200)


async def test_a_sub_accounts_number_runs_and_signs_for_it(
    visitor: Visitor, phones: Phones, application: FakeApplication, daemon: Daemon
):
    account = await sub_account(visitor, "owner")
    application.answer("/owned", BRIEF)
    application.answer("/told", "")
    numbers = f"{ACCOUNTS}/{account['sid']}/IncomingPhoneNumbers.json"
    await post(
        visitor, numbers, account["sid"], account["auth_token"],
        PhoneNumber="2223", VoiceUrl=application.url("/owned"), StatusCallback=application.url("/told"),
    )  # fmt: skip
    await (await (await phones.dial("2223", login="maria", password=PASSWORD)).answered()).ended_by_server()
    for path in ("/owned", "/told"):
        asked = await application.request_to(path)
        assert asked["AccountSid"] == account["sid"]
        assert is_signed_by(asked, application.url(path), account["auth_token"])
    assert (
        daemon.get(f"{ACCOUNTS}/{ACCOUNT_SID}/Calls/{asked['CallSid']}.json", authenticated=True).status
        == 400
    )


def with_the_sdk(base: str, http: TwilioHttpClient) -> None:
    """Make an account and a key with Twilio's own client, and ask with the key."""
    root = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http)
    root.api.base_url = base
    account = root.api.accounts.create(friendly_name="of the SDK")
    assert (account.owner_account_sid, account.status) == (ACCOUNT_SID, "active")
    owner = Client(account.sid, account.auth_token, http_client=http)
    owner.api.base_url = base
    made = owner.new_keys.create(friendly_name="ci")
    with_key = Client(made.sid, made.secret, account.sid, http_client=http)
    with_key.api.base_url = base
    assert with_key.calls.list() == []
    assert [record.category for record in with_key.usage.records.list(category="calls")] == ["calls"]
    with pytest.raises(TwilioException, match="403"):
        with_key.keys.list()
    assert owner.keys(made.sid).delete()
    with pytest.raises(TwilioException, match="401"):
        with_key.calls.list()
    assert root.api.accounts(account.sid).update(status="suspended").status == "suspended"


async def test_the_twilio_sdk_makes_accounts_and_keys(daemon: Daemon):
    http = TwilioHttpClient(timeout=10.0)
    await asyncio.to_thread(with_the_sdk, daemon.http, http)
    http.session.close()
