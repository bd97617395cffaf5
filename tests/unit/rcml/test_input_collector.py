"""Keys, speech and time: which input counts, and when it is complete."""

import pytest

from rcml.call import Collected, CollectRequest, InputKind
from rcml.input_collector import AUTO_PAUSE, DECIDED_WITHIN, InputCollector, Voice

BOTH = frozenset({InputKind.DTMF, InputKind.SPEECH})


def collector(**asked) -> InputCollector:
    """Return a collector whose prompts ended at second 0."""
    made = InputCollector(
        CollectRequest(**{"kinds": BOTH, "first_within": 5.0, "pause_within": 2.0, **asked})
    )
    made.prompts_ended(0.0)
    return made


def test_nothing_said_or_pressed_in_time_is_an_empty_input():
    silent = collector()
    assert silent.deadline == 5.0
    silent.pass_time(5.0)
    assert silent.finished
    assert not silent.collected


def test_no_time_runs_while_prompts_play():
    assert InputCollector(CollectRequest(kinds=BOTH)).deadline is None


def test_speech_suspends_the_wait_and_a_pause_ends_it():
    spoken = collector()
    spoken.voice_began(4.9)
    assert spoken.started
    assert spoken.deadline == 4.9 + 60.0
    spoken.voice_ended(6.0)
    assert spoken.deadline == 8.0
    spoken.pass_time(8.0)
    assert spoken.voice is Voice.SPOKEN
    spoken.understood("two tickets", 0.8)
    assert spoken.finished
    assert spoken.collected == Collected(speech="two tickets", confidence=0.8)


def test_a_breath_does_not_end_what_is_said():
    spoken = collector()
    spoken.voice_began(1.0)
    spoken.voice_ended(2.0)
    spoken.voice_began(3.5)
    spoken.pass_time(4.0)
    assert spoken.voice is Voice.SPEAKING


def test_an_endless_talker_is_cut_off():
    spoken = collector()
    spoken.voice_began(1.0)
    for now, voice in ((60.9, Voice.SPEAKING), (61.0, Voice.SPOKEN)):
        spoken.pass_time(now)
        assert spoken.voice is voice


def test_how_long_a_caller_may_speak_is_the_documents():
    spoken = collector(speech_limit=3.0)
    spoken.voice_began(1.0)
    spoken.voice_ended(2.0)
    spoken.voice_began(2.5)
    spoken.pass_time(4.0)
    assert spoken.voice is Voice.SPOKEN


def test_the_pause_is_ours_when_the_document_says_auto():
    spoken = collector(pause_within=None)
    spoken.voice_began(1.0)
    spoken.voice_ended(2.0)
    assert spoken.deadline == 2.0 + AUTO_PAUSE
    spoken.phrase_ended(2.1)
    assert spoken.deadline == 2.1


@pytest.mark.parametrize("speaking", [True, False])
def test_a_complete_phrase_ends_nothing_while_the_document_waits_or_the_caller_speaks(speaking):
    spoken = collector(pause_within=None if speaking else 2.0)
    spoken.voice_began(1.0)
    if not speaking:
        spoken.voice_ended(2.0)
    before = spoken.deadline
    spoken.phrase_ended(2.1)
    assert spoken.deadline == before


def test_a_cough_does_not_prolong_the_wait():
    coughing = collector()
    coughing.voice_began(4.0)
    coughing.voice_ended(4.2)
    coughing.pass_time(6.2)
    coughing.understood("", 0.1)
    coughing.pass_time(6.3)
    assert coughing.finished
    assert not coughing.collected


def test_after_a_cough_there_is_still_the_rest_of_the_wait():
    coughing = collector()
    coughing.voice_began(0.5)
    coughing.voice_ended(0.6)
    coughing.pass_time(2.6)
    coughing.understood("", 0.1)
    assert not coughing.finished
    assert coughing.deadline == 5.0


def test_a_recogniser_that_never_decides_counts_as_silence():
    spoken = collector()
    spoken.voice_began(1.0)
    spoken.voice_ended(2.0)
    spoken.pass_time(4.0)
    assert spoken.deadline == 4.0 + DECIDED_WITHIN
    spoken.pass_time(4.0 + DECIDED_WITHIN)
    assert spoken.voice is Voice.SILENT


def test_keys_that_are_complete_win_over_speech_that_is_not():
    both = collector(at_most=2)
    both.voice_began(1.0)
    both.press("4", 1.5)
    both.press("2", 2.0)
    assert both.finished
    assert both.collected == Collected(digits="42")


def test_keys_end_by_their_own_silence_while_the_caller_speaks():
    both = collector(next_within=3.0)
    both.voice_began(1.0)
    both.press("4", 1.5)
    assert both.deadline == 4.5
    both.pass_time(4.5)
    assert both.finished
    assert both.collected == Collected(digits="4")


def test_speech_that_is_complete_wins_over_keys_that_are_not():
    both = collector(next_within=30.0)
    both.press("4", 1.0)
    both.voice_began(1.5)
    both.understood("sales", 0.9)
    assert both.finished
    assert both.collected == Collected(speech="sales", confidence=0.9)


def test_keys_do_nothing_where_only_speech_counts():
    spoken = collector(kinds=frozenset({InputKind.SPEECH}))
    spoken.press("#", 1.0)
    assert not spoken.finished
    assert not spoken.started
