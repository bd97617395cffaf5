"""Calls that the desk makes and steers, in virtual time: telephones, store and application are values."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.calls.call_desk import CallDesk, OtherLeg
from engine.calls.call_order import CallOrder
from engine.calls.live_calls import LiveCalls
from engine.config import Settings
from engine.dialling.reach import Place, Unreachable, Way
from engine.errors import CallOver, MediaUnavailable, TakesNoCalls, WrongState
from engine.exchange.account_caps import CAPPED, AccountCaps
from engine.exchange.admission import Admission
from engine.exchange.routing import Application
from engine.legs.leg_ended import LegEnded
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog
from engine.requests.http_request import Answer
from engine.store import CallRow, NotificationRow
from media.plane.statistics import LegStatistics
from media.prompts import Prompt
from rcml.call import Callback
from rcml.detection import MachineDetection
from rcml.dialling import ClientTarget
from rcml.parser import parse_xml
from sip.events import EndCause
from sip.flow import Destination
from sip.message import Response
from tests.testkit.leg_statistics import leg_statistics
from tests.testkit.sip_messages import response
from tests.testkit.speaking_tap import SpeakingTap, voice
from tests.testkit.virtual_loop import run_virtual

EVENTS = ("initiated", "ringing", "answered", "completed")
ACCOUNT = "AC" + "2" * 32


class Media:
    """Plays in virtual time; remembers what was heard, pressed and muted."""

    codec_name = "PCMU"
    wideband = False

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.pressed: list[str] = []
        self.muted = False

    async def play(self, sound: Prompt, loops: int = 1) -> None:
        self.heard.append(sound.name)
        await asyncio.sleep(sound.duration * loops if loops else 1e9)

    async def send_digits(self, digits: str) -> None:
        self.pressed.append(digits)

    def statistics(self) -> LegStatistics:
        return leg_statistics()

    def tap(self, side: str) -> SpeakingTap:
        """The party has a long greeting."""
        return SpeakingTap(voice(60))

    def mute(self, muted: bool) -> None:
        self.muted = muted


class Telephone:
    """A leg to somebody who does what the script says, at these seconds: 180, 200, `bye` or a refusal."""

    def __init__(self, script: dict[float, Any]) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[LegEnded] = loop.create_future()
        self.answered: asyncio.Future[None] = loop.create_future()
        self.ringing = asyncio.Event()
        self.response: Any = None
        self.status = 0
        self.media = Media()
        self.has_media = True
        self.on_digit: Any = None
        self.heard = True
        self.on_early: Any = None
        self.said: list[str] = []
        self.trunk = ""
        self.talk: Any = None
        self._script = script

    @property
    def gone(self) -> bool:
        return self.ended.done()

    def invite(self) -> None:
        if "no port" in self._script.values():
            raise MediaUnavailable("every port is in use")
        self.said.append("INVITE")
        for at, what in self._script.items():
            asyncio.get_running_loop().call_later(at, self._act, what)

    def _act(self, what: Any) -> None:
        if self.gone:
            return
        if isinstance(what, Response):
            self.status, self.response = what.status, what
            self.ended.set_result(LegEnded(EndCause.REJECTED))
        elif what == 180:
            self.ringing.set()
        elif what == 200:
            self.answered.set_result(None)
        elif what == "bye":
            self.ended.set_result(LegEnded(EndCause.BYE))
        else:
            self.status = what
            self.ended.set_result(LegEnded(EndCause.REJECTED))

    def hang_up(self, headers: Any = ()) -> None:
        self.said.append("BYE" if self.answered.done() else "CANCEL")
        self.ended.set_result(LegEnded(EndCause.LOCAL))

    def close(self) -> None:
        self.said.append("closed")


class Exchange:
    """A desk with everything around it. ``scripts`` are the telephones that a client has."""

    def __init__(self, *scripts: dict[float, Any], documents: dict[str, str] | None = None) -> None:
        self.documents = documents or {}
        self.telephones: list[Telephone] = []
        self.told: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.sent: list[dict[str, str]] = []
        self.stored: list[Any] = []
        self.admission = Admission()
        self.calls = LiveCalls(self.admission)
        self._scripts = scripts
        self.ways_of_one = False
        """Whether the scripts are ways to one telephone, tried one after another."""
        metrics = Metrics()
        self.caps = AccountCaps()
        store: Any = SimpleNamespace(
            save=self.stored.append, commit=self._commit, healthy=True, instance_sid="ID" + "3" * 32
        )
        services: Any = SimpleNamespace(
            settings=Settings.embedded(),
            store=store,
            metrics=metrics,
            account_caps=self.caps,
            fetcher=SimpleNamespace(document=self._document),
            outbox=SimpleNamespace(post=lambda url, parameters, **_: self.told.append(dict(parameters))),
            notifications=NotificationLog(store, metrics),
            sounds=SimpleNamespace(say=self._say),
        )
        reach: Any = SimpleNamespace(
            find=self._find, make_leg=self._make_leg, redirected=self._look_up, was_silent=lambda way: None
        )
        self.desk = CallDesk(self.calls, self.admission, services, reach)

    async def _commit(self, *rows: Any) -> None:
        self.stored += rows

    async def _document(self, url: str, method: str, parameters: dict[str, str], **options: Any) -> Answer:
        name = url.rpartition("/")[2]
        self.asked.append(name)
        self.sent.append(parameters)
        return Answer(200, "text/xml", f"<Response>{self.documents[name]}</Response>".encode(), url)

    async def _say(self, speech: Any, leg: Media, tell: Any) -> None:
        await leg.play(Prompt(np.zeros(8000 * 2, np.int16), 8000, speech.text, speech.text))

    async def _find(self, target: Any, caller: str, call: CallRow) -> list[Place]:
        if not self._scripts:
            raise Unreachable("client 'bob' is not registered")
        route = Destination("UDP", "127.0.0.1", 5060)
        ways = [
            Way(request_uri=f"sip:bob@{at}", route=route, headers=()) for at, _ in enumerate(self._scripts)
        ]
        return [Place("bob", tuple(ways))] if self.ways_of_one else [Place("bob", (way,)) for way in ways]

    async def _look_up(self, way: Way, *_: Any) -> list[Way]:
        await asyncio.sleep(2)
        return [way]

    def _make_leg(self, way: Way, row: CallRow, beside: Any) -> Telephone:
        telephone = Telephone(self._scripts[len(self.telephones)])
        self.telephones.append(telephone)
        return telephone

    def order(self, document: str = "<Pause length='60'/>", **more: Any) -> CallOrder:
        values: dict[str, Any] = {
            "account_sid": ACCOUNT,
            "to": "client:bob",
            "caller": "alice",
            "target": ClientTarget(
                login="bob", status_callback=Callback(url="http://app.test/status", events=EVENTS)
            ),
            "application": Application(document=parse_xml(f"<Response>{document}</Response>", "")),
        }
        return CallOrder(**values | more)

    @property
    def events(self) -> list[str]:
        return [each["CallStatus"] for each in self.told]


def story(
    tell: Callable[[Exchange], Awaitable[None]], *scripts: dict[float, Any], **documents: str
) -> Exchange:
    """Tell a story to a fresh exchange and insist that no call is left at its end."""

    async def main() -> Exchange:
        exchange = Exchange(*scripts, documents=documents)
        await tell(exchange)
        await exchange.calls.wait_idle()
        assert (len(exchange.calls), exchange.admission.live) == (0, 0)
        return exchange

    return run_virtual(main())


def test_who_answers_hears_the_document_and_is_hung_up_at_its_end():
    rows: list[CallRow] = []

    async def tell(exchange: Exchange) -> None:
        rows.extend(await exchange.desk.place(exchange.order("<Say>hello</Say>")))
        assert (rows[0].status, rows[0].direction, len(exchange.calls)) == ("queued", "outbound-api", 1)
        assert exchange.stored[0] is rows[0]

    exchange = story(tell, {1: 180, 3: 200})
    (telephone,) = exchange.telephones
    assert telephone.said == ["INVITE", "BYE", "closed"]
    assert telephone.media.heard == ["hello"]
    assert exchange.events == list(EVENTS)
    assert (rows[0].status, rows[0].duration, rows[0].ring_duration) == ("completed", 2, 3)


def test_the_first_of_several_telephones_has_the_call_and_the_records_of_the_others_end():
    rows: list[CallRow] = []

    async def tell(exchange: Exchange) -> None:
        rows.extend(await exchange.desk.place(exchange.order()))
        await asyncio.sleep(4)
        assert [row.status for row in rows] == ["canceled", "in-progress", "busy"]

    exchange = story(tell, {1: 180}, {1: 180, 3: 200, 9: "bye"}, {2: 486})
    assert [telephone.said[1:2] for telephone in exchange.telephones] == [["CANCEL"], ["closed"], ["closed"]]
    assert [row.status for row in rows] == ["canceled", "completed", "busy"]


def test_a_telephone_that_rings_and_answers_at_once_is_told_to_have_rung():
    async def tell(exchange: Exchange) -> None:
        await exchange.desk.place(exchange.order("<Hangup/>"))
        # Before anybody has begun to wait for it.
        telephone = exchange.telephones[0]
        telephone.ringing.set()
        telephone.answered.set_result(None)

    assert story(tell, {}).events == list(EVENTS)


@pytest.mark.parametrize(
    ("script", "status"),
    [({1: 180}, "no-answer"), ({1: 486}, "busy"), ({1: 180, 2: 603}, "busy"), ({1: 500}, "failed")],
)
def test_a_call_that_nobody_takes_says_why(script: dict[float, Any], status: str):
    rows: list[CallRow] = []

    async def tell(exchange: Exchange) -> None:
        rows.extend(await exchange.desk.place(exchange.order(ring_limit=10)))

    exchange = story(tell, script)
    assert rows[0].status == status
    assert exchange.events[-1] == "completed"
    assert "answered" not in exchange.events


def test_without_a_port_no_call_is_made_and_the_record_says_so():
    async def tell(exchange: Exchange) -> None:
        with pytest.raises(TakesNoCalls, match="no media port is free to ring 'client:bob'"):
            await exchange.desk.place(exchange.order())

    exchange = story(tell, {0: "no port"})
    row = exchange.stored[0]
    assert (row.status, row.reason, exchange.events) == ("failed", "every port is in use", [])


def test_nobody_is_rung_when_a_client_is_not_registered():
    async def tell(exchange: Exchange) -> None:
        with pytest.raises(Unreachable):
            await exchange.desk.place(exchange.order())

    assert story(tell).stored == []


@pytest.mark.parametrize(
    ("limit", "text"),
    [({"draining": True}, "stopping"), ({"max_calls": 1, "live": 1}, "max_calls")],
)
def test_a_server_at_a_limit_says_which(limit: dict[str, Any], text: str):
    async def tell(exchange: Exchange) -> None:
        for name, value in limit.items():
            setattr(exchange.admission, name, value)
        with pytest.raises(TakesNoCalls, match=text):
            await exchange.desk.place(exchange.order())
        exchange.admission.live = 0

    story(tell, {1: 200})


@pytest.mark.hostile("T13", sent="calls of one account over the REST API")
def test_t13_an_account_at_a_limit_of_its_own_makes_no_more_calls_and_is_told_once():
    async def tell(exchange: Exchange) -> None:
        exchange.caps.calls.in_a_while = 1
        await exchange.desk.place(exchange.order())
        for _ in range(3):
            with pytest.raises(TakesNoCalls, match=r"raise \[limits\] calls_per_account_per_second"):
                await exchange.desk.place(exchange.order())

    exchange = story(tell, {1: 200, 2: "bye"})
    noted = [row for row in exchange.stored if isinstance(row, NotificationRow)]
    assert [(row.error_code, row.account_sid) for row in noted] == [(CAPPED, ACCOUNT)]
    assert len(exchange.telephones) == 1


def test_a_call_that_is_over_counts_no_more():
    async def tell(exchange: Exchange) -> None:
        exchange.caps.calls.at_once = 1
        await exchange.desk.place(exchange.order())
        with pytest.raises(TakesNoCalls, match="has as many calls up as it may have"):
            await exchange.desk.place(exchange.order())
        await exchange.calls.wait_idle()
        assert exchange.caps.refusal(ACCOUNT, 0.0) is None

    story(tell, {1: 200, 2: "bye"})


def test_keys_are_pressed_before_the_document_and_the_time_limit_ends_it():
    rows: list[CallRow] = []

    async def tell(exchange: Exchange) -> None:
        rows.extend(await exchange.desk.place(exchange.order(send_digits="12#", time_limit=5)))

    exchange = story(tell, {1: 200})
    assert exchange.telephones[0].media.pressed == ["12#"]
    assert (rows[0].status, rows[0].duration, rows[0].reason) == ("completed", 5, "time limit reached")


@pytest.mark.parametrize(("asked_at", "limit", "ends_at"), [(2, 9, 9), (4, 3, 4), (0.5, 7, 7)])
def test_a_limit_is_set_anew_and_counts_from_the_answer(asked_at: float, limit: float, ends_at: float):
    rows: list[CallRow] = []

    async def tell(exchange: Exchange) -> None:
        rows.extend(await exchange.desk.place(exchange.order(time_limit=5)))
        # Answered after one second; the first time before that.
        await asyncio.sleep(1 + asked_at if asked_at >= 1 else asked_at)
        exchange.desk.limit(rows[0], limit)

    story(tell, {1: 200})
    assert (rows[0].status, rows[0].duration, rows[0].reason) == ("completed", ends_at, "time limit reached")


def test_a_call_that_is_over_takes_no_limit():
    async def tell(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order())
        await asyncio.sleep(3)
        await exchange.desk.end(row)
        with pytest.raises(CallOver):
            exchange.desk.limit(row, 60)

    story(tell, {1: 200})


def detecting(callback: Callback | None = None) -> ClientTarget:
    return ClientTarget(login="bob", detection=MachineDetection(callback=callback))


def test_the_document_is_asked_for_when_it_is_known_who_answered():
    rows: list[CallRow] = []

    async def tell(exchange: Exchange) -> None:
        first = Application(voice_url="http://app.test/first")
        rows.extend(await exchange.desk.place(exchange.order(target=detecting(), application=first)))
        await asyncio.sleep(3)
        assert (exchange.asked, rows[0].answered_by) == ([], None)

    exchange = story(tell, {1: 200}, first="<Redirect>http://app.test/second</Redirect>", second="")
    assert exchange.asked == ["first", "second"]
    assert [sent["AnsweredBy"] for sent in exchange.sent] == ["machine_start"] * 2
    assert 2400 < int(exchange.sent[0]["MachineDetectionDuration"]) < 2700
    assert "MachineDetectionDuration" not in exchange.sent[1]
    assert rows[0].answered_by == "machine_start"


def test_a_document_that_does_not_wait_runs_while_it_is_found_out():
    async def tell(exchange: Exchange) -> None:
        target = detecting(Callback(url="http://app.test/amd"))
        order = exchange.order(
            "<Say>hello</Say><Pause length='9'/>", target=target, waits_for_detection=False
        )
        await exchange.desk.place(order)
        await asyncio.sleep(2)
        assert (exchange.telephones[0].media.heard, exchange.told) == (["hello"], [])

    (told,) = story(tell, {1: 200}).told
    assert told["AnsweredBy"] == "machine_start"


def test_another_document_does_not_wait_for_who_answered():
    async def tell(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order("<Say>old</Say>", target=detecting()))
        await asyncio.sleep(2)
        await exchange.desk.redirect(row, Application(voice_url="http://app.test/new"), OtherLeg.HANGS_UP)
        await asyncio.sleep(0.5)
        assert exchange.telephones[0].media.heard == ["new"]

    story(tell, {1: 200}, new="<Say>new</Say>")


def test_another_document_takes_the_place_of_the_one_that_runs():
    async def tell(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order("<Say loop='0'>old</Say>"))
        await asyncio.sleep(3)
        await exchange.desk.redirect(row, Application(voice_url="http://app.test/new"), OtherLeg.HANGS_UP)

    exchange = story(tell, {1: 200}, new="<Say>new</Say>")
    (telephone,) = exchange.telephones
    assert telephone.media.heard == ["old", "new"]
    assert telephone.said == ["INVITE", "BYE", "closed"]


def test_a_document_given_while_it_rings_runs_after_the_answer():
    async def tell(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order("<Say>old</Say>"))
        await asyncio.sleep(1)
        await exchange.desk.redirect(row, Application(voice_url="http://app.test/new"), OtherLeg.HANGS_UP)

    exchange = story(tell, {2: 200}, new="<Say>new</Say>")
    assert exchange.telephones[0].media.heard == ["new"]


def test_a_call_is_canceled_while_it_rings_and_completed_when_it_is_up():
    rows: list[CallRow] = []

    async def tell(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order())
        rows.append(row)
        await asyncio.sleep(1)
        await exchange.desk.cancel(row)
        assert row.status == "canceled"
        with pytest.raises(CallOver):
            await exchange.desk.end(row)

    assert story(tell, {2: 200}).telephones[0].said[:2] == ["INVITE", "CANCEL"]

    async def tell_another(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order())
        await asyncio.sleep(3)
        with pytest.raises(WrongState, match="completed, not canceled"):
            await exchange.desk.cancel(row)
        await exchange.desk.end(row)
        assert row.status == "completed"

    story(tell_another, {2: 200})


@pytest.mark.parametrize("said", [{}, {0.5: response(302)}], ids=["nothing", "redirect"])
def test_a_call_that_is_canceled_rings_nobody_by_another_way(said: dict[float, Any]):
    async def tell(exchange: Exchange) -> None:
        exchange.ways_of_one = True
        (row,) = await exchange.desk.place(exchange.order())
        await asyncio.sleep(1)
        await exchange.desk.cancel(row)
        await exchange.calls.wait_ended(row.sid, 60)
        assert row.status == "canceled"

    assert len(story(tell, said, {2: 200}).telephones) == 1


def test_a_party_is_muted_and_keys_are_pressed_once_it_has_answered():
    async def tell(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order())
        with pytest.raises(WrongState, match="not answered yet"):
            exchange.desk.mute(row, True)
        await asyncio.sleep(3)
        exchange.desk.mute(row, True)
        exchange.desk.press(row, "5")
        await asyncio.sleep(1)
        assert exchange.telephones[0].media.muted
        await exchange.desk.end(row)

    assert story(tell, {2: 200}).telephones[0].media.pressed == ["5"]


def test_a_talk_is_told_of_keys_that_one_of_it_was_sent_so_that_hold_music_goes_on():
    told: list[Any] = []

    async def tell(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order())
        await asyncio.sleep(3)
        exchange.telephones[0].talk = SimpleNamespace(keys_sent=told.append)
        exchange.desk.press(row, "5")
        await asyncio.sleep(1)
        exchange.telephones[0].talk = None
        await exchange.desk.end(row)

    assert told == story(tell, {2: 200}).telephones


def test_another_url_is_told_how_the_call_goes_on():
    async def tell(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order())
        await asyncio.sleep(3)
        exchange.desk.tell_status(row, Callback(url="http://app.test/other", events=("ringing",)))
        await exchange.desk.end(row)

    assert story(tell, {2: 200}).events == ["initiated", "answered"]


def test_at_a_stop_all_calls_are_hung_up():
    async def tell(exchange: Exchange) -> None:
        await exchange.desk.place(exchange.order())
        await asyncio.sleep(1)
        await exchange.calls.end_all("server shutdown")

    assert "CANCEL" in story(tell, {2: 200}).telephones[0].said


def test_a_party_is_rung_when_its_time_has_come():
    async def tell(exchange: Exchange) -> None:
        (row,) = await exchange.desk.place(exchange.order("<Say>hello</Say>", delay=20, told={"More": "1"}))
        await asyncio.sleep(19)
        assert (exchange.telephones, exchange.calls.party(row.sid)) == ([], None)
        await asyncio.sleep(2)
        assert exchange.telephones[0].said == ["INVITE"]

    exchange = story(tell, {1: 180, 3: 200})
    assert exchange.events == ["initiated", "ringing", "answered", "completed"]
    assert [each.get("More") for each in exchange.told] == [None, None, None, "1"]


def test_a_party_who_is_to_be_rung_later_is_not_when_the_server_stops_first():
    rows: list[CallRow] = []

    async def tell(exchange: Exchange) -> None:
        rows.extend(await exchange.desk.place(exchange.order(delay=20, told={"More": "1"})))
        await exchange.calls.end_all("server shutdown")

    exchange = story(tell, {1: 180})
    assert exchange.telephones == []
    assert (rows[0].status, rows[0].reason) == ("failed", "given up before it was rung")
    assert [(each["CallStatus"], each["More"]) for each in exchange.told] == [("completed", "1")]


def test_a_party_for_whom_no_port_is_free_later_is_told_as_failed():
    rows: list[CallRow] = []

    async def tell(exchange: Exchange) -> None:
        rows.extend(await exchange.desk.place(exchange.order(delay=20)))

    exchange = story(tell, {0: "no port"})
    assert rows[0].status == "failed"
    assert exchange.events == ["completed"]


def test_what_is_told_at_the_end_is_told_of_who_never_answered_too():
    async def tell(exchange: Exchange) -> None:
        await exchange.desk.place(exchange.order(told={"More": "1"}))

    assert story(tell, {1: 486}).told[-1]["More"] == "1"
