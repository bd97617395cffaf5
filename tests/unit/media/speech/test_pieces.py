"""Cutting texts for the turns that they take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from media.speech.pieces import LONGEST, ssml_pieces, text_pieces

SENTENCE = "The quick brown fox jumps over the lazy dog near the river bank."


def test_short_sentences_stay_together():
    assert text_pieces("Hello there. How are you? Fine.") == ["Hello there. How are you? Fine."]


def test_a_long_text_is_cut_where_sentences_end():
    assert text_pieces(" ".join([SENTENCE] * 6)) == [SENTENCE, *[f"{SENTENCE} {SENTENCE}"] * 2, SENTENCE]


@pytest.mark.parametrize(
    "inside", ["Call Dr. Who at No. 5, Main St. West", "at 3.15 p.m. on Monday", "e.g. This"]
)
def test_an_abbreviation_ends_no_sentence(inside: str):
    text = f"{'word ' * 30}{inside}"
    assert text_pieces(text) == [text]


def test_a_sentence_without_end_is_cut_at_a_comma_or_a_blank():
    clause = "some words and then some more of them, "
    pieces = text_pieces(clause * 40)
    assert all(piece.endswith(",") for piece in pieces)
    assert all(len(piece) <= LONGEST for piece in text_pieces("word " * 1000))
    assert [len(piece) for piece in text_pieces("x" * 1500)] == [600, 600, 300]


def test_markup_is_cut_outside_of_elements_only():
    held = f"<p>{' '.join([SENTENCE] * 5)}</p>"
    assert ssml_pieces(held) == [held]
    assert ssml_pieces(f"{SENTENCE} {SENTENCE} {SENTENCE}") == [SENTENCE, f"{SENTENCE} {SENTENCE}"]
    assert ssml_pieces(f'{SENTENCE} <break time="1s"/>{SENTENCE} {held}') == [
        f'{SENTENCE} <break time="1s"/>{SENTENCE}',
        held,
    ]


@given(st.text(max_size=3000))
def test_no_letter_of_a_text_is_lost(text: str):
    assert "".join("".join(text_pieces(text)).split()) == "".join(text.split())


_MARKUP = st.recursive(
    st.sampled_from([SENTENCE + " ", "Yes. ", "a &lt; b ", '<break time="1s"/>']),
    lambda inner: st.lists(inner, max_size=4).map("".join) | inner.map(lambda text: f"<p>{text}</p>"),
    max_leaves=12,
)


@given(_MARKUP)
def test_every_piece_of_markup_is_well_formed(markup: str):
    pieces = ssml_pieces(markup)
    texts = [etree.fromstring(f"<speak>{piece}</speak>") for piece in pieces]
    said = "".join("".join(str(part) for part in text.itertext()) for text in texts)
    whole = "".join(str(part) for part in etree.fromstring(f"<speak>{markup}</speak>").itertext())
    assert "".join(said.split()) == "".join(whole.split())
