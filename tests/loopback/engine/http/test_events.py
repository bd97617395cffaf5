"""The outbox over HTTP: what was given up is found and delivered again."""

import json

import pytest

from engine.config import Settings
from engine.http import HttpServer
from engine.reporting.metrics import Metrics
from engine.requests.fetcher import requester_for
from engine.requests.webhooks import WebhookOutbox
from engine.store import EventRow, Store
from tests.testkit.application import FakeApplication
from tests.testkit.http_visitor import ROOT, Visitor
from tests.testkit.waiting import eventually_async

EVENTS = f"/2012-04-24/Accounts/{ROOT}/Events"


def event(number: int, url: str, **more) -> EventRow:
    fields = {"account_sid": ROOT, "call_sid": "CA1", "position": number, "parameters": [["Digits", "1"]]}
    return EventRow(sid=f"EV{number:032x}", url=url, **{**fields, **more})


@pytest.fixture
async def application():
    async with FakeApplication() as running:
        running.answer("/status", "")
        yield running


@pytest.fixture
async def outbox(server: HttpServer, store: Store):
    running = WebhookOutbox(store, requester_for(Settings.embedded()), lambda sid: "token", Metrics())
    running.start()
    server.live.outbox = running
    yield running
    await running.stop()
    await running.requester.close()


async def test_events_are_listed_by_state_without_credentials(visitor: Visitor, store: Store):
    await store.commit(
        event(1, "http://user:secret@app.test/a", state="given-up", last_error="answered 500"),
        event(2, "http://app.test/b", state="delivered"),
    )
    listed = await visitor.json(f"{EVENTS}.json?State=given-up")
    (shown,) = listed["events"]
    assert (shown["sid"], shown["url"], shown["last_error"]) == (
        event(1, "").sid,
        "http://app.test/a",
        "answered 500",
    )
    assert shown["parameters"] == [["Digits", "1"]]


async def test_what_was_given_up_is_delivered_again_under_its_id(
    visitor: Visitor, store: Store, outbox: WebhookOutbox, application: FakeApplication
):
    row = event(1, application.url("/status"), state="given-up", attempts=90, last_error="answered 500")
    await store.commit(row)
    status, answer = await visitor.post(f"{EVENTS}/{row.sid}.json", State="waiting")
    assert (status, answer["state"], answer["attempts"]) == (200, "waiting", 0)
    request = await application.request_to("/status")
    assert (request.headers["Dialplane-Event-Id"], request.form) == (row.sid, (("Digits", "1"),))

    async def delivered() -> bool:
        return bool((await visitor.json(f"{EVENTS}/{row.sid}.json"))["state"] == "delivered")

    await eventually_async(delivered, 5.0, "it is marked as delivered")


async def test_what_is_being_delivered_is_not_replayed(visitor: Visitor, store: Store, outbox: WebhookOutbox):
    await store.commit(event(1, "http://127.0.0.1:9/", state="waiting"))
    status, answer = await visitor.post(f"{EVENTS}/{event(1, '').sid}.json", State="waiting")
    assert (status, "Replay what is delivered or given up" in answer["message"]) == (409, True)


async def test_another_state_than_waiting_is_refused(visitor: Visitor, store: Store):
    await store.commit(event(1, "http://127.0.0.1:9/", state="delivered"))
    response, body = await visitor.get(
        f"{EVENTS}/{event(1, '').sid}.json", method="POST", data={"State": "x"}
    )
    assert (response.status, "waiting" in json.loads(body)["message"]) == (400, True)


async def test_while_the_server_starts_nothing_is_replayed(visitor: Visitor, store: Store):
    await store.commit(event(1, "http://127.0.0.1:9/", state="delivered"))
    status, _ = await visitor.post(f"{EVENTS}/{event(1, '').sid}.json", State="waiting")
    assert status == 503
