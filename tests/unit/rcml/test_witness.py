"""Whoever follows the verbs of a call learns what each did, in one place for all of them."""

import pytest

from rcml.call import Collected
from rcml.errors import CallerGone, PlaybackFailed
from rcml.flow import Fetch
from rcml.referring import Change, Changed
from rcml.schema import Verb
from rcml.values import Url
from rcml.walk import Broken, InterpreterOptions, Walk
from tests.testkit.scripted_call import START, ScriptedCall, complete


class Notes:
    """Follows verbs, and writes down what it is told."""

    def __init__(self) -> None:
        self.lines: list[object] = []

    def __call__(self, verb: Verb) -> "Notes":
        self.lines.append(verb.schema.name)
        return self

    def answered(self, answer: object) -> None:
        self.lines.append(answer)

    def ended(self, error: BaseException | None) -> None:
        self.lines.append(type(error).__name__ if error is not None else "over")


def followed(document: str, **script) -> list[object]:
    notes = Notes()
    call = ScriptedCall(ringing=False, application={START: f"<Response>{document}</Response>"}, **script)
    walk = Walk(call, options=InterpreterOptions(), witness=notes)
    try:
        complete(walk.run(Fetch(Url(START))))
    except (CallerGone, Broken) as error:
        notes.lines.append(f"raised {type(error).__name__}")
    return notes.lines


def test_each_verb_is_followed_from_its_beginning_to_its_end():
    assert followed("<Say>a</Say><Hangup/>") == ["Say", "over", "Hangup", "over"]


def test_answers_that_say_how_a_verb_fared_are_told():
    pressed = followed('<Gather numDigits="1"/>', presses=[(1, "7")])
    assert pressed[:2] == ["Gather", Collected(digits="7")]
    held = followed("<Hold/><Resume/>", holds=[Changed(Change.FAILED, 488)])
    assert held[:3] == ["Hold", Changed(Change.FAILED, 488), "over"]


@pytest.mark.parametrize(
    ("document", "script", "lines"),
    [
        ("<Say>a</Say>", {"hangs_up_at": 0.5}, ["Say", "CallerGone", "raised CallerGone"]),
        ("<Play>nonsense:/</Play>", {}, ["Play", "InvalidUrl", "raised Broken"]),
    ],
)
def test_what_stops_a_verb_is_told_and_goes_on_to_stop_the_document(document, script, lines):
    assert followed(document, **script) == lines


def test_a_sound_that_cannot_be_played_is_told_as_it_is():
    class Silent(ScriptedCall):
        async def play(self, sound) -> None:
            raise PlaybackFailed("404", url=sound.url)

    notes = Notes()
    call = Silent(ringing=False, application={START: "<Response><Play>/a.wav</Play></Response>"})
    with pytest.raises(Broken):
        complete(Walk(call, options=InterpreterOptions(), witness=notes).run(Fetch(Url(START))))
    assert notes.lines == ["Play", "PlaybackFailed"]
