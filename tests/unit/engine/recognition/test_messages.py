"""The messages of a WebSocket recogniser, and an utterance put together from them."""

import json

import pytest

from engine.recognition.messages import LONGEST_TRANSCRIPT, Transcription, read
from engine.recognition.transcript import LONGEST, Transcript
from media.errors import RecognitionError
from media.speech.recognised import Recognised


def said(words: str, confidence: object = 0.9, *, final: bool = True, **more: object) -> str:
    alternatives = [
        {"transcript": words, "confidence": confidence},
        {"transcript": "other", "confidence": 0.1},
    ]
    return json.dumps({"type": "transcription", "is_final": final, "alternatives": alternatives, **more})


def test_a_transcription_is_its_first_alternative():
    assert read(said(" two  tickets ", channel=1)) == Transcription("two tickets", 0.9, True)
    assert read(said("two", None, final=False)) == Transcription("two", 0.0, False)


def test_no_alternative_is_no_word():
    assert read('{"type":"transcription","is_final":true,"alternatives":[]}') == Transcription("", 0.0, True)


def test_an_unknown_message_is_left_alone():
    assert read('{"type":"metadata","model":"x"}') is None


@pytest.mark.parametrize(
    "text",
    [
        "<html>",
        "[]",
        "7",
        "{}",
        "[" * 100_000,
        '{"type":"transcription"}',
        '{"type":"transcription","is_final":true,"alternatives":{}}'.replace("{}", '{"a":1}'),
        '{"type":"transcription","is_final":true,"alternatives":["two"]}',
        said("x" * (LONGEST_TRANSCRIPT + 1)),
        said("two", 7),
        said("two", "sure"),
        said("two", float("nan")),
        '{"type":"transcription","is_final":true,"alternatives":[{"transcript":7}]}',
    ],
)
def test_garbage_is_a_failure_that_shows_it(text):
    with pytest.raises(RecognitionError, match=r"no message|cannot be read"):
        read(text)


def test_an_error_is_a_failure_with_its_reason():
    with pytest.raises(RecognitionError, match="no credit left"):
        read('{"type":"error","error":"no credit left"}')


def test_final_pieces_stay_and_others_are_replaced():
    transcript = Transcript()
    for words, final in [("two", False), ("two tickets", True), ("for", False), ("to london", False)]:
        transcript.add(Transcription(words, 0.8 if final else 0.5, final))
    assert transcript.words == "two tickets to london"
    assert not transcript.settled
    transcript.add(Transcription("to London", 0.9, True))
    assert transcript.settled
    assert transcript.result() == Recognised("two tickets to London", 0.8)


def test_an_endless_transcript_is_cut():
    transcript = Transcript()
    for _ in range(100):
        transcript.add(Transcription("x" * 1000, 0.5, True))
    assert len(transcript.words) < LONGEST + 1000


def test_no_words_are_no_result():
    transcript = Transcript()
    transcript.add(Transcription("", 0.0, True))
    assert not transcript.result()
