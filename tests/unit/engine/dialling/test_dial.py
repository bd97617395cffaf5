"""Dial in virtual time: legs, a plane and an application that are values."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from engine.dialling.branch import Branch, dialled_row
from engine.dialling.dial import Dialling
from engine.dialling.reach import Place, Unreachable, Way
from engine.dialling.transfer import Transfer
from engine.dialling.visitor import Visitor
from engine.errors import MediaUnavailable
from engine.exchange.account_caps import CAPPED, AccountCaps
from engine.exchange.talk_meter import TALKED_OUT, TalkMeter
from engine.legs.leg_ended import LegEnded
from engine.reporting.metrics import Metrics
from engine.stopping import Overtaken, unless
from engine.store import CallRow
from media.errors import MediaMisuse
from media.plane.errors import SoundInterrupted
from media.plane.statistics import LegStatistics
from media.sdp import Direction
from rcml.call import Callback, CallerGone
from rcml.dialling import Dialled, DialRequest, DialStatus, SipTarget
from sip.events import EndCause
from sip.flow import Destination
from sip.message import Response
from tests.testkit.leg_statistics import leg_statistics
from tests.testkit.sip_messages import response
from tests.testkit.virtual_loop import run_virtual


class Media:
    codec_name = "PCMU"

    wideband = False

    def __init__(self) -> None:
        self.pressed: list[str] = []
        self.played: list[tuple[str, float, float]] = []
        self.takes_tones = False
        """Whether keys are tones in the sound, in the place of what is played."""
        self._playing: asyncio.Future[None] | None = None

    async def send_digits(self, digits: str) -> None:
        self.pressed.append(digits)
        if self.takes_tones and self._playing is not None:
            self._playing.set_exception(SoundInterrupted("the keys took its place"))
            self._playing = None
            await asyncio.sleep(0.5)

    def statistics(self) -> LegStatistics:
        return leg_statistics()

    async def play(self, prompt: Any, loops: int = 1) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        self._playing = loop.create_future()
        try:
            await self._playing
        finally:
            self.played.append((prompt.name, begun, loop.time()))


class Phone:
    """A callee's leg that does what its script says: (seconds, what)."""

    def __init__(self, script: list[tuple[float, Any]], log: list[str], name: str) -> None:
        loop = asyncio.get_running_loop()
        self.name = name
        self.ended: asyncio.Future[LegEnded] = loop.create_future()
        self.answered: asyncio.Future[None] = loop.create_future()
        self.ringing = asyncio.Event()
        self.response: Any = None
        self.status = 0
        self.media = Media()
        self.has_media = True
        self.direction = Direction.SENDRECV
        self.on_hold = False
        self.on_offer: Any = None
        self.on_digit: Any = None
        self.on_early: Any = None
        self.heard = False
        self.payer, self.trunk = "", "carrier"
        self.offered = Direction.SENDRECV
        self.told_why: tuple[tuple[str, str], ...] = ()
        """Headers with which it was hung up."""
        self._script, self._log = script, log

    @property
    def gone(self) -> bool:
        return self.ended.done()

    def _say(self, what: str) -> None:
        self._log.append(f"{asyncio.get_running_loop().time():g} {self.name} {what}")

    def invite(self) -> None:
        if any(what == "no port" for _, what in self._script):
            raise MediaUnavailable("every port is in use")
        self._say("INVITE")
        for at, what in self._script:
            asyncio.get_running_loop().call_later(at, self._act, what)

    def _act(self, what: Any) -> None:
        if self.gone:
            return
        self.heard = True
        if what == 180:
            self.ringing.set()
        elif what == 100:
            pass
        elif what == 200:
            self.answered.set_result(None)
        elif what == "200 and BYE":
            self.answered.set_result(None)
            self.ended.set_result(LegEnded(EndCause.BYE))
        elif what == "BYE":
            self.ended.set_result(LegEnded(EndCause.BYE))
        else:
            self.response = what if isinstance(what, Response) else None
            self.status = what if self.response is None else what.status
            self.ended.set_result(LegEnded(EndCause.REJECTED))

    def hang_up(self, headers: Any = ()) -> None:
        self._say("BYE" if self.answered.done() else "CANCEL")
        self.told_why = tuple(headers)
        self.ended.set_result(LegEnded(EndCause.LOCAL))

    def close(self) -> None:
        pass

    def offer_direction(self, direction: Direction) -> None:
        if direction is not self.offered:
            self.offered = direction
            self._say(direction.value)


