"""Registration with SIPp as the phone: areas P of testcases.md, T6 and T7 of robustness.md.

P07 and P14, phones that leave OPTIONS unanswered for 32 seconds, are unit tests of the registrar.
"""

import asyncio
import hashlib
import itertools
import re
from collections.abc import AsyncIterator
from math import inf
from pathlib import Path

import pytest

from tests.testkit.daemon import Daemon
from tests.testkit.raw_sip import RawUdp
from tests.testkit.sip_registration import REFRESH, UNREGISTER, RegistrationScenario, SippPhone
from tests.testkit.sip_text import SipMessage
from tests.testkit.sipp import SIPP
from tests.testkit.waiting import eventually

SETTINGS = {"sip": {"ping_interval": 1.0, "ban_failures": 0, "digest_algorithms": ["MD5", "SHA-256"]}}
AT_SIGN = "maria.test@telestax.com"
CLIENTS = [{"login": login, "password": f"pw-{login}"} for login in ("alice", "bob", AT_SIGN)]

pytestmark = pytest.mark.skipif(SIPP is None, reason="sipp is not installed")


@pytest.fixture(autouse=True)
async def nobody_stays_registered(daemon: Daemon) -> AsyncIterator[None]:
    yield
    await contacts(daemon, 0, within=40.0)


def phone(
    daemon: Daemon,
    directory: Path,
    login: str = "alice",
    *,
    password: str = "",
    as_login: str = "",
    transport: str = "UDP",
    options_answer: str = "200 OK",
) -> SippPhone:
    scenario = RegistrationScenario(login, password or f"pw-{login}", as_login)
    return SippPhone(scenario, daemon.sip, directory, transport=transport, options_answer=options_answer)


async def contacts(daemon: Daemon, count: int, within: float = 5.0) -> None:
    """Wait until so many contacts are registered."""

    def now() -> bool:
        return daemon.metrics().get("dialplane_registrar_contacts") == count

    await eventually(now, within, f"{count} contacts are registered", every=0.1, context=daemon.story)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_p01_a_phone_registers_and_unregisters(daemon, tmp_path, transport):
    async with phone(daemon, tmp_path, transport=transport) as alice:
        challenged = await alice.reached("challenged")
        challenges = [value for name, value in challenged.message.headers if name == "WWW-Authenticate"]
        assert ["SHA-256" in each for each in challenges] == [False, True]
        registered = await alice.reached("registered", "refused")
        assert registered.message.status == 200
        assert f"127.0.0.1:{alice.port}" in registered.message.header("Contact")
        assert "expires=600" in registered.message.header("Contact")
        await contacts(daemon, 1)
        assert daemon.metrics()["dialplane_registrar_clients"] == 1
        gone = await alice.do(UNREGISTER)
        assert gone.message.header("Expires") == "0"
        await contacts(daemon, 0)


@pytest.mark.parametrize(
    ("login", "more"),
    [
        ("alice", {"password": "guess"}),
        ("nobody", {}),
        ("alice", {"as_login": "bob", "password": "pw-bob"}),
    ],
)
async def test_t6_nobody_registers_for_another(daemon, tmp_path, login, more):
    async with phone(daemon, tmp_path, login, **more) as thief:
        refused = await thief.reached("registered", "refused")
        assert (refused.step, refused.message.status) == ("refused", 403)
        assert daemon.metrics()["dialplane_registrar_contacts"] == 0


async def test_p04_registering_again_keeps_one_contact(daemon, tmp_path):
    async with phone(daemon, tmp_path) as alice:
        await alice.reached("registered")
        await alice.do(REFRESH)
        await contacts(daemon, 1)
        await alice.do(UNREGISTER)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_p05_a_registered_phone_is_asked_whether_it_is_there(daemon, tmp_path, transport):
    async with phone(daemon, tmp_path, transport=transport) as alice:
        await alice.reached("registered")
        assert (await alice.pinged(2)).startswith(f"sip:127.0.0.1:{alice.port}")
        await contacts(daemon, 1)
        await alice.do(UNREGISTER)


@pytest.mark.parametrize("answer", ["503 Service Unavailable", "408 Request Timeout"])
async def test_p08_a_phone_that_answers_with_an_error_is_removed(daemon, tmp_path, answer):
    async with phone(daemon, tmp_path, options_answer=answer) as alice:
        await alice.reached("registered")
        await alice.pinged()
        await contacts(daemon, 0)


