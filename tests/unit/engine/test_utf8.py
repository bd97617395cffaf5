import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.utf8 import encodable, on_one_line, storable

any_text = st.text(st.characters(), max_size=20)


@given(any_text)
def test_whatever_a_peer_sends_can_be_encoded_and_stored(text):
    encodable(text).encode()
    assert "\0" not in storable(text)
    storable(text).encode()


@given(st.text(max_size=20))
def test_text_is_left_as_it_is(text):
    assert encodable(text) == text


@pytest.mark.parametrize(
    ("sent", "read"),
    [("bob\r\nEvil: 1", "bobEvil: 1"), ("a\0b", "ab"), ("\udcffx", "?x"), ("M\u00fcller", "M\u00fcller")],
)
def test_a_name_is_one_line(sent, read):
    assert on_one_line(sent) == read