class Caller:
    """The caller's side of a Dial."""

    def __init__(self) -> None:
        self.row = CallRow(
            sid="CA" + "1" * 32, account_sid="AC" + "2" * 32, instance_sid="ID" + "3" * 32,
            from_="bob", to="1111", direction="inbound", status="in-progress",
        )  # fmt: skip
        self.leg = SimpleNamespace(
            media=Media(), on_digit=None, has_media=True, on_hold=False, on_offer=None, gone=False,
            direction=Direction.SENDRECV, offer_direction=lambda direction: None,
            payer="", trunk="", private=False, reason_of_end=(),
        )  # fmt: skip
        self.left: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ringing = False
        self.journal = SimpleNamespace(dialled=None)
        self.notified: list[int] = []
        self.answers = 0
        self.answer_takes = 0.0
        """Seconds until a caller who rings is on the line."""

    @property
    def gone(self) -> bool:
        return self.left.done()

    async def answer(self) -> None:
        if self.answer_takes:
            await asyncio.sleep(self.answer_takes)
        self.answers += 1
        self.ringing = False

    def notify(self, code: int, *_: Any, **__: Any) -> None:
        self.notified.append(code)

    async def while_up(self, work: Any) -> Any:
        try:
            return await unless(self.left, work)
        except Overtaken:
            raise CallerGone from None


class Scene:
    """What a Dial left behind."""

    def __init__(self, hold: str = "music") -> None:
        self.hold = hold
        self.talk_meter = TalkMeter()
        self.account_caps = AccountCaps()
        self.noted: list[tuple[int, str, str]] = []
        """What was noted of legs: code, CallSid and words."""
        self.silent: list[str] = []
        self.private: list[bool] = []
        """Whether each target was looked for on behalf of somebody who must not be known there."""
        self.log: list[str] = []
        self.events: list[tuple[str, str, str]] = []
        self.caller = Caller()
        self.dialled = Dialled()
        self.failure_status = 0
        self.bridges: list[tuple[float, float]] = []
        self.phones: dict[str, Phone] = {}
        self.dialling: Dialling
        self.reported: list[int] = []
        """What who transferred the caller was told."""
        self.joined: Branch

    async def run(self, scripts: dict[str, list[tuple[float, Any]]], request: DialRequest) -> None:
        def make_leg(way: Way, row: CallRow, beside: Any) -> Phone:
            if way.request_uri not in scripts:
                raise Unreachable("the call has no hops left")
            phone = self.phones[way.request_uri] = Phone(scripts[way.request_uri], self.log, way.request_uri)
            return phone

        def way(name: str) -> Way:
            return Way(
                request_uri=name, route=Destination("UDP", "127.0.0.1", 5060), headers=(), trunk="carrier"
            )

        async def find(target: Any, caller: str, call: CallRow, *, private: bool) -> list[Place]:
            self.private.append(private)
            names = target.uri.split("|")
            if names[0] not in scripts:
                raise Unreachable(f"{target.uri!r} is nowhere")
            return [Place(names[0], tuple(way(name) for name in names))]

        async def redirected(_way: Way, _target: Any, _caller: str, response: Response) -> list[Way]:
            return [way(contact.uri.username or "") for contact in response.contacts]

        def bridge(ours: Media, theirs: Media) -> Any:
            if any(phone.gone and phone.media is theirs for phone in self.phones.values()):
                raise MediaMisuse("one of them is closed")
            begun = asyncio.get_running_loop().time()
            return SimpleNamespace(
                close=lambda: self.bridges.append((begun, asyncio.get_running_loop().time()))
            )

        services: Any = SimpleNamespace(
            plane=SimpleNamespace(bridge=bridge),
            talk_meter=self.talk_meter,
            account_caps=self.account_caps,
            settings=SimpleNamespace(
                dial=SimpleNamespace(hold=self.hold, first_response=5.0), hold_music_url=""
            ),
            store=SimpleNamespace(save=lambda row: None),
            metrics=Metrics(),
            sounds=SimpleNamespace(
                ring_tone=lambda country: SimpleNamespace(name="ring tone"),
                silence=SimpleNamespace(name="silence"),
                music=SimpleNamespace(name="music"),
            ),
            notifications=SimpleNamespace(
                add=lambda code, words, **of: self.noted.append((code, of["call_sid"], words))
            ),
            outbox=SimpleNamespace(
                post=lambda url, told, **_: self.events.append(
                    (told["To"], told["SequenceNumber"], told["CallStatus"])
                )
            ),
        )
        reach: Any = SimpleNamespace(
            find=find,
            make_leg=make_leg,
            was_silent=lambda way: self.silent.append(way.request_uri),
            redirected=redirected,
        )
        caller: Any = self.caller
        self.services = services
        transfer = Transfer(self.reported.append)
        dialling = self.dialling = Dialling(caller, caller.leg, request, services, reach, transfer)
        self.dialled = await dialling.run()
        self.failure_status = dialling.failure_status


