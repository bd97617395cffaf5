"""Texts by SIP MESSAGE and mails, as rows T01 to T08 have them: SIPp, baresip and a mail server as peers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.sip_texts import Writers, WritingScenario

PASSWORD = "wonderland7"
TRUNK_PORT, SECOND_TRUNK_PORT = free_port(), free_port()

SETTINGS: dict[str, Any] = {
    "clients": [{"login": login, "password": PASSWORD} for login in ("alice", "maria", "1313", "carol")],
}

GREEK = "Καλημέρα κόσμε, αυτό είναι ένα μήνυμα. "


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [
        {"number": "3000", "voice_url": port.url("/call")},
        {"number": "2222", "voice_url": port.url("/call"), "sms_url": port.url("/text"), "sms_method": "GET"},
    ]


@pytest.fixture
async def writers(daemon: Daemon, phones: Phones, tmp_path: Path) -> AsyncIterator[Writers]:
    return Writers(daemon.sip, tmp_path)


async def test_t01_a_document_sends_a_text_to_a_registered_client(
    daemon: Daemon, phones: Phones, writers: Writers, application: FakeApplication
):
    application.answer(
        "/call",
        '<Response><Sms to="alice" from="+12223334499" action="/done" statusCallback="/told">'
        "Hello World!</Sms></Response>",
    )
    application.answer("/done", "<Response/>")
    application.answer("/told", "")
    async with writers.client("alice", PASSWORD) as alice:
        call = await (await phones.dial("3000")).answered()
        text = await alice.text()
        await call.ended_by_server()
    assert text.body == "Hello World!"
    assert text.header("From").startswith('"+12223334499" <sip:+12223334499@')
    done = await application.request_to("/done")
    assert (done["SmsStatus"], done["SmsSid"][:2]) == ("sent", "SM")
    await application.request_to("/told", 2)
    told = application.requests_to("/told")
    assert [(each["SmsSid"], each["SmsStatus"]) for each in told] == [
        (done["SmsSid"], "sent"),
        (done["SmsSid"], "delivered"),
    ]


async def test_t02_a_text_to_a_number_runs_its_document_which_writes_to_a_client(
    writers: Writers, application: FakeApplication
):
    application.answer("/text", '<Response><Sms to="alice">Hello World!</Sms></Response>')
    async with writers.client("alice", PASSWORD) as alice:
        answer = await writers.write(WritingScenario("2222", "Are you there?"))
        assert answer.status == 202
        text = await alice.text()
    assert text.body == "Hello World!"
    asked = await application.request_to("/text")
    assert asked.method == "GET"
    assert (asked["From"], asked["To"], asked["Body"]) == ("bob", "2222", "Are you there?")
    assert asked.get("CallSid") is None
