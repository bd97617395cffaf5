"""Queues seen and steered from outside, with the official SDK."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Phones
from tests.testkit.queues import enqueue, waiting

CALLERS = "5001"


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": CALLERS, "voice_url": port.url(f"/{CALLERS}")}]


def queue_named(twilio: Client, name: str) -> Any:
    (queue,) = [each for each in twilio.queues.list() if each.friendly_name == name]
    return queue


async def test_members_are_listed_and_taken_out_to_another_document(
    phones: Phones, application: FakeApplication, daemon: Daemon, twilio: Client
):
    application.answer(f"/{CALLERS}", enqueue(action="/served"))
    application.answer("/served", "<Response/>")
    for name, pitch in (("/first", 1000), ("/second", 1300)):
        application.answer(name, f"<Response><Play loop='0'>{name}.wav</Play></Response>")
        application.serve_sound(f"{name}.wav", tone(pitch, 1))
    first = await (await phones.dial(CALLERS)).answered()
    await waiting(daemon, members=1)
    second = await (await phones.dial(CALLERS)).answered()
    await waiting(daemon, members=2)
    queue = await asyncio.to_thread(queue_named, twilio, "support")
    assert (queue.current_size, queue.max_size) == (2, 1000)
    assert 0 <= queue.average_wait_time <= 5
    members = await asyncio.to_thread(twilio.queues(queue.sid).members.list)
    assert [(each.call_sid, each.position) for each in members] == [
        (first.call_sid, 1),
        (second.call_sid, 2),
    ]
    assert members[0].date_enqueued is not None
    last = await asyncio.to_thread(twilio.queues(queue.sid).members(second.call_sid).fetch)
    assert (last.queue_sid, last.position) == (queue.sid, 2)
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(twilio.queues(queue.sid).delete)
    assert caught.value.status == 409

    taken = await asyncio.gather(
        *(
            asyncio.to_thread(twilio.queues(queue.sid).members("Front").update, url=application.url(name))
            for name in ("/first", "/second")
        )
    )
    assert {each.call_sid for each in taken} == {first.call_sid, second.call_sid}
    heard = {(await application.request_to(name))["CallSid"]: name for name in ("/first", "/second")}
    assert set(heard) == {first.call_sid, second.call_sid}
    for caller in (first, second):
        await caller.voice.hears(1000 if heard[caller.call_sid] == "/first" else 1300, 0.3)
    assert {(await application.request_to("/served", number))["QueueResult"] for number in (1, 2)} == {
        "redirected"
    }
    await waiting(daemon)
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(twilio.queues(queue.sid).members("Front").fetch)
    assert caught.value.status == 404
    await asyncio.gather(first.hang_up(), second.hang_up())


async def test_a_queue_is_made_resized_renamed_and_deleted(
    phones: Phones, application: FakeApplication, daemon: Daemon, twilio: Client
):
    made = await asyncio.to_thread(twilio.queues.create, friendly_name="sales", max_size=3)
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(twilio.queues.create, friendly_name="sales")
    assert (caught.value.status, caught.value.code) == (400, 22003)
    changed = await asyncio.to_thread(twilio.queues(made.sid).update, friendly_name="buyers", max_size=0)
    assert (changed.friendly_name, changed.max_size, changed.sid) == ("buyers", 0, made.sid)
    application.answer(f"/{CALLERS}", enqueue("buyers", action="/served"))
    application.answer("/served", "<Response/>")
    caller = await phones.dial(CALLERS)
    assert (await application.request_to("/served"))["QueueResult"] == "queue-full"
    await caller.ended_by_server()
    assert await asyncio.to_thread(twilio.queues(made.sid).delete)
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(twilio.queues(made.sid).fetch)
    assert caught.value.status == 404
