"""Candidates that STUN and TURN servers tell: coturn is one."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from engine.legs.ice_servers import short_lived
from media.plane.plane import MediaPlane
from media.webrtc.ice import IceOptions, TurnServer
from tests.testkit.coturn import PASSWORD, TURNSERVER, USER, Coturn
from tests.testkit.webrtc_pair import HOST, Pair

pytestmark = pytest.mark.skipif(TURNSERVER is None, reason="coturn is not installed")


@pytest.fixture
async def coturn(tmp_path) -> AsyncIterator[Coturn]:
    async with Coturn(tmp_path) as started:
        yield started


def behind(relay: Coturn, password: str, user: str = USER) -> IceOptions:
    """Return the options of who can use a relay."""
    return IceOptions(HOST, turn_servers=(TurnServer(relay.address, lambda: (user, password)),))


async def gathered(pair: Pair) -> None:
    await asyncio.gather(pair.caller.path.gather(), pair.callee.path.gather())


async def test_sound_passes_over_a_relay_both_ways(plane: MediaPlane, coturn: Coturn):
    pair = Pair.of(
        plane, IceOptions(HOST, turn_servers=(TurnServer(coturn.address, lambda: (USER, PASSWORD)),))
    )
    await gathered(pair)
    assert [text.split()[7] for text in pair.callee.path.local.candidates] == ["host", "relay"]
    pair.agree(only="relay")
    await pair.established()
    assert pair.caller.path.is_relayed or pair.callee.path.is_relayed
    await pair.caller.speaks_to(pair.callee, 700)
    await pair.callee.speaks_to(pair.caller, 1500)
    pair.close()


@pytest.mark.parametrize(("seconds", "candidates"), [(60, ["host", "relay"]), (-60, ["host"])])
async def test_a_relay_with_a_secret_takes_credentials_until_they_end(
    plane: MediaPlane, tmp_path, seconds: int, candidates: list[str]
):
    user = short_lived("north", "alice", int(time.time()) + seconds)
    async with Coturn(tmp_path, secret="north") as coturn:
        pair = Pair.of(plane, behind(coturn, user.password, user.username))
        await gathered(pair)
        assert [text.split()[7] for text in pair.callee.path.local.candidates] == candidates
        pair.close()


async def test_a_stun_server_tells_where_our_port_is_seen(plane: MediaPlane, coturn: Coturn):
    pair = Pair.of(plane, IceOptions(HOST, stun_servers=(coturn.address,)))
    await gathered(pair)
    port = pair.caller.leg.local_port
    reflexive = [text.split() for text in pair.caller.path.local.candidates if "srflx" in text]
    assert [(words[4], int(words[5])) for words in reflexive] == [(HOST, port)]
    pair.close()


async def test_a_wrong_password_costs_the_relay_and_nothing_else(plane: MediaPlane, coturn: Coturn):
    pair = Pair.of(
        plane, IceOptions(HOST, turn_servers=(TurnServer(coturn.address, lambda: (USER, "guess")),))
    )
    await gathered(pair)
    assert len(pair.callee.path.local.candidates) == 1
    pair.agree()
    await pair.established()
    await pair.caller.speaks_to(pair.callee, 700)
    pair.close()


async def test_a_server_that_is_silent_holds_up_nothing_for_long(
    plane: MediaPlane, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("media.webrtc.path.GATHERED_WITHIN", 0.2)
    pair = Pair.of(plane, IceOptions(HOST, stun_servers=((HOST, 9),)))
    begun = asyncio.get_running_loop().time()
    await gathered(pair)
    assert asyncio.get_running_loop().time() - begun < 2.0
    pair.close()
