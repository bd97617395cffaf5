"""Where a stream may lead, and what is said when it leads nowhere."""

import asyncio

import pytest

from engine.config import Settings
from engine.streams.dialing import StreamDialer, StreamRefused
from rcml.errors import INVALID_URI, STREAM_HANDSHAKE, STREAM_TIMEOUT, STREAM_TLS, STREAM_UNREACHABLE
from tests.testkit.ports import free_port
from tests.testkit.stream_agent import StreamAgent
from tests.testkit.streaming_call import AUTH_TOKEN


async def refused(url: str, **webhooks) -> StreamRefused:
    dialer = StreamDialer(Settings.embedded(webhooks={"timeout": 1.0, "connect_timeout": 1.0, **webhooks}))
    try:
        with pytest.raises(StreamRefused) as caught:
            await dialer.open(url, AUTH_TOKEN)
    finally:
        await dialer.close()
    return caught.value


async def test_a_closed_port_is_unreachable():
    error = await refused(f"ws://127.0.0.1:{free_port()}/")
    assert (error.code, "no connection" in str(error)) == (STREAM_UNREACHABLE, True)


async def test_a_name_that_does_not_exist_is_unreachable():
    assert (await refused("ws://no-such-host.invalid/")).code == STREAM_UNREACHABLE


async def test_an_answer_that_is_no_upgrade_is_told_with_its_status(agent: StreamAgent):
    error = await refused(agent.url("/refused"))
    assert (error.code, "403" in str(error)) == (STREAM_HANDSHAKE, True)


async def test_a_redirect_is_not_followed(agent: StreamAgent):
    error = await refused(agent.url("/elsewhere"))
    assert (error.code, "is not redirected" in str(error)) == (STREAM_HANDSHAKE, True)


async def test_no_answer_is_a_timeout(agent: StreamAgent):
    assert (await refused(agent.url("/hangs"))).code == STREAM_TIMEOUT


async def test_tls_with_a_server_that_has_none_fails_as_tls(agent: StreamAgent):
    assert (await refused(agent.url().replace("ws:", "wss:"))).code == STREAM_TLS


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "169.254.169.254", "10.0.0.1"],
)
async def test_private_addresses_are_refused_unless_they_are_allowed(host):
    error = await refused(f"ws://{host}:{free_port()}/", allow_networks=[])
    assert error.code == INVALID_URI, error


async def test_what_the_operator_wrote_down_is_allowed(agent: StreamAgent):
    origin = agent.url("/voice").replace("ws:", "http:")
    settings = Settings.embedded(
        webhooks={"allow_networks": []}, numbers=[{"number": "1", "voice_url": origin}]
    )
    dialer = StreamDialer(settings)
    socket = await dialer.open(agent.url("/stream"), AUTH_TOKEN)
    await socket.close()
    await dialer.close()


async def test_new_settings_count_for_what_is_opened_from_then_on(agent: StreamAgent):
    dialer = StreamDialer(Settings.embedded())
    before = await dialer.open(agent.url(), AUTH_TOKEN)
    dialer.apply(Settings.embedded(webhooks={"allow_networks": []}))
    with pytest.raises(StreamRefused):
        await dialer.open(agent.url(), AUTH_TOKEN)
    assert not before.closed
    await before.close()
    await dialer.close()


async def test_a_name_and_password_in_the_url_are_sent_and_not_signed(agent: StreamAgent):
    dialer = StreamDialer(Settings.embedded())
    socket = await dialer.open(agent.url("/x").replace("//", "//us:secret@"), AUTH_TOKEN)
    await asyncio.sleep(0)
    assert agent.streams[0].headers["Authorization"] == "Basic dXM6c2VjcmV0"
    await socket.close()
    await dialer.close()
