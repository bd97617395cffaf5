from pathlib import Path

import pytest

from rcml.nouns.client import Client
from rcml.nouns.conference import Conference
from rcml.nouns.number import Number
from rcml.nouns.sip import Sip
from rcml.reference import page, parameters, sections
from rcml.schema import VERBS, Element
from rcml.verbs.dial import Dial
from rcml.verbs.gather import Gather
from rcml.verbs.record import Record

COMMITTED = Path(__file__).parents[3] / "docs" / "reference" / "rcml.md"


def test_the_committed_page_is_current():
    assert COMMITTED.read_text("utf-8") == page(), "run: make docs"


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_and_attribute_has_its_place_on_the_page(name: str):
    _, _, chapter = page().partition(f"\n## {name}\n")
    chapter, _, _ = chapter.partition("\n## ")
    for attribute in VERBS[name].schema.attributes:
        assert f"\n| `{attribute}` | " in chapter
    assert "```xml\n<Response>" in chapter


def test_a_docstring_is_split_at_its_headings():
    assert sections(
        "What.\n\nMore.\n\nExample:\n    <a>\n      <b/>\n    </a>\n\nTwiML: no\nsuch thing."
    ) == {
        "": "What.\n\nMore.",
        "Example": "<a>\n  <b/>\n</a>",
        "TwiML": "no\nsuch thing.",
    }


def test_parameters_are_read_with_their_wrapped_lines():
    docstring = "What.\n\nParameters:\n    Digits: The keys\n        pressed.\n    Other: x\n"
    assert parameters(docstring) == {"Digits": "The keys pressed.", "Other": "x"}


def test_a_parameter_may_have_a_hyphen_in_its_name():
    assert parameters("What.\n\nParameters:\n    Header_X-Name: y\n") == {"Header_X-Name": "y"}


@pytest.mark.parametrize("noun", [Number, Client, Sip, Conference])
def test_every_noun_and_attribute_has_its_place_under_dial(noun: type[Element]):
    _, _, chapter = page().partition("\n## Dial\n")
    chapter, _, _ = chapter.partition("\n## ")
    _, _, section = chapter.partition(f"\n### {noun.schema.name}\n")
    section, _, _ = section.partition("\n### ")
    for attribute in noun.schema.attributes:
        assert f"\n| `{attribute}` | " in section
    assert "```xml\n<Dial>" in section


def test_the_parameters_of_the_actions_are_those_of_the_manual():
    assert set(parameters(Gather.schema.meaning)) == {"Digits", "SpeechResult", "Confidence"}
    assert list(parameters(Dial.schema.meaning)) == [
        "DialSipCallId",
        "DialSipResponseCode",
        "DialSipHeader_X-Name",
        "DialRingDuration",
        "DialCallSid",
        "DialCallStatus",
        "DialCallDuration",
        "RecordingUrl",
        "PublicRecordingUrl",
    ]
    assert set(parameters(Record.schema.meaning)) == {
        "RecordingUrl",
        "PublicRecordingUrl",
        "RecordingDuration",
        "Digits",
    }
