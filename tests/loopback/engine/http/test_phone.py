"""The browser phone's page and its tokens, as a browser asks for them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from engine.config import Settings
from engine.exchange.access_tokens import RENEWABLE_SECONDS, USUAL_SECONDS, AccessTokens, mint
from engine.exchange.source_bans import SourceBans
from engine.http.own_pages import TYPES
from engine.http.phone import FILES, PhoneSite
from engine.http.problems import add_security_headers, answer_problems
from engine.peers.clients import ClientDirectory
from engine.peers.phone_desk import READY_LOGIN, PhoneDesk, have_ready_client
from engine.store import AccountRow, ClientRow, Store, adopt
from tests.testkit.sip_clients import REALM, client

ACCOUNT, SECRET = "AC" + "0" * 32, "t" * 32
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PASSWORD = "Secret-1234"


class Clock:
    """Seconds since 1970, as a test sets them."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Page:
    """The phone's page, which asks the server that it came from."""

    def __init__(self, browser: TestClient, clock: Clock, desk: PhoneDesk, alice: ClientRow) -> None:
        self.browser = browser
        self.clock = clock
        self.desk = desk
        self.alice = alice

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.browser.request(method, path, **more) as response:
            return response.status, await response.json()

    async def sign_in(self, login: str = "alice", password: str = PASSWORD, **more: Any) -> tuple[int, Any]:
        return await self.ask("POST", "/phone/token", data={"Login": login, "Password": password}, **more)

    async def renew(self, token: str) -> tuple[int, Any]:
        return await self.ask("POST", "/phone/token/renewed", headers=bearing(token))


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    clock = Clock()
    alice = client(password=PASSWORD, date_created=LONG_AGO, date_updated=LONG_AGO)
    ready = client(READY_LOGIN, date_created=LONG_AGO, date_updated=LONG_AGO)
    clients = ClientDirectory([alice, ready])
    tokens = AccessTokens(clients.find, clock)
    tokens.use([AccountRow(sid=ACCOUNT, auth_token=SECRET)])
    desk = PhoneDesk(clients, tokens, REALM, SourceBans(3, 300.0), clock, ready=READY_LOGIN)
    settings = Settings.embedded(sip={"realm": REALM}, http={"trusted_proxies": ["127.0.0.1/32"]})
    app = web.Application(middlewares=[answer_problems])
    app.on_response_prepare.append(add_security_headers)
    PhoneSite(lambda: desk, lambda: settings, tmp_path).add_routes(app.router)
    async with TestClient(TestServer(app)) as browser:
        yield Page(browser, clock, desk, alice)


async def test_the_page_and_its_files_let_nothing_else_in(page: Page, tmp_path: Path):
    for name in ("index.html", *FILES):
        (tmp_path / name).write_text(name)
    files = ((f"/phone/{name}", TYPES[Path(name).suffix]) for name in FILES)
    for path, kind in (("/phone", "text/html"), *files):
        async with page.browser.get(path) as response:
            assert (response.status, response.content_type) == (200, kind)
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'; script-src 'self';" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Frame-Options"] == "DENY"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Permissions-Policy"].startswith("microphone=(self)")


@pytest.mark.parametrize("name", ["secret.txt", "..%2Fsecret.txt", "%2Fetc%2Fpasswd", "settings.toml"])
async def test_no_other_file_is_served(page: Page, tmp_path: Path, name: str):
    (tmp_path / "secret.txt").write_text("secret")
    assert (await page.ask("GET", f"/phone/{name}"))[0] == 404


async def test_a_checkout_without_the_page_says_how_to_build_it(page: Page):
    async with page.browser.get("/phone") as response:
        assert response.status == 503
        assert "make phone" in await response.text()
    assert (await page.ask("GET", "/phone/phone.js"))[0] == 404


async def test_a_password_is_changed_into_a_token_that_can_be_renewed(page: Page):
    status, granted = await page.sign_in()
    assert (status, granted["login"], granted["seconds"]) == (200, "alice", USUAL_SECONDS)
    page.clock.now += USUAL_SECONDS - 1
    status, renewed = await page.renew(granted["token"])
    assert status == 200
    assert renewed["token"] != granted["token"]
    assert (await page.ask("GET", "/phone/token", headers=bearing(renewed["token"])))[1]["login"] == "alice"


