"""A relayed conversation in virtual time: frames of 20 ms and samples played are the only clocks."""

from __future__ import annotations

import json

import pytest

from engine.conversation_relay.core import MOST_CHARACTERS
from engine.conversation_relay.effects import FallSilent, Finish, News, Press, Remark, Speak
from rcml.errors import RELAY_MESSAGE
from rcml.prompts import Sound, Speech
from rcml.relaying import Input, RelayLanguage, RelayNews, Sensitivity
from tests.testkit.relay_scene import Scene, seconds


def test_the_application_is_told_of_the_call_first():
    scene = Scene(parameters=(("a", "b"),))
    assert scene.sent("setup") == [{"type": "setup", "sessionId": "VX1", "customParameters": {"a": "b"}}]


def test_a_greeting_is_said_at_once_in_its_language():
    french = RelayLanguage(code="fr-fr", own_voice="amelie")
    scene = Scene(greeting="Bonjour", greeting_language="fr-FR", languages=(french,))
    (piece,) = (effect.piece for effect in scene.effects if isinstance(effect, Speak))
    assert piece.prompt == french.speech("Bonjour")


def test_a_sentence_is_said_before_the_answer_is_complete():
    scene = Scene()
    scene.tell("text", token="It is open. It clo")
    assert scene.said == ["It is open."]
    scene.tell("text", token="ses at five", last=True)
    assert scene.said == ["It is open.", "It closes at five"]


def test_the_rest_of_an_answer_that_never_ends_is_said_after_a_second():
    scene = Scene()
    scene.tell("text", token="Just a moment")
    scene.pass_time(0.9)
    assert scene.said == []
    scene.pass_time(0.2)
    assert scene.said == ["Just a moment"]


def test_what_the_caller_says_is_told_with_its_language():
    scene = Scene(heard=RelayLanguage(code="de-DE"))
    scene.understand(scene.speak(0.5), "guten Tag")
    assert scene.sent("prompt") == [
        {"type": "prompt", "voicePrompt": "guten Tag", "lang": "de-DE", "last": True}
    ]


def test_no_words_are_no_prompt():
    scene = Scene()
    assert scene.understand(scene.speak(0.5), "") == []


def test_what_seems_to_be_said_is_told_only_where_that_is_wanted_and_when_it_changes():
    scene = Scene(partial_prompts=True)
    utterance = scene.speak(0.5)
    for words in ("one", "one", "", "one two"):
        scene.effects += scene.core.partly_understood(utterance, words)
    assert [(each["voicePrompt"], each["last"]) for each in scene.sent("prompt")] == [
        ("one", False),
        ("one two", False),
    ]
    quiet = Scene()
    assert quiet.core.partly_understood(quiet.speak(0.5), "one") == []


ANSWER = "One two three four five six seven eight."


def test_speech_stops_the_voice_in_its_first_frame_and_tells_what_was_heard():
    scene = Scene()
    scene.answer(f"Hello there. {ANSWER}")
    scene.pass_time(seconds("Hello there.") + seconds("One two thr"))
    effects = scene.pass_time(0.02, speaking=True)
    assert FallSilent() in effects
    (told,) = scene.sent("interrupt")
    assert told["utteranceUntilInterrupt"] == "Hello there. One two"
    assert told["durationUntilInterruptMs"] == pytest.approx(1460, abs=40)
    assert not scene.core.talk


def test_an_answer_that_was_heard_whole_before_is_not_part_of_what_was_interrupted():
    scene = Scene()
    scene.answer("First.")
    scene.pass_time(1.0)
    scene.answer(ANSWER)
    scene.pass_time(0.7)
    scene.speak(0.1)
    assert scene.sent("interrupt")[0]["utteranceUntilInterrupt"] == "One two"