def dial(
    scripts: dict[str, list[tuple[float, Any]]],
    *,
    targets: list[str] | None = None,
    at: dict[float, Any] | None = None,
    callback: bool = False,
    hold: str = "music",
    private: bool = False,
    **rules: Any,
) -> Scene:
    """Dial everybody who has a script; ``at`` does something to the scene at a time."""

    async def main() -> Scene:
        scene = Scene(hold)
        scene.caller.leg.private = private
        told = Callback(
            url="http://app.test/status", events=("initiated", "ringing", "answered", "completed")
        )
        request = DialRequest(
            targets=tuple(
                SipTarget(uri=name, status_callback=told if callback else None)
                for name in targets or list(scripts)
            ),
            **rules,
        )
        for when, act in (at or {}).items():
            asyncio.get_running_loop().call_later(when, act, scene)
        await scene.run(scripts, request)
        return scene

    return run_virtual(main())


def caller_leaves(scene: Scene) -> None:
    scene.caller.left.set_result(None)


def test_who_answers_is_connected_until_they_hang_up():
    scene = dial({"alice": [(1, 180), (2, 200), (5, "BYE")]})
    assert scene.dialled.status is DialStatus.COMPLETED
    assert (scene.dialled.ring_duration, scene.dialled.talk_duration) == (2, 3)
    assert scene.bridges == [(2, 5)]
    assert scene.log == ["0 alice INVITE"]


def answering_takes(seconds: float) -> dict[float, Any]:
    def slow(scene: Scene) -> None:
        scene.caller.answer_takes = seconds

    return {0.5: slow}


def test_who_hangs_up_while_the_caller_is_being_answered_has_talked_for_no_time():
    scene = dial({"alice": [(1, 180), (2, 200), (2.5, "BYE")]}, at=answering_takes(1), answer_on_bridge=True)
    assert scene.dialled.status is DialStatus.COMPLETED
    assert (scene.dialled.talk_duration, scene.bridges) == (0, [])


def test_who_hangs_up_in_the_moment_of_the_answer_has_answered():
    scene = dial({"alice": [(1, 180), (2, "200 and BYE")]}, callback=True)
    assert scene.dialled.status is DialStatus.COMPLETED
    assert (scene.dialled.talk_duration, scene.bridges) == (0, [])
    assert [told for _, _, told in scene.events] == ["initiated", "ringing", "answered", "completed"]


def test_an_answer_in_the_moment_in_which_the_caller_leaves_is_told():
    def leaves_as_alice_answers(scene: Scene) -> None:
        caller_leaves(scene)
        (alice,) = scene.phones.values()
        asyncio.get_running_loop().call_soon(alice.answered.set_result, None)

    scene = dial({"alice": [(1, 180), (3, "BYE")]}, at={2: leaves_as_alice_answers}, callback=True)
    assert [told for _, _, told in scene.events] == ["initiated", "ringing", "answered", "completed"]
    assert scene.bridges == []


def test_a_caller_who_leaves_while_they_are_being_answered_is_connected_to_nobody():
    scene = dial(
        {"alice": [(1, 180), (2, 200), (30, "BYE")]},
        at=answering_takes(1) | {2.5: caller_leaves},
        answer_on_bridge=True,
    )
    assert scene.bridges == []
    assert scene.log == ["0 alice INVITE", "3 alice BYE"]


def test_the_caller_hears_it_ring_until_somebody_answers():
    scene = dial({"alice": [(1, 180), (2, 200), (5, "BYE")]})
    assert scene.caller.leg.media.played == [("ring tone", 0, 2)]


def test_f05_a_caller_who_hangs_up_ends_the_callee_and_the_talk_counts():
    scene = dial({"alice": [(1, 200)]}, at={4: caller_leaves})
    assert scene.log[-1] == "4 alice BYE"
    assert scene.dialled.status is DialStatus.COMPLETED
    assert scene.dialled.talk_duration == 3


