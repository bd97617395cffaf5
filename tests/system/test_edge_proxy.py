"""Phones behind a proxy of somebody else: they register through it, and are called through it (RFC 3327)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.contacts import PASSWORD, Contacts
from tests.testkit.daemon import Daemon
from tests.testkit.edge_proxy import EdgeProxy
from tests.testkit.phone import Phones

SETTINGS = {"clients": [{"login": "maria", "password": PASSWORD}]}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


@pytest.fixture
async def edge(daemon: Daemon) -> AsyncIterator[EdgeProxy]:
    edge = await EdgeProxy.open(daemon.sip)
    yield edge
    edge.close()


async def test_a_phone_behind_a_proxy_is_called_through_it_also_after_a_restart(
    daemon: Daemon, edge: EdgeProxy, phones: Phones, callees: Callees, application: FakeApplication
):
    application.answer("/dial", "<Response><Dial><Client>maria</Client></Dial></Response>")
    maria = await callees.add()
    async with Contacts(edge.address) as contacts:
        await contacts.bind("maria", maria.sip.port)
        daemon.kill()
        daemon.start()
        caller = await phones.dial("3000")
        invite = await maria.invited()
        await maria.sip.reached("answered")
        await caller.hang_up()
        await maria.hung_up_on()
    assert "Route" not in dict(invite.headers)
    assert invite.header("Record-Route") == edge.uri
    called = f" sip:maria@127.0.0.1:{maria.sip.port} "
    (line,) = set(edge.from_the_daemon("INVITE"))
    assert called in line
