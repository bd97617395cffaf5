"""Queues and their members over HTTP; who waits is there without a call."""

from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import WrongState
from engine.queues import Place, Queues
from tests.testkit.http_visitor import ROOT, Visitor

BASE = f"/2012-04-24/Accounts/{ROOT}"


async def waiting(queues: Queues, name: str, *numbers: int) -> list[Place]:
    """Let calls of these numbers wait in a queue."""
    services: Any = SimpleNamespace(settings=SimpleNamespace(queues=SimpleNamespace(max_size=9)))
    row: Any = SimpleNamespace(account_sid=ROOT)
    queue: Any = await queues._queue_for(SimpleNamespace(row=row), name, services)
    places = []
    for number in numbers:
        call: Any = SimpleNamespace(row=SimpleNamespace(sid=f"CA{number:032x}"))
        places.append(Place(call))
        queue.enter(places[-1])
    return places


async def test_a_queue_is_made_changed_and_deleted(visitor: Visitor):
    status, made = await visitor.post(f"{BASE}/Queues.json", FriendlyName="sales")
    assert (status, made["friendly_name"], made["current_size"], made["max_size"]) == (200, "sales", 0, 1000)
    assert made["subresource_uris"]["members"].endswith(f"/Queues/{made['sid']}/Members")
    assert (await visitor.post(f"{BASE}/Queues.json", FriendlyName="sales"))[0] == 409
    one = f"{BASE}/Queues/{made['sid']}.json"
    assert (await visitor.post(one, MaxSize="7"))[1]["max_size"] == 7
    assert (await visitor.post(one, FriendlyName="buyers"))[1]["friendly_name"] == "buyers"
    listed = await visitor.json(f"{BASE}/Queues.json?FriendlyName=buyers")
    assert [(each["sid"], each["max_size"]) for each in listed["queues"]] == [(made["sid"], 7)]
    assert (await visitor.get(one, method="DELETE"))[0].status == 200
    assert (await visitor.get(one))[0].status == 404


@pytest.mark.parametrize(
    "form", [{}, {"FriendlyName": "x" * 65}, {"FriendlyName": "x", "MaxSize": "5001"}], ids=str
)
async def test_a_queue_that_cannot_be_is_refused_in_words(visitor: Visitor, form: dict[str, str]):
    status, body = await visitor.post(f"{BASE}/Queues.json", **form)
    assert (status, set(body)) == (400, {"code", "message", "status"})


async def test_who_waits_is_counted_and_listed_in_order(visitor: Visitor, queues: Queues):
    await waiting(queues, "support", 1, 2)
    (queue,) = (await visitor.json(f"{BASE}/Queues.json"))["queues"]
    assert queue["current_size"] == 2
    # A loaded machine may take a while to ask.
    assert queue["average_wait_time"] >= 0
    listed = await visitor.json(f"{BASE}/Queues/{queue['sid']}/Members.json?PageSize=1")
    assert (listed["total"], [each["position"] for each in listed["queue_members"]]) == (2, [1])
    front = await visitor.json(f"{BASE}/Queues/{queue['sid']}/Members/Front.json")
    assert (front["call_sid"], front["queue_sid"]) == (f"CA{1:032x}", queue["sid"])
    assert front["wait_time"] >= queue["average_wait_time"]
    for name in ("CA" + "0" * 32, "Back"):
        assert (await visitor.get(f"{BASE}/Queues/{queue['sid']}/Members/{name}.json"))[0].status == 404
    response, _ = await visitor.get(f"{BASE}/Queues/{queue['sid']}.json", method="DELETE")
    assert response.status == 409


async def test_who_is_renamed_or_resized_while_callers_wait_keeps_them(visitor: Visitor, queues: Queues):
    await waiting(queues, "support", 1)
    (queue,) = (await visitor.json(f"{BASE}/Queues.json"))["queues"]
    status, changed = await visitor.post(
        f"{BASE}/Queues/{queue['sid']}.json", FriendlyName="help", MaxSize="1"
    )
    assert (status, changed["current_size"]) == (200, 1)
    assert queues.members == 1
    await waiting(queues, "help", 2)
    assert (await visitor.json(f"{BASE}/Queues/{queue['sid']}.json"))["current_size"] == 2


async def test_each_who_asks_for_the_front_gets_another_caller(visitor: Visitor, queues: Queues, server: Any):
    redirected: list[str] = []

    async def redirect(row: Any, application: Any, other: Any) -> None:
        redirected.append(f"{row.sid} {application.voice_method} {application.voice_url}")
        if row.sid.endswith("3"):
            raise WrongState("no")

    server.live.desk = SimpleNamespace(redirect=redirect)
    await waiting(queues, "support", 1, 2, 3)
    (queue,) = (await visitor.json(f"{BASE}/Queues.json"))["queues"]
    front = f"{BASE}/Queues/{queue['sid']}/Members/Front.json"
    answers = [await visitor.post(front, Url="http://app/x", Method="get") for _ in range(4)]
    assert [status for status, _ in answers] == [200, 200, 409, 404]
    assert answers[0][1]["position"] == 0
    assert redirected == [f"CA{number:032x} GET http://app/x" for number in (1, 2, 3)]