def test_an_application_that_never_says_last_is_told_of_the_interrupted_answer_alone():
    scene = Scene()
    scene.tell("text", token="First. ")
    scene.pass_time(1.0)
    scene.understand(scene.speak(0.3), "go on")
    scene.pass_time(0.3)
    scene.tell("text", token=f"{ANSWER} ")
    scene.pass_time(0.7)
    scene.speak(0.1)
    assert scene.sent("interrupt")[0]["utteranceUntilInterrupt"] == "One two"


def test_who_speaks_before_the_voice_begins_interrupts_too():
    scene = Scene()
    scene.core.receive(json.dumps({"type": "text", "token": ANSWER, "last": True}))
    scene.pass_time(0.02, speaking=True)
    assert scene.sent("interrupt") == [
        {"type": "interrupt", "utteranceUntilInterrupt": "", "durationUntilInterruptMs": 0}
    ]


def test_who_spoke_before_the_answer_came_does_not_interrupt_it():
    scene = Scene()
    scene.speak(0.3)
    scene.answer(ANSWER)
    scene.pass_time(0.3, speaking=True)
    assert scene.sent("interrupt") == []
    scene.pass_time(0.3)
    scene.pass_time(0.02, speaking=True)
    assert len(scene.sent("interrupt")) == 1


@pytest.mark.parametrize(
    ("sensitivity", "enough"), [(Sensitivity.HIGH, 0.02), (Sensitivity.MEDIUM, 0.3), (Sensitivity.LOW, 0.6)]
)
def test_a_less_sensitive_voice_lets_a_short_word_pass(sensitivity: Sensitivity, enough: float):
    scene = Scene(sensitivity=sensitivity)
    scene.answer(ANSWER)
    scene.pass_time(0.2)
    scene.pass_time(enough - 0.02, speaking=True)
    scene.pass_time(0.2)
    assert scene.sent("interrupt") == []
    scene.pass_time(enough, speaking=True)
    assert len(scene.sent("interrupt")) == 1


def test_who_interrupts_is_told_of():
    scene = Scene(sensitivity=Sensitivity.MEDIUM)
    scene.answer(ANSWER)
    scene.pass_time(0.2)
    scene.understand(scene.speak(0.5), "wait")
    assert [each["voicePrompt"] for each in scene.sent("prompt")] == ["wait"]


@pytest.mark.parametrize(
    ("reported", "told"), [(Input.NONE, 0), (Input.DTMF, 0), (Input.SPEECH, 1), (Input.ANY, 1)]
)
def test_who_cannot_interrupt_is_told_of_only_where_that_is_wanted(reported: Input, told: int):
    scene = Scene(interruptible=Input.NONE, reported=reported)
    scene.answer(ANSWER)
    scene.pass_time(0.2)
    scene.understand(scene.speak(0.5), "wait")
    assert (len(scene.sent("prompt")), scene.sent("interrupt")) == (told, [])


def test_a_text_may_say_itself_what_interrupts_it():
    scene = Scene(interruptible=Input.NONE)
    scene.answer(ANSWER, interruptible=True)
    scene.pass_time(0.2)
    scene.speak(0.1)
    assert len(scene.sent("interrupt")) == 1


def test_the_rest_of_an_interrupted_answer_is_not_said():
    scene = Scene()
    scene.tell("text", token=f"{ANSWER} ")
    scene.pass_time(0.2)
    utterance = scene.speak(0.1)
    scene.tell("text", token="Nine. ")
    scene.tell("text", token="Ten.", last=True)
    scene.answer("Yes?")
    scene.understand(utterance, "wait")
    assert scene.said == [ANSWER, "Yes?"]


def test_an_interruption_may_be_answered_itself():
    scene = Scene()
    scene.tell("text", token=f"{ANSWER} ")
    scene.pass_time(0.2)
    scene.speak(0.1)
    scene.answer("Go ahead.")
    assert scene.said == [ANSWER, "Go ahead."]


