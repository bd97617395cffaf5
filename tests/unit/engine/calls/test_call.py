"""A call in virtual time: a leg, a store and an application that are values, and no sockets."""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.calls.incoming_call import IncomingCall
from engine.config import Settings
from engine.conversations.conversation import MOST_KEYS
from engine.errors import Cause, FetchError, MediaUnavailable
from engine.exchange.account_caps import AccountCaps
from engine.exchange.routing import Application
from engine.journal.call_journal import CallJournal
from engine.legs.leg_ended import LegEnded
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog
from engine.requests.cookies import Cookies
from engine.requests.http_request import Answer
from engine.store import CallRow, NotificationRow
from media.prompts import Prompt
from rcml.call import CallerGone, PlaybackFailed
from sip.events import EndCause
from tests.testkit.virtual_loop import run_virtual

APP = "http://app.test/answer"


def prompt(name: str, seconds: float) -> Prompt:
    return Prompt(np.zeros(int(8000 * seconds), np.int16), 8000, name, name)


@dataclass
class FakeMedia:
    """Plays in virtual time and remembers what was heard: (name, from, to)."""

    heard: list[tuple[str, float, float]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    wideband: bool = False

    async def play(self, sound: Prompt, loops: int = 1) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            await asyncio.sleep(sound.duration * loops if loops else 1e9)
        finally:
            self.heard.append((sound.name, begun, loop.time()))

    async def send_digits(self, digits: str) -> None:
        self.sent.append(digits)


class FakeLeg:
    has_media = False
    accepted = False

    def __init__(self, *, no_port: bool = False) -> None:
        self.ended: asyncio.Future[LegEnded] = asyncio.get_running_loop().create_future()
        self.on_digit: Any = None
        self.media = FakeMedia()
        self.said: list[str] = []
        self.reasons: list[str | None] = []
        self._no_port = no_port

    @property
    def gone(self) -> bool:
        return self.ended.done()

    def _say(self, what: str, headers: Any) -> None:
        self.said.append(what)
        self.reasons.append(dict(headers).get("Reason"))

    def ring(self, headers: Any = ()) -> None:
        self._say("180", headers)

    async def answer(self, headers: Any = ()) -> None:
        if self._no_port:
            raise MediaUnavailable("every port of 20000-20001 is in use")
        if not self.accepted:
            self.accepted = True
            self._say("200", headers)
        await asyncio.sleep(0.01)

    def reject(self, status: int, headers: Any = (), reason: str | None = None) -> None:
        self._say(str(status), headers)
        self.ended.set_result(LegEnded(EndCause.LOCAL))

    def hang_up(self, headers: Any = ()) -> None:
        self._say("BYE" if "200" in self.said else "487", headers)
        self.ended.set_result(LegEnded(EndCause.LOCAL))

    def close(self) -> None:
        self._say("closed", ())
        self.on_digit = self.on_media_lost = self.on_path_lost = None

    def caller(self, cause: EndCause) -> None:
        if not self.ended.done():
            self.ended.set_result(LegEnded(cause))


class FakeApplication:
    """Answers by path; a document may be an exception, a whole answer, or take its time."""

    def __init__(self, documents: dict[str, Any], delay: float = 0.0) -> None:
        self.documents = documents
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.urls: list[str] = []
        self._delay = delay

    async def document(
        self,
        url: str,
        method: str,
        parameters: dict[str, str],
        *,
        cookies: Cookies | None = None,
        redirected_as_get: bool = False,
    ) -> Answer:
        path = url.rpartition("/")[2]
        self.urls.append(url)
        self.requests.append((path, method, dict(parameters)))
        await asyncio.sleep(self._delay)
        found = self.documents[path]
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Answer) else Answer(200, "text/xml", found.encode(), url)


class FakeSounds:
    beep = prompt("beep", 0.5)

    async def speech(self, speech: Any) -> Prompt:
        return prompt(speech.text, 2.0)

    async def say(self, speech: Any, leg: FakeMedia, tell: Any) -> None:
        if speech.text == "mumble":
            tell("the voice acme failed")
        await leg.play(await self.speech(speech), speech.loops)

    async def sound(self, sound: Any, *, wide: bool = False) -> Prompt:
        if sound.url.endswith("broken.wav"):
            raise PlaybackFailed("it is no sound file", url=sound.url)
        return prompt(sound.url.rpartition("/")[2] + ", wideband" * wide, 10.0)

    async def apology(self, text: str, url: str) -> Prompt:
        return prompt("apology", 3.0)


