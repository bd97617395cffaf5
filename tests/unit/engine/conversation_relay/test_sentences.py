"""Answers that come token by token, cut into sentences."""

from __future__ import annotations

import pytest

from engine.conversation_relay.sentences import LONGEST, SentenceCutter


def cut(*tokens: str) -> tuple[list[list[str]], str]:
    """Return what each token completes, and what is left at the end."""
    cutter = SentenceCutter()
    return [cutter.add(token) for token in tokens], cutter.rest()


def sentences(text: str) -> list[str]:
    """Return the sentences of a text that comes letter by letter."""
    found, rest = cut(*text)
    return [*(sentence for each in found for sentence in each), *([rest] if rest else [])]


def test_a_sentence_is_whole_with_the_blank_behind_its_stop():
    found, rest = cut("Good", " morning", ".", " How", " are you?")
    assert found == [[], [], [], ["Good morning."], []]
    assert rest == "How are you?"


def test_several_sentences_of_one_token_are_told_apart():
    assert cut("Yes! Really?! I see… Fine. ") == ([["Yes!", "Really?!", "I see…", "Fine."]], "")


@pytest.mark.parametrize(
    "text",
    [
        "It costs 3.50 euros.",
        "Ask Dr. Smith at 5 p.m. on Monday.",
        "J. R. Hartley wrote it.",
        "See example.com for more.",
        "That is, e.g. a telephone.",
        "1. Press the key.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(text: str):
    assert sentences(text) == [text]


def test_what_is_said_in_quotes_keeps_them():
    assert sentences('She said "Stop." Then she left.') == ['She said "Stop."', "Then she left."]


def test_a_new_line_ends_a_sentence_and_empty_ones_are_nothing():
    assert sentences("First point\n\nSecond point") == ["First point", "Second point"]


def test_stops_of_languages_without_blanks_end_a_sentence_at_once():
    assert cut("こんにちは。元気ですか？") == ([["こんにちは。", "元気ですか？"]], "")  # noqa: RUF001


def test_a_long_first_sentence_is_begun_at_a_comma_so_that_it_is_heard_early():
    text = "If you would like to hear more about our opening hours, which changed last week, say hours."
    assert sentences(text) == [
        "If you would like to hear more about our opening hours,",
        "which changed last week, say hours.",
    ]
    assert sentences(f"Hello. {text}") == ["Hello.", text]


def test_a_sentence_without_end_is_cut_where_a_breath_is_least_missed():
    found = sentences("word " * 400)
    assert all(len(sentence) <= LONGEST for sentence in found)
    assert " ".join(found) == ("word " * 400).strip()
    assert "".join(sentences("x" * 1500)) == "x" * 1500


def test_the_rest_is_taken_once():
    cutter = SentenceCutter()
    cutter.add("Half a")
    assert cutter.holds
    assert (cutter.rest(), cutter.rest(), cutter.holds) == ("Half a", "", False)
