from __future__ import annotations

import pytest

from sip.errors import (
    HeaderError,
    MalformedValue,
    PeerError,
    SipError,
    UriError,
    UsageError,
    shown,
)
from sip.message import MalformedMessage


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (UsageError("x"), (SipError, ValueError)),
        (MalformedMessage("x"), (PeerError, SipError)),
        (MalformedValue("x", "y"), (PeerError, SipError)),
        (UriError("x", "y"), (MalformedValue,)),
        (HeaderError("To", "x", "y"), (MalformedValue,)),
    ],
)
def test_errors_form_one_tree(error, parents):
    assert all(isinstance(error, parent) for parent in parents)
    assert not (isinstance(error, UsageError) and isinstance(error, PeerError))


def test_error_of_the_peer_says_what_to_answer():
    assert (PeerError("x").status, PeerError("x").reason) == (400, "Bad Request")
    assert PeerError("x", 416).reason == "Unsupported URI Scheme"
    assert PeerError("x", 400, "Own").reason == "Own"
    assert UriError("x", "y", status=416).status == 416


def test_message_names_the_thing_the_value_and_the_cure():
    assert str(HeaderError("To", "<", "close it")) == "header To '<': close it"


def test_hostile_value_is_cut_and_escaped():
    assert shown("a\r\nb") == "'a\\r\\nb'"
    assert len(shown("x" * 100_000)) < 120
    assert shown(b"\xff") == "b'\\xff'"
