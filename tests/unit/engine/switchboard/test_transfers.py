"""What a REFER leads to, and who may take whose place (rcml.md 7, RFC 3891): legs and talks are values."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from engine.calls.call import Call
from engine.config import Settings
from engine.dialling.branch import Branch
from engine.dialling.dial import Dialling
from engine.dialling.transfer import Transfer
from engine.dialling.visitor import Visitor
from engine.exchange.routing import (
    NO_APPLICATION,
    Application,
    ClientCaller,
    Router,
    Stranger,
    TrunkCaller,
)
from engine.exchange.trunks import Trunk
from engine.switchboard.transfers import GONE, Transfers
from rcml.dialling import ClientTarget, DialRequest, SipTarget
from rcml.flow import Fetch
from rcml.values import HttpMethod, Url
from sip.header_values import NameAddr, Replaces
from sip.uri import SipUri
from tests.testkit.sip_messages import request
from tests.testkit.virtual_loop import run_virtual

APPLICATION = Application(
    voice_url="http://app.test/dial",
    voice_fallback_url="http://app.test/spare",
    refer_url="http://app.test/2222",
    refer_method="GET",
)
DIALOG = Replaces("second", "ours", "theirs")


@dataclass(eq=False)
class Refer:
    """A REFER of bob's telephone, and what it was told."""

    session: Any
    replaces: Replaces | None = None
    target: NameAddr = field(default_factory=lambda: NameAddr.parse("<sip:alice@example.org>"))
    heard: bool = True
    told: list[Any] = field(default_factory=list)

    @property
    def request(self) -> Any:
        fields = {"Contact": "<sip:+131313@192.0.2.7>", "To": "<sip:bob@example.com>;tag=x"}
        return request("REFER", "sip:us@example.com", fields)

    def accept(self, now: float) -> None:
        self.told.append(202)

    def refuse(self, now: float, status: int, reason: str | None, headers: list[tuple[str, str]]) -> None:
        self.told += [status, dict(headers)["Reason"]]

    def report(self, now: float, status: int) -> None:
        self.told.append(status)


def leg(host: str = "192.0.2.7", who: Any = None) -> Any:
    return SimpleNamespace(gone=False, has_media=True, talk=None, remote_host=host, who=who)


def talking(
    application: Application = APPLICATION,
    *,
    host: str = "192.0.2.7",
    refer: Fetch | None = None,
    who: Any = None,
) -> Any:
    """Return a talk between a caller and a callee."""
    caller, callee = Mock(spec=Call), Mock(spec=Branch)
    caller.leg, callee.leg = leg(host, who), leg(host)
    caller.application, caller.gone = application, False
    caller.dialling = Mock(spec=Dialling, talks=True)
    caller.dialling.branch.return_value = callee
    callee.row = SimpleNamespace(sid="CA1")
    callee.target = SipTarget(uri="sip:george@example.com")
    request = DialRequest(targets=(), refer=refer)
    talk = SimpleNamespace(caller=caller, callee=callee, request=request, goes_on=True, hand_over=Mock())
    caller.leg.talk = callee.leg.talk = talk
    return talk


class Scene:
    """The transfers of a switchboard, and the legs it knows by session."""

    def __init__(self) -> None:
        self.legs: dict[Any, Any] = {}
        self.dialogs: dict[Replaces, Any] = {}
        self.router = Router(registered=lambda login: login in ("alice", "bob"))
        self.desk = Mock()
        stack: Any = SimpleNamespace(now=lambda: 0.0, settle=lambda: None)
        endpoint: Any = SimpleNamespace(find_session=self.dialogs.get)
        services: Any = SimpleNamespace(settings=Settings.embedded())
        self.transfers = Transfers(stack, endpoint, self.legs, self.desk, services, lambda: self.router)

    async def refer(self, of: Any, replaces: Replaces | None = None, **changes: Any) -> Refer:
        """Let a leg send REFER, and return when it was carried out."""
        refer = Refer("session", replaces, **changes)
        self.legs["session"] = of
        self.transfers.receive(refer)  # type: ignore[arg-type]
        await asyncio.sleep(5)
        return refer

    def second(self, talk_leg: Any) -> None:
        """Make a leg the one that DIALOG names."""
        self.dialogs[DIALOG] = "second"
        self.legs["second"] = talk_leg