@dataclass
class Scene:
    """What a call left behind."""

    call: IncomingCall
    leg: FakeLeg
    application: FakeApplication
    rows: list[CallRow]
    notifications: list[int]
    callbacks: list[tuple[str, dict[str, str]]]
    metrics: Metrics

    @property
    def asked(self) -> list[str]:
        return [path for path, _, _ in self.application.requests]

    @property
    def told(self) -> list[str]:
        return [parameters["CallStatus"] for _, parameters in self.callbacks]


def play(
    documents: dict[str, Any],
    *,
    at: dict[float, Any] | None = None,
    steered: dict[float, Any] | None = None,
    no_port: bool = False,
    delay: float = 0.0,
    fallback: str = "",
) -> Scene:
    """Run a call of ``documents`` to its end; ``at`` does something to the leg at a time.

    ``steered`` does something to the call.
    """
    return run_virtual(_play(documents, at or {}, steered or {}, no_port, delay, fallback))


async def _play(
    documents: dict[str, Any],
    at: dict[float, Any],
    steered: dict[float, Any],
    no_port: bool,
    delay: float,
    fallback: str,
) -> Scene:
    leg, metrics = FakeLeg(no_port=no_port), Metrics()
    application = FakeApplication(
        {
            name: text if isinstance(text, Exception | Answer) else f"<Response>{text}</Response>"
            for name, text in documents.items()
        },
        delay,
    )
    saved: list[Any] = []

    async def flush(within: float) -> None:
        """Everything is stored at once."""

    store = SimpleNamespace(save=saved.append, flush=flush)
    callbacks: list[tuple[str, dict[str, str]]] = []
    services: Any = SimpleNamespace(
        settings=Settings.embedded(),
        store=store,
        metrics=metrics,
        account_caps=AccountCaps(),
        fetcher=application,
        outbox=SimpleNamespace(post=lambda url, parameters, **_: callbacks.append((url, dict(parameters)))),
        notifications=NotificationLog(store, metrics),  # type: ignore[arg-type]
        sounds=FakeSounds(),
    )
    row = CallRow(
        sid="CA" + "1" * 32, account_sid="AC" + "2" * 32, instance_sid="ID" + "3" * 32,
        from_="bob", to="1111", direction="inbound", status="queued",
    )  # fmt: skip
    wanted = Application(voice_url=APP, voice_fallback_url=fallback, status_callback="http://app.test/status")
    journal = CallJournal(row, [("X-Custom", "7")], wanted, services)
    journal.arrived("UDP 192.0.2.1:5060", "call-id")
    nowhere: Any = None
    call = IncomingCall(journal, leg, wanted, services, nowhere)  # type: ignore[arg-type]
    loop = asyncio.get_running_loop()
    for when, act in at.items():
        loop.call_later(when, act, leg)
    for when, act in steered.items():
        loop.call_later(when, act, call)
    await call.run()
    notifications = [each.error_code for each in saved if isinstance(each, NotificationRow)]
    rows = [each for each in saved if isinstance(each, CallRow)]
    return Scene(call, leg, application, rows, notifications, callbacks, metrics)


def hangs_up(leg: FakeLeg) -> None:
    leg.caller(EndCause.BYE)


def cancels(leg: FakeLeg) -> None:
    leg.caller(EndCause.CANCELLED)


def presses(keys: str) -> Any:
    def press(leg: FakeLeg) -> None:
        for key in keys:
            leg.on_digit(key)

    return press


def test_a_call_rings_is_answered_speaks_and_is_hung_up_at_the_end_of_its_document():
    scene = play({"answer": "<Say>hello</Say>"})
    assert scene.leg.said == ["180", "200", "BYE", "closed"]
    assert [name for name, _, _ in scene.leg.media.heard] == ["hello"]
    assert scene.call.row.status == "completed"
    assert scene.call.row.duration == 2


def test_an_ended_call_leaves_nothing_to_the_garbage_collector(quiet_collector):
    scene = play({"answer": "<Say>hello</Say><Play>long.wav</Play>"})
    call = weakref.ref(scene.call)
    del scene
    assert call() is None


@pytest.mark.parametrize(("set_at", "seconds", "lasts"), [(0.5, 4, 4), (3, 5, 5), (6, 2, 5)])
def test_a_call_that_came_in_lasts_as_long_from_its_answer_as_is_asked_for(
    set_at: float, seconds: float, lasts: float
):
    documents = {"answer": "<Say>hello</Say><Pause length='60'/>"}
    scene = play(documents, steered={set_at: lambda call: call.time_limit.set(seconds)}, delay=1.0)
    assert (scene.leg.said, scene.told[-1]) == (["180", "200", "BYE", "closed"], "completed")
    assert (scene.call.row.duration, scene.call.row.reason) == (lasts, "time limit reached")


