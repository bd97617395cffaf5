"""What is PostgreSQL's own."""

import asyncio

import pytest

from engine.config import Settings
from engine.errors import ConfigurationError, StoreError, StoreUnavailable
from engine.root_account import read_root_account
from engine.store import CallRow, Store, adopt
from tests.loopback.engine.store.test_store import call
from tests.testkit.ports import free_port
from tests.testkit.postgresql import PostgresServer, find_binaries


@pytest.fixture
def store_url(postgresql: PostgresServer) -> str:
    return postgresql.new_database()


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("postgresql://user:hunter2@127.0.0.1:{port}/calls", "nothing listens there; start PostgreSQL"),
        ("postgresql://user:hunter2@no-such-host.invalid/calls", "store.url"),
    ],
)
async def test_a_server_that_is_not_there_is_named_with_the_cure_and_without_the_password(
    url: str, cure: str
):
    with pytest.raises(StoreError, match=cure) as caught:
        await Store.open(url.format(port=free_port()))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://user:hunter2@host", "postgresql://user:hun/ter2@host:x/db"])
async def test_a_url_without_database_is_refused_with_the_form(url: str):
    with pytest.raises(ConfigurationError, match=r"write postgresql://USER:PASSWORD@HOST/DATABASE"):
        await Store.open(url)


async def test_a_missing_database_is_named(postgresql: PostgresServer):
    with pytest.raises(StoreError, match='database "none" does not exist'):
        await Store.open(postgresql.url("none"))


async def test_a_restart_of_the_server_delays_but_loses_nothing():
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("postgresql is not installed")
    with PostgresServer(binaries) as server:
        store = await Store.open(server.new_database())
        await store.commit(call(1))
        server.end()
        store.save(call(2))
        with pytest.raises(StoreUnavailable):
            await store.flush(within=0.3)
        assert not store.healthy or store.waiting == 1
        server.begin()
        await store.flush(within=15.0)
        assert await store.count(CallRow) == 2
        await store.close()


async def test_commands_beside_the_daemon_find_the_root_account(store: Store, store_url: str):
    assert await asyncio.to_thread(read_root_account, store_url) is None
    adoption = await adopt(store, Settings.embedded())
    found = await asyncio.to_thread(read_root_account, store_url)
    assert found == (adoption.account.sid, adoption.account.auth_token)