def story(tell: Callable[[Scene], Awaitable[None]]) -> None:
    async def main() -> None:
        await tell(Scene())

    run_virtual(main())


def test_r01_the_caller_runs_the_document_of_the_number_told_who_is_who():
    async def tell(scene: Scene) -> None:
        talk = talking()
        refer = await scene.refer(talk.callee.leg)
        plan, transfer = talk.caller.redirect.call_args.args
        assert (plan.voice_url, plan.voice_method) == ("http://app.test/2222", "GET")
        assert plan.voice_fallback_url == "http://app.test/spare"
        assert dict(plan.parameters) == {
            "Transferor": "+131313",
            "Transferee": "bob",
            "ReferTarget": "alice",
            "ReferTransferTarget": "sip:alice@example.org",
        }
        transfer.report(180)
        assert refer.told == [202, 180]

    story(tell)


def test_r05_the_callee_runs_it_when_the_caller_transfers():
    async def tell(scene: Scene) -> None:
        talk = talking()
        await scene.refer(talk.caller.leg)
        talk.caller.dialling.let_go.assert_called_once_with(talk.callee)
        talk.caller.stop.assert_called_once()
        callee, plan, _ = scene.desk.take_over.call_args.args
        assert (callee, plan.voice_url) == (talk.callee, "http://app.test/2222")

    story(tell)


def test_the_refer_url_of_the_dial_comes_before_the_numbers():
    async def tell(scene: Scene) -> None:
        talk = talking(refer=Fetch(Url("http://app.test/other"), HttpMethod.POST))
        await scene.refer(talk.callee.leg)
        plan = talk.caller.redirect.call_args.args[0]
        assert (plan.voice_url, plan.voice_method) == ("http://app.test/other", "POST")

    story(tell)


def test_an_application_without_a_refer_url_refuses():
    async def tell(scene: Scene) -> None:
        talk = talking(Application(voice_url="http://app.test/dial"))
        refer = await scene.refer(talk.callee.leg)
        assert refer.told[0] == 404
        assert "Set Refer URL" in refer.told[1]
        talk.caller.redirect.assert_not_called()

    story(tell)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gone": True}, "call not in progress"),
        ({"has_media": False}, "call not in progress"),
        ({"talk": None}, "probably this is a conference"),
    ],
)
def test_a_leg_that_talks_to_nobody_is_refused(changes, reason):
    async def tell(scene: Scene) -> None:
        of = talking().callee.leg
        vars(of).update(changes)
        refer = await scene.refer(of)
        assert refer.told[0] == 404
        assert reason in refer.told[1]

    story(tell)


def test_a_talk_that_ends_before_it_is_carried_out_is_a_487():
    async def tell(scene: Scene) -> None:
        talk = talking()
        asyncio.get_running_loop().call_later(0.5, setattr, talk.callee.leg, "talk", None)
        refer = await scene.refer(talk.callee.leg, heard=False)
        assert refer.told == [202, GONE]
        talk.caller.redirect.assert_not_called()

    story(tell)


def test_a_leg_that_another_transfer_has_taken_is_left_alone():
    async def tell(scene: Scene) -> None:
        talk = talking()
        talk.caller.dialling.branch.return_value = None
        refer = await scene.refer(talk.caller.leg)
        assert refer.told == [202, GONE]
        scene.desk.take_over.assert_not_called()

    story(tell)