@pytest.mark.parametrize(
    ("status", "expected"), [(486, "busy"), (600, "busy"), (603, "busy"), (500, "failed")]
)
def test_f07_a_refusal_is_told(status, expected):
    scene = dial({"alice": [(1, 180), (2, status)]})
    assert scene.dialled.status.value == expected
    assert scene.dialled.talk_duration == 0


def test_d01_nobody_answers_in_time_and_the_ringing_is_cancelled():
    scene = dial({"alice": [(1, 180)]}, ring_limit=3)
    assert scene.dialled.status is DialStatus.NO_ANSWER
    assert scene.log == ["0 alice INVITE", "3 alice CANCEL"]


def test_e01_the_first_of_a_fork_wins_and_the_others_are_cancelled():
    scene = dial({"alice": [(1, 180)], "henrique": [(1, 180), (2, 200), (4, "BYE")], "george": [(1, 180)]})
    assert scene.log[3:] == ["2 alice CANCEL", "2 george CANCEL"]
    assert scene.dialled.talk_duration == 2


def test_e07_a_refusal_of_some_leaves_the_others_ringing():
    scene = dial({"alice": [(1, 603)], "george": [(1, 603)], "henrique": [(2, 200), (3, "BYE")]})
    assert scene.dialled.status is DialStatus.COMPLETED


def test_e13_of_two_who_answer_at_once_one_is_hung_up():
    scene = dial({"alice": [(3, 200), (5, "BYE")], "henrique": [(3, 200), (5, "BYE")]})
    assert [line for line in scene.log if "BYE" in line] in (["3 henrique BYE"], ["3 alice BYE"])
    assert scene.bridges == [(3, 5)]


def test_e04_who_cannot_be_reached_is_skipped_with_a_notification():
    scene = dial({"henrique": [(1, 200), (2, "BYE")]}, targets=["alice", "henrique"])
    assert scene.caller.notified == [11008]
    assert scene.dialled.status is DialStatus.COMPLETED


def test_f01_a_dial_that_reaches_nobody_has_failed():
    scene = dial({}, targets=["alice"])
    assert scene.dialled == Dialled(status=DialStatus.FAILED)


def test_e08_a_caller_who_leaves_while_it_rings_cancels_all():
    scene = dial({"alice": [(1, 180)], "george": [(1, 180)]}, at={2: caller_leaves})
    assert scene.log[2:] == ["2 alice CANCEL", "2 george CANCEL"]
    assert scene.dialled.talk_duration == 0


def test_the_time_limit_ends_the_talk_and_the_callee_but_not_the_caller():
    scene = dial({"alice": [(1, 200)]}, time_limit=10)
    assert scene.log[-1] == "11 alice BYE"
    assert not scene.caller.gone
    assert scene.dialled.talk_duration == 10


def test_a_star_of_the_caller_ends_the_talk_when_the_document_says_so():
    scene = dial(
        {"alice": [(1, 200)]}, hangup_on_star=True, at={3: lambda scene: scene.caller.leg.on_digit("*")}
    )
    assert scene.log[-1] == "3 alice BYE"


def test_keys_are_relayed_both_ways_in_order():
    def press(scene: Scene) -> None:
        for key in "12":
            scene.caller.leg.on_digit(key)
        scene.phones["alice"].on_digit("9")

    scene = dial({"alice": [(1, 200), (4, "BYE")]}, at={2: press})
    assert scene.phones["alice"].media.pressed == ["1", "2"]
    assert scene.caller.leg.media.pressed == ["9"]


def test_sequential_targets_ring_one_after_another():
    scene = dial(
        {"alice": [(1, 180)], "carol": [(1, 180), (2, 200), (4, "BYE")], "dave": []},
        sequential=True,
        ring_limit=3,
    )
    assert scene.log == ["0 alice INVITE", "3 alice CANCEL", "3 carol INVITE"]


def test_g01_four_events_of_a_leg_that_answered():
    scene = dial({"alice": [(1, 180), (2, 200), (5, "BYE")]}, callback=True)
    assert scene.events == [
        ("alice", "0", "initiated"),
        ("alice", "1", "ringing"),
        ("alice", "2", "answered"),
        ("alice", "3", "completed"),
    ]


