"""``dialplane try``: what is typed is done, and the transcript is shown as it happens."""

from collections.abc import Mapping

from engine.testing.terminal import Terminal
from rcml.testing import dial

MENU = "<Response><Gather action='/choice' numDigits='1'><Say>Press 1.</Say></Gather></Response>"


def tried(documents: Mapping[str, str], *typed: str) -> tuple[bool, str]:
    lines = list(typed)
    shown: list[str] = []
    terminal = Terminal(dial(documents), lambda: lines.pop(0) if lines else None, shown.append)
    went_well = terminal.run()
    assert not lines, f"never asked for {lines}"
    return went_well, "\n".join(shown)


def test_keys_are_pressed_when_the_application_listens():
    went_well, shown = tried({"/": MENU, "/choice": "<Response><Say>Thank you.</Say></Response>"}, "1")
    assert went_well
    assert "pressed 1" in shown
    assert "said 'Thank you.'" in shown


def test_an_empty_line_lets_time_pass():
    _, shown = tried({"/": MENU}, "")
    assert "ended BYE" in shown


def test_words_are_spoken_and_the_end_of_input_hangs_up():
    documents = {"/": "<Response><Gather input='speech' action='/said'/></Response>", "/said": MENU}
    _, shown = tried(documents, "two tickets")
    assert "SpeechResult=two tickets" in shown
    assert "hung up by the other side" in shown


def test_whoever_is_rung_is_moved_too():
    documents = {"/": "<Response><Dial action='/done'><Client>bob</Client></Dial></Response>", "/done": ""}
    _, shown = tried(documents, "bye", "answer", "wait 5", "bye")
    assert "nobody can bye now" in shown
    assert "DialCallStatus=completed DialCallDuration=5" in shown


def test_a_broken_application_fails():
    went_well, shown = tried({"/": "<Response><"})
    assert not went_well
    assert "ERROR 12100" in shown
