"""The messages of Twilio Media Streams, as unmodified client libraries expect them.

Each message is compared whole: a number that is no string, or `customParameters` outside of `start`, breaks
clients that exist.
"""

import json
from typing import Any

import numpy as np

from engine.streams.core import Send, StreamCore
from rcml.streaming import StreamEncoding, StreamRequest, StreamTrack

STREAM, ACCOUNT, CALL = "MZ" + "1" * 32, "AC" + "2" * 32, "CA" + "3" * 32
SILENCE = np.zeros(160, np.int16)
SILENT_PAYLOAD = "/" * 213 + "w=="
"""160 octets of 0xff in base64."""


def stream(**asked: Any) -> StreamCore:
    request = StreamRequest(**{"url": "wss://app.test/", "bidirectional": True, **asked})
    return StreamCore(request, stream_sid=STREAM, account_sid=ACCOUNT, call_sid=CALL)


def frames(effects: list[Any]) -> list[Any]:
    sent = [effect.frame for effect in effects if isinstance(effect, Send)]
    return [json.loads(frame) if isinstance(frame, str) else frame for frame in sent]


def told(core: StreamCore, event: str, content: object) -> list[Any]:
    return frames(core.receive(json.dumps({"event": event, "streamSid": STREAM, event: content})))


def test_connected_and_start():
    connected, start = frames(stream(parameters=(("FirstName", "Jane"), ("Remote party", "Bob"))).open())
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start == {
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": ACCOUNT,
            "streamSid": STREAM,
            "callSid": CALL,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"FirstName": "Jane", "Remote party": "Bob"},
        },
        "streamSid": STREAM,
    }


def test_start_without_parameters_has_an_empty_object():
    start = frames(stream().open())[1]["start"]
    assert start["customParameters"] == {}


def test_media():
    core = stream()
    core.open()
    core.hear([SILENCE])
    (media,) = frames(core.hear([SILENCE]))
    assert media == {
        "event": "media",
        "sequenceNumber": "3",
        "media": {"track": "inbound", "chunk": "2", "timestamp": "20", "payload": SILENT_PAYLOAD},
        "streamSid": STREAM,
    }


def test_media_of_both_tracks():
    core = stream(bidirectional=False, track=StreamTrack.BOTH)
    start = frames(core.open())[1]["start"]
    inbound, outbound = frames(core.hear([SILENCE, SILENCE]))
    assert start["tracks"] == ["inbound", "outbound"]
    assert (inbound["media"]["track"], inbound["sequenceNumber"]) == ("inbound", "2")
    assert (outbound["media"]["track"], outbound["sequenceNumber"]) == ("outbound", "3")


def test_dtmf():
    core = stream()
    core.open()
    assert frames(core.press("9")) == [
        {
            "event": "dtmf",
            "sequenceNumber": "2",
            "dtmf": {"track": "inbound_track", "digit": "9"},
            "streamSid": STREAM,
        }
    ]


def test_mark():
    core = stream()
    core.open()
    assert told(core, "mark", {"name": 'my "label"'}) == [
        {"event": "mark", "sequenceNumber": "2", "mark": {"name": 'my "label"'}, "streamSid": STREAM}
    ]


def test_clear_answers_the_marks_that_wait():
    core = stream()
    core.open()
    told(core, "media", {"payload": SILENT_PAYLOAD})
    assert told(core, "mark", {"name": "end"}) == []
    assert [mark["mark"] for mark in told(core, "clear", None)] == [{"name": "end"}]


def test_stop():
    core = stream()
    core.open()
    assert frames(core.close()) == [
        {
            "event": "stop",
            "sequenceNumber": "2",
            "stop": {"accountSid": ACCOUNT, "callSid": CALL},
            "streamSid": STREAM,
        }
    ]


def test_our_l16_says_so_and_travels_in_binary():
    core = stream(encoding=StreamEncoding.L16, rate=16000)
    start = frames(core.open())[1]["start"]
    assert start["mediaFormat"] == {"encoding": "audio/x-l16", "sampleRate": 16000, "channels": 1}
    assert frames(core.hear([SILENCE])) == [bytes(640)]


def test_our_speech_message():
    core = stream(barge_in=True)
    core.open()
    loud = np.tile(np.array([9000, -9000], np.int16), 80)
    core.hear([loud])
    media, speech = frames(core.hear([loud]))
    assert speech == {
        "event": "speech",
        "sequenceNumber": str(int(media["sequenceNumber"]) + 1),
        "speech": {"state": "started", "timestamp": "40", "paused": False, "marks": []},
        "streamSid": STREAM,
    }
