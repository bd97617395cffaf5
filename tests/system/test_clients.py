"""Registered softphones that call each other and are dialled: baresip at both ends."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.baresip import BARESIP
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.softphones import PASSWORD, Softphones
from tests.testkit.waiting import eventually

SETTINGS = {
    "clients": [
        {"login": login, "password": PASSWORD} for login in ("alice", "maria", "carol", "dave", "erin")
    ],
}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


@pytest.fixture
async def softphones(daemon: Daemon, tmp_path: Path) -> AsyncIterator[Softphones]:
    if BARESIP is None:
        pytest.skip("baresip is not installed")
    async with AsyncExitStack() as stack:
        yield Softphones(daemon.sip, tmp_path, stack)


async def test_q01_clients_call_each_other_and_hear_each_other(daemon: Daemon, softphones: Softphones):
    alice, maria = await softphones.add("alice", 700), await softphones.add("maria", 1500)
    host, port = daemon.sip
    await maria.dial(f"sip:alice@{host}:{port}")
    await eventually(
        lambda: seconds_of_tone(maria.heard(), 700) > 0.5, 8, "maria hears alice", context=maria.story
    )
    await eventually(
        lambda: seconds_of_tone(alice.heard(), 1500) > 0.5, 8, "alice hears maria", context=alice.story
    )
    await maria.hang_up()
    await alice.event("CALL_CLOSED")
    await daemon.clean()


async def test_c02_a_document_dials_a_registered_client(
    phones: Phones, softphones: Softphones, application: FakeApplication
):
    application.answer("/dial", "<Response><Dial><Client>carol</Client></Dial></Response>")
    carol = await softphones.add("carol", 700)
    call = await (await phones.dial("3000")).answered()
    call.voice.say_nowait(tone(1100, 6))
    await call.voice.hears(700, 0.5)
    await eventually(lambda: seconds_of_tone(carol.heard(), 1100) > 0.5, 8, "carol hears the caller")
    await call.hang_up()
    await carol.event("CALL_CLOSED")


async def test_a_client_who_is_not_registered_ends_the_dial_as_failed(
    phones: Phones, application: FakeApplication
):
    application.answer("/dial", '<Response><Dial action="/done"><Client>nobody</Client></Dial></Response>')
    application.answer("/done", "<Response/>")
    call = await (await phones.dial("3000")).answered()
    assert (await application.request_to("/done"))["DialCallStatus"] == "failed"
    await call.ended_by_server()


async def test_m04_a_client_is_called_and_its_document_runs(
    daemon: Daemon, softphones: Softphones, application: FakeApplication
):
    dave = await softphones.add("dave", 700)
    application.serve_sound("/tone.wav", tone(1500, 3))
    placed = await daemon.place(
        "client:dave", Twiml=f"<Response><Play>{application.url('/tone.wav')}</Play></Response>"
    )
    await eventually(
        lambda: seconds_of_tone(dave.heard(), 1500) > 0.5, 8, "dave hears the document", context=dave.story
    )
    await dave.event("CALL_CLOSED")
    await daemon.clean()
    assert (daemon.call(placed["sid"])["status"], placed["to"]) == ("completed", "client:dave")


async def test_m07_all_phones_of_a_client_ring_and_the_first_who_answers_has_the_call(
    daemon: Daemon, softphones: Softphones, application: FakeApplication
):
    application.answer("/status", "")
    silent = await softphones.add("erin", 700, answers=False)
    answers = await softphones.add("erin", 700)
    placed = await daemon.place(
        "client:erin",
        Twiml="<Response><Pause length='60'/></Response>",
        StatusCallback=application.url("/status"),
    )
    assert len({call["sid"] for call in placed}) == 2
    await answers.event("CALL_ESTABLISHED")
    await silent.event("CALL_CLOSED")
    await eventually(
        lambda: sorted(daemon.call(call["sid"])["status"] for call in placed) == ["canceled", "in-progress"],
        5,
        "one call goes on",
    )
    await answers.hang_up()
    await daemon.clean()
    assert sorted(daemon.call(call["sid"])["status"] for call in placed) == ["canceled", "completed"]


@pytest.mark.parametrize("door", ["/phone/token/ready", "/console/key"])
async def test_serve_signs_nobody_in_without_a_password(daemon: Daemon, door: str):
    assert daemon.get("/phone/settings.json").json["ready_login"] == ""
    assert daemon.get("/console/settings.json").json["ready"] is False
    headers = {"Origin": daemon.http}
    request = urllib.request.Request(f"{daemon.http}{door}", method="POST", headers=headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        await asyncio.to_thread(urllib.request.urlopen, request, timeout=5)
    with refused.value as error:
        assert error.code == 404
