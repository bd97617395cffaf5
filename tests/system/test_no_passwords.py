"""Row P16 of testcases.md: with `authenticate = false` no client is asked who it is."""

from __future__ import annotations

from pathlib import Path

from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.raw_sip import RawUdp

CARRIER = free_port()
CLIENTS = [{"login": login, "password": "wonderland7"} for login in ("maria", "dimitri")]
SETTINGS = {
    "sip": {"authenticate": False, "ping_interval": 0.0},
    "trunks": [{"name": "carrier", "uri": f"sip:127.0.0.1:{CARRIER}", "prefixes": ["+1"]}],
}


async def register(daemon: Daemon, login: str, port: int, expires: int = 600) -> int:
    """Send one REGISTER without credentials and return the status of its answer."""
    raw = await RawUdp.open(daemon.sip)
    request = (
        "REGISTER sip:127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{raw.port};branch=z9hG4bK-{login}{expires}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:{login}@127.0.0.1>;tag=p16\r\nTo: <sip:{login}@127.0.0.1>\r\n"
        f"Contact: <sip:{login}@127.0.0.1:{port}>\r\nExpires: {expires}\r\n"
        f"Call-ID: {login}-{expires}\r\nCSeq: {1000 - expires} REGISTER\r\nContent-Length: 0\r\n\r\n"
    )
    answer = await raw.ask(request.encode())
    raw.close()
    return answer.status


async def test_p16_a_client_registers_and_is_called_without_credentials(
    phones: Phones, callees: Callees, daemon: Daemon, tmp_path: Path
):
    dimitri = await callees.add()
    assert await register(daemon, "dimitri", dimitri.sip.port) == 200
    assert await register(daemon, "nobody", dimitri.sip.port) == 403
    call = await (await phones.dial("dimitri", from_user="maria")).answered()
    await dimitri.answered()
    call.voice.say_nowait(tone(700, 3))
    await dimitri.voice.hears(700, 0.3)
    await call.hang_up()
    await dimitri.hung_up_on()
    assert await register(daemon, "dimitri", dimitri.sip.port, 0) == 200


async def test_p16_a_client_dials_out_without_credentials_and_a_stranger_does_not(
    phones: Phones, callees: Callees
):
    george = await callees.add(port=CARRIER)
    stranger = await phones.dial("+131313", from_user="nobody")
    assert (await stranger.refused()).status == 403
    call = await (await phones.dial("+131313", from_user="maria")).answered()
    await george.answered()
    await call.hang_up()
    await george.hung_up_on()
