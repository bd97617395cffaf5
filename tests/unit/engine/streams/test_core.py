"""A stream in virtual time: frames of 20 ms and samples played are the only clocks."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from engine.streams.core import Order, Remark, Send, StreamCore
from media.codecs import g711
from media.sound import Samples
from media.tone import tone
from rcml.errors import STREAM_MESSAGE, STREAM_OVERFLOW, STREAM_UNREADABLE
from rcml.streaming import StreamEncoding, StreamRequest, StreamTrack

SID = "MZ" + "1" * 32
FRAME = 160
SILENCE = np.zeros(FRAME, np.int16)


class Scene:
    """A stream, the leg that plays what it is given, and the application."""

    def __init__(self, **asked: Any) -> None:
        request = StreamRequest(**{"url": "wss://app.test/", "bidirectional": True, **asked})
        self.core = StreamCore(request, stream_sid=SID, account_sid="AC1", call_sid="CA1")
        self.ring: Samples = np.zeros(0, np.int16)
        """What the leg was given and has not played."""
        self.played = 0
        self.held = False
        self.heard: list[Samples] = []
        self.effects: list[Any] = []
        self._do(self.core.open())

    def tell(self, event: str, content: object = None) -> list[Any]:
        """Send a text message; return what comes of it."""
        message = {"event": event, "streamSid": SID} | ({} if content is None else {event: content})
        return self._do(self.core.receive(json.dumps(message)))

    def say(self, samples: Samples) -> list[Any]:
        return self.tell("media", {"payload": base64.b64encode(g711.encode_mulaw(samples)).decode()})

    def pass_time(self, ticks: int, caller: Samples = SILENCE) -> None:
        """Let ticks pass in which the caller says ``caller`` again and again."""
        for tick in range(ticks):
            at = tick * FRAME % len(caller)
            self._do(self.core.hear([caller[at : at + FRAME]] * len(self.core.tracks)))
            if not self.held:
                spoken, self.ring = self.ring[:FRAME], self.ring[FRAME:]
                self.heard.append(spoken)
                self.played += len(spoken)
            self._do(self.core.played(self.played))
            self._feed()

    def _do(self, effects: list[Any]) -> list[Any]:
        for effect in effects:
            match effect:
                case Order.FORGET:
                    self.played += len(self.ring)
                    self.ring = self.ring[:0]
                case Order.HOLD:
                    self.held = True
                case Order.GO_ON:
                    self.held = False
        self.effects += effects
        self._feed()
        return effects

    def _feed(self) -> None:
        self.ring = np.concatenate((self.ring, self.core.next_sound(32768 - len(self.ring))))

    def sent(self, event: str) -> list[Any]:
        """Return what the messages of a kind say."""
        texts = [effect.frame for effect in self.effects if isinstance(effect, Send)]
        messages = [json.loads(text) for text in texts if isinstance(text, str)]
        return [message.get(event) for message in messages if message["event"] == event]

    @property
    def marks(self) -> list[str]:
        return [mark["name"] for mark in self.sent("mark")]

    @property
    def remarks(self) -> list[int]:
        return [effect.code for effect in self.effects if isinstance(effect, Remark)]


LOUD = tone(450, 1.0)


def test_chunks_and_time_are_counted_from_the_beginning_for_each_track():
    scene = Scene(bidirectional=False, track=StreamTrack.BOTH)
    scene.pass_time(2)
    said = [(each["track"], each["chunk"], each["timestamp"]) for each in scene.sent("media")]
    assert said == [
        ("inbound", "1", "0"),
        ("outbound", "1", "0"),
        ("inbound", "2", "20"),
        ("outbound", "2", "20"),
    ]


def test_a_minute_sent_at_once_takes_a_minute_to_play():
    scene = Scene()
    scene.say(tone(600, 60.0))
    scene.tell("mark", {"name": "end"})
    scene.pass_time(2999)
    assert scene.marks == []
    scene.pass_time(2)
    assert scene.marks == ["end"]


def test_a_mark_with_nothing_queued_is_answered_at_once():
    scene = Scene()
    (answer,) = scene.tell("mark", {"name": "now"})
    assert json.loads(answer.frame)["mark"] == {"name": "now"}


def test_clear_forgets_first_and_then_answers_the_marks():
    scene = Scene()
    for name in ("a", "b"):
        scene.say(LOUD)
        scene.tell("mark", {"name": name})
    scene.pass_time(3)
    effects = scene.tell("clear")
    assert effects[0] is Order.FORGET
    assert scene.marks == ["a", "b"]
    scene.heard.clear()
    scene.pass_time(5)
    assert not any(frame.any() for frame in scene.heard)


def test_clear_of_nothing_answers_nothing():
    scene = Scene()
    assert scene.tell("clear") == [Order.FORGET]


def test_a_caller_who_speaks_pauses_what_is_played_within_two_frames():
    scene = Scene(barge_in=True)
    scene.say(tone(600, 2.0))
    scene.tell("mark", {"name": "end"})
    scene.pass_time(10)
    scene.pass_time(2, LOUD)
    assert scene.held
    assert scene.sent("speech") == [
        {"state": "started", "timestamp": "240", "paused": True, "marks": ["end"]}
    ]


def test_the_end_of_speech_is_told_and_what_was_paused_stays_so():
    scene = Scene(barge_in=True)
    scene.say(tone(600, 2.0))
    scene.pass_time(5)
    scene.pass_time(10, LOUD)
    scene.pass_time(20)
    assert [(each["state"], each["paused"]) for each in scene.sent("speech")] == [
        ("started", True),
        ("stopped", True),
    ]
    assert scene.held


def test_resume_goes_on_with_the_next_sample():
    scene = Scene(barge_in=True)
    sound = g711.decode_mulaw(g711.encode_mulaw(tone(600, 1.0)))
    scene.say(sound)
    scene.pass_time(10)
    scene.pass_time(5, LOUD)
    assert scene.tell("resume") == [Order.GO_ON]
    scene.pass_time(60)
    assert np.array_equal(np.concatenate(scene.heard)[: len(sound)], sound)


def test_clear_ends_a_pause_so_that_what_comes_next_is_heard():
    scene = Scene(barge_in=True)
    scene.say(tone(600, 2.0))
    scene.pass_time(5)
    scene.pass_time(5, LOUD)
    assert scene.tell("clear")[:2] == [Order.FORGET, Order.GO_ON]
    scene.heard.clear()
    scene.say(tone(850, 0.1))
    scene.pass_time(10)
    assert sum(bool(frame.any()) for frame in scene.heard) == 5


def test_speech_while_nothing_is_played_is_told_and_pauses_nothing():
    scene = Scene(barge_in=True)
    scene.pass_time(5, LOUD)
    assert scene.sent("speech") == [{"state": "started", "timestamp": "40", "paused": False, "marks": []}]
    assert not scene.held
    assert scene.tell("resume") == []


def test_without_barge_in_speech_disturbs_nothing():
    scene = Scene()
    scene.say(tone(600, 2.0))
    scene.pass_time(20, LOUD)
    assert (scene.held, scene.sent("speech")) == (False, [])


def test_keys_are_told_in_both_directions_only():
    assert Scene().core.press("5")
    assert Scene(bidirectional=False).core.press("5") == []


def test_a_listening_stream_takes_no_messages():
    scene = Scene(bidirectional=False)
    scene.say(LOUD)
    scene.say(LOUD)
    assert scene.remarks == [STREAM_MESSAGE]
    scene.pass_time(3)
    assert not any(frame.any() for frame in scene.heard)


def test_binary_sound_on_a_mulaw_stream_is_remarked_upon():
    scene = Scene()
    scene._do(scene.core.receive(b"\xff" * 160))
    assert scene.remarks == [STREAM_UNREADABLE]


def test_half_a_sample_is_refused_and_the_stream_goes_on():
    scene = Scene(encoding=StreamEncoding.L16)
    scene._do(scene.core.receive(bytes(321)))
    scene._do(scene.core.receive(np.full(FRAME, 500, "<i2").tobytes()))
    scene.pass_time(1)
    assert scene.remarks == [STREAM_MESSAGE]
    assert scene.heard[0].tolist() == [500] * FRAME


@pytest.mark.parametrize("head", [b"RIFF\x24\x00\x00\x00WAVE", b"ID3\x04", b"OggS"])
def test_a_file_sent_as_sound_is_remarked_upon(head):
    scene = Scene()
    scene.tell("media", {"payload": base64.b64encode(head + bytes(100)).decode()})
    assert scene.remarks == [STREAM_MESSAGE]


@pytest.mark.hostile("W15", sent="sound on a stream faster than it can be played")
def test_more_than_three_minutes_that_wait_are_dropped_and_told_once():
    scene = Scene()
    for _ in range(200):
        scene.say(np.zeros(8000, np.int16))
    assert scene.remarks == [STREAM_OVERFLOW]


def test_marks_without_end_are_dropped_and_told_once():
    scene = Scene()
    scene.say(LOUD)
    for number in range(1010):
        scene.tell("mark", {"name": str(number)})
    assert scene.remarks == [STREAM_OVERFLOW]


def test_sequence_numbers_count_every_message_but_the_first():
    scene = Scene()
    scene.pass_time(2)
    scene._do(scene.core.press("1"))
    scene.tell("mark", {"name": "m"})
    scene._do(scene.core.close())
    messages = [json.loads(effect.frame) for effect in scene.effects if isinstance(effect, Send)]
    assert "sequenceNumber" not in messages[0]
    assert [message["sequenceNumber"] for message in messages[1:]] == ["1", "2", "3", "4", "5", "6"]
    assert [message["event"] for message in messages] == [
        *("connected", "start", "media", "media", "dtmf", "mark", "stop"),
    ]


def test_wide_sound_sent_in_small_pieces_with_a_rest_between_is_heard_in_order():
    scene = Scene(encoding=StreamEncoding.L16, rate=16000)
    scene._do(scene.core.receive(np.full(1600, 3000, "<i2").tobytes()))
    scene.pass_time(20)
    scene._do(scene.core.receive(bytes(3200)))
    before = len(np.concatenate(scene.heard))
    scene.pass_time(10)
    assert not np.concatenate(scene.heard)[before:].any()