def test_who_was_freed_for_a_talk_that_cannot_be_is_hung_up():
    async def tell(scene: Scene) -> None:
        first, second = talking(), talking()
        scene.second(second.caller.leg)
        second.caller.dialling.branch.return_value = None
        refer = await scene.refer(first.caller.leg, DIALOG)
        assert refer.told == [202, GONE]
        callee, plan = scene.desk.take_over.call_args.args
        assert callee is first.callee
        call = Mock(spec=Call)
        await plan(call)
        assert call.mock_calls == [], "a call without anything to do is hung up"

    story(tell)


def test_a_transfer_waits_until_the_transferor_has_heard_of_it():
    async def tell(scene: Scene) -> None:
        talk = talking()
        refer = Refer("session", heard=False)
        scene.legs["session"] = talk.callee.leg
        scene.transfers.receive(refer)  # type: ignore[arg-type]
        await asyncio.sleep(0.2)
        talk.caller.redirect.assert_not_called()
        scene.transfers.heard(refer)  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        talk.caller.redirect.assert_called_once()

    story(tell)


def test_a_client_may_transfer_a_direct_call_to_whom_it_may_call():
    async def tell(scene: Scene) -> None:
        talk = talking(NO_APPLICATION)
        talk.callee.target = ClientTarget(login="bob")
        await scene.refer(talk.callee.leg)
        plan = talk.caller.redirect.call_args.args[0]
        assert plan.targets == (ClientTarget(login="alice"),)
        assert talk.caller.leg.payer == "bob", "who transfers a caller pays for where it goes"

    story(tell)


def test_a_client_may_not_transfer_a_direct_call_to_nobody():
    async def tell(scene: Scene) -> None:
        talk = talking(NO_APPLICATION, who=ClientCaller("bob"))
        refer = await scene.refer(talk.caller.leg, target=NameAddr.parse("<sip:+4930@example.org>"))
        assert refer.told[0] == 404

    story(tell)


def test_a_stranger_may_transfer_a_direct_call_to_no_client():
    async def tell(scene: Scene) -> None:
        scene.router.asks_for_credentials = True
        talk = talking(NO_APPLICATION)
        refer = await scene.refer(talk.callee.leg)
        assert refer.told[0] == 403
        talk.caller.redirect.assert_not_called()

    story(tell)


def test_a_dialog_of_another_server_is_named_in_the_first_invite_to_the_target():
    async def tell(scene: Scene) -> None:
        talk = talking()
        await scene.refer(talk.callee.leg, DIALOG)
        transfer: Transfer = talk.caller.redirect.call_args.args[1]
        target = SipTarget(uri="sip:alice@example.org", headers=(("X-A", "1"),))
        assert transfer.addressed(target).headers == (("X-A", "1"), ("Replaces", str(DIALOG)))
        assert transfer.addressed(target) == target

    story(tell)


def test_an_attended_transfer_hands_the_callee_of_the_second_call_to_the_caller_of_the_first():
    async def tell(scene: Scene) -> None:
        first, second = talking(), talking()
        scene.second(second.caller.leg)
        refer = await scene.refer(first.callee.leg, DIALOG)
        second.caller.dialling.let_go.assert_called_once_with(second.callee)
        second.caller.stop.assert_called_once()
        first.hand_over.assert_called_once_with(second.callee)
        assert refer.told == [202, 200]

    story(tell)


@pytest.mark.parametrize("change", [{"goes_on": False}, {"hand_over": None}], ids=["over", "no_other_talk"])
def test_a_caller_who_can_talk_to_nobody_else_gets_nobody_and_the_guest_is_hung_up(change: dict[str, Any]):
    async def tell(scene: Scene) -> None:
        first, second = talking(), talking()
        vars(first).update(change)
        scene.second(second.caller.leg)
        await scene.refer(first.callee.leg, DIALOG)
        guest, plan = scene.desk.take_over.call_args.args
        assert guest is second.callee
        call = Mock(spec=Call)
        await plan(call)
        call.talk_to.assert_not_called()

    story(tell)


