from typing import Any

import numpy as np
import pytest

from media.answering_machine import Answerer, AnsweringMachineDetector, DetectionLimits
from media.sound import Samples
from media.tone import dtmf, silence, tone
from media.tone_follower import FRAME

RATE = 8000
SOON = 0.3
"""Seconds that a verdict may come late: what the detector of voices needs."""


def talk(seconds: float, level: float = 3000.0) -> Samples:
    """Return noise as loud as a voice; it has no pauses."""
    return np.random.default_rng(5).normal(0.0, level, round(seconds * RATE)).astype(np.int16)


def verdict(*parts: Samples, until_message_end: bool = False, **limits: float) -> tuple[Answerer | None, Any]:
    """Return who answered, None when it is not known at the end, and after how many seconds."""
    detector = AnsweringMachineDetector(DetectionLimits(**limits), until_message_end=until_message_end)
    sound = np.concatenate(parts)
    for at in range(0, len(sound) - FRAME + 1, FRAME):
        answerer = detector.receive(sound[at : at + FRAME])
        if answerer is not None:
            return answerer, detector.heard
    return None, detector.heard


def test_who_says_a_word_and_waits_is_a_human():
    answerer, after = verdict(silence(0.5), talk(0.6), silence(3))
    assert answerer is Answerer.HUMAN
    assert after == pytest.approx(0.5 + 0.6 + 1.2, abs=SOON)


def test_who_goes_on_is_a_machine():
    answerer, after = verdict(silence(0.5), talk(8))
    assert answerer is Answerer.MACHINE_START
    assert after == pytest.approx(0.5 + 2.4, abs=SOON)


def test_pauses_between_words_do_not_count_as_speech():
    words = [part for _ in range(3) for part in (talk(0.4), silence(0.8))]
    assert verdict(*words, silence(1))[0] is Answerer.HUMAN


def test_the_thresholds_move_the_border():
    assert verdict(talk(1.5), silence(2), speech_threshold=1.0)[0] is Answerer.MACHINE_START
    assert verdict(talk(4), silence(2), speech_threshold=6.0)[0] is Answerer.HUMAN
    answerer, after = verdict(talk(1), silence(3), speech_end_threshold=0.5)
    assert (answerer, after) == (Answerer.HUMAN, pytest.approx(1.5, abs=SOON))


def test_who_says_nothing_is_unknown():
    assert verdict(silence(10)) == (Answerer.UNKNOWN, pytest.approx(5.0, abs=0.03))
    assert verdict(silence(10), silence_timeout=2.0)[1] == pytest.approx(2.0, abs=0.03)


def test_a_click_is_nothing_said():
    assert verdict(silence(1), talk(0.06), silence(9)) == (Answerer.UNKNOWN, pytest.approx(5.0, abs=0.03))


def test_a_beep_after_a_word_is_a_machine():
    heard = (talk(0.8), silence(0.5), tone(1000, 0.4), silence(1))
    assert verdict(*heard)[0] is Answerer.MACHINE_START
    assert verdict(*heard, until_message_end=True)[0] is Answerer.MACHINE_END_BEEP


@pytest.mark.parametrize("both", [(350.0, 440.0), (1000.0, 2000.0), (1400.0, 2060.0), (850.0, 1150.0)])
@pytest.mark.parametrize("seconds", [0.25, 0.5, 1.0])
def test_a_beep_of_two_frequencies_ends_a_greeting_too(both: tuple[float, float], seconds: float):
    heard = (talk(3), silence(0.5), tone(both, seconds), silence(1))
    answerer, after = verdict(*heard, until_message_end=True)
    assert answerer is Answerer.MACHINE_END_BEEP
    assert after == pytest.approx(3.5 + seconds, abs=0.15)


@pytest.mark.parametrize("key", "159D*0#")
@pytest.mark.parametrize("seconds", [0.2, 0.5])
def test_a_key_in_a_greeting_is_no_beep(key: str, seconds: float):
    heard = (talk(3), silence(0.5), dtmf(key, seconds), silence(5))
    assert verdict(*heard, until_message_end=True)[0] is Answerer.MACHINE_END_SILENCE


@pytest.mark.parametrize("both", [(440.0, 480.0), (480.0, 620.0), (400.0, 450.0)])
def test_ringing_and_busy_tones_are_no_beeps(both: tuple[float, float]):
    heard = (talk(3), *(part for _ in range(3) for part in (silence(0.5), tone(both, 0.5))), silence(5))
    assert verdict(*heard, until_message_end=True)[0] is Answerer.MACHINE_END_SILENCE


@pytest.mark.parametrize("notes", [(523, 659, 784), (440, 550, 660), (392, 494, 587, 784), (440, 660)])
def test_a_chord_of_music_is_no_beep(notes: tuple[int, ...]):
    chord = sum(tone(note, 0.6, level_dbfs=-18).astype(np.int16) for note in notes)
    heard = (talk(3), silence(0.5), np.asarray(chord, np.int16), silence(5))
    assert verdict(*heard, until_message_end=True)[0] is Answerer.MACHINE_END_SILENCE


def test_the_end_of_a_greeting_is_told_as_soon_as_the_beep_is_over():
    answerer, after = verdict(talk(5), silence(1), tone(1400, 0.5), silence(3), until_message_end=True)
    assert answerer is Answerer.MACHINE_END_BEEP
    assert after == pytest.approx(6.5, abs=0.15)


def test_a_greeting_without_a_beep_ends_in_silence():
    answerer, after = verdict(talk(5), silence(5), until_message_end=True)
    assert (answerer, after) == (Answerer.MACHINE_END_SILENCE, pytest.approx(7.5, abs=SOON))


def test_a_pause_in_a_greeting_is_not_its_end():
    heard = (talk(3), silence(2), talk(3), silence(1), tone(440, 0.3), silence(1))
    assert verdict(*heard, until_message_end=True)[0] is Answerer.MACHINE_END_BEEP


def test_a_greeting_that_does_not_end_in_time_ends_otherwise():
    answerer, after = verdict(talk(20), until_message_end=True, timeout=10.0)
    assert (answerer, after) == (Answerer.MACHINE_END_OTHER, pytest.approx(10.0, abs=0.03))


def test_nobody_is_known_when_the_time_is_over_before_anything_is_decided():
    assert verdict(silence(2), talk(4), timeout=3.0) == (Answerer.UNKNOWN, pytest.approx(3.0, abs=0.03))


def test_a_fax_machine_is_known_by_its_tone():
    answerer, after = verdict(silence(1), tone(2100, 3))
    assert (answerer, after) == (Answerer.FAX, pytest.approx(2.0, abs=0.1))


def test_a_special_information_tone_is_no_beep():
    announcement = (tone(950, 0.33), tone(1400, 0.33), tone(1800, 0.33), silence(0.5))
    answerer, after = verdict(*announcement, talk(5), until_message_end=False)
    assert (answerer, after) == (Answerer.MACHINE_START, pytest.approx(1.5 + 2.4, abs=SOON))


def test_a_tone_that_goes_on_is_neither_a_beep_nor_somebody_who_speaks():
    assert verdict(tone(440, 6), silence(2), timeout=7.0)[0] is Answerer.UNKNOWN


def test_who_hangs_up_before_it_is_known_is_unknown_and_a_machine_remains_one():
    detector = AnsweringMachineDetector(DetectionLimits(), until_message_end=True)
    assert detector.give_up() is Answerer.UNKNOWN
    sound = talk(4)
    for at in range(0, len(sound), FRAME):
        detector.receive(sound[at : at + FRAME])
    assert detector.give_up() is Answerer.MACHINE_END_OTHER
