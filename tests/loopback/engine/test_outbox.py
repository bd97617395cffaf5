"""The outbox with a real store and a real receiver."""

import pytest

from engine.config import Settings
from engine.reporting.metrics import Metrics
from engine.requests.fetcher import requester_for
from engine.requests.webhooks import WebhookOutbox
from engine.store import EventRow, Store
from tests.testkit.application import FakeApplication, Reply
from tests.testkit.waiting import eventually, eventually_async

SID = "AC" + "0" * 32


@pytest.fixture
async def application():
    async with FakeApplication() as running:
        yield running


async def start_outbox(store: Store) -> WebhookOutbox:
    outbox = WebhookOutbox(store, requester_for(Settings.embedded()), lambda sid: "token", Metrics())
    outbox.start()
    return outbox


async def stop(outbox: WebhookOutbox) -> None:
    await outbox.stop()
    await outbox.requester.close()


async def test_an_event_is_delivered_and_marked(store, application):
    application.answer("/status", Reply("x" * 3_000_000, content_type="text/plain"))
    outbox = await start_outbox(store)
    sid = outbox.post(application.url("/status"), {"CallStatus": "ringing"}, account_sid=SID, call_sid="CA1")
    request = await application.request_to("/status")
    assert request.form == (("CallStatus", "ringing"),)
    assert request.headers["Dialplane-Event-Id"] == sid

    async def delivered() -> bool:
        row = await store.get(EventRow, sid)
        return row is not None and row.state == "delivered"

    await eventually_async(delivered, 5, "the event is marked as delivered")
    assert len(application.requests) == 1
    await stop(outbox)


async def test_an_event_survives_a_restart_and_keeps_its_id(tmp_path, application):
    url = f"sqlite:///{tmp_path}/d.db"
    application.answer("/status", Reply(status=503), Reply())
    store = await Store.open(url)
    outbox = await start_outbox(store)
    sid = outbox.post(application.url("/status"), {"a": "1"}, account_sid=SID, call_sid="CA1")
    await application.request_to("/status")
    await stop(outbox)
    await store.close()
    store = await Store.open(url)
    outbox = await start_outbox(store)
    second = await application.request_to("/status", number=2)
    assert second.headers["Dialplane-Event-Id"] == sid
    await stop(outbox)
    await store.close()


async def test_a_receiver_that_dies_before_its_answer_is_told_again(store, application):
    application.answer("/status", Reply(raw=b"\r\n"), Reply())
    outbox = await start_outbox(store)
    outbox.post(application.url("/status"), {"a": "1"}, account_sid=SID)
    await application.request_to("/status", number=2)
    ids = {request.headers["Dialplane-Event-Id"] for request in application.requests}
    assert len(ids) == 1
    await stop(outbox)


async def test_a_status_counts_although_the_body_breaks_off(store, application):
    application.answer("/status", Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"))
    outbox = await start_outbox(store)
    sid = outbox.post(application.url("/status"), {"a": "1"}, account_sid=SID)
    assert await outbox.settle(within=5)
    await application.request_to("/status")
    row = await store.get(EventRow, sid)
    assert row is not None
    assert (row.state, row.attempts) == ("delivered", 1)
    await stop(outbox)


async def test_many_calls_are_told_in_order_each(store, application):
    application.answer("/status", Reply())
    outbox = await start_outbox(store)
    for step in range(4):
        for call in range(50):
            outbox.post(
                application.url("/status"), {"Step": str(step)}, account_sid=SID, call_sid=f"CA{call}"
            )
    await eventually(lambda: len(application.requests) == 200, 10, "all events arrive")
    steps = [request["Step"] for request in application.requests]
    assert sorted(steps) == sorted("0123" * 50)
    await stop(outbox)
