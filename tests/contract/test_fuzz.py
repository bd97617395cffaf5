"""A sample of the fuzzing: whatever a parser is given, it returns or raises its own error, and soon."""

import itertools

import pytest

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
