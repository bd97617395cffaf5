"""Phrases as written, and the words they are spoken with."""

import pytest

from media.speech.phrase_network import build_network
from media.speech.phrases import spoken_forms


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("Technical Support", [("technical", "support")]),
        ("don\u2019t know!", [("don't", "know")]),
        ("check-in & pay", [("check", "in", "and", "pay")]),
        ("Café", [("cafe",)]),
        ("room 7", [("room", "seven")]),
        ("24", [("twenty", "four"), ("two", "four")]),
        ("15", [("fifteen",), ("one", "five")]),
        ("30", [("thirty",), ("three", "zero")]),
        ("007", [("zero", "zero", "seven")]),
        ("...", []),
        ("日本", []),
    ],
)
def test_a_phrase_is_spoken_in_words(written, forms):
    assert spoken_forms(written) == forms


def test_a_network_is_one_chain_for_each_phrase():
    network = build_network(("sales", "opening hours"), lambda word: True)
    assert network.arcs == (
        (0, network.last, 0.5, "sales"),
        (0, 1, 0.5, "opening"),
        (1, network.last, 1.0, "hours"),
    )
    assert network.phrase(["opening", "hours"]) == "opening hours"
    assert network.phrase(["opening"]) == ""
    assert network.phrase([]) == ""


def test_what_was_said_comes_back_as_it_was_written():
    network = build_network(("Room 24!",), lambda word: True)
    assert network.phrase(["room", "two", "four"]) == "Room 24!"


def test_phrases_with_unknown_words_are_left_out_and_named():
    network = build_network(("sales", "Xyzzy"), lambda word: word != "xyzzy")
    assert network.left_out == ("Xyzzy",)
    assert [word for *_, word in network.arcs] == ["sales"]


def test_when_no_phrase_is_known_nothing_is_listened_for():
    assert build_network(("Xyzzy",), lambda word: False).arcs == ()


def test_without_phrases_yes_no_and_rows_of_digits_are_understood():
    network = build_network((), lambda word: True)
    assert network.phrase(["yes"]) == "yes"
    assert network.phrase(["one", "two", "one"]) == "one two one"
    assert network.phrase(["yes", "one"]) == ""


@pytest.mark.parametrize("phrases", [(), ("sales", "opening hours", "opening times")])
def test_probabilities_add_up_to_one_in_every_state(phrases):
    network = build_network(phrases, lambda word: True)
    for state in {start for start, *_ in network.arcs}:
        assert sum(arc[2] for arc in network.arcs if arc[0] == state) == pytest.approx(1.0)