def test_a_leg_that_was_refused_skips_the_answer():
    scene = dial({"alice": [(1, 180), (2, 480)]}, callback=True)
    assert [number for _, number, _ in scene.events] == ["0", "1", "3"]


def test_g10_a_fork_of_three_of_whom_one_answers_makes_ten_events():
    scene = dial({"a": [(1, 180)], "b": [(1, 180), (2, 200), (4, "BYE")], "c": [(1, 180)]}, callback=True)
    assert len(scene.events) == 10


def test_who_is_cancelled_is_over_while_the_others_talk():
    told: list[list[tuple[str, str, str]]] = []
    scripts: dict[str, Any] = {"a": [(1, 180)], "b": [(1, 180), (2, 200), (4, "BYE")]}
    dial(scripts, callback=True, at={3: lambda scene: told.append(list(scene.events))})
    assert told[0][-1] == ("a", "3", "completed")


def test_a_carrier_that_fails_leads_to_the_next_one_on_the_same_leg():
    scripts: dict[str, Any] = {"first": [(1, 503)], "second": [(1, 180), (2, 200), (4, "BYE")]}
    scene = dial(scripts, targets=["first|second"], callback=True)
    assert scene.log == ["0 first INVITE", "1 second INVITE"]
    assert scene.dialled.status is DialStatus.COMPLETED
    assert [number for _, number, _ in scene.events] == ["0", "1", "2", "3"]


def test_a_second_carrier_without_a_free_port_ends_the_leg_and_not_the_call():
    scripts: dict[str, Any] = {"first": [(1, 503)], "second": [(0, "no port")]}
    scene = dial(scripts, targets=["first|second"])
    assert scene.dialled.status is DialStatus.FAILED
    assert scene.caller.notified == [11008]


def test_a_callee_who_is_busy_is_not_rung_through_another_carrier():
    scene = dial({"first": [(1, 486)], "second": []}, targets=["first|second"])
    assert scene.log == ["0 first INVITE"]
    assert scene.dialled.status is DialStatus.BUSY


def test_a_ringing_caller_is_told_why_nobody_was_connected():
    assert dial({"alice": [(1, 180), (2, 486)]}, answer_on_bridge=True).failure_status == 486
    assert dial({"alice": [(1, 180)]}, answer_on_bridge=True, ring_limit=3).failure_status == 408
    assert dial({}, targets=["alice"], answer_on_bridge=True).failure_status == 480


OURS = (302, 401, 407, 420, 422, 491)
"""Statuses that concern nobody but who sent the request."""


@pytest.mark.parametrize(
    ("answered", "told"),
    [*((status, status) for status in (403, 404, 488, 500, 503, 603)), *((status, 480) for status in OURS)],
)
def test_a_ringing_caller_is_not_told_what_concerns_our_own_request_alone(answered: int, told: int):
    """RFC 3261 section 16.7: a 407 without a challenge would be taken for our own."""
    assert dial({"alice": [(1, answered)]}, answer_on_bridge=True).failure_status == told


def test_u16_of_two_refusals_the_later_one_counts():
    scene = dial({"alice": [(3, 503)], "henrique": [(1, 180), (2, 486)]}, answer_on_bridge=True)
    assert (scene.failure_status, scene.dialled.status) == (503, DialStatus.FAILED)


def test_answer_on_bridge_leaves_the_caller_ringing_until_somebody_answers():
    scene = dial({"alice": [(1, 180), (2, 200), (3, "BYE")]}, answer_on_bridge=True)
    assert scene.caller.answers == 1


def holds(direction: Direction) -> Any:
    """Let the caller offer anew; ``direction`` is what we may do then."""

    def act(scene: Scene) -> None:
        leg = scene.caller.leg
        leg.direction, leg.on_hold = direction, not direction.sends
        leg.on_offer()

    return act


def test_who_is_put_on_hold_hears_music_until_the_resume():
    scene = dial(
        {"alice": [(1, 200), (9, "BYE")]}, at={3: holds(Direction.RECVONLY), 6: holds(Direction.SENDRECV)}
    )
    assert scene.phones["alice"].media.played == [("music", 3, 6)]
    assert scene.bridges == [(1, 9)]


def test_a_refresh_during_a_hold_does_not_begin_the_music_anew():
    scene = dial(
        {"alice": [(1, 200), (9, "BYE")]}, at={3: holds(Direction.INACTIVE), 6: holds(Direction.INACTIVE)}
    )
    assert scene.phones["alice"].media.played == [("music", 3, 9)]