def test_a_first_request_carries_what_is_known_of_the_call():
    scene = play({"answer": ""})
    path, method, sent = scene.application.requests[0]
    assert (path, method) == ("answer", "POST")
    assert sent["CallStatus"] == "ringing"
    assert sent["From"] == "bob"
    assert sent["To"] == "1111"
    assert sent["SipHeader_X-Custom"] == "7"


def test_relative_urls_of_a_document_that_was_found_elsewhere_lead_from_there():
    lies_at = "http://app.test/menu/"
    menu = Answer(200, "text/xml", b"<Redirect>next</Redirect>", APP, moved_to=lies_at)
    assert play({"answer": menu, "next": ""}).application.urls == [APP, f"{lies_at}next"]


def test_the_number_is_told_three_states_of_an_answered_call():
    assert play({"answer": "<Say>hello</Say>"}).told == ["ringing", "in-progress", "completed"]


def test_a13_a_caller_who_cancels_ends_the_call_as_canceled_after_one_request():
    scene = play({"answer": "<Say>hello</Say>"}, at={0.5: cancels}, delay=1.0)
    assert scene.asked == ["answer"]
    assert scene.call.row.status == "canceled"
    assert scene.told == ["ringing", "canceled"]


@pytest.mark.parametrize(
    "verb",
    [
        "<Say>hello</Say>",
        "<Play>long.wav</Play>",
        "<Say>hi</Say><Pause length='60'/>",
        "<Gather><Say>press</Say></Gather>",
        "<Gather timeout='60'/>",
        "<Say loop='0'>for ever</Say>",
    ],
)
def test_a_caller_who_hangs_up_in_a_verb_ends_it_at_once(verb):
    scene = play({"answer": verb + "<Say>never heard</Say>"}, at={1.5: hangs_up})
    assert scene.call.row.status == "completed"
    assert all(end <= 1.5 for _, _, end in scene.leg.media.heard)
    assert "never heard" not in [name for name, _, _ in scene.leg.media.heard]
    assert scene.leg.said == ["180", "200", "closed"]


def test_a_caller_who_hangs_up_while_an_action_is_fetched_hears_nothing_of_it():
    documents = {"answer": "<Redirect>next</Redirect>", "next": "<Say>too late</Say>"}
    scene = play(
        {**documents, "answer": "<Say>x</Say><Redirect>next</Redirect>"}, at={4.0: hangs_up}, delay=1.5
    )
    assert scene.asked == ["answer", "next"]
    assert [name for name, _, _ in scene.leg.media.heard] == ["x"]


@pytest.mark.parametrize(("reason", "status"), [("rejected", "603"), ("busy", "486")])
def test_b01_b02_a_rejected_call_is_never_answered(reason, status):
    scene = play({"answer": f"<Reject reason='{reason}'/>"})
    assert scene.leg.said == ["180", status, "closed"]
    assert scene.call.row.status == "busy"


def test_b04_a_pause_before_a_reject_does_not_answer():
    scene = play({"answer": "<Pause length='1'/><Reject/>"})
    assert scene.leg.said == ["180", "603", "closed"]


def test_a01_an_application_that_is_down_gives_500_with_a_reason():
    down = FetchError(Cause.CONNECT, "connection refused", APP)
    scene = play({"answer": down})
    assert scene.leg.said == ["180", "500", "closed"]
    assert "Problem while trying to download RCML" in (scene.leg.reasons[1] or "")
    assert scene.call.row.status == "failed"
    assert scene.notifications == [11205]


def test_a_document_that_cannot_be_parsed_gives_500_with_restcomms_reason():
    scene = play({"answer": "<Say>"})
    assert "Problem_to_parse_downloaded_RCML" in (scene.leg.reasons[1] or "")


def test_after_the_answer_a_broken_application_apologises_before_it_hangs_up():
    scene = play(
        {"answer": "<Say>hi</Say><Redirect>next</Redirect>", "next": FetchError(Cause.READ, "timed out", APP)}
    )
    assert [name for name, _, _ in scene.leg.media.heard] == ["hi", "apology"]
    assert scene.leg.said == ["180", "200", "BYE", "closed"]
    assert scene.call.row.reason == "Problem while trying to download RCML"


