"""The caller goes away: while it rings, and in the middle of each verb."""

import asyncio

import pytest

from tests.testkit.application import FakeApplication, Reply
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_sound, tone
from tests.testkit.phone import Call, Phones
from tests.testkit.waiting import eventually

AFTER = "<Redirect>/after</Redirect>"


async def status_becomes(daemon: Daemon, call: Call, status: str) -> None:
    await eventually(
        lambda: daemon.call(call.call_sid)["status"] == status,
        5.0,
        f"the call's record says {status}",
        context=lambda: str(daemon.call(call.call_sid)),
    )


async def begun(application: FakeApplication, call: Call, path: str) -> None:
    """Wait until the verb is at work: its request has come, or its sound."""
    if path:
        await application.request_to(path)
    else:
        await eventually(
            lambda: seconds_of_sound(call.voice.heard()) > 0.1,
            10.0,
            "the verb is heard",
            context=call.voice.description,
        )


VERBS = {
    "Say": ("<Say>One two three four five six seven eight nine ten, and on it goes for long.</Say>", ""),
    "Play": ("<Play>/600.wav</Play>", ""),
    "endless-Play": ('<Play loop="0">/600.wav</Play>', ""),
    "Play-being-fetched": ("<Play>/600.wav</Play><Play>/hangs.wav</Play>", "/hangs.wav"),
    "Pause": ('<Play>/short.wav</Play><Pause length="30"/>', ""),
    "Gather": ('<Play>/short.wav</Play><Gather action="/keys" timeout="30"/>', ""),
    "prompt-of-Gather": ('<Gather action="/keys"><Play>/600.wav</Play></Gather>', ""),
    "Redirect": ("<Play>/short.wav</Play><Redirect>/hangs</Redirect>", "/hangs"),
}


@pytest.mark.parametrize("verb", VERBS)
async def test_hanging_up_ends_the_verb_and_the_document(
    phones: Phones, application: FakeApplication, daemon: Daemon, verb: str
):
    verbs, sign = VERBS[verb]
    application.answer("/1111", f"<Response>{verbs}{AFTER}</Response>")
    application.serve_sound("/600.wav", tone(600, 0.3 if verb == "Play-being-fetched" else 20.0))
    application.serve_sound("/short.wav", tone(600, 0.2))
    application.answer("/hangs", Reply(hangs=True))
    application.answer("/hangs.wav", Reply(hangs=True))
    call = await (await phones.dial("1111")).answered()
    await begun(application, call, sign)
    await call.hang_up()
    await status_becomes(daemon, call, "completed")
    await daemon.clean(within=5.0)
    assert application.requests_to("/after") == []
    assert application.requests_to("/keys") == []


async def test_hanging_up_while_recording_keeps_the_recording_and_tells_the_application(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", f'<Response><Record action="/recorded" playBeep="false"/>{AFTER}</Response>')
    application.answer("/recorded", "<Response><Play>/600.wav</Play></Response>")
    call = await (await phones.dial("1111")).answered()
    await call.voice.say(tone(450, 1.0))
    await call.hang_up()
    request = await application.request_to("/recorded")
    assert request["Digits"] == "hangup"
    assert float(request["RecordingDuration"]) == pytest.approx(1.0, abs=0.25)
    assert request["RecordingUrl"].endswith(".wav")
    assert request["CallStatus"] == "completed"
    await status_becomes(daemon, call, "completed")
    assert application.requests_to("/600.wav") == []
    assert application.requests_to("/after") == []


async def test_hanging_up_during_the_first_pause_before_the_answer_cancels(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", f'<Response><Pause length="30"/>{AFTER}</Response>')
    call = await phones.dial("1111")
    await application.request_to("/1111")
    await call.sip.reached("provisional")
    assert (await call.sip.cancel()).message.status == 487
    await status_becomes(daemon, call, "canceled")
    assert application.requests_to("/after") == []


async def test_cancelling_while_the_document_is_fetched_gives_up_the_fetch(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/main", Reply(hangs=True))
    call = await phones.dial("2000")
    await application.request_to("/main")
    await call.sip.reached("provisional")
    refusal = await call.sip.cancel()
    assert refusal.message.status == 487
    await status_becomes(daemon, call, "canceled")
    await daemon.clean(within=2.0)
    assert application.requests_to("/fallback") == []


async def test_many_callers_leave_at_once(phones: Phones, application: FakeApplication, daemon: Daemon):
    application.answer("/1111", '<Response><Play loop="0">/600.wav</Play></Response>')
    application.serve_sound("/600.wav", tone(600, 2.0))
    calls = await asyncio.gather(*(phones.dial("1111") for _ in range(5)))
    await asyncio.gather(*(call.answered() for call in calls))
    await asyncio.gather(*(call.voice.hears(600) for call in calls))
    await asyncio.gather(*(call.hang_up() for call in calls))
    await daemon.clean(within=5.0)