async def test_p10_a_busy_phone_stays(daemon, tmp_path):
    async with phone(daemon, tmp_path, options_answer="486 Busy Here") as alice:
        await alice.reached("registered")
        await alice.pinged(2)
        await contacts(daemon, 1)
        await alice.do(UNREGISTER)


async def test_p11_a_login_may_hold_an_at_sign(daemon, tmp_path):
    async with phone(daemon, tmp_path, AT_SIGN) as maria:
        registered = await maria.reached("registered", "refused")
        assert registered.message.status == 200
        await maria.do(UNREGISTER)


async def test_p13_a_client_registers_from_two_phones(daemon, tmp_path):
    async with phone(daemon, tmp_path) as one, phone(daemon, tmp_path, transport="TCP") as other:
        await one.reached("registered")
        await other.reached("registered")
        await contacts(daemon, 2)
        assert daemon.metrics()["dialplane_registrar_clients"] == 1
        await one.do(UNREGISTER)
        await contacts(daemon, 1)
        await other.do(UNREGISTER)


async def test_a_registration_survives_kill_9(daemon, tmp_path):
    async with phone(daemon, tmp_path) as alice:
        await alice.reached("registered")
        daemon.kill()
        daemon.start()
        await contacts(daemon, 1)
        await alice.pinged(len(alice.pings()) + 1)
        await alice.do(UNREGISTER)


NUMBERS = itertools.count(1)


def wish(method: str, login: str, port: int, credentials: str = "") -> bytes:
    number = next(NUMBERS)
    user, via = "" if method == "REGISTER" else f"{login}@", f"SIP/2.0/UDP 127.0.0.1:{port}"
    return (
        f"{method} sip:{user}127.0.0.1 SIP/2.0\r\nVia: {via};branch=z9hG4bK-{number}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:{login}@127.0.0.1>;tag={number}\r\nTo: <sip:{login}@127.0.0.1>\r\n"
        f"Call-ID: scan-{number}\r\nCSeq: 1 {method}\r\nContact: <sip:x@127.0.0.1:{port}>\r\n"
        f"{credentials}Content-Length: 0\r\n\r\n"
    ).encode()


def guess(method: str, login: str, challenge: SipMessage) -> str:
    """Credentials with a wrong password, as a header line."""
    nonce = next(iter(re.findall('nonce="([^"]+)"', str(challenge.headers))), "none")
    secret = hashlib.md5(f"{login}:dialplane:guess".encode()).hexdigest()
    about = hashlib.md5(f"{method}:sip:127.0.0.1".encode()).hexdigest()
    answer = hashlib.md5(f"{secret}:{nonce}:00000001:c:auth:{about}".encode()).hexdigest()
    name = "Authorization" if method == "REGISTER" else "Proxy-Authorization"
    return (
        f'{name}: Digest username="{login}", realm="dialplane", nonce="{nonce}", uri="sip:127.0.0.1", '
        f'algorithm=MD5, qop=auth, nc=00000001, cnonce="c", response="{answer}"\r\n'
    )


def shape(answer: SipMessage) -> tuple[int, list[str]]:
    """What a scanner can compare: the status and the names of the headers."""
    return answer.status, [name for name, _ in answer.headers]


@pytest.mark.hostile("T7", sent="a scan of logins")
@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "OPTIONS"])
async def test_t7_a_scan_cannot_tell_known_from_unknown_logins(daemon, method):
    raw = await RawUdp.open(daemon.sip)
    try:
        seen: dict[str, list[object]] = {"alice": [], "nobody": []}
        least = dict.fromkeys(seen, inf)
        # What else is busy only adds to a time: the least of ever more tells what an answer takes.
        for number in range(200):
            if number >= 15 and abs(least["alice"] - least["nobody"]) < 0.002:
                break
            for login in seen:
                first = await raw.ask(wish(method, login, raw.port))
                raw.answers.clear()
                began = asyncio.get_running_loop().time()
                second = await raw.ask(wish(method, login, raw.port, guess(method, login, first)))
                least[login] = min(least[login], raw.answered_at - began)
                seen[login] += [shape(first), shape(second)]
        assert seen["alice"] == seen["nobody"]
        assert abs(least["alice"] - least["nobody"]) < 0.002
    finally:
        raw.close()
