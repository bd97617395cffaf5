"""The application's messages, good and bad; the engine's are compared in tests/contract/engine."""

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.streams.messages import Clear, Mark, Media, MessageRefused, Resume, read_message
from rcml.errors import STREAM_MESSAGE, STREAM_UNREADABLE

SID = "MZ" + "0" * 32


def text(event: str, content: object = None, **more: object) -> str:
    message = {"event": event, "streamSid": SID, **more}
    return json.dumps(message if content is None else {**message, event: content})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (text("media", {"payload": "/3//"}), Media(b"\xff\x7f\xff")),
        (text("media", {"payload": "", "track": "outbound", "chunk": "4"}), Media(b"")),
        (text("mark", {"name": "end"}), Mark("end")),
        (text("clear"), Clear()),
        (text("clear", {}), Clear()),
        (text("resume"), Resume()),
        ('{"event":"clear"}', Clear()),
    ],
)
def test_the_messages_of_an_application_are_read(written, read):
    assert read_message(written, SID) == read


@pytest.mark.hostile("W15", sent="stream messages: nesting of 100,000, wrong base64, wrong fields")
@pytest.mark.parametrize(
    ("written", "code", "said"),
    [
        ("", STREAM_UNREADABLE, "no JSON"),
        ("not json", STREAM_UNREADABLE, "no JSON"),
        ("[" * 100_000, STREAM_UNREADABLE, "no JSON"),
        ("[]", STREAM_MESSAGE, 'without "event"'),
        ("7", STREAM_MESSAGE, 'without "event"'),
        ('{"event":7}', STREAM_MESSAGE, 'without "event"'),
        (text("dance"), STREAM_MESSAGE, "'dance' is not known"),
        (text("clear", streamSid="MZ1"), STREAM_MESSAGE, "not that of this stream"),
        (text("clear", streamSid=None), STREAM_MESSAGE, "not that of this stream"),
        (text("media"), STREAM_MESSAGE, "without media.payload"),
        (text("media", "x"), STREAM_MESSAGE, "without media.payload"),
        (text("media", {"payload": 7}), STREAM_MESSAGE, "without media.payload"),
        (text("media", {"payload": "a"}), STREAM_MESSAGE, "no base64"),
        (text("media", {"payload": "data:audio/wav;base64,AAAA"}), STREAM_MESSAGE, "no base64"),
        (text("media", {"payload": "é"}), STREAM_MESSAGE, "no base64"),
        (text("mark", {}), STREAM_MESSAGE, "without mark.name"),
        (text("mark", {"name": "x" * 5000}), STREAM_MESSAGE, "at most 4096"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(written, code, said):
    with pytest.raises(MessageRefused) as refused:
        read_message(written, SID)
    assert (refused.value.code, said in str(refused.value)) == (code, True), str(refused.value)


@given(st.one_of(st.text(), st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps)))
def test_any_text_is_read_or_refused(written):
    with suppress(MessageRefused):
        read_message(written, SID)


@given(st.binary())
def test_any_payload_arrives_as_it_was_sent(payload):
    written = text("media", {"payload": base64.b64encode(payload).decode()})
    assert read_message(written, SID) == Media(payload)
