"""Transfers between three softphones without an application: who talks to whom is heard by pitch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.testkit.baresip import BARESIP, Baresip
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone
from tests.testkit.softphones import PASSWORD, Softphones
from tests.testkit.waiting import eventually

LOGINS = ("alice", "bob", "carol", "dora", "emil", "fritz", "gina", "hans", "ida", "jana", "karl", "lea")
SETTINGS = {"clients": [{"login": login, "password": PASSWORD} for login in LOGINS]}
ALICE, BOB, CAROL = 500, 900, 1700


@pytest.fixture
async def softphones(daemon: Daemon, tmp_path: Path) -> AsyncIterator[Softphones]:
    if BARESIP is None:
        pytest.skip("baresip is not installed")
    async with AsyncExitStack() as stack:
        yield Softphones(daemon.sip, tmp_path, stack)


async def three(softphones: Softphones, logins: tuple[str, str, str]) -> tuple[Baresip, Baresip, Baresip]:
    alice, bob, carol = logins
    return (
        await softphones.add(alice, ALICE),
        await softphones.add(bob, BOB),
        await softphones.add(carol, CAROL),
    )


async def hears(phone: Baresip, frequency: float, seconds: float = 0.4) -> None:
    """Wait until a phone hears more of a pitch than it has heard until now."""
    before = seconds_of_tone(phone.heard(), frequency)
    await eventually(
        lambda: seconds_of_tone(phone.heard(), frequency) - before > seconds,
        10,
        f"a phone hears {frequency} Hz",
        context=phone.story,
    )


async def test_a_blind_transfer_connects_the_caller_to_the_target(daemon: Daemon, softphones: Softphones):
    alice, bob, carol = await three(softphones, ("alice", "bob", "carol"))
    host, port = daemon.sip
    await alice.dial(f"sip:bob@{host}:{port}")
    await hears(alice, BOB)
    await bob.transfer(f"sip:carol@{host}:{port}")
    await bob.event("CALL_CLOSED")
    await hears(alice, CAROL)
    await hears(carol, ALICE)
    await alice.hang_up()
    await carol.event("CALL_CLOSED")
    await daemon.clean()


async def consult(daemon: Daemon, transferor: Baresip, to_consult: str) -> None:
    """Let a phone hold its call and call another one."""
    host, port = daemon.sip
    await transferor.command("hold")
    await transferor.dial(f"sip:{to_consult}@{host}:{port}")
    await hears(transferor, CAROL)


async def attended(
    daemon: Daemon, transferor: Baresip, to_consult: str, talking: Baresip, consulted: Baresip
) -> None:
    """Let a phone with two calls connect its other sides."""
    host, port = daemon.sip
    second = await transferor.established(2)
    await transferor.command("line", "1")
    await transferor.transfer(f"<sip:{to_consult}@{host}:{port}?Replaces={transferor.replaces(second)}>")
    await eventually(
        lambda: sum(event.get("type") == "CALL_CLOSED" for event in transferor.events) == 2,
        10,
        "both calls of the transferor are over",
        context=transferor.story,
    )
    await hears(talking, CAROL)
    await hears(consulted, ALICE)
    assert daemon.metrics()["dialplane_calls_active"] == 2


@pytest.mark.parametrize(
    ("logins", "was_called"),
    [(("dora", "emil", "fritz"), True), (("gina", "hans", "ida"), False)],
    ids=["was_called", "made_both_calls"],
)
async def test_an_attended_transfer_by_who_consulted_somebody(
    daemon: Daemon, softphones: Softphones, logins: tuple[str, str, str], was_called: bool
):
    alice, bob, carol = await three(softphones, logins)
    caller, called, first, last = (
        (alice, logins[1], alice, carol) if was_called else (bob, logins[0], carol, alice)
    )
    host, port = daemon.sip
    await caller.dial(f"sip:{called}@{host}:{port}")
    await hears(alice, BOB)
    await consult(daemon, bob, logins[2])
    await attended(daemon, bob, logins[2], alice, carol)
    await first.hang_up()
    await last.event("CALL_CLOSED")
    await daemon.clean()


async def test_an_attended_transfer_by_who_was_called_twice(daemon: Daemon, softphones: Softphones):
    alice, bob, carol = await three(softphones, ("jana", "karl", "lea"))
    host, port = daemon.sip
    await alice.dial(f"sip:karl@{host}:{port}")
    await hears(alice, BOB)
    await bob.command("hold")
    await carol.dial(f"sip:karl@{host}:{port}")
    await hears(carol, BOB)
    await attended(daemon, bob, "lea", alice, carol)
    await carol.hang_up()
    await alice.event("CALL_CLOSED")
    await daemon.clean()
