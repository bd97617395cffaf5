from engine.conferences.speakers import Speakers

LOUD, QUIET = -20.0, -70.0


def test_speech_begins_at_once_and_ends_after_a_second_of_quiet():
    speakers = Speakers()
    assert list(speakers.update({"bob": QUIET, "carol": QUIET}, 0.0)) == []
    assert list(speakers.update({"bob": LOUD, "carol": QUIET}, 0.1)) == [("bob", True)]
    assert list(speakers.update({"bob": LOUD, "carol": QUIET}, 0.5)) == []
    assert list(speakers.update({"bob": QUIET, "carol": QUIET}, 1.0)) == []
    assert list(speakers.update({"bob": QUIET, "carol": QUIET}, 1.5)) == [("bob", False)]


def test_a_breath_ends_nothing():
    speakers = Speakers()
    speakers.update({"bob": LOUD}, 0.0)
    assert list(speakers.update({"bob": QUIET}, 0.8)) == []
    assert list(speakers.update({"bob": LOUD}, 0.9)) == []
    assert list(speakers.update({"bob": QUIET}, 1.8)) == []


def test_who_has_left_is_forgotten_and_may_begin_anew():
    speakers = Speakers()
    speakers.update({"bob": LOUD}, 0.0)
    assert list(speakers.update({}, 0.1)) == []
    assert list(speakers.update({"bob": LOUD}, 0.2)) == [("bob", True)]