def test_an_application_that_gives_an_answer_up_is_heard_again_after_the_next_prompt():
    scene = Scene()
    scene.tell("text", token=f"{ANSWER} ")
    scene.pass_time(0.2)
    scene.understand(scene.speak(0.1), "wait")
    scene.answer("Yes?")
    assert scene.said[-1] == "Yes?"


@pytest.mark.parametrize("preemptible", [True, False])
def test_the_next_answer_ends_one_that_gives_way(preemptible: bool):
    scene = Scene(preemptible=preemptible)
    scene.answer(ANSWER)
    scene.pass_time(0.5)
    effects = scene.answer("Wait.")
    assert (FallSilent() in effects) is preemptible
    assert len(scene.core.talk) == (1 if preemptible else 2)
    assert scene.sent("interrupt") == []


def test_tokens_of_the_same_answer_never_end_it():
    scene = Scene(preemptible=True)
    scene.tell("text", token="One. ")
    scene.tell("text", token="Two. ")
    assert len(scene.core.talk) == 2


def test_what_waits_behind_an_answer_that_stays_gives_way_alone():
    scene = Scene()
    scene.answer(ANSWER)
    scene.pass_time(0.2)
    scene.answer("Perhaps.", preemptible=True)
    scene.answer("No.")
    assert [piece.text for piece in scene.core.talk] == [ANSWER, "No."]


def test_keys_are_told_only_where_they_are_detected():
    assert Scene().press("1") == []
    scene = Scene(keys=True)
    scene.press("1")
    assert scene.sent("dtmf") == [{"type": "dtmf", "digit": "1"}]


@pytest.mark.parametrize(
    ("interruptible", "reported", "interrupts", "told"),
    [
        (Input.ANY, Input.NONE, 1, 1),
        (Input.DTMF, Input.NONE, 1, 1),
        (Input.SPEECH, Input.NONE, 0, 0),
        (Input.SPEECH, Input.DTMF, 0, 1),
    ],
)
def test_a_key_interrupts_where_keys_do(interruptible: Input, reported: Input, interrupts: int, told: int):
    scene = Scene(keys=True, interruptible=interruptible, reported=reported)
    scene.answer(ANSWER)
    scene.pass_time(0.2)
    scene.press("1")
    assert (len(scene.sent("interrupt")), len(scene.sent("dtmf"))) == (interrupts, told)


def test_a_sound_is_heard_after_the_text_before_it():
    scene = Scene()
    scene.tell("text", token="Listen")
    scene.tell("play", source="https://app.test/bell.wav", loop=2)
    assert scene.said == ["Listen", "https://app.test/bell.wav"]
    piece = list(scene.core.talk)[-1]
    assert (piece.prompt, piece.loops) == (Sound(url="https://app.test/bell.wav"), 2)


def test_a_sound_alone_is_an_answer_of_its_own():
    scene = Scene(preemptible=True)
    scene.tell("play", source="https://app.test/one.wav", loop=0)
    scene.tell("play", source="https://app.test/two.wav")
    assert len(scene.core.talk) == 1


def test_keys_are_sent_to_the_caller():
    assert Scene().tell("sendDigits", digits="12#") == [Press("12#")]


def test_a_change_of_language_counts_for_what_comes_after_it():
    spanish = RelayLanguage(code="es-ES", own_voice="alba")
    scene = Scene(languages=(spanish,))
    scene.tell("text", token="Hello")
    scene.tell("language", ttsLanguage="es-ES", transcriptionLanguage="fr-FR")
    scene.answer("Hola")
    spoken = [effect.piece.prompt for effect in scene.effects if isinstance(effect, Speak)]
    assert spoken == [RelayLanguage().speech("Hello"), spanish.speech("Hola")]
    assert scene.core.heard == RelayLanguage(code="fr-FR")


def test_a_text_may_be_in_a_language_of_its_own():
    scene = Scene()
    scene.tell("text", token="That is ")
    scene.tell("text", token="déjà vu", lang="fr-FR")
    scene.answer("in French.")
    spoken = [effect.piece.prompt for effect in scene.effects if isinstance(effect, Speak)]
    assert [(prompt.text, prompt.language) for prompt in spoken if isinstance(prompt, Speech)] == [
        ("That is", "en-US"),
        ("déjà vu", "fr-FR"),
        ("in French.", "en-US"),
    ]