@pytest.mark.parametrize(("login", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("", "")])
async def test_wrong_and_unknown_are_answered_alike(page: Page, login: str, password: str):
    status, body = await page.sign_in(login, password)
    assert status == 401
    assert body["message"] == "Login and password do not fit. Check both; capitals count."


async def test_who_guesses_is_not_listened_to_for_a_while(page: Page):
    for _ in range(3):
        await page.sign_in(password="wrong")
    assert (await page.sign_in())[0] == 429
    page.clock.now += 301
    assert (await page.sign_in())[0] == 200


async def test_behind_a_trusted_proxy_only_who_guesses_is_not_listened_to(page: Page):
    for _ in range(3):
        await page.sign_in(password="wrong", headers={"X-Forwarded-For": "192.0.2.66"})
    assert (await page.sign_in(headers={"X-Forwarded-For": "192.0.2.66"}))[0] == 429
    assert (await page.sign_in(headers={"X-Forwarded-For": "192.0.2.7"}))[0] == 200


async def test_a_closed_client_signs_in_no_more(page: Page):
    _, granted = await page.sign_in()
    page.alice.status = 0
    assert (await page.sign_in())[0] == 401
    assert (await page.renew(granted["token"]))[0] == 401


async def test_a_client_that_was_changed_signs_in_anew(page: Page):
    _, granted = await page.sign_in()
    page.clock.now += 60
    page.alice.date_updated = datetime.fromtimestamp(page.clock.now, UTC)
    status, body = await page.renew(granted["token"])
    assert (status, body["message"]) == (401, "The sign-in has ended. Sign in again.")


async def test_a_sign_in_ends_after_a_working_day(page: Page):
    _, granted = await page.sign_in()
    until = page.clock.now + RENEWABLE_SECONDS
    while page.clock.now + USUAL_SECONDS - 60 <= until:
        page.clock.now += USUAL_SECONDS - 60
        status, granted = await page.renew(granted["token"])
        assert status == 200
    page.clock.now = until + 1
    assert (await page.renew(granted["token"]))[0] == 401


async def test_a_token_that_an_application_minted_is_not_renewed(page: Page):
    token = mint(ACCOUNT, SECRET, "alice", now=page.clock.now, seconds=120)
    status, body = await page.renew(token)
    assert (status, "ask whoever gave it" in body["message"]) == (401, True)
    _, seen = await page.ask("GET", "/phone/token", headers=bearing(token))
    assert (seen["login"], seen["seconds"], seen["renewable"]) == ("alice", 120, False)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic YTpi"])
async def test_what_is_no_token_signs_nobody_in(page: Page, header: str):
    for method, path in (("GET", "/phone/token"), ("POST", "/phone/token/renewed")):
        assert (await page.ask(method, path, headers={"Authorization": header}))[0] == 401


async def test_a_newcomer_before_the_machine_needs_no_password(page: Page):
    status, granted = await page.ask("POST", "/phone/token/ready")
    assert (status, granted["login"]) == (200, READY_LOGIN)
    _, settings = await page.ask("GET", "/phone/settings.json")
    assert (settings["realm"], settings["ready_login"]) == (REALM, READY_LOGIN)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "127.0.0.1.attacker.example:8080"},
        {"Host": "192.0.2.1"},
        {"Host": "[::1"},
        {"Host": ""},
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"X-Forwarded-For": "192.0.2.1"},
        {"Forwarded": "for=192.0.2.1"},
    ],
)
async def test_nobody_else_is_the_newcomer(page: Page, headers: dict[str, str]):
    assert (await page.ask("POST", "/phone/token/ready", headers=headers))[0] == 404
    _, settings = await page.ask("GET", "/phone/settings.json", headers=headers)
    assert settings["ready_login"] == ""


async def test_where_no_client_is_ready_everybody_proves_who_he_is(page: Page):
    page.desk.ready = ""
    assert (await page.ask("POST", "/phone/token/ready"))[0] == 404


async def test_the_ready_client_is_made_once_and_has_a_password_that_nobody_knows(store: Store):
    await adopt(store, Settings.embedded())
    await have_ready_client(store, REALM)
    (first,) = await store.find(ClientRow)
    await have_ready_client(store, REALM)
    (second,) = await store.find(ClientRow)
    assert (first.login, second.ha1_sha256) == (READY_LOGIN, first.ha1_sha256)
