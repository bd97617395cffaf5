"""The elements and attributes of TwiML, as the Twilio SDK knows them, are those of our table."""

import inspect
from collections.abc import Iterator

import pytest
from lxml import etree
from twilio.twiml import TwiML, voice_response  # type: ignore[import-untyped]

from rcml.dialects import SSML, TWIML

ONLY_IN_MESSAGES = {"Message", "Body", "Media"}


def elements(parent: type[TwiML], seen: set[type[TwiML]]) -> Iterator[tuple[str, set[str]]]:
    """Make everything that can stand in an element, with every attribute, and what can stand in that."""
    seen.add(parent)
    for name, make in vars(parent).items():
        if name.startswith("_") or not inspect.isfunction(make):
            continue
        child = make(made(parent), **arguments(make))
        element = etree.fromstring(str(child.to_xml(xml_declaration=False)))
        yield str(element.tag), {str(attribute) for attribute in element.attrib}
        if type(child) not in seen:
            yield from elements(type(child), seen)


def arguments(function: object) -> dict[str, str]:
    named = list(inspect.signature(function).parameters.values())[1:]  # type: ignore[arg-type]
    return {each.name: "1" for each in named if each.kind is not each.VAR_KEYWORD}


def made(cls: type[TwiML]) -> TwiML:
    return cls(**{name: "1" for name in arguments(cls.__init__) if name != "kwargs"})


@pytest.fixture(scope="module")
def sdk() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"Response": set()}
    for name, attributes in elements(voice_response.VoiceResponse, set()):
        found.setdefault(name, set()).update(attributes)
    return found


def test_the_table_has_every_element_and_attribute_of_the_sdk(sdk: dict[str, set[str]]):
    ours = {name: set(attributes) for name, attributes in TWIML.items() if name not in ONLY_IN_MESSAGES}
    assert {name: found for name, found in sdk.items() if name not in SSML} == ours


def test_markup_in_say_is_the_sdks(sdk: dict[str, set[str]]):
    assert set(SSML) <= sdk.keys()
