"""The console's page and a newcomer's key, as a browser asks for them."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.http.console import FILES, PAGE
from engine.http.own_pages import TYPES
from engine.store import AccountRow
from tests.testkit.http_visitor import ROOT


@pytest.fixture
def newcomers(server) -> None:
    """A server of `dialplane dev`."""
    server.live.passing_keys.offered = True


async def grant(visitor, **headers: str) -> tuple[int, dict[str, Any]]:
    given = {"Origin": visitor.url, "Sec-Fetch-Site": "same-origin", **headers}
    response, body = await visitor.get("/console/key", user=None, method="POST", headers=given)
    return response.status, json.loads(body)


async def test_the_page_and_its_files_let_nothing_else_in(visitor):
    for path, name in (("/", "index.html"), *((f"/console/{name}", name) for name in sorted(FILES))):
        response, body = await visitor.get(path, user=None)
        assert (response.status, response.content_type) == (200, TYPES[Path(name).suffix]), name
        assert body == (PAGE / name).read_bytes()
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-cache"
        assert "Access-Control-Allow-Origin" not in response.headers


def test_all_that_the_page_is_made_of_is_served():
    assert {path.name for path in PAGE.iterdir()} == FILES


async def test_no_other_file_is_served_and_a_page_is_only_read(visitor):
    for name in ("..%2Fconsole.py", "%2Fetc%2Fpasswd", "secret.txt", "", "key"):
        response, _ = await visitor.get(f"/console/{name}", user=None)
        assert response.status == 404
    for path in ("/", "/console/main.mjs", "/console/settings.json"):
        for method in ("POST", "PUT", "DELETE"):
            response, _ = await visitor.get(path, user=None, method=method)
            assert response.status == 405


async def test_a_newcomer_before_the_machine_gets_a_key_that_reads_calls(visitor, newcomers):
    _, settings = await visitor.get("/console/settings.json", user=None)
    assert json.loads(settings)["ready"] is True
    status, key = await grant(visitor)
    assert (status, key["account_sid"], key["seconds"]) == (200, ROOT, 900)
    for path in (
        "Calls",
        "Notifications",
        "Traces",
        "Executions",
        "Events",
        "Recordings",
        "Clients",
        "Trunks",
    ):
        response, _ = await visitor.get(
            f"/2012-04-24/Accounts/{ROOT}/{path}.json", user=key["sid"], token=key["secret"]
        )
        assert response.status == 200, path


async def test_a_newcomers_key_may_do_nothing_that_the_console_does_not(visitor, newcomers):
    _, key = await grant(visitor)
    for method, path in (
        ("POST", "Clients.json"),
        ("POST", "IncomingPhoneNumbers.json"),
        ("POST", "Trunks.json"),
        ("GET", "Keys.json"),
        ("POST", "Keys.json"),
        ("GET", "Users.json"),
        ("POST", "SMS/Messages.json"),
        ("DELETE", f"Recordings/RE{'0' * 32}.json"),
    ):
        response, _ = await visitor.get(
            f"/2012-04-24/Accounts/{ROOT}/{path}", user=key["sid"], token=key["secret"], method=method
        )
        assert response.status == 403, path


async def test_a_newcomers_key_sees_no_token_and_changes_no_account(visitor, newcomers):
    _, key = await grant(visitor)
    as_newcomer = {"user": key["sid"], "token": key["secret"]}
    account = await visitor.json(f"/2012-04-24/Accounts/{ROOT}.json", **as_newcomer)
    assert account["auth_token"] == ""
    response, _ = await visitor.get(
        f"/2012-04-24/Accounts/{ROOT}.json", method="POST", data={"FriendlyName": "mine"}, **as_newcomer
    )
    assert response.status == 403


async def test_a_key_with_another_secret_is_none(visitor, newcomers):
    _, key = await grant(visitor)
    response, _ = await visitor.get(
        f"/2012-04-24/Accounts/{ROOT}/Calls.json", user=key["sid"], token=key["secret"] + "x"
    )
    assert response.status == 401


async def test_a_key_ends_with_the_account_that_it_is_for(visitor, newcomers, store):
    _, key = await grant(visitor)
    root = await store.get(AccountRow, ROOT)
    root.status = "suspended"
    await store.commit(root)
    path = f"/2012-04-24/Accounts/{ROOT}/Calls.json"
    response, _ = await visitor.get(path, user=key["sid"], token=key["secret"])
    assert response.status == 403


async def test_a_server_that_offers_none_grants_none(visitor):
    _, settings = await visitor.get("/console/settings.json", user=None)
    assert json.loads(settings)["ready"] is False
    assert (await grant(visitor))[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "127.0.0.1.attacker.example:8080"},
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"X-Forwarded-For": "192.0.2.1"},
        {"Forwarded": "for=192.0.2.1"},
        {"Via": "1.1 proxy"},
    ],
)
async def test_nobody_else_is_the_newcomer(visitor, newcomers, headers: dict[str, str]):
    assert (await grant(visitor, **headers))[0] == 404
    _, settings = await visitor.get("/console/settings.json", user=None, headers=headers)
    assert json.loads(settings)["ready"] is False


async def test_a_program_that_was_led_here_names_no_page_and_gets_no_key(visitor, newcomers):
    response, _ = await visitor.get("/console/key", user=None, method="POST")
    assert response.status == 404
    response, _ = await visitor.get("/console/key", user=None)
    assert response.status == 404