@pytest.mark.parametrize(
    ("tones", "played"),
    [
        (True, [("music", 3, 5), ("music", 5.5, 6), ("music", 6.5, 8)]),
        (False, [("music", 3, 8)]),
    ],
)
def test_the_music_of_who_is_held_goes_on_after_keys_that_they_are_sent_as_tones(
    tones: bool, played: list[tuple[str, float, float]]
):
    def press(scene: Scene) -> None:
        scene.phones["alice"].media.takes_tones = tones
        scene.caller.leg.on_digit("1")

    scene = dial(
        {"alice": [(1, 200), (9, "BYE")]},
        at={3: holds(Direction.RECVONLY), 5: press, 6: press, 8: holds(Direction.SENDRECV)},
    )
    media = scene.phones["alice"].media
    assert media.pressed == ["1", "1"]
    assert [(name, round(begun, 3), round(ended, 3)) for name, begun, ended in media.played] == played


def test_a_party_that_only_mutes_itself_leaves_the_other_without_music():
    scene = dial({"alice": [(1, 200), (9, "BYE")]}, at={3: holds(Direction.SENDONLY)})
    assert scene.phones["alice"].media.played == []


def test_a_hold_is_passed_on_where_the_configuration_says_so():
    scene = dial(
        {"alice": [(1, 200), (9, "BYE")]},
        hold="pass",
        at={3: holds(Direction.RECVONLY), 6: holds(Direction.SENDRECV)},
    )
    assert scene.log[1:] == ["3 alice sendonly", "6 alice sendrecv"]
    assert scene.phones["alice"].media.played == []


def test_a_star_while_it_rings_gives_up_and_the_caller_stays():
    scene = dial(
        {"alice": [(1, 180)]}, hangup_on_star=True, at={3: lambda scene: scene.caller.leg.on_digit("*")}
    )
    assert scene.log == ["0 alice INVITE", "3 alice CANCEL"]
    assert scene.dialled.status is DialStatus.CANCELED
    assert not scene.caller.gone


def test_a_carrier_that_says_nothing_is_given_up_for_the_next_one_before_the_ringing_time_is_over():
    scripts: dict[str, Any] = {"silent": [], "second": [(1, 180), (2, 200), (4, "BYE")]}
    scene = dial(scripts, targets=["silent|second"])
    assert scene.log == ["0 silent INVITE", "5 silent CANCEL", "5 second INVITE"]
    assert scene.silent == ["silent"]
    assert scene.dialled.status is DialStatus.COMPLETED


def test_a_carrier_that_is_trying_is_waited_for():
    scripts: dict[str, Any] = {"slow": [(1, 100), (8, 180), (9, 200), (10, "BYE")], "second": []}
    scene = dial(scripts, targets=["slow|second"])
    assert scene.log == ["0 slow INVITE"]


def test_the_last_carrier_has_the_whole_ringing_time():
    scene = dial({"silent": []}, ring_limit=20)
    assert scene.log == ["0 silent INVITE", "20 silent CANCEL"]
    assert scene.silent == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ([(1, 180), (2, 200), (3, "BYE")], [180, 200]),
        ([(1, 180), (2, 486)], [180, 486]),
        ([(2, 603)], [603]),
        ([(1, 180)], [180, 408]),
    ],
)
def test_who_transferred_the_caller_is_told_how_it_goes(script, told):
    scene = dial({"alice": script}, ring_limit=5)
    finals = [status for status in scene.reported if status >= 200]
    assert [status for status in scene.reported if status < 200] + finals[:1] == told


def joins(name: str, script: list[tuple[float, Any]]) -> Any:
    """Give the caller another party to talk to, who is on the line already."""

    def act(scene: Scene) -> None:
        phone = scene.phones[name] = Phone(script, scene.log, name)
        phone.answered.set_result(None)
        phone.invite()
        row = dialled_row(scene.caller.row, "somebody", name)
        row.parent_call_sid = "CA" + "9" * 32
        branch = scene.joined = Branch(SipTarget(uri=name), Place(name, ()), row, scene.services)
        branch.leg = phone  # type: ignore[assignment]
        scene.dialling.hand_over(branch)

    return act


