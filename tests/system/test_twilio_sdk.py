"""The official Twilio SDK, unmodified, against the daemon: only the base URL is ours."""

from __future__ import annotations

import asyncio

import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.stream_agent import StreamAgent
from tests.testkit.waiting import eventually

PAUSE = "<Response><Pause length='60'/></Response>"


async def test_a_call_is_created_fetched_updated_and_listed(
    twilio: Client, callees: Callees, application: FakeApplication, daemon: Daemon
):
    bob = await callees.add()
    application.answer("/status", "")
    call = await asyncio.to_thread(
        twilio.calls.create,
        to=bob.uri,
        from_="+15126002188",
        twiml=PAUSE,
        status_callback=application.url("/status"),
        status_callback_event=["answered", "completed"],
        timeout=20,
    )
    assert (call.status, call.direction, call.api_version) == ("queued", "outbound-api", "2010-04-01")
    assert call.date_created is not None
    await bob.answered()
    await application.request_to("/status")
    fetched = await asyncio.to_thread(twilio.calls(call.sid).fetch)
    assert (fetched.status, fetched.to, fetched._from) == ("in-progress", bob.uri, "+15126002188")
    assert fetched.start_time is not None
    redirected = await asyncio.to_thread(
        twilio.calls(call.sid).update, twiml="<Response><Pause length='50'/></Response>"
    )
    assert redirected.status == "in-progress"
    ended = await asyncio.to_thread(twilio.calls(call.sid).update, status="completed")
    assert ended.status == "completed"
    await bob.hung_up_on()
    listed = await asyncio.to_thread(twilio.calls.list, to=bob.uri, status="completed", limit=5)
    assert [each.sid for each in listed] == [call.sid]
    assert isinstance(listed[0].duration, str)
    told = await application.request_to("/status", number=2)
    assert told["CallSid"] == call.sid


async def test_a_redirected_child_leaves_its_parent_to_the_next_verb(
    twilio: Client, callees: Callees, application: FakeApplication, daemon: Daemon
):
    bob, george = await callees.add(), await callees.add()
    application.answer("/after", "<Response><Pause length='60'/></Response>")
    parent = await asyncio.to_thread(
        twilio.calls.create,
        to=bob.uri,
        from_="+15550003",
        twiml=f"<Response><Dial>{george.noun}</Dial><Redirect>{application.url('/after')}</Redirect></Response>",
    )
    await george.answered()
    (child,) = await asyncio.to_thread(twilio.calls.list, parent_call_sid=parent.sid)
    await eventually(lambda: daemon.call(child.sid)["status"] == "in-progress", 3, "george is connected")
    await asyncio.to_thread(twilio.calls(child.sid).update, twiml=PAUSE)
    assert (await application.request_to("/after"))["CallSid"] == parent.sid
    for call in (parent, child):
        assert daemon.call(call.sid)["status"] == "in-progress"
        await asyncio.to_thread(twilio.calls(call.sid).update, status="completed")
    await bob.hung_up_on()
    await george.hung_up_on()


async def test_a_list_is_paged_to_its_end(twilio: Client, callees: Callees, daemon: Daemon):
    made = set()
    for _ in range(3):
        bob = await callees.add("486 Busy Here")
        call = await asyncio.to_thread(twilio.calls.create, to=bob.uri, from_="+15550001", twiml=PAUSE)
        made.add(call.sid)
        await bob.sip.reached("refused")
    await daemon.clean()
    listed = await asyncio.to_thread(twilio.calls.list, from_="+15550001", page_size=2)
    assert {each.sid for each in listed} == made
    assert {each.status for each in listed} == {"busy"}


async def test_what_is_wrong_has_twilios_codes(twilio: Client, callees: Callees, daemon: Daemon):
    bob = await callees.add("486 Busy Here")
    call = await asyncio.to_thread(twilio.calls.create, to=bob.uri, from_="+15550002", twiml=PAUSE)
    await bob.sip.reached("refused")
    await daemon.clean()
    unknown = "CA" + "0" * 32
    for work, status, code in (
        (lambda: twilio.calls(call.sid).update(status="completed"), 400, 21220),
        (lambda: twilio.calls(unknown).fetch(), 404, 20404),
        (lambda: twilio.calls(unknown).update(status="completed"), 404, 20404),
        (lambda: twilio.calls.create(to="???", from_="+1", twiml=PAUSE), 400, 21211),
        (lambda: twilio.calls.create(to="client:nobody", from_="+1", twiml=PAUSE), 400, 21214),
        (lambda: twilio.calls.create(to=bob.uri, from_="+1"), 400, 21205),
    ):
        with pytest.raises(TwilioRestException) as caught:
            await asyncio.to_thread(work)
        assert (caught.value.status, caught.value.code) == (status, code)
    assert await asyncio.to_thread(twilio.calls(call.sid).delete)


async def test_who_answered_is_found_out_and_an_application_listens(
    twilio: Client, callees: Callees, application: FakeApplication, daemon: Daemon
):
    bob = await callees.add()
    application.answer("/amd", "")
    async with StreamAgent() as agent:
        call = await asyncio.to_thread(
            twilio.calls.create,
            to=bob.uri,
            from_="+15126002188",
            twiml=PAUSE,
            machine_detection="Enable",
            machine_detection_silence_timeout=2000,
            async_amd="true",
            async_amd_status_callback=application.url("/amd"),
        )
        await bob.answered()
        started = await asyncio.to_thread(
            twilio.calls(call.sid).streams.create,
            url=agent.url("/ear"),
            name="ear",
            parameter1_name="language",
        )
        stream = await agent.stream()
        assert (await stream.until("start"))["streamSid"] == started.sid
        stopped = await asyncio.to_thread(twilio.calls(call.sid).streams("ear").update, status="stopped")
        assert (stopped.sid, stopped.status) == (started.sid, "stopped")
        assert (await application.request_to("/amd"))["AnsweredBy"] == "unknown"
        fetched = await asyncio.to_thread(twilio.calls(call.sid).fetch)
        assert fetched.answered_by == "unknown"
        assert await asyncio.to_thread(twilio.transcriptions.list, limit=5) == []
        await bob.sip.hang_up()
        await daemon.clean()


async def test_a_usage_trigger_is_made_changed_fired_and_deleted(
    twilio: Client, application: FakeApplication, daemon: Daemon
):
    application.answer("/used", "")
    trigger = await asyncio.to_thread(
        twilio.usage.triggers.create,
        callback_url=application.url("/used"),
        trigger_value="+0",
        usage_category="calls-inbound",
        trigger_by="count",
        recurring="yearly",
        friendly_name="inbound",
    )
    told = await application.request_to("/used")
    assert (told["UsageTriggerSid"], told["UsageCategory"]) == (trigger.sid, "calls-inbound")
    assert told["CurrentValue"] == trigger.current_value
    fetched = await asyncio.to_thread(twilio.usage.triggers(trigger.sid).fetch)
    assert fetched.date_fired is not None
    changed = await asyncio.to_thread(twilio.usage.triggers(trigger.sid).update, friendly_name="calls")
    assert (changed.friendly_name, changed.callback_url) == ("calls", application.url("/used"))
    listed = await asyncio.to_thread(twilio.usage.triggers.list, recurring="yearly", limit=5)
    assert [each.sid for each in listed] == [trigger.sid]
    assert await asyncio.to_thread(twilio.usage.triggers(trigger.sid).delete)
