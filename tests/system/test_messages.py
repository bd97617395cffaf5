"""Texts by SIP MESSAGE and mails, as rows T01 to T08 have them: SIPp, baresip and a mail server as peers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.baresip import BARESIP, Baresip
from tests.testkit.daemon import ACCOUNT_SID, AUTH_TOKEN, Daemon
from tests.testkit.outside_sound import silence
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.sip_texts import ReceivingScenario, Writers, WritingScenario
from tests.testkit.smtp_server import SmtpServer
from tests.testkit.waiting import eventually

PASSWORD = "wonderland7"
TRUNK_PORT, SECOND_TRUNK_PORT, MAIL_PORT = free_port(), free_port(), free_port()
LOGINS = ("alice", "maria", "1313", "carol", "dave", "offline")

SETTINGS: dict[str, Any] = {
    "clients": [{"login": login, "password": PASSWORD} for login in LOGINS],
    "trunks": [
        {"name": "overloaded", "uri": f"sip:127.0.0.1:{TRUNK_PORT}", "prefixes": ["+44"]},
        {
            "name": "carrier",
            "uri": f"sip:127.0.0.1:{SECOND_TRUNK_PORT}",
            "prefixes": ["+"],
            "username": "us",
            "password": "secret",
        },
    ],
    "sip": {"ping_interval": 0.0},
    "email": {"host": "127.0.0.1", "port": MAIL_PORT, "starttls": False, "from": "PBX <pbx@example.com>"},
}

GREEK = "Καλημέρα κόσμε, αυτό είναι ένα μήνυμα."


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [
        {"number": "3000", "voice_url": port.url("/call")},
        {"number": "2222", "voice_url": port.url("/call"), "sms_url": port.url("/text")},
    ]


@pytest.fixture
async def writers(daemon: Daemon, phones: Phones, tmp_path: Path) -> Writers:
    return Writers(daemon.sip, tmp_path)


async def test_t01_a_document_sends_a_text_to_a_registered_client(
    phones: Phones, writers: Writers, application: FakeApplication
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
    told = [(each["SmsSid"], each["SmsStatus"]) for each in application.requests_to("/told")]
    assert told == [(done["SmsSid"], "sent"), (done["SmsSid"], "delivered")]


async def test_t02_a_text_to_a_number_runs_its_document_which_writes_to_a_client(
    daemon: Daemon, writers: Writers, application: FakeApplication
):
    application.answer("/text", '<Response><Sms to="alice">Hello World!</Sms></Response>')
    async with writers.client("alice", PASSWORD) as alice:
        answer = await writers.write(WritingScenario("2222", "Are you there?"))
        assert answer.status == 202
        assert (await alice.text()).body == "Hello World!"
    asked = await application.request_to("/text")
    assert (asked.method, asked.get("CallSid")) == ("POST", None)
    # SIPp's templates end with a line break, which is text here.
    assert (asked["From"], asked["To"], asked["Body"].strip()) == ("bob", "2222", "Are you there?")
    listed = daemon.resource("SMS/Messages.json?From=2222")["messages"]
    assert (listed[0]["to"], listed[0]["status"], listed[0]["direction"]) == (
        "alice", "delivered", "outbound-reply",
    )  # fmt: skip


@pytest.mark.parametrize("words", [GREEK, " ".join([GREEK] * 90)], ids=["greek", "huge"])
async def test_t04_a_text_in_greek_and_a_huge_one_arrive_as_they_were_written(
    writers: Writers, application: FakeApplication, words: str
):
    application.answer("/text", f'<Response><Sms to="alice">{words}</Sms></Response>')
    async with writers.client("alice", PASSWORD) as alice:
        assert (await writers.write(WritingScenario("2222", words))).status == 202
        text = await alice.text()
    assert text.body == words
    assert text.header("Content-Type") == "text/plain;charset=UTF-8"
    assert (await application.request_to("/text"))["Body"].strip() == words


async def test_t05_a_text_to_a_number_that_is_a_client_carries_the_senders_headers(
    writers: Writers, application: FakeApplication
):
    application.answer("/text", '<Response><Sms to="1313">Hello World!</Sms></Response>')
    async with writers.client("1313", PASSWORD) as phone:
        headers = (("X-Ticket", "12"), ("X-Queue", "gold"))
        assert (await writers.write(WritingScenario("2222", "Hi", headers=headers))).status == 202
        text = await phone.text()
    assert (text.header("X-Ticket"), text.header("X-Queue")) == ("12", "gold")
    assert (await application.request_to("/text"))["SipHeader_X-Ticket"] == "12"


async def test_t05_a_number_is_reached_through_the_next_trunk_which_asks_for_a_password(
    phones: Phones, writers: Writers, application: FakeApplication
):
    application.answer(
        "/call", '<Response><Sms to="+4420555?X-A=1" from="3000" action="/done">Hello!</Sms></Response>'
    )
    application.answer("/done", "<Response/>")
    busy = ReceivingScenario(answer="503 Service Unavailable")
    asking = ReceivingScenario(answer="202 Accepted", realm="carrier")
    async with (
        writers.reader(busy, port=TRUNK_PORT) as first,
        writers.reader(asking, port=SECOND_TRUNK_PORT) as second,
    ):
        call = await (await phones.dial("3000")).answered()
        await first.text()
        text = await second.text()
        await call.ended_by_server()
    assert (text.body, text.header("X-A")) == ("Hello!", "1")
    assert 'username="us"' in text.header("Proxy-Authorization")
    assert text.first_line.startswith("MESSAGE sip:+4420555@127.0.0.1:")
    assert (await application.request_to("/done"))["SmsStatus"] == "sent"


async def test_t07_the_rest_api_sends_to_clients_addresses_and_numbers(
    daemon: Daemon, writers: Writers, application: FakeApplication
):
    application.answer("/told", "")
    async with writers.reader() as reader:
        made = await daemon.ask(
            "POST",
            "SMS/Messages.json",
            *{
                "To": f"sip:henry@127.0.0.1:{reader.port}",
                "From": "+15550100",
                "Body": GREEK,
                "StatusCallback": application.url("/told"),
                "X-Ticket": "12",
            }.items(),
        )
        text = await reader.text()
    assert made.status == 200, made.body
    assert (text.body, text.header("X-Ticket")) == (GREEK, "12")
    await application.request_to("/told", 2)
    shown = daemon.resource(f"SMS/Messages/{made.json['sid']}.json")
    assert (shown["status"], shown["direction"], shown["body"]) == ("delivered", "outbound-api", GREEK)
    refused = await daemon.ask(
        "POST",
        "SMS/Messages.json",
        *{
            "To": "client:offline",
            "From": "+15550100",
            "Body": "x",
            "StatusCallback": application.url("/told"),
        }.items(),
    )
    told = await application.request_to("/told", 3)
    assert (told["SmsSid"], told["SmsStatus"], told["ErrorCode"]) == (refused.json["sid"], "failed", "11008")


async def test_t07_the_twilio_sdk_sends_and_lists(daemon: Daemon, writers: Writers):
    from twilio.rest import Client  # type: ignore[import-untyped]

    def send(port: int) -> Any:
        client = Client(ACCOUNT_SID, AUTH_TOKEN)
        client.api.base_url = daemon.http
        sent = client.messages.create(to=f"sip:henry@127.0.0.1:{port}", from_="+15550199", body="Hello")
        return sent, [message.sid for message in client.messages.list(from_="+15550199", limit=5)]

    async with writers.reader() as reader:
        sent, listed = await asyncio.to_thread(send, reader.port)
        assert (await reader.text()).body == "Hello"
    assert (sent.status, sent.direction, sent.api_version) == ("queued", "outbound-api", "2010-04-01")
    assert listed == [sent.sid]


async def test_t08_a_client_that_proves_itself_writes_to_another(daemon: Daemon, writers: Writers):
    async with writers.client("maria", PASSWORD) as maria:
        answer = await writers.write(
            WritingScenario("maria", "Hi Maria", "alice", PASSWORD, headers=(("X-A", "1"),))
        )
        text = await maria.text()
    assert answer.status == 200
    assert (text.body.strip(), text.header("X-A")) == ("Hi Maria", "1")
    assert "sip:alice@" in text.header("From")


@pytest.mark.parametrize(
    ("scenario", "status"),
    [
        (WritingScenario("offline", "x", "alice", PASSWORD), 480),
        (WritingScenario("nobody", "x", "alice", PASSWORD), 404),
        (WritingScenario("3000", "x", "alice", PASSWORD), 404),
        (WritingScenario("maria", "x"), 407),
        (WritingScenario("nobody", "x"), 407),
        (WritingScenario("maria", "x", "alice", "guess"), 403),
        (WritingScenario("2222", "<x/>", content_type="application/xml"), 415),
    ],
    ids=["offline", "unknown", "voice-only", "stranger", "stranger-unknown", "guess", "type"],
)
async def test_t11_a_text_that_cannot_be_delivered_is_refused_and_strangers_learn_nothing(
    writers: Writers, scenario: WritingScenario, status: int
):
    assert (await writers.write(scenario)).status == status


@pytest.mark.skipif(BARESIP is None, reason="baresip is not installed")
async def test_baresips_write_to_each_other_and_to_a_number(
    daemon: Daemon, application: FakeApplication, tmp_path: Path
):
    application.answer("/text", "<Response><Message>You wrote to us.</Message></Response>")
    host, port = daemon.sip
    async with AsyncExitStack() as stack:
        phones = []
        for login, contact in (("carol", "dave"), ("dave", "2222")):
            account = (
                f"<sip:{login}@{host}:{port};transport=udp>;auth_user={login};auth_pass={PASSWORD};regint=60"
            )
            to = f"sip:{contact}@{host}:{port}"
            phone = Baresip(tmp_path / login, silence(1), account=account, contact=to)
            phones.append(await stack.enter_async_context(phone))
            await phone.registered()
        carol, dave = phones
        await carol.write("Hello Dave")
        await eventually(lambda: "Hello Dave" in dave.shown, 8, "dave reads it", context=dave.story)
        await dave.write("Hello number")
        asked = await application.request_to("/text")
        assert (asked["From"], asked["Body"]) == ("dave", "Hello number")
        await eventually(
            lambda: "You wrote to us." in dave.shown, 8, "dave reads the reply", context=dave.story
        )


async def test_an_email_is_sent_after_the_caller_is_gone_and_reaches_the_mail_server(
    phones: Phones, application: FakeApplication
):
    application.answer("/call", '<Response><Record action="/kept" playBeep="false"/></Response>')
    application.answer(
        "/kept",
        '<Response><Email to="Desk &lt;desk@example.com&gt;" bcc="boss@example.com" subject="Κλήση"'
        f' action="/done" statusCallback="/told">{GREEK}</Email></Response>',
    )
    application.answer("/done", "<Response/>")
    application.answer("/told", "")
    async with SmtpServer(port=MAIL_PORT) as server:
        call = await (await phones.dial("3000")).answered()
        await call.voice.say(silence(1))
        await call.hang_up()
        assert (await application.request_to("/done"))["EmailStatus"] == "sent"
        mail = await server.mail()
    assert (mail.sender, mail.recipients) == ("pbx@example.com", ("desk@example.com", "boss@example.com"))
    assert (mail.mail["Subject"], mail.text.strip()) == ("Κλήση", GREEK)
    assert "boss" not in str(mail.mail)
    told = await application.request_to("/told")
    assert (told["EmailStatus"], told["EmailSid"][:2]) == ("sent", "EM")


async def test_the_rest_api_sends_a_mail(daemon: Daemon, phones: Phones):
    async with SmtpServer(port=MAIL_PORT) as server:
        made = await daemon.ask(
            "POST",
            "Email/Messages.json",
            *{"To": "a@example.com", "Body": "Hello", "Subject": "News\r\nBcc: x@example.com"}.items(),
        )
        mail = await server.mail()
    assert made.status == 200, made.body
    assert (mail.recipients, mail.mail["Subject"]) == (("a@example.com",), "News Bcc: x@example.com")