def test_the_end_comes_when_everything_said_before_it_was_heard():
    scene = Scene()
    scene.tell("text", token="Goodbye")
    scene.tell("end", handoffData="sales")
    assert (scene.core.handoff, scene.said) == ("sales", ["Goodbye"])
    assert Finish() not in scene.pass_time(seconds("Goodbye") - 0.04)
    assert Finish() in scene.pass_time(0.06)


def test_after_an_end_nothing_is_taken_or_told():
    scene = Scene(keys=True)
    scene.answer(ANSWER)
    scene.tell("end")
    assert scene.tell("text", token="More. ") == []
    assert scene.press("1") == []
    assert scene.understand(scene.core.utterance_began(), "wait") == []


def test_a_sound_without_end_does_not_hold_an_end_up():
    scene = Scene()
    scene.tell("play", source="https://app.test/music.wav", loop=0)
    scene.pass_time(2.5)
    scene.tell("end")
    assert Finish() in scene.pass_time(1.5)


def test_who_interrupts_a_goodbye_ends_the_conversation_at_once():
    scene = Scene()
    scene.answer(ANSWER)
    scene.pass_time(0.2)
    scene.tell("end")
    assert Finish() in scene.pass_time(0.06, speaking=True)


def test_a_message_that_cannot_be_used_is_told_each_time_and_noted_once():
    scene = Scene()
    for frame in ("nonsense", b"\x00", '{"type": "jump"}'):
        scene.effects += scene.core.receive(frame)
    assert len(scene.sent("error")) == 3
    assert "no JSON" in scene.sent("error")[0]["description"]
    assert "binary" in scene.sent("error")[1]["description"]
    assert [each.code for each in scene.effects if isinstance(each, Remark)] == [RELAY_MESSAGE]
    scene.answer("Still here.")
    assert scene.said == ["Still here."]


def test_more_text_than_anybody_will_hear_is_refused():
    scene = Scene()
    for _ in range(MOST_CHARACTERS // 4000 + 2):
        scene.answer("x" * 4000)
    assert "wait to be heard" in scene.sent("error")[0]["description"]
    assert scene.core.talk.characters <= MOST_CHARACTERS


def test_who_speaks_and_what_was_heard_is_told_where_that_is_wanted():
    scene = Scene(news=frozenset(RelayNews))
    scene.answer("Hello. Goodbye.")
    scene.pass_time(2.0)
    scene.pass_time(0.1, speaking=True)
    scene.pass_time(0.1)
    told = [(effect.name, effect.value) for effect in scene.effects if isinstance(effect, News)]
    assert told == [
        ("agentSpeaking", "on"),
        ("tokensPlayed", "Hello."),
        ("tokensPlayed", "Goodbye."),
        ("agentSpeaking", "off"),
        ("clientSpeaking", "on"),
        ("clientSpeaking", "off"),
    ]


def test_an_interruption_ends_the_agents_speech_with_the_words_that_were_heard():
    scene = Scene(news=frozenset({RelayNews.TOKENS, RelayNews.SPEAKERS}))
    scene.answer(ANSWER)
    scene.pass_time(0.7)
    scene.pass_time(0.02, speaking=True)
    told = [(effect.name, effect.value) for effect in scene.effects if isinstance(effect, News)]
    assert told[-3:] == [("clientSpeaking", "on"), ("tokensPlayed", "One two"), ("agentSpeaking", "off")]


def test_debugging_alone_tells_nothing_more():
    scene = Scene(news=frozenset({RelayNews.DEBUGGING}))
    scene.answer("Hello.")
    scene.pass_time(1.0)
    assert not any(isinstance(effect, News) for effect in scene.effects)
