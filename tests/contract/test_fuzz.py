"""A sample of the fuzzing: whatever a parser is given, it returns or raises its own error, and soon."""

import itertools

import pytest

from tests.fuzz.endpoint_door import EndpointDoor
from tests.fuzz.run import inputs, judge
from tests.fuzz.targets import TARGETS, Target

SAMPLE = 400
SEED = 4475


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_parser_returns_or_raises_its_own_error(target: Target):
    judged = [(*judge(target, data), data) for data in itertools.islice(inputs(target, SEED), SAMPLE)]
    assert [(what, data[:200]) for _, what, data in judged if what is not None] == []


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_a_parser_is_fuzzed_from_reaches_it(target: Target):
    """Some input of the corpus is read to its end; else only the first check would be fuzzed."""
    read = 0
    for data in target.corpus():
        try:
            target.read(data)
        except target.own:
            continue
        read += 1
    assert read


def test_what_an_endpoint_is_fuzzed_from_reaches_its_calls():
    door, (target,) = EndpointDoor(), [target for target in TARGETS if target.name == "sip-endpoint"]
    for data in itertools.chain.from_iterable(itertools.repeat(target.corpus(), 3)):
        door.receive(data)
    assert {
        *("IncomingInvite", "IncomingRequest", "InDialogRequest", "InfoReceived", "OfferReceived"),
        *("Provisional", "Answered", "Rejected", "ReferReceived", "SessionEnded"),
    } <= set(door.told)
