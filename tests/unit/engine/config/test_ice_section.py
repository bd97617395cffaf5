import pytest

from engine.config.ice_section import TurnUri


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("turn:relay.example.com", "turn:relay.example.com:3478?transport=udp"),
        ("turn:relay.example.com:3479?transport=tcp", "turn:relay.example.com:3479?transport=tcp"),
        ("turn:[2001:db8::1]:3478", "turn:[2001:db8::1]:3478?transport=udp"),
        ("turns:relay.example.com", "turns:relay.example.com:5349?transport=tcp"),
    ],
)
def test_a_relay_is_read_and_printed_with_what_was_left_out(text, printed):
    assert str(TurnUri.parse(text)) == printed
    assert TurnUri.parse(printed) == TurnUri.parse(text)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("relay.example.com:3478", "write turn:HOST:PORT"),
        ("stun:relay.example.com", "write turn:HOST:PORT"),
        ("turns:relay.example.com?transport=udp", "needs [?]transport=tcp"),
        ("turn:relay.example.com:99999", "65535"),
    ],
)
def test_a_relay_that_cannot_be_is_refused_with_the_cure(text, cure):
    with pytest.raises(ValueError, match=cure):
        TurnUri.parse(text)
