"""The HTTP listener with a certificate of its own: REST, pages and SIP over WebSocket."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import aiohttp
import pytest

from engine.certificates import Certificates
from engine.config import Settings
from engine.errors import ConfigurationError
from engine.http import HttpServer
from engine.http.sip_websocket import SipWebSockets
from engine.reporting.metrics import Metrics
from engine.store import Store
from sip.events import IncomingInvite, SipEvent
from tests.testkit.certificates import Authority
from tests.testkit.sip_station import Station
from tests.testkit.websocket_phone import WebSocketPhone


@pytest.fixture
def authority() -> Authority:
    """One of this test alone: its files are replaced."""
    return Authority.make()


@pytest.fixture
def settings(authority: Authority) -> Settings:
    chain, key = authority.issue("127.0.0.1", name="http")
    return Settings.embedded(http={"listen": "127.0.0.1:0", "tls_certificate": chain, "tls_private_key": key})


@pytest.fixture
def certificates(settings: Settings) -> Certificates:
    return Certificates(settings)


@pytest.fixture
async def server(store: Store, settings: Settings, certificates: Certificates) -> AsyncIterator[HttpServer]:
    running = HttpServer(settings, store, Metrics(), lambda: None, tls=certificates.http)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority.certificate)


async def shown(port: int, trusting: ssl.SSLContext) -> bytes:
    """Return the certificate that a new connection gets, having asked for /healthz over it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert b" 200 " in await reader.readline()
    certificate: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return certificate


async def test_the_rest_api_is_reached_over_https_alone(server: HttpServer, trusting: ssl.SSLContext):
    assert await shown(server.port, trusting)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://127.0.0.1:{server.port}/healthz")


def test_applications_are_told_of_https(settings: Settings):
    assert settings.public_url.startswith("https://127.0.0.1")


async def test_a_page_calls_over_wss(server: HttpServer, settings: Settings, trusting: ssl.SSLContext):
    def answering(one: Station, event: SipEvent) -> None:
        if isinstance(event, IncomingInvite):
            event.session.answer(one.now, b"answer")

    station = Station("server", answering)
    station.stack.serve_websockets("127.0.0.1", server.port)
    in_clear = settings.http.model_copy(update={"public_url": "http://voice.example.com"})
    server.live.sip = SipWebSockets(station.stack, lambda: settings.model_copy(update={"http": in_clear}))
    async with WebSocketPhone(f"wss://127.0.0.1:{server.port}/sip", "alice", "secret", tls=trusting) as phone:
        await phone.call("server", "offer")
        assert station.session.flow is not None
        assert station.session.flow.transport == "WSS"
    await station.stack.close()


async def test_a_renewed_certificate_is_shown_to_new_connections(
    server: HttpServer,
    settings: Settings,
    certificates: Certificates,
    authority: Authority,
    trusting: ssl.SSLContext,
):
    before = await shown(server.port, trusting)
    authority.issue("127.0.0.1", name="http")
    assert await shown(server.port, trusting) == before
    certificates.reload(settings)
    assert await shown(server.port, trusting) != before


def test_one_that_cannot_be_used_is_refused_and_the_other_stays(
    settings: Settings, certificates: Certificates, authority: Authority
):
    with open(settings.http.tls_private_key, "w") as key:
        key.write("nonsense")
    with pytest.raises(ConfigurationError, match=r"\[http\]: certificate .* cannot be used"):
        certificates.reload(settings)
    with pytest.raises(ConfigurationError, match=r"\[http\]"):
        Certificates(settings)


def test_a_certificate_without_its_key_is_refused():
    with pytest.raises(ValueError, match="belong together"):
        Settings.embedded(http={"tls_certificate": "chain.pem"})
