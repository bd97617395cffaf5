"""Paths are found as aiohttp finds them, and compiled when somebody may be looking for them."""

import re

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from engine.http.path_table import PathTable

CALLS = r"/2010/Accounts/{account}/Calls{suffix:(?:\.json)?}"
CALL = r"/2010/Accounts/{account}/Calls/{sid:[^/.]+}{suffix:(?:\.json)?}"
SOUND = r"/sounds/{sid:[A-F]{2}}.{ending}"
PLAIN = "/healthz"
PATHS = (CALLS, CALL, SOUND, PLAIN)


async def _answer(_request):
    return web.Response()


@pytest.fixture
def router():
    table, router = PathTable(), web.UrlDispatcher()
    for path in PATHS:
        table.add_get(path, _answer)
        table.add_post(path, _answer)
    table.move_to(router)
    return router


async def found(router, path, method="GET"):
    match = await router.resolve(make_mocked_request(method, path))
    return (match.route.resource.canonical if match.route.resource else None), dict(match)


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/2010/Accounts/AC1/Calls",
        "/2010/Accounts/AC1/Calls.json",
        "/2010/Accounts/AC1/Calls.xml",
        "/2010/Accounts/AC1/Calls/CA1.json",
        "/2010/Accounts/AC%201/Calls/CA%2F1",
        "/2010/Accounts/Calls/Calls",
        "/2010/Accounts/AC1/CallsCalls",
        "/2010/Accounts//Calls",
        "/sounds/AB.wav",
        "/sounds/A.wav",
        "/sounds/AB",
        "/healthz",
        "/",
    ],
)
async def test_every_path_is_answered_as_aiohttps_own_table_does(router, path, method):
    plain = web.UrlDispatcher()
    for each in PATHS:
        plain.add_get(each, _answer)
        plain.add_post(each, _answer)
    assert await found(router, path, method) == await found(plain, path, method)


async def test_a_pattern_is_compiled_once_a_path_has_its_words(router, monkeypatch):
    compiled = []
    kept = web.DynamicResource.__init__

    def note(self, path, *, name=None):
        compiled.append(path)
        kept(self, path, name=name)

    monkeypatch.setattr(web.DynamicResource, "__init__", note)
    for path in ("/2010/Accounts/AC1/Queues/QU1", "/2010/Accounts/AC1", "/sounds/AB"):
        await found(router, path)
    assert compiled == []
    for _ in range(2):
        await found(router, "/2010/Accounts/AC1/Calls/CA1")
    assert set(compiled) == {CALLS, CALL}
    assert len(compiled) == 2


def test_a_path_says_what_it_is(router):
    calls, call = (resource for resource in router.resources() if "Calls" in resource.canonical)
    assert str(calls.url_for(account="AC1", suffix="")) == "/2010/Accounts/AC1/Calls"
    assert call.get_info()["formatter"] == call.canonical == "/2010/Accounts/{account}/Calls/{sid}{suffix}"
    assert isinstance(call.get_info()["pattern"], re.Pattern)
    assert [route.method for route in call] == ["HEAD", "GET", "POST"]
