import numpy as np
import pytest

from media.plane import layout as c
from media.plane.legs import LEG, allocate
from media.plane.row_words import word_of, words_of


def row():
    table = allocate(1)
    return table.legs[0], words_of(table.legs.view(LEG, np.ndarray).view(np.uint8).reshape(-1))


def test_each_word_is_the_field_of_its_name():
    leg, words = row()
    names = [name for name in LEG.names or () if LEG[name] == np.dtype("i8")]
    for number, name in enumerate(names):
        leg[name] = -number

    assert [words[word_of(name)] for name in names] == [-number for number in range(len(names))]


def test_an_array_of_words_begins_at_its_name():
    leg, words = row()
    leg.count[c.OCTETS_SENT] = 320

    assert words[word_of("count") + c.OCTETS_SENT] == 320


def test_what_the_tick_writes_later_is_seen():
    leg, words = row()
    for highest in (7, 65_536):
        leg.highest = highest
        assert words[word_of("highest")] == highest


def test_what_is_no_word_has_no_place():
    with pytest.raises(AssertionError, match="packet is no word"):
        word_of("packet")
