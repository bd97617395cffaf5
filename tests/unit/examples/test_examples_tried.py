"""Every example does what it promises, called through the kit that its users have."""

import re

import pytest

from engine.testing.plugin import Dial
from examples import hello, menu, music_on_hold, pin_check, voicemail
from tests.testkit.daemon import ROOT

TRIED = {"hello", "menu", "music_on_hold", "pin_check", "voicemail"}


def test_each_example_is_tried():
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == TRIED


def test_hello(dial: Dial):
    caller = dial(hello.app)
    caller.expect_said("Hello!")
    caller.expect_hung_up()


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