def test_the_caller_of_the_second_call_is_the_host_when_the_first_has_none_left():
    async def tell(scene: Scene) -> None:
        first, second = talking(), talking()
        scene.second(second.callee.leg)
        await scene.refer(first.caller.leg, DIALOG)
        first.caller.stop.assert_called_once()
        second.hand_over.assert_called_once_with(first.callee)

    story(tell)


def test_two_callees_talk_in_a_call_of_their_own():
    async def tell(scene: Scene) -> None:
        first, second = talking(), talking()
        scene.second(second.caller.leg)
        await scene.refer(first.caller.leg, DIALOG)
        callee, plan = scene.desk.take_over.call_args.args
        assert callee in (first.callee, second.callee)
        call = Mock(spec=Call)
        await plan(call)
        assert call.talk_to.call_args.args[0] in (first.callee, second.callee)
        assert call.talk_to.call_args.args[0] is not callee
        assert call.application is APPLICATION

    story(tell)


def test_of_two_callers_one_visits_the_other():
    async def tell(scene: Scene) -> None:
        first, second = talking(), talking()
        second.caller.leg.ended = asyncio.get_running_loop().create_future()
        plans: list[Any] = []

        async def while_up(work: Any) -> Any:
            return await work

        second.caller.while_up = while_up
        second.caller.redirect = lambda plan: plans.append(asyncio.ensure_future(plan(second.caller)))
        scene.second(second.callee.leg)
        await scene.refer(first.callee.leg, DIALOG)
        guest = first.hand_over.call_args.args[0]
        assert isinstance(guest, Visitor)
        assert guest.call is second.caller
        guest.leave()
        await asyncio.gather(*plans)

    story(tell)


@pytest.mark.parametrize(
    ("host", "status", "reason"),
    [("203.0.113.9", 403, "somebody else"), ("192.0.2.7", 202, "")],
)
def test_only_ones_own_calls_can_be_connected(host, status, reason):
    async def tell(scene: Scene) -> None:
        first, second = talking(), talking(host=host)
        scene.second(second.caller.leg)
        refer = await scene.refer(first.callee.leg, DIALOG)
        assert refer.told[0] == status
        assert reason in str(refer.told[1])

    story(tell)


def test_a_client_on_two_telephones_is_one_party():
    async def tell(scene: Scene) -> None:
        first, second = talking(who=ClientCaller("bob")), talking(host="203.0.113.9", who=ClientCaller("bob"))
        scene.second(second.caller.leg)
        assert (await scene.refer(first.caller.leg, DIALOG)).told[0] == 202

    story(tell)


def test_a_call_cannot_be_connected_to_itself_nor_to_one_that_talks_to_nobody():
    async def tell(scene: Scene) -> None:
        first = talking()
        scene.second(first.caller.leg)
        assert (await scene.refer(first.callee.leg, DIALOG)).told[0] == 400
        scene.second(leg())
        assert (await scene.refer(first.callee.leg, DIALOG)).told[0] == 404

    story(tell)


@pytest.mark.parametrize(
    ("who", "source", "may"),
    [
        (Stranger("192.0.2.7"), "192.0.2.7", True),
        (Stranger("203.0.113.9"), "203.0.113.9", False),
        (ClientCaller("alice"), "203.0.113.9", True),
        (TrunkCaller(Trunk(name="carrier", uri=SipUri.parse("sip:carrier.test"))), "203.0.113.9", True),
    ],
)
def test_who_may_take_a_place(who, source, may):
    async def tell(scene: Scene) -> None:
        scene.second(talking().callee.leg)
        replaced: Any = "second"
        assert scene.transfers.may_replace(replaced, who, source) is may

    story(tell)


def test_the_place_of_who_talks_to_nobody_cannot_be_taken():
    async def tell(scene: Scene) -> None:
        scene.second(leg())
        replaced: Any = "second"
        assert not scene.transfers.may_replace(replaced, ClientCaller("alice"), "192.0.2.7")

    story(tell)
