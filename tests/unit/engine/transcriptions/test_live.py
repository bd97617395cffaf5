"""A live transcription in virtual time: taps give frames, recognitions know what they hear."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.recognition.library import Writer
from engine.recognition.recogniser import Told
from engine.transcriptions import track as tracks
from engine.transcriptions.call_transcriptions import CallTranscriptions
from media.errors import MediaMisuse, RecognitionError
from media.sound import Samples
from media.speech.recognised import Recognised
from rcml.call import Callback
from rcml.streaming import StreamTrack
from rcml.transcribing import TranscriptionRequest
from tests.testkit.speaking_tap import SpeakingTap, quiet, voice
from tests.testkit.virtual_loop import run_virtual

CALLBACK = Callback(url="http://app.test/said")


class Recognition:
    """Says how many seconds it heard, ``after`` that long; or fails."""

    def __init__(self, told: Told, after: float, failure: Exception | None) -> None:
        self.told, self.after, self.failure = told, after, failure
        self.seconds = 0.0
        self.closed = False

    def hear(self, samples: Samples) -> None:
        if not self.seconds:
            self.told.partial("one")
        self.seconds += len(samples) / 8000

    def pause(self) -> None:
        """Nothing."""

    async def result(self) -> Recognised:
        await asyncio.sleep(self.after)
        if self.failure is not None:
            raise self.failure
        return Recognised(f"{self.seconds:.1f} seconds", 0.5)

    async def close(self) -> None:
        self.closed = True


class Stage:
    """A call whose sides say what a test wants."""

    def __init__(
        self,
        inbound: Samples,
        outbound: Samples,
        *,
        after: float = 0.1,
        failure: Exception | None = None,
        knows: bool = True,
    ) -> None:
        self.told: list[dict[str, str]] = []
        self.noted: list[tuple[int, str]] = []
        self.recognitions: list[Recognition] = []
        self.taps = {"in": SpeakingTap(inbound), "out": SpeakingTap(outbound)}
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        journal: Any = SimpleNamespace(
            row=SimpleNamespace(sid="CA1"),
            tell=lambda callback, told: self.told.append(dict(told)),
            notify=lambda code, level, what: self.noted.append((code, what)),
        )
        leg: Any = SimpleNamespace(media=SimpleNamespace(tap=self.tap), ended=self.ended)

        def begin(told: Told) -> Recognition:
            self.recognitions.append(Recognition(told, after, failure))
            return self.recognitions[-1]

        writer = Writer("ours", begin) if knows else None
        recognisers = SimpleNamespace(writer=lambda request: writer)
        services: Any = SimpleNamespace(recognisers=recognisers)
        self.transcriptions = CallTranscriptions(journal, leg, services)

    def tap(self, side: str) -> SpeakingTap:
        return self.taps[side]

    async def close(self) -> None:
        for tap in self.taps.values():
            tap.close()
        await asyncio.sleep(0)

    @property
    def events(self) -> list[str]:
        return [each["TranscriptionEvent"].removeprefix("transcription-") for each in self.told]

    @property
    def texts(self) -> list[tuple[str, str]]:
        return [
            (each["Track"], json.loads(each["TranscriptionData"])["transcript"])
            for each in self.told
            if each["TranscriptionEvent"] == "transcription-content" and each["Final"] == "true"
        ]


def transcribed(
    inbound: Samples,
    outbound: Samples | None = None,
    *,
    seconds: float = 10.0,
    then: Callable[[Stage], None] = lambda stage: None,
    wanted: dict[str, Any] | None = None,
    **options: Any,
) -> Stage:
    async def main() -> Stage:
        stage = Stage(inbound, quiet(0) if outbound is None else outbound, **options)
        request = TranscriptionRequest(name="notes", status_callback=CALLBACK, **(wanted or {}))
        stage.transcriptions.start(request)
        await asyncio.sleep(seconds)
        then(stage)
        await stage.transcriptions.finish()
        await stage.close()
        assert all(recognition.closed for recognition in stage.recognitions)
        return stage

    return run_virtual(main())


def test_each_utterance_of_each_side_is_told_as_text():
    stage = transcribed(
        np.concatenate((quiet(1), voice(1), quiet(3), voice(1))), np.concatenate((quiet(3), voice(1)))
    )
    assert stage.events == ["started", "content", "content", "content", "stopped"]
    assert [track for track, _ in stage.texts] == ["inbound_track", "outbound_track", "inbound_track"]
    assert [each["SequenceId"] for each in stage.told] == ["1", "2", "3", "4", "5"]
    first = stage.told[0]
    assert (first["TranscriptionEngine"], first["Track"]) == ("ours", "both_tracks")


def test_one_track_is_heard_when_one_is_asked_for():
    stage = transcribed(voice(1), voice(1), wanted={"track": StreamTrack.OUTBOUND})
    assert [track for track, _ in stage.texts] == ["outbound_track"]


def test_a_breath_does_not_end_an_utterance():
    assert len(transcribed(np.concatenate((voice(1), quiet(0.4), voice(1)))).texts) == 1


def test_an_utterance_has_what_was_said_just_before_it_was_noticed():
    (text,) = transcribed(np.concatenate((quiet(2), voice(1)))).texts
    # 0.3 s before, and the pause that ended it.
    assert 1.7 < float(text[1].split()[0]) < 2.3


def test_partial_results_are_told_when_they_are_asked_for():
    stage = transcribed(voice(1), wanted={"partial_results": True})
    partial = stage.told[1]
    assert (partial["Final"], json.loads(partial["TranscriptionData"])) == ("false", {"transcript": "one"})
    assert "false" not in [each.get("Final") for each in transcribed(voice(1)).told]


def test_who_speaks_on_and_on_is_told_in_pieces():
    stage = transcribed(voice(65), seconds=70)
    assert len(stage.texts) == 3


def test_what_is_said_while_a_text_is_waited_for_is_not_lost():
    sound = np.concatenate([part for _ in range(3) for part in (voice(1), quiet(1))])
    assert len(transcribed(sound, seconds=30, after=4.0).texts) == 3


def test_the_last_words_are_told_when_the_call_ends_in_the_middle():
    stage = transcribed(voice(60), seconds=5, then=lambda stage: stage.ended.set_result(None))
    assert stage.events == ["started", "content", "stopped"]


def test_a_recogniser_that_hangs_does_not_hold_the_end():
    stage = transcribed(voice(60), seconds=5, after=1000.0)
    assert stage.events == ["started", "stopped"]


@pytest.mark.parametrize("failure", [RecognitionError("no credit left"), KeyError("words")])
def test_a_recogniser_that_fails_is_told_of_and_heard_again(failure: Exception):
    sound = np.concatenate((voice(1), quiet(2), voice(1)))
    stage = transcribed(sound, failure=failure)
    assert stage.events == ["started", "error", "error", "stopped"]
    assert stage.told[1]["TranscriptionErrorCode"] == "13522"
    ((code, what),) = stage.noted
    assert (code, "the recogniser ours failed" in what) == (13522, True)


def test_a_recogniser_that_is_too_slow_loses_words_and_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tracks, "MOST_WAITING", 1)
    sound = np.concatenate([part for _ in range(4) for part in (voice(1), quiet(1))])
    stage = transcribed(sound, seconds=30, after=6.0)
    assert "so slow" in stage.told[stage.events.index("error")]["TranscriptionError"]
    assert len(stage.texts) < 4


def test_without_a_recogniser_the_error_says_how_to_have_one():
    stage = transcribed(voice(1), knows=False)
    assert stage.events == ["error"]
    assert "[[recognisers]]" in stage.noted[0][1]


def test_a_name_is_used_once_at_a_time():
    async def main() -> Stage:
        stage = Stage(quiet(0), quiet(0))
        request = TranscriptionRequest(name="notes", status_callback=CALLBACK)
        stage.transcriptions.start(request)
        stage.transcriptions.start(request)
        assert stage.transcriptions.stop("notes")
        assert not stage.transcriptions.stop("notes")
        await stage.transcriptions.finish()
        await stage.close()
        return stage

    stage = run_virtual(main())
    assert stage.events == ["started", "stopped"]
    assert "runs already" in stage.noted[0][1]


def test_a_call_without_sound_is_told_of():
    async def main() -> Stage:
        stage = Stage(quiet(0), quiet(0))

        def refuse(side: str) -> SpeakingTap:
            raise MediaMisuse("the leg is closed")

        media: Any = stage.transcriptions._leg.media
        media.tap = refuse
        stage.transcriptions.start(TranscriptionRequest(status_callback=CALLBACK))
        await stage.transcriptions.finish()
        await stage.close()
        return stage

    assert "cannot be had" in run_virtual(main()).told[0]["TranscriptionError"]
