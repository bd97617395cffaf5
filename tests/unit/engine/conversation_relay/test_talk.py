"""What an application says, from text to the last sample heard."""

from __future__ import annotations

import numpy as np
import pytest

from engine.conversation_relay.talk import LEAD, SAMPLES_PER_CHARACTER, Piece, Talk
from media.sound import Banded, Samples
from rcml.prompts import Sound, Speech
from rcml.relaying import Input

ROOM = 32_768


def speech(text: str, **said: object) -> Piece:
    return Piece(Speech(text=text), 1, Input.ANY, preemptible=False, **said)  # type: ignore[arg-type]


def samples(count: int, value: int = 1) -> Samples:
    return np.full(count, value, np.int16)


def made(talk: Talk, piece: Piece, *sounds: Samples | Banded) -> Piece:
    """Add a piece whose sound is all there."""
    talk.add(piece)
    for sound in sounds:
        talk.give(piece, sound)
    talk.finish(piece)
    return piece


def handed(talk: Talk, played: int, room: int = ROOM) -> int:
    sound = talk.next_sound(played, room)
    return 0 if sound is None else sound.shape[-1]


def test_sound_is_handed_on_in_order_as_soon_as_it_is_there():
    talk = Talk()
    first, second = speech("one"), speech("two")
    talk.add(first)
    talk.add(second)
    talk.give(second, samples(100, 2))
    assert talk.next_sound(0, ROOM) is None
    talk.give(first, samples(100, 1))
    assert handed(talk, 0) == 100
    talk.finish(first)
    sound = talk.next_sound(0, ROOM)
    assert sound is not None
    assert set(sound.tolist()) == {2}
    assert (first.begins, second.begins) == (0, 100)


def test_no_more_is_handed_on_than_half_a_second_ahead_and_what_there_is_room_for():
    talk = Talk()
    made(talk, speech("long"), samples(20_000))
    assert handed(talk, 0, room=1000) == 1000
    assert handed(talk, 0) == LEAD - 1000
    assert handed(talk, 0) == 0
    assert handed(talk, 160) == 160


def test_a_piece_is_over_when_its_last_sample_was_played():
    talk = Talk()
    piece = made(talk, speech("short"), samples(300))
    handed(talk, 0)
    assert talk.sounding
    assert talk.over(299) == []
    assert talk.over(300) == [piece]
    assert (len(talk), talk.characters, talk.sounding) == (0, 0, False)


def test_a_piece_without_sound_is_over_when_the_one_before_it_is():
    talk = Talk()
    made(talk, speech("a"), samples(10))
    made(talk, speech("nothing"))
    handed(talk, 0)
    assert talk.over(5) == []
    assert len(talk.over(10)) == 2


def test_wideband_sound_keeps_its_bands():
    talk = Talk()
    made(talk, speech("wide"), np.ones((3, 500), np.int16), np.ones((3, 100), np.int16))
    sound = talk.next_sound(0, 550)
    assert sound is not None
    assert sound.shape == (3, 550)


def test_a_sound_is_heard_as_often_as_it_is_asked_for():
    talk = Talk()
    piece = Piece(Sound(url="u"), 1, Input.ANY, preemptible=False, loops=3)
    made(talk, piece, samples(100))
    assert handed(talk, 0) == 300
    assert talk.over(300) == [piece]


def test_a_sound_without_end_goes_on_until_its_loops_are_ended():
    talk = Talk()
    piece = made(talk, Piece(Sound(url="u"), 1, Input.ANY, preemptible=False, loops=0), samples(100))
    assert handed(talk, 0, room=1050) == 1050
    talk.end_loops()
    assert handed(talk, 1050) == 50
    assert talk.over(1100) == [piece]


def test_what_was_dropped_takes_no_more_sound_and_counts_as_played():
    talk = Talk()
    piece = speech("gone")
    talk.add(piece)
    talk.give(piece, samples(3000))
    handed(talk, 0)
    talk.clear()
    talk.give(piece, samples(3000))
    assert (piece.dropped, len(talk), talk.characters) == (True, 0, 0)
    assert talk.next_sound(0, ROOM) is None
    made(talk, speech("next"), samples(LEAD + 10))
    # The leg has not told yet that it forgot the first 3000.
    assert handed(talk, 160) == LEAD


@pytest.mark.parametrize(
    ("heard", "text"),
    [(0, ""), (300, ""), (500, "Hello"), (549, "Hello"), (1099, "Hello there"), (1100, "Hello there you")],
)
def test_the_words_that_were_heard_are_those_whose_sound_was_played(heard: int, text: str):
    talk = Talk()
    piece = made(talk, speech("Hello there you"), samples(1100))
    assert piece.text_until(heard) == text


def test_of_a_text_whose_sound_is_not_all_there_the_usual_speed_tells():
    piece = speech("Hello there you")
    piece.made = 100
    assert piece.text_until(8 * SAMPLES_PER_CHARACTER) == "Hello"


def test_what_was_heard_of_a_piece_is_what_was_played_since_it_began():
    talk = Talk()
    first, second = made(talk, speech("a"), samples(1000)), made(talk, speech("b"), samples(1000))
    assert talk.heard_of(first, 0) == 0
    handed(talk, 0)
    assert (talk.heard_of(first, 700), talk.heard_of(second, 700)) == (700, 0)
    assert (talk.heard_of(first, 1500), talk.heard_of(second, 1500)) == (1000, 500)
