"""Who is being called into a conference, as the REST API shows and steers them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.calls.call_order import CallOrder
from engine.conferences import Conferences
from engine.conferences.conference import new_record
from engine.config import Settings
from engine.dialling.reach import Unreachable
from engine.http.conference_operations import ParticipantOperations
from engine.http.dialect import TWILIO
from engine.http.forms import checked
from engine.http.operations import Asked
from engine.http.permissions import Principal, Role
from engine.http.problems import Problem
from engine.http.resources import Place
from engine.http.resources.participants import ParticipantChange, ParticipantCreation
from engine.store import AccountRow, CallRow, ConferenceRow, ConferenceStatus
from rcml.flow import Fetch
from rcml.values import HttpMethod, Url
from tests.testkit.virtual_conference import ACCOUNT

OWNER = AccountRow(sid=ACCOUNT, auth_token="t")
ASKED = Asked(OWNER, TWILIO, Principal(OWNER, Role.ADMINISTRATOR))
PLACE = Place(ACCOUNT, "http://here.test", TWILIO)


class Desk:
    """Places calls that the test moves on, and ends them at once."""

    def __init__(self) -> None:
        self.orders: list[CallOrder] = []
        self.rows: list[CallRow] = []
        self.refuses = False
        self.phones = 1

    async def place(self, order: CallOrder) -> list[CallRow]:
        await asyncio.sleep(0)
        if self.refuses:
            raise Unreachable("nobody is registered there")
        self.orders.append(order)
        made = [
            CallRow(
                sid=f"CA{len(self.rows) + number:032x}", account_sid=ACCOUNT, instance_sid="ID" + "3" * 32,
                from_="+15550100", to=order.to, direction="outbound-api", status="queued",
            )
            for number in range(self.phones)
        ]  # fmt: skip
        self.rows += made
        return made

    async def end(self, row: CallRow) -> None:
        self.over(self.rows.index(row), "canceled")

    def over(self, number: int, status: str) -> None:
        self.rows[number].status = status
        told = self.orders[number].when_over
        assert told is not None
        told()


class Store:
    """Keeps conferences."""

    instance_sid = "ID" + "3" * 32

    def __init__(self) -> None:
        self.rows: dict[str, ConferenceRow] = {}

    def save(self, row: ConferenceRow) -> None:
        self.rows[row.sid] = row

    async def delete(self, kind: Any, where: Any) -> int:
        return int(self.rows.pop(where.right.value, None) is not None)


class Scene:
    """The operations, and what they ask."""

    def __init__(self) -> None:
        self.desk, self.store, self.conferences = Desk(), Store(), Conferences()
        self.work = ParticipantOperations(
            self.conferences, lambda: cast(Any, self.desk), Settings.embedded, cast(Any, self.store)
        )

    async def call(self, to: str = "client:alice", **given: str) -> Any:
        """Call somebody into the room, as a request does."""
        form = checked(
            {name: [value] for name, value in ({"From": "+15550100", "To": to} | given).items()},
            ParticipantCreation,
        )
        owner = await self.work.owner(ACCOUNT, "room") or new_record(ACCOUNT, "room", "ID" + "3" * 32)
        return await self.work.create(ASKED, owner, form)

    async def listed(self, **query: str) -> list[tuple[str, str]]:
        """Return who is listed with which status."""
        found = await self.work.all_of(self.row, query, TWILIO)
        shown = [self.work.show(self.row, each, PLACE) for each in found]
        return [(each.label or each.call_sid, each.status) for each in shown]

    @property
    def row(self) -> ConferenceRow:
        (row,) = self.store.rows.values()
        return row


def run(act: Callable[[Scene], Awaitable[None]]) -> None:
    async def main() -> None:
        await act(Scene())

    asyncio.run(main())


def test_who_still_rings_is_listed_with_how_far_they_have_come():
    async def act(scene: Scene) -> None:
        await scene.call(Label="alice")
        seen = []
        for status in ("queued", "ringing", "in-progress"):
            scene.desk.rows[0].status = status
            seen += await scene.listed()
        assert seen == [("alice", "queued"), ("alice", "ringing"), ("alice", "connecting")]
        scene.desk.rows[0].conference_sid = scene.row.sid
        assert await scene.listed() == []

    run(act)


def test_one_of_them_is_found_by_callsid_and_by_label():
    async def act(scene: Scene) -> None:
        called = await scene.call(Label="alice")
        for name in (called.call.sid, "alice"):
            assert await scene.work.find(scene.row, name) is called
        with pytest.raises(Problem) as caught:
            await scene.work.find(scene.row, "bob")
        assert caught.value.status == 404

    run(act)


def test_a_client_with_two_telephones_is_listed_with_both_until_the_call_is_over():
    async def act(scene: Scene) -> None:
        scene.desk.phones = 2
        await scene.call()
        assert len(await scene.listed()) == 2
        scene.desk.over(0, "no-answer")
        with pytest.raises(Problem):
            await scene.work.find(scene.row, scene.desk.rows[1].sid)

    run(act)


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ({"Muted": "true"}, ["silent"]),
        ({"Muted": "false"}, ["coach"]),
        ({"Hold": "false", "Coaching": "true"}, ["coach"]),
        ({"Hold": "true"}, []),
    ],
)
def test_a_list_is_narrowed_by_what_they_will_be_there(query: dict[str, str], labels: list[str]):
    async def act(scene: Scene) -> None:
        await scene.call(Label="silent", Muted="true")
        await scene.call(Label="coach", CallSidToCoach="CA" + "1" * 32)
        assert [label for label, _ in await scene.listed(**query)] == labels

    run(act)


@pytest.mark.parametrize("status", ["busy", "failed", "no-answer", "canceled"])
def test_who_did_not_answer_is_listed_no_more_and_the_conference_has_ended(status: str):
    async def act(scene: Scene) -> None:
        await scene.call()
        scene.desk.over(0, status)
        assert await scene.listed() == []
        assert scene.row.status == ConferenceStatus.COMPLETED

    run(act)


def test_one_who_rings_is_deleted_by_ending_the_call():
    async def act(scene: Scene) -> None:
        called = await scene.call()
        await scene.work.delete(ASKED, scene.row, called)
        assert called.call.status == "canceled"
        assert await scene.listed() == []

    run(act)


def test_one_who_rings_cannot_be_changed_yet():
    async def act(scene: Scene) -> None:
        called = await scene.call()
        form = checked({"Muted": ["true"]}, ParticipantChange)
        with pytest.raises(Problem, match="not in the conference yet") as caught:
            await scene.work.change(ASKED, scene.row, called, form)
        assert caught.value.status == 409

    run(act)


def test_a_request_that_is_refused_leaves_no_conference_behind():
    async def act(scene: Scene) -> None:
        scene.desk.refuses = True
        with pytest.raises(Problem, match="nobody is registered"):
            await scene.call()
        assert scene.store.rows == {}

    run(act)


def test_a_request_that_is_refused_leaves_the_conference_that_another_call_was_answered_with():
    async def act(scene: Scene) -> None:
        await scene.call()
        scene.desk.refuses = True
        refused = asyncio.ensure_future(scene.call("client:carol"))
        await asyncio.sleep(0)
        scene.desk.over(0, "busy")
        with pytest.raises(Problem):
            await refused
        assert scene.row.status == ConferenceStatus.COMPLETED

    run(act)


def test_how_one_who_is_there_leaves_and_waits_is_changed_by_twilios_parameters():
    class Conference:
        def __init__(self) -> None:
            self.changed: list[tuple[str, object]] = []

        def beep_on_exit(self, sid: str, beeps: bool) -> None:
            self.changed.append((sid, beeps))

        def wait_with(self, sid: str, sound: object) -> None:
            self.changed.append((sid, sound))

    async def act(scene: Scene) -> None:
        conference: Any = Conference()
        there: Any = (conference, SimpleNamespace(sid="CA1"))
        given = {"BeepOnExit": ["true"], "WaitUrl": ["http://app.test/wait"], "WaitMethod": ["get"]}
        row = new_record(ACCOUNT, "room", "ID" + "3" * 32)
        await scene.work.change(ASKED, row, there, checked(given, ParticipantChange))
        wait = Fetch(Url("http://app.test/wait"), HttpMethod.GET)
        assert conference.changed == [("CA1", True), ("CA1", wait)]

    run(act)