def test_a_caller_who_is_handed_over_talks_to_another_and_the_first_is_hung_up():
    scene = dial({"alice": [(1, 200)]}, at={4: joins("bob", [(2, "BYE")])})
    assert scene.log == ["0 alice INVITE", "4 bob INVITE", "4 alice BYE"]
    assert scene.bridges == [(1, 4), (4, 6)]
    assert (scene.dialled.status, scene.dialled.talk_duration) == (DialStatus.COMPLETED, 5)
    assert scene.joined.row.parent_call_sid == scene.caller.row.sid


def test_a_caller_who_leaves_ends_whom_they_were_handed_over_to():
    scene = dial({"alice": [(1, 200)]}, at={4: joins("bob", []), 7: caller_leaves})
    assert scene.log[-1] == "7 bob BYE"
    assert scene.bridges == [(1, 4), (4, 7)]


def test_a_visitor_is_told_when_the_talk_is_over_and_is_not_hung_up():
    visitors: list[Visitor] = []

    def visit(scene: Scene) -> None:
        phone = Phone([(9, "BYE")], scene.log, "zoe")
        phone.invite()
        call: Any = SimpleNamespace(row=scene.caller.row)
        visitors.append(Visitor(call, phone, lambda visitor: None))  # type: ignore[arg-type]
        scene.dialling.hand_over(visitors[0])

    scene = dial({"alice": [(1, 200)]}, at={4: visit, 6: caller_leaves})
    assert scene.bridges == [(1, 4), (4, 6)]
    assert visitors[0]._over.is_set()
    assert scene.log == ["0 alice INVITE", "4 zoe INVITE", "4 alice BYE"]


def test_a_visitor_whose_call_does_something_else_ends_the_talk():
    def visit(scene: Scene) -> None:
        phone = Phone([], scene.log, "zoe")
        call: Any = SimpleNamespace(row=scene.caller.row, answer=scene.caller.answer)
        visitor = Visitor(call, phone, scene.dialling.hand_over)  # type: ignore[arg-type]

        async def while_up(work: Any) -> None:
            await asyncio.wait_for(work, 2)

        call.while_up = while_up
        scene.visit = asyncio.ensure_future(visitor.stay(call))  # type: ignore[attr-defined]

    scene = dial({"alice": [(1, 200)]}, at={4: visit})
    assert scene.bridges == [(1, 4), (4, 6)]
    assert scene.visit.done()  # type: ignore[attr-defined]
    assert isinstance(scene.visit.exception(), TimeoutError)  # type: ignore[attr-defined]


def limited_to(seconds: float, payer: str = "alice") -> dict[float, Any]:
    """Let the call be one of a client that may talk as long in a day."""

    def limit(scene: Scene) -> None:
        scene.caller.leg.payer = payer
        scene.talk_meter.seconds_a_day = seconds

    return {0: limit}


def test_t13_a_talk_through_a_trunk_ends_when_the_client_has_talked_enough_today():
    scene = dial({"premium": [(0.5, 180), (1, 200)]}, at=limited_to(600))
    assert scene.dialled.talk_duration == pytest.approx(600, abs=0.1)
    assert scene.caller.notified == [TALKED_OUT]
    assert scene.log[-1].endswith("premium BYE")


def test_t13_who_has_talked_enough_today_rings_nobody_more_through_a_trunk():
    scene = dial({"first": [(1, 200)], "second": [(1, 200)]}, at=limited_to(600), sequential=True)
    assert scene.dialled.talk_duration == pytest.approx(600, abs=0.1)

    async def talked_out() -> Scene:
        again = Scene()
        again.talk_meter.seconds_a_day = 1.0
        again.caller.leg.payer = "alice"
        again.talk_meter.begin("alice", lambda: None)
        await asyncio.sleep(2)
        await again.run({"premium": [(1, 200)]}, DialRequest(targets=(SipTarget(uri="premium"),)))
        return again

    again = run_virtual(talked_out())
    assert again.log == []
    assert again.caller.notified == [TALKED_OUT]
    assert again.dialled.status is DialStatus.FAILED


def test_a_talk_that_no_client_pays_for_is_not_limited():
    scene = dial({"alice": [(1, 200), (5000, "BYE")]}, at=limited_to(600, payer=""))
    assert scene.dialled.talk_duration == 4999


