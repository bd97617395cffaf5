import dataclasses
import enum
import inspect

import pytest

import rcml.verbs
from rcml.call import Call
from rcml.errors import DeclarationError
from rcml.flow import Flow, Next
from rcml.nouns.application import Application
from rcml.nouns.client import Client
from rcml.nouns.conference import Conference
from rcml.nouns.number import Number
from rcml.nouns.queue import Queue
from rcml.nouns.sip import Sip
from rcml.schema import VERBS, Element, Verb, attr, nested, noun, part, text, verb
from rcml.values import Seconds
from rcml.verbs.dial import Dial
from rcml.verbs.gather import Gather
from rcml.verbs.pause import Pause
from rcml.verbs.play import Play
from rcml.verbs.say import Say


def test_the_verbs_are_those_of_this_release():
    simple = {"Say", "Play", "Echo", "Pause", "Gather", "Record", "Redirect", "Reject", "Hangup"}
    others = {"Refer", "Hold", "Resume", "Start", "Stop", "Connect", "Sms", "Message", "Email"}
    assert set(VERBS) == simple | {"Dial", "Enqueue", "Leave"} | others


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_documented_and_executable(name: str):
    schema = VERBS[name].schema
    assert schema.meaning
    assert inspect.iscoroutinefunction(VERBS[name].execute)
    for attribute in schema.attributes.values():
        assert attribute.meaning.endswith(".")
        assert attribute.allowed


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_nests_only_declared_elements(name: str):
    for nesting in VERBS[name].schema.nestings:
        for inside, element in nesting.elements.items():
            assert element.schema.name == inside or inside in element.schema.aliases


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_stands_in_the_file_of_its_name(name: str):
    assert VERBS[name].__module__ == f"rcml.verbs.{name.lower()}"
    assert VERBS[name].__module__.rpartition(".")[0] == rcml.verbs.__name__


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_needs_no_argument_and_is_a_value(name: str):
    assert VERBS[name]() == VERBS[name](line=7)
    assert hash(VERBS[name]()) == hash(VERBS[name]())
    with pytest.raises(dataclasses.FrozenInstanceError):
        VERBS[name]().line = 3  # type: ignore[misc]


def test_xml_names_follow_from_field_names():
    assert {"finishOnKey", "numDigits", "partialResultCallbackMethod"} <= set(Gather.schema.attributes)


def test_gather_nests_what_a_caller_can_hear():
    (prompts,) = Gather.schema.nestings
    assert dict(prompts.elements) == {"Say": Say, "Play": Play, "Pause": Pause}


NOUNS: list[type[Element]] = [Number, Client, Sip, Application, Conference, Queue]


def test_dial_nests_the_nouns_of_this_release():
    (nouns,) = Dial.schema.nestings
    assert dict(nouns.elements) == {noun.schema.name: noun for noun in NOUNS} | {"Uri": Sip}
    assert nouns.at_most == 64


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_is_documented_and_stands_in_the_file_of_its_name(noun: type[Element]):
    assert noun.schema.meaning
    assert noun.__module__ == f"rcml.nouns.{noun.schema.name.lower()}"
    assert all(attribute.meaning.endswith(".") for attribute in noun.schema.attributes.values())
    assert noun.schema.text is not None


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_needs_no_argument_and_is_a_value(noun: type[Element]):
    assert noun() == noun(line=7)
    assert hash(noun()) == hash(noun())


def test_a_verb_declared_twice_is_a_mistake_of_ours():
    with pytest.raises(DeclarationError, match="declared twice"):

        @verb
        class Pause(Verb):
            """Another one."""

            async def execute(self, call: Call) -> Next:
                return Flow.NEXT_VERB


class Colour(enum.Enum):
    RED = "red"


@part
class Locked(Element):
    """What some elements have in common."""

    key: str = attr("Which key.", default="", secret=True)


@noun(aliases=("Flat",))
class House(Locked):
    """A noun with another name."""

    url: str | None = attr("Where.", default=None, name="URL")
    target: str = text("Whom.", default="")


@noun()
class Fork(Element):
    """An element that holds nouns."""

    limit: Seconds = attr("How long.", default=Seconds(30), minimum=1, code=13212, when_invalid=Seconds(60))
    colours: tuple[Colour, ...] = attr("Which.", default=())
    targets: tuple[House, ...] = nested("Whom.", default=(), at_most=10, codes={1: 2})


def test_a_noun_is_found_under_each_of_its_names():
    (targets,) = Fork.schema.nestings
    assert dict(targets.elements) == {"House": House, "Flat": House}
    assert (targets.at_most, targets.codes) == (10, {1: 2})


def test_a_noun_is_no_verb():
    assert "House" not in VERBS


def test_an_attribute_carries_all_that_was_declared():
    limit = Fork.schema.attributes["limit"]
    assert (limit.field, limit.default, limit.when_invalid, limit.minimum, limit.code) == (
        "limit",
        30,
        60,
        1,
        13212,
    )
    assert limit.allowed == "whole number of seconds from 1"


def test_a_name_and_a_text_may_be_declared():
    assert House.schema.attributes["URL"].field == "url"
    assert House.schema.text is not None
    assert House.schema.text.field == "target"


def test_attributes_of_a_common_part_come_after_its_own():
    assert list(House.schema.attributes) == ["URL", "key"]


def test_a_secret_is_not_shown():
    assert "4711" not in repr(House(key="4711"))
    assert House(key="4711") != House(key="4712")


def test_an_element_has_no_remarks_of_its_own():
    assert list(House().remarks()) == []
