"""Every example does what it promises, called through the kit that its users have."""

import importlib
import re
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from engine.requests.signatures import dialplane_signature
from engine.testing.plugin import Dial
from examples import (
    call_screening,
    conference,
    echo_agent,
    hello,
    menu,
    music_on_hold,
    pin_check,
    relay_agent,
    sequential_dial,
    signed_events,
    sms_autoreply,
    support_queue,
    voicemail,
)
from tests.testkit.daemon import ROOT


@pytest.mark.parametrize("example", sorted(path.stem for path in (ROOT / "examples").glob("*.py")))
def test_each_example_is_tried(example: str):
    assert any(name.startswith(f"test_{example}") for name in globals()), "write a test of its name"


def test_hello(dial: Dial):
    caller = dial(hello.app)
    caller.expect_said("Hello!")
    caller.expect_hung_up()


def test_signed_events_answers_what_is_signed_and_fresh(dial: Dial):
    caller = dial(signed_events.app)
    caller.expect_said("This request was signed.")
    caller.expect_hung_up()


@pytest.mark.parametrize("age", [-400, 0, 400])
def test_signed_events_refuses_copies_that_are_old_or_from_the_future(age: int):
    header = dialplane_signature(signed_events.TOKEN, b"a=1", time.time() - age)
    assert signed_events.is_signed(b"a=1", header) == (age == 0)
    assert not signed_events.is_signed(b"a=2", header)


@pytest.mark.hostile("W10", sent="an event, signed and fresh, a thousand times")
async def test_signed_events_does_the_work_of_an_event_once():
    body, done = b"a=1", 0

    async def work(request: web.Request) -> web.Response:
        nonlocal done
        done += 1
        return web.Response()

    async def read() -> bytes:
        return body

    signature = dialplane_signature(signed_events.TOKEN, body, time.time())
    headers = {"Dialplane-Signature": signature, "Dialplane-Event-Id": "EV" + "9" * 32}
    request: Any = SimpleNamespace(read=read, headers=headers)
    answers = [await signed_events.check(request, work) for _ in range(1000)]
    assert (done, answers[0].status, {answer.status for answer in answers[1:]}) == (1, 200, {204})


def test_menu_chooses_asks_again_and_loses_patience(dial: Dial):
    caller = dial(menu.app)
    caller.press("1")
    caller.expect_said("nine to five")
    caller.press("9")
    caller.expect_said("does nothing")
    caller.press("0")
    caller.expect_said("Goodbye")
    caller.expect_hung_up()
    silent = dial(menu.app)
    for _ in range(menu.PATIENCE - 1):
        silent.expect_said("I did not hear a key")
    silent.expect_said("Goodbye")
    silent.expect_hung_up()


def test_music_on_hold_plays_until_a_key(dial: Dial):
    caller = dial(music_on_hold.app)
    caller.expect_played("/tune.wav")
    caller.wait(600)
    caller.press("5")
    caller.expect_said("Thank you for holding")
    caller.expect_hung_up()


@pytest.mark.parametrize(("pin", "words"), [("2468", "Your balance"), ("1111", "That was wrong")])
def test_pin_check(dial: Dial, pin: str, words: str):
    caller = dial(pin_check.app)
    caller.expect_said("enter your PIN")
    caller.press(pin)
    caller.expect_said(words)


def test_pin_check_ends_after_three_wrong_ones(dial: Dial):
    caller = dial(pin_check.app)
    for _ in range(pin_check.ATTEMPTS):
        caller.press("0000")
    caller.expect_said("wrong too often")
    caller.expect_hung_up()


def test_voicemail_keeps_what_a_caller_said_and_plays_it_to_the_inbox(dial: Dial):
    voicemail.messages.clear()
    caller = dial(voicemail.app, to="alice")
    caller.say("This is Bob, please call me.")
    recorded = caller.expect_recorded()
    caller.expect_played(re.compile(re.escape(recorded.url or "")))
    caller.hang_up()
    inbox = dial(voicemail.app, to="inbox")
    inbox.expect_said("You have 1 messages")
    inbox.expect_played(recorded.url or "")
    inbox.expect_hung_up()


