"""The recogniser's processes, for real: they understand, gate, hang, are killed, and come back."""

import asyncio
import signal
from collections.abc import AsyncIterator

import numpy as np
import pytest

from media.errors import RecognitionError
from media.speech.sphinx import LONGEST_SECONDS, SphinxRecogniser
from tests.testkit.spoken import spoken

PHRASES = ("technical support", "opening hours", "cancel my order", "two tickets to London")
OTHERS = ("elephants are purple", "what is the weather like", "can you repeat that")
LEAST = 0.5
SHORT = np.zeros(800, np.int16)


@pytest.fixture
async def sphinx() -> AsyncIterator[SphinxRecogniser]:
    recogniser = SphinxRecogniser()
    yield recogniser
    await recogniser.close()


async def test_phrases_are_understood_and_others_are_not(sphinx):
    for phrase in PHRASES:
        for voice in ("man", "woman"):
            found = await sphinx.recognise(await spoken(phrase, voice), PHRASES)
            assert (found.words, found.confidence > LEAST) == (phrase, True), (voice, found)
    for other in OTHERS:
        assert (await sphinx.recognise(await spoken(other), PHRASES)).confidence < LEAST, other
    assert sphinx.starts == 1


async def test_ctrl_c_and_the_end_of_a_service_leave_it_to_the_calls_that_are_up(sphinx):
    await sphinx.recognise(SHORT, PHRASES)
    (place,) = sphinx._places
    assert place._process
    for number in (signal.SIGINT, signal.SIGTERM):
        place._process.send_signal(number)
    assert (await sphinx.recognise(await spoken("no"), ())).words == "no"
    assert sphinx.starts == 1


async def test_yes_no_and_digits_are_understood_without_phrases(sphinx):
    for phrase in ("yes", "no", "one two three"):
        assert (await sphinx.recognise(await spoken(phrase), ())).words == phrase


async def test_silence_noise_and_nothing_say_nothing(sphinx):
    noise = np.random.default_rng(3).normal(0, 800, 16000).astype(np.int16)
    for sound in (SHORT, noise, SHORT[:0], np.zeros(int(LONGEST_SECONDS * 8000) + 1, np.int16)):
        assert (await sphinx.recognise(sound, PHRASES)).confidence < LEAST


async def test_phrases_it_cannot_pronounce_are_named(sphinx):
    found = await sphinx.recognise(await spoken("opening hours"), ("opening hours", "Xyzzyplugh"))
    assert found.words == "opening hours"
    assert found.not_listened_for == ("Xyzzyplugh",)


async def test_who_stops_waiting_does_not_cost_the_process(sphinx):
    await sphinx.recognise(SHORT, PHRASES)
    leaving = asyncio.create_task(sphinx.recognise(await spoken("opening hours"), PHRASES))
    await asyncio.sleep(0.01)
    leaving.cancel()
    found = await sphinx.recognise(await spoken("cancel my order"), PHRASES)
    assert found.words == "cancel my order"
    assert sphinx.starts == 1


async def test_a_killed_process_is_replaced(sphinx):
    await sphinx.recognise(SHORT, PHRASES)
    place = sphinx._places[0]
    assert place._process
    place._process.kill()
    assert (await sphinx.recognise(await spoken("opening hours"), PHRASES)).words == "opening hours"
    assert sphinx.starts == 2


async def test_a_process_prepared_before_answers_the_first_utterance(sphinx):
    sphinx.prepare()
    assert (await sphinx.recognise(await spoken("opening hours"), PHRASES)).words == "opening hours"
    assert sphinx.starts == 1


@pytest.mark.parametrize(
    ("program", "limit", "reason"),
    [
        ("import sys; sys.exit(3)", {}, "the process ended"),
        ("import signal; signal.pause()", {"ready_within": 0.3}, r"not ready within 0\.3"),
        (
            "import os, signal; os.write(1, b'\\0\\0\\0\\2{}'); signal.pause()",
            {"within": 0.3},
            r"did not answer within 0\.3",
        ),
        (
            "import os; os.write(1, b'\\0\\0\\0\\2{}\\0\\0\\0\\4what'); os.read(0, 1); os.read(0, 1)",
            {},
            "no JSON",
        ),
        (
            "import os; os.write(1, b'\\0\\0\\0\\2{}\\xff\\xff\\xff\\xff'); os.read(0, 1)",
            {},
            "4294967295 octets",
        ),
    ],
)
async def test_a_process_that_ends_hangs_or_talks_nonsense_is_a_failure(
    program, limit, reason, tmp_path, monkeypatch
):
    (tmp_path / "broken_worker.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    broken = SphinxRecogniser(**limit, worker_module="broken_worker")
    with pytest.raises(RecognitionError, match=reason):
        await broken.recognise(SHORT, PHRASES)
    assert broken.starts == 2
    await broken.close()


async def test_closing_fails_what_is_being_recognised(sphinx):
    await sphinx.recognise(SHORT, PHRASES)
    waiting = asyncio.create_task(sphinx.recognise(await spoken("opening hours"), PHRASES))
    await asyncio.sleep(0)
    await sphinx.close()
    with pytest.raises(RecognitionError, match="closed"):
        await waiting
