"""The messages of a relayed conversation as they travel."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.conversation_relay import messages
from engine.conversation_relay.messages import (
    LONGEST_TOKEN,
    ChangeLanguage,
    End,
    Message,
    MessageRefused,
    Play,
    SendDigits,
    Text,
    read_message,
)
from rcml.relaying import Input


def read(**message: Any) -> Message:
    return read_message(json.dumps(message))


def test_a_text_may_say_how_it_is_interrupted_and_in_which_language_it_is():
    assert read(type="text", token="Hi") == Text("Hi")
    told = read(type="text", token="Hi", last=True, interruptible=False, preemptible=True, lang="es-ES")
    assert told == Text("Hi", True, Input.NONE, True, "es-ES")
    assert read(type="text", token="", interruptible="dtmf", more=1) == Text("", interruptible=Input.DTMF)


def test_a_sound_is_heard_once_unless_it_says_otherwise():
    assert read(type="play", source="https://app.test/a.mp3") == Play("https://app.test/a.mp3")
    assert read(type="play", source="s", loop=0, interruptible=True) == Play("s", 0, Input.ANY)


def test_keys_languages_and_ends_are_read():
    assert read(type="sendDigits", digits="1w#") == SendDigits("1w#")
    assert read(type="language", ttsLanguage="es-ES") == ChangeLanguage("es-ES", None)
    assert read(type="language", transcriptionLanguage="multi") == ChangeLanguage(None, "multi")
    assert read(type="end") == End(None)
    assert read(type="end", handoffData='{"a": 1}') == End('{"a": 1}')
    assert read(type="end", handoffData={"a": 1}) == End('{"a": 1}')


def test_half_of_a_surrogate_pair_becomes_a_question_mark():
    assert read_message('{"type":"text","token":"\\ud83d"}') == Text("?")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("hello", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", 'without "type"'),
        ('{"token":"x"}', 'without "type"'),
        ('{"type":"prompt"}', "prompt is not known"),
        ('{"type":"text"}', "without token"),
        ('{"type":"text","token":7}', "without token"),
        ('{"type":"text","token":"a","last":"yes"}', "last 'yes'"),
        ('{"type":"text","token":"a","interruptible":"often"}', "interruptible 'often'"),
        ('{"type":"text","token":"a","interruptible":[1]}', "interruptible [1]"),
        ('{"type":"text","token":"a","lang":"nonsense tag"}', "lang 'nonsense tag'"),
        ('{"type":"play"}', "without source"),
        ('{"type":"play","source":"s","loop":-1}', "loop -1"),
        ('{"type":"play","source":"s","loop":true}', "loop True"),
        ('{"type":"sendDigits","digits":"call me"}', "digits 'call me'"),
        ('{"type":"sendDigits","digits":""}', "digits ''"),
        ('{"type":"language"}', "without ttsLanguage"),
        ('{"type":"language","ttsLanguage":5}', "ttsLanguage 5"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(text: str, named: str):
    with pytest.raises(MessageRefused) as refused:
        read_message(text)
    assert named in str(refused.value)
    assert len(str(refused.value)) < 400


def test_what_is_too_long_is_refused_with_its_length():
    with pytest.raises(MessageRefused, match=f"{LONGEST_TOKEN + 1} characters"):
        read(type="text", token="x" * (LONGEST_TOKEN + 1))
    with pytest.raises(MessageRefused, match="70000 characters"):
        read(type="end", handoffData="x" * 70_000)


def test_our_messages_are_twilios():
    assert json.loads(messages.setup({"sessionId": "VX1"}, {"a": "b"})) == {
        "type": "setup",
        "sessionId": "VX1",
        "customParameters": {"a": "b"},
    }
    assert json.loads(messages.prompt("hi", "en-US", last=False)) == {
        "type": "prompt",
        "voicePrompt": "hi",
        "lang": "en-US",
        "last": False,
    }
    assert json.loads(messages.dtmf("7")) == {"type": "dtmf", "digit": "7"}
    assert json.loads(messages.interrupt("Once", 460)) == {
        "type": "interrupt",
        "utteranceUntilInterrupt": "Once",
        "durationUntilInterruptMs": 460,
    }
    assert json.loads(messages.error("no")) == {"type": "error", "description": "no"}
    told = json.loads(messages.news("agentSpeaking", "on", 1_700_000_000_000))
    assert told == {"type": "info", "name": "agentSpeaking", "value": "on", "ts": 1_700_000_000_000}
