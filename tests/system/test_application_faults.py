"""The application is down, slow or wrong: the caller is told, and the notifications say why."""

from dataclasses import dataclass

import pytest

from tests.testkit.application import FakeApplication, Reply
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_sound, tone
from tests.testkit.phone import Call, Phones
from tests.testkit.waiting import eventually

SETTINGS = {
    "webhooks": {"connect_timeout": 1.0, "timeout": 1.5},
    "rcml": {"apology_text": "We are sorry, goodbye."},
}


@dataclass(frozen=True)
class Fault:
    """A wrong answer, and what the notification about it must mention."""

    reply: Reply
    codes: tuple[int, ...] = ()
    mentions: tuple[str, ...] = ("",)
    """One of these texts."""
    reason: str = "Problem while trying to download RCML"
    """What the Reason header says (rcml.md sections 1 and 2.4)."""


UNREADABLE = "Problem_to_parse_downloaded_RCML"
BOMB = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Response><Say>&b;</Say></Response>'
FAULTS = {
    "404": Fault(Reply("not here", 404, "text/plain"), (21402, 11206), ("URL Not Found", "404")),
    "408": Fault(Reply("", 408), (11206,), ("408",)),
    "500": Fault(Reply("<h1>Oops</h1>", 500, "text/html"), (11206,), ("500",)),
    "html": Fault(
        Reply("<html><body><p>Oops<br></body></html>", content_type="text/html"),
        (),
        ("line 1",),
        reason=UNREADABLE,
    ),
    "json": Fault(
        Reply('{"say": "hello"}', content_type="application/json"),
        (),
        ("application/json",),
        reason=UNREADABLE,
    ),
    "no-content-type": Fault(
        Reply("<Response/>", content_type=None), (), ("Content-Type",), reason=UNREADABLE
    ),
    "malformed": Fault(
        Reply("<Response>\n<Say>Hello</Play>\n</Response>"), (), ("line 2",), reason=UNREADABLE
    ),
    "entities": Fault(Reply(BOMB), (), ("line 1",), reason=UNREADABLE),
    "oversized": Fault(Reply("<Response>" + "<Say>again</Say>" * 100_000 + "</Response>")),
    "no-http": Fault(Reply(raw=b"\x00\x01\x02 this is no HTTP\r\n\r\n"), (11206,)),
    "closed-early": Fault(Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<Resp"), (11206,)),
    "hanging": Fault(Reply(hangs=True), (11205,), ("1.5 s",)),
    "dripping": Fault(Reply("<Response><Say>Hello</Say></Response>", drip=0.1), (11205,), ("1.5 s",)),
}


async def notified(daemon: Daemon, call: Call, fault: Fault, path: str) -> None:
    """Wait for the notification of a fault and check what it says."""
    noted = await eventually(
        lambda: daemon.notifications(call.call_sid), 5.0, "a notification is stored", context=daemon.story
    )
    assert all(int(each["log"]) == 0 for each in noted)
    assert any(path in str(each["request_url"]) for each in noted), noted
    if fault.codes:
        assert {int(each["error_code"]) for each in noted} & set(fault.codes), noted
    texts = " | ".join(each["message_text"] for each in noted)
    assert any(mention in texts for mention in fault.mentions), noted


@pytest.mark.parametrize("name", FAULTS)
async def test_before_the_answer_the_caller_gets_500_with_a_reason(
    phones: Phones, application: FakeApplication, daemon: Daemon, name: str
):
    fault = FAULTS[name]
    application.answer("/1111", fault.reply)
    call = await phones.dial("1111")
    refusal = await call.refused()
    assert refusal.status == 500
    assert refusal.header("Reason") == f'SIP;cause=500;text="{fault.reason}"'
    assert call.sip.steps[:2] == ["started", "provisional"]
    await notified(daemon, call, fault, "/1111")


@pytest.mark.parametrize("name", ["404", "malformed", "json", "hanging"])
async def test_before_the_answer_the_fallback_is_used(
    phones: Phones, application: FakeApplication, daemon: Daemon, name: str
):
    application.answer("/main", FAULTS[name].reply)
    application.answer("/fallback", "<Response><Play>/600.wav</Play></Response>")
    application.serve_sound("/600.wav", tone(600, 0.4))
    call = await (await phones.dial("2000")).answered()
    await call.ended_by_server()
    await call.voice.hears(600, 0.36, within=0.1)
    asked = await application.request_to("/fallback")
    assert asked["CallSid"] == call.call_sid
    assert asked["To"] == "2000"
    await notified(daemon, call, FAULTS[name], "/main")


@pytest.mark.parametrize("name", FAULTS)
async def test_after_the_answer_the_caller_hears_an_apology(
    phones: Phones, application: FakeApplication, daemon: Daemon, name: str
):
    application.answer("/1111", "<Response><Play>/600.wav</Play><Redirect>/broken</Redirect></Response>")
    application.serve_sound("/600.wav", tone(600, 0.3))
    application.answer("/broken", FAULTS[name].reply)
    call = await (await phones.dial("1111")).answered()
    await application.request_to("/broken")
    bye = await call.ended_by_server()
    assert bye.message.header("Reason") == f'SIP;text="{FAULTS[name].reason}"'
    assert seconds_of_sound(call.voice.heard(since=call.voice.last_heard(600))) > 0.6, (
        call.voice.description()
    )
    await notified(daemon, call, FAULTS[name], "/broken")


async def test_after_the_answer_the_fallback_is_used(phones: Phones, application: FakeApplication):
    application.answer("/main", "<Response><Play>/600.wav</Play><Redirect>/broken</Redirect></Response>")
    application.serve_sound("/600.wav", tone(600, 0.3))
    application.answer("/fallback", "<Response><Play>/850.wav</Play></Response>")
    application.serve_sound("/850.wav", tone(850, 0.4))
    call = await (await phones.dial("2000")).answered()
    await call.ended_by_server()
    await call.voice.hears(850, 0.36, within=0.1)
    assert len(application.requests_to("/broken")) == 1


async def test_a_fallback_that_fails_too_ends_with_500(phones: Phones, application: FakeApplication):
    application.answer("/main", FAULTS["500"].reply)
    application.answer("/fallback", FAULTS["malformed"].reply)
    call = await phones.dial("2000")
    assert (await call.refused()).status == 500
    assert len(application.requests_to("/fallback")) == 1


async def test_an_application_that_is_down_gets_the_caller_500(phones: Phones, daemon: Daemon):
    call = await phones.dial("4000")
    refusal = await call.refused()
    assert refusal.status == 500
    assert refusal.header("Reason")
    await notified(daemon, call, Fault(Reply(), (11205,)), "/answer")


@pytest.mark.hostile("W1", sent="an application that is down")
async def test_an_application_that_is_down_is_replaced_by_the_fallback(
    phones: Phones, application: FakeApplication
):
    application.answer("/fallback", "<Response><Play>/600.wav</Play></Response>")
    application.serve_sound("/600.wav", tone(600, 0.4))
    call = await (await phones.dial("4001")).answered()
    await call.ended_by_server()
    await call.voice.hears(600, 0.36, within=0.1)


async def test_a_slow_application_is_waited_for_while_it_rings(phones: Phones, application: FakeApplication):
    application.answer("/1111", Reply("<Response><Hangup/></Response>", delay=1.0))
    call = await phones.dial("1111")
    await call.sip.reached("provisional", within=0.8)
    refusal = await call.refused()
    assert refusal.status == 487


async def test_unknown_verbs_and_attributes_are_noted_with_their_line_and_skipped(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(
        "/1111",
        '<Response>\n<Dance style="tango"/>\n<Play volume="loud">/600.wav</Play>\n</Response>',
    )
    application.serve_sound("/600.wav", tone(600, 0.4))
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    await call.voice.hears(600, 0.36, within=0.1)
    noted = await eventually(lambda: daemon.notifications(call.call_sid), 5.0, "a notification is stored")
    texts = " | ".join(each["message_text"] for each in noted)
    assert "line 2" in texts
    assert "Dance" in texts
    assert "line 3" in texts
    assert "volume" in texts
    assert all(int(each["log"]) == 1 for each in noted)


@pytest.mark.hostile("W6", sent="a document that redirects to itself")
async def test_a_redirect_loop_is_ended(phones: Phones, application: FakeApplication, daemon: Daemon):
    application.answer("/1111", "<Response><Redirect>/loop</Redirect></Response>")
    application.answer("/loop", "<Response><Redirect>/loop</Redirect></Response>")
    call = await phones.dial("1111")
    await call.sip.reached("answered", "refused", within=20.0)
    await call.sip.reached("byed", "refused", within=20.0)
    assert len(application.requests_to("/loop")) <= 100
    await eventually(lambda: daemon.notifications(call.call_sid), 5.0, "a notification is stored")


@pytest.mark.hostile("W2", sent="an application that hangs, beside another call")
async def test_a_hanging_application_does_not_hold_up_another_call(
    phones: Phones, application: FakeApplication
):
    application.answer("/main", Reply(hangs=True))
    application.answer("/fallback", Reply(hangs=True))
    application.answer("/1111", "<Response><Play>/600.wav</Play></Response>")
    application.serve_sound("/600.wav", tone(600, 0.4))
    stuck = [await phones.dial("2000") for _ in range(5)]
    call = await (await phones.dial("1111")).answered(within=1.0)
    await call.ended_by_server(within=3.0)
    for each in stuck:
        assert (await each.refused()).status == 500