def test_call_screening_asks_the_desk_who_takes_the_call_or_not(dial: Dial):
    caller = dial(call_screening.app, from_="+15557")
    desk = caller.expect_dialled(call_screening.DESK)
    desk.answer()
    desk.expect_said("A call from +15557")
    desk.press("1")
    caller.expect_connected()
    refused = dial(call_screening.app)
    desk = refused.expect_dialled(call_screening.DESK)
    desk.answer()
    refused.expect_said("Nobody can take your call")
    assert desk.over


def test_sequential_dial_rings_one_desk_after_another_and_takes_a_message(dial: Dial):
    caller = dial(sequential_dial.app)
    for desk in sequential_dial.DESKS:
        caller.expect_dialled(desk).busy()
    caller.expect_said("Please leave a message")
    caller.say("It is urgent.")
    caller.expect_recorded()
    caller.expect_said("We will call you back")
    lucky = dial(sequential_dial.app)
    lucky.expect_dialled(sequential_dial.DESKS[0]).answer()
    lucky.expect_connected()


def test_click_to_call_tells_the_agent_and_rings_the_visitor(dial: Dial, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIALPLANE_ACCOUNT__SID", "AC1")
    monkeypatch.setenv("DIALPLANE_ACCOUNT__AUTH_TOKEN", "secret")
    click_to_call = importlib.import_module("examples.click_to_call")
    agent = dial(click_to_call.app, url="/connect?customer=%2B15559")
    agent.expect_said("A visitor of the web site")
    visitor = agent.expect_dialled("+15559")
    visitor.answer()
    agent.expect_connected()


def test_conference_lets_callers_wait_for_the_host(dial: Dial):
    caller = dial(conference.app, to="team", from_="+15557")
    caller.expect_said("Nobody is here yet")
    room = caller.expect_conference("team")
    assert not room.started
    room.start()
    caller.wait(5)
    caller.press("*")
    caller.expect_said("You have left the room")
    caller.expect_hung_up()
    host = dial(conference.app, to="team", from_=conference.HOST)
    assert host.expect_conference("team").started


def test_echo_agent_is_connected_and_says_goodbye(dial: Dial):
    caller = dial(echo_agent.app)
    served = caller.expect_requested("/").url
    stream = caller.expect_stream(served.replace("http:", "ws:") + "agent")
    stream.close()
    caller.expect_said("Goodbye")
    caller.expect_hung_up()


@pytest.mark.parametrize(("ends", "said"), [(True, "Goodbye"), (False, "cut off")])
def test_relay_agent_greets_and_says_how_the_talk_ended(ends: bool, said: str, dial: Dial):
    caller = dial(relay_agent.app)
    served = caller.expect_requested("/").url
    relay = caller.expect_relay(served.replace("http:", "ws:") + "talk")
    caller.expect_said("What may I tell you about?")
    if ends:
        relay.end()
    else:
        relay.drop()
    caller.expect_said(said)
    caller.expect_hung_up()


def test_sms_autoreply_sends_a_caller_the_hours_as_a_text(dial: Dial):
    caller = dial(sms_autoreply.app)
    assert caller.expect_texted(sms_autoreply.OPENING_HOURS).to is None, "the caller gets it"
    caller.expect_said("nine to five")
    caller.expect_hung_up()


def test_support_queue_lets_callers_wait_for_an_agent_or_leave_a_message(dial: Dial):
    caller = dial(support_queue.app, to="support")
    place = caller.expect_enqueued("support")
    caller.expect_said("You are number 1")
    place.connect()
    caller.wait(60)
    place.part()
    caller.expect_said("Thank you for calling")
    caller.expect_hung_up()
    impatient = dial(support_queue.app, to="support")
    impatient.expect_enqueued("support")
    impatient.press("5")
    impatient.expect_said("You are number 1")
    impatient.press("1")
    impatient.expect_said("Please leave a message")
    impatient.say("Please call me.")
    impatient.expect_recorded()
    impatient.expect_said("We will call you back")


def test_support_queue_gives_an_agent_one_caller_after_another(dial: Dial):
    agent = dial(support_queue.app, to=support_queue.AGENT)
    for _ in range(2):
        taking = agent.expect_taking("support")
        taking.connect()
        agent.wait(30)
        taking.part()
    assert not agent.errors