@pytest.mark.hostile("T13", sent="an application of one account that dials a premium number without end")
def test_t13_an_accounts_legs_through_trunks_end_when_its_minutes_of_the_day_do(record_property):
    def limit(scene: Scene) -> None:
        scene.account_caps.minutes.seconds_a_day = 600

    scene = dial({"premium": [(1, 200)], "more": [(1, 200)]}, at={0: limit}, sequential=True)
    assert scene.dialled.talk_duration == pytest.approx(600, abs=0.1)
    ((code, call_sid, words),) = scene.noted
    assert (code, call_sid) == (CAPPED, scene.dialled.call_sid)
    assert words.endswith("raise [limits] minutes_per_account_per_day")
    record_property("held", "BYE after the 10 minutes allowed, notification 11014")


@pytest.mark.hostile("T13", sent="a Dial of one account to many places at once")
def test_t13_a_dial_rings_no_more_places_than_the_account_may_have_calls(record_property):
    names = [f"place-{number}" for number in range(10)]

    async def main() -> Scene:
        scene = Scene()
        scene.account_caps.calls.at_once = 2
        targets = tuple(SipTarget(uri=name) for name in names)
        await scene.run({name: [(3, 180)] for name in names}, DialRequest(targets=targets, ring_limit=5))
        return scene

    scene = run_virtual(main())
    assert [line.split()[-1] for line in scene.log].count("INVITE") == 2
    assert scene.caller.notified.count(CAPPED) == 8
    record_property("held", "2 of 10 are rung, notification 11014 for each of the others")


def test_who_must_not_be_known_rings_anonymously_unless_the_document_names_a_caller():
    busy: list[tuple[float, Any]] = [(0.5, 486)]
    assert dial({"a": busy}).private == [False]
    assert dial({"a": busy}, private=True).private == [True]
    assert dial({"a": busy}, private=True, caller_id="+4930").private == [False]


def test_telephones_that_stop_ringing_are_told_that_another_one_was_answered():
    scene = dial({"alice": [(1, 180)], "george": [(1, 180), (2, 200), (5, "BYE")]})
    assert scene.phones["alice"].told_why == (("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),)


def test_telephones_that_nobody_answers_are_told_why_the_caller_left():
    reason = (("Reason", 'SIP;cause=200;text="answered in the other office"'),)

    def leave(scene: Scene) -> None:
        scene.caller.leg.reason_of_end = reason
        caller_leaves(scene)

    scene = dial({"alice": [(1, 180)]}, at={3.0: leave})
    assert scene.phones["alice"].told_why == reason
    assert dial({"alice": [(1, 180)]}, at={3.0: caller_leaves}).phones["alice"].told_why == ()


def moved(*names: str) -> Response:
    """A redirect to these phones."""
    return response(302, headers={"Contact": [f"<sip:{name}@192.0.2.9>" for name in names]})


def test_a_redirect_is_followed_within_the_same_leg():
    scripts: dict[str, list[tuple[float, Any]]] = {
        "alice": [(1, moved("bob"))],
        "bob": [(1, 180), (2, 200), (5, "BYE")],
    }
    scene = dial(scripts, targets=["alice"], callback=True)
    assert scene.log == ["0 alice INVITE", "1 bob INVITE"]
    assert (scene.dialled.status, scene.dialled.talk_duration) == (DialStatus.COMPLETED, 3)
    assert [told for _, _, told in scene.events] == ["initiated", "ringing", "answered", "completed"]


def test_of_a_redirect_to_several_the_next_is_tried_when_one_fails():
    scripts: dict[str, list[tuple[float, Any]]] = {
        "alice": [(1, moved("bob", "carol"))],
        "bob": [(1, 503)],
        "carol": [(1, 200), (2, "BYE")],
    }
    scene = dial(scripts, targets=["alice"])
    assert scene.log == ["0 alice INVITE", "1 bob INVITE", "2 carol INVITE"]
    assert scene.dialled.status is DialStatus.COMPLETED


def test_redirects_that_lead_round_in_a_circle_end():
    scene = dial({"alice": [(1, moved("bob"))], "bob": [(1, moved("alice"))]}, targets=["alice"])
    assert len(scene.log) == 6
    assert scene.dialled.status is DialStatus.FAILED


def test_a_redirect_to_nowhere_fails_and_one_that_may_not_go_on_is_told():
    scene = dial({"alice": [(1, moved())]})
    assert (scene.dialled.status, scene.caller.notified) == (DialStatus.FAILED, [])
    scene = dial({"alice": [(1, moved("nobody"))]})
    assert (scene.dialled.status, scene.caller.notified) == (DialStatus.FAILED, [11008])