def test_a_caller_who_hangs_up_during_the_apology_is_let_go():
    down = FetchError(Cause.READ, "timed out", APP)
    scene = play({"answer": "<Say>hi</Say><Redirect>next</Redirect>", "next": down}, at={3.0: hangs_up})
    assert scene.leg.said == ["180", "200", "closed"]


def test_the_fallback_url_runs_when_the_first_document_fails():
    down = FetchError(Cause.CONNECT, "refused", APP)
    scene = play({"answer": down, "sorry": "<Say>sorry</Say>"}, fallback="http://app.test/sorry")
    assert [name for name, _, _ in scene.leg.media.heard] == ["sorry"]
    assert scene.call.row.status == "completed"


def test_b08_a_sound_that_cannot_be_played_ends_the_call_with_a_notification():
    scene = play({"answer": "<Play>broken.wav</Play><Say>never</Say>"})
    assert scene.notifications == [13233]
    assert scene.leg.said == ["180", "200", "BYE", "closed"]


def test_a_provider_that_fails_is_noted_and_the_call_goes_on():
    scene = play({"answer": "<Say provider='acme'>mumble</Say><Say>bye</Say>"})
    assert scene.notifications == [13520]
    assert [name for name, _, _ in scene.leg.media.heard] == ["mumble", "bye"]


def test_without_a_free_port_the_caller_gets_503():
    scene = play({"answer": "<Say>hello</Say>"}, no_port=True)
    assert scene.leg.said == ["180", "503", "closed"]
    assert scene.call.row.status == "failed"


def test_digits_are_sent_to_the_action():
    scene = play(
        {"answer": "<Gather action='got' finishOnKey='#'><Say>press</Say></Gather>", "got": ""},
        at={0.5: presses("12"), 1.0: presses("3#")},
    )
    assert scene.application.requests[1][2]["Digits"] == "123"


def test_a_key_silences_the_prompt_at_once():
    scene = play(
        {"answer": "<Gather action='got' numDigits='1'><Play>long.wav</Play></Gather>", "got": ""},
        at={1.25: presses("5")},
    )
    assert scene.leg.media.heard[0][2] == pytest.approx(1.25)
    assert scene.asked == ["answer", "got"]


def test_k01_one_digit_of_three_is_sent_after_the_timeout():
    scene = play(
        {"answer": "<Gather action='got' numDigits='3' method='GET'/>", "got": "<Hangup/>"},
        at={1.0: presses("3")},
    )
    path, method, sent = scene.application.requests[1]
    assert (path, method, sent["Digits"]) == ("got", "GET", "3")


def test_without_input_the_next_verb_runs_after_the_timeout():
    scene = play({"answer": "<Gather timeout='7'><Say>press</Say></Gather><Say>bye</Say>"})
    name, begun, _ = scene.leg.media.heard[1]
    assert name == "bye"
    assert begun == pytest.approx(0.01 + 2.0 + 7.0)


def test_keys_pressed_before_a_gather_are_forgotten():
    scene = play(
        {"answer": "<Say>first</Say><Gather action='got' timeout='1'/>", "got": ""}, at={1.0: presses("9")}
    )
    assert scene.asked == ["answer"]


def test_keys_that_nobody_waits_for_are_kept_to_a_number():
    scene = play({"answer": "<Say>first</Say>"}, at={1.0: presses("9" * 3 * MOST_KEYS)})
    assert scene.call._keys.qsize() == MOST_KEYS


def test_a_prompt_that_fails_inside_a_gather_ends_the_call():
    scene = play({"answer": "<Gather><Play>broken.wav</Play></Gather>"})
    assert scene.notifications == [13233]


def test_an_internal_error_ends_this_call_and_says_so(caplog):
    scene = play({"answer": RuntimeError("an invariant broke")})
    assert scene.leg.said == ["180", "500", "closed"]
    assert scene.notifications == [11000]
    assert scene.call.row.status == "failed"


def test_no_call_is_left_in_the_count_of_live_calls():
    scene = play({"answer": "<Say>hello</Say>"})
    assert b'dialplane_calls_active{direction="inbound"} 0.0' in scene.metrics.text()


def test_a_play_with_digits_presses_them():
    scene = play({"answer": "<Play digits='12w3'/>"})
    assert scene.leg.media.sent == ["12w3"]


def test_nothing_is_begun_for_a_caller_who_has_left():
    scene = play({"answer": "<Say>hello</Say>"}, at={1.0: hangs_up})
    begun: list[str] = []

    async def work() -> None:
        begun.append("work")

    with pytest.raises(CallerGone):
        asyncio.run(scene.call.while_up(work()))
    assert begun == []
