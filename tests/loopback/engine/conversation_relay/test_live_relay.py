"""Relayed conversations between a leg that a real plane moves and an application on a real WebSocket."""

import asyncio
import gc

import pytest

from rcml.call import Level
from rcml.errors import (
    PLAYBACK_FAILED,
    RECOGNITION_FAILED,
    RELAY_BROKEN,
    RELAY_MESSAGE,
    RELAY_UNREACHABLE,
    VOICE_FAILED,
)
from rcml.relaying import Input, RelayLanguage, RelayNews, RelayStatus
from tests.testkit.outside_sound import seconds_of_tone, silence, speech_like
from tests.testkit.ports import free_port
from tests.testkit.relay_agent import RelayAgent
from tests.testkit.relaying_call import PER_CHARACTER, PLAYED, SPOKEN, RelayingCall
from tests.testkit.waiting import eventually

LONG = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen."


async def test_sentences_and_sounds_are_heard_whole_and_in_order(call: RelayingCall, agent: RelayAgent):
    call.connect(agent.url(), greeting="Good morning", news=frozenset(RelayNews))
    talk = await agent.talk()
    await talk.tell("text", token="This is first. And ")
    await talk.tell("text", token="this is last", last=True)
    await talk.tell("play", source="https://app.test/bell.wav", loop=2)
    await call.voice.hears(PLAYED, 0.38)
    await talk.until("info", 5)
    assert [speech.text for speech in call.voices.said] == [
        "Good morning",
        "This is first.",
        "And this is last",
    ]
    spoken = sum(len(speech.text) for speech in call.voices.said) * PER_CHARACTER
    assert seconds_of_tone(call.voice.heard(), SPOKEN) == pytest.approx(spoken, abs=0.1)
    told = [(each["name"], each["value"]) for each in talk.of("info")]
    assert told[:4] == [
        ("agentSpeaking", "on"),
        ("tokensPlayed", "Good morning"),
        ("tokensPlayed", "This is first."),
        ("tokensPlayed", "And this is last"),
    ]
    assert (await talk.until("info", 5))["value"] == "off"
    assert all(each["ts"] > 1_600_000_000_000 for each in talk.of("info"))
    assert call.journal.notes == []


async def test_who_speaks_silences_the_voice_and_their_words_are_told(call: RelayingCall, agent: RelayAgent):
    call.connect(
        agent.url(), partial_prompts=True, heard=RelayLanguage(code="en-GB", hints=("opening hours",))
    )
    talk = await agent.talk()
    await talk.answer(LONG)
    await call.voice.hears(SPOKEN, 0.5)
    call.voice.say_nowait(speech_like(0.6))
    interrupted = await talk.until("interrupt")
    await call.voice.no_longer_hears(SPOKEN)
    heard = seconds_of_tone(call.voice.heard(), SPOKEN)
    assert interrupted["durationUntilInterruptMs"] / 1000 == pytest.approx(heard, abs=0.12)
    assert LONG.startswith(interrupted["utteranceUntilInterrupt"])
    assert len(interrupted["utteranceUntilInterrupt"]) * PER_CHARACTER <= heard + 0.05
    assert await talk.heard() == "opening hours"
    assert [(each["voicePrompt"], each["last"]) for each in talk.of("prompt")] == [
        ("opening", False),
        ("opening hours", True),
    ]
    asked = call.recognisers.asked[-1]
    assert (asked.language, asked.hints) == ("en-GB", ("opening hours",))


async def test_a_key_is_told_and_keys_of_the_application_are_pressed(call: RelayingCall, agent: RelayAgent):
    call.connect(agent.url(), keys=True)
    talk = await agent.talk()
    await call.voice.press("5")
    assert (await talk.until("dtmf"))["digit"] == "5"
    await talk.tell("sendDigits", digits="12#")
    await eventually(lambda: call.voice.digits_heard() == "12#", 5.0, "the keys are heard")


async def test_the_application_ends_it_once_its_goodbye_was_heard(call: RelayingCall, agent: RelayAgent):
    talking = call.connect(agent.url())
    talk = await agent.talk()
    await talk.answer("Thank you, and goodbye.")
    await talk.tell("end", handoffData="sales")
    ended = await asyncio.wait_for(talking, 10)
    assert (ended.sid, ended.status, ended.handoff) == (talk.sid, RelayStatus.ENDED, "sales")
    assert seconds_of_tone(call.voice.heard(), SPOKEN) == pytest.approx(23 * PER_CHARACTER, abs=0.06)
    assert ended.duration > 0.4
    await talk.until_ended()
    assert talk.close_code == 1000
    assert call.journal.notes == []


async def test_an_application_that_ends_and_leaves_at_once_is_still_heard_to_the_end(
    call: RelayingCall, agent: RelayAgent
):
    talking = call.connect(agent.url())
    talk = await agent.talk()
    await talk.answer("Goodbye")
    await talk.tell("end")
    await talk.close()
    assert (await asyncio.wait_for(talking, 10)).status is RelayStatus.ENDED
    assert seconds_of_tone(call.voice.heard(), SPOKEN) == pytest.approx(7 * PER_CHARACTER, abs=0.06)


@pytest.mark.parametrize("how", ["closes", "closes with 1011", "drops"])
async def test_an_application_that_leaves_without_an_end_has_failed(
    how: str, call: RelayingCall, agent: RelayAgent
):
    talking = call.connect(agent.url())
    talk = await agent.talk()
    if how == "drops":
        talk.drop()
    else:
        await talk.close(1011 if "1011" in how else 1000)
    ended = await asyncio.wait_for(talking, 10)
    assert (ended.status, ended.code) == (RelayStatus.FAILED, RELAY_BROKEN)
    ((code, level, what),) = call.journal.notes
    assert (code, level) == (RELAY_BROKEN, Level.ERROR)
    assert ended.error in what


@pytest.mark.parametrize(
    ("url", "why"), [("closed", "no connection"), ("private", "169.254"), ("refused", "403")]
)
async def test_a_url_that_leads_nowhere_has_failed(url: str, why: str, call: RelayingCall, agent: RelayAgent):
    urls = {"closed": f"ws://127.0.0.1:{free_port()}/", "private": "ws://169.254.169.254/"}
    ended = await asyncio.wait_for(call.connect(urls.get(url, agent.url("/refused"))), 10)
    assert (ended.status, ended.code, ended.duration) == (RelayStatus.FAILED, RELAY_UNREACHABLE, 0.0)
    assert why in ended.error
    assert call.journal.codes == [RELAY_UNREACHABLE]


async def test_a_caller_who_hangs_up_completes_it(call: RelayingCall, agent: RelayAgent):
    talking = call.connect(agent.url())
    talk = await agent.talk()
    await talk.answer(LONG)
    call.hang_up()
    assert (await asyncio.wait_for(talking, 10)).status is RelayStatus.COMPLETED
    await talk.until_ended()
    assert call.journal.notes == []


async def test_a_call_that_is_given_something_else_to_do_falls_silent_at_once(
    call: RelayingCall, agent: RelayAgent
):
    talking = call.connect(agent.url())
    talk = await agent.talk()
    await talk.answer(LONG)
    await call.voice.hears(SPOKEN, 0.2)
    talking.cancel()
    await call.voice.no_longer_hears(SPOKEN)
    await talk.until_ended()
    assert talking.cancelled()


async def test_what_cannot_be_used_said_or_played_is_told_and_the_conversation_goes_on(
    call: RelayingCall, agent: RelayAgent
):
    call.connect(agent.url())
    talk = await agent.talk()
    await talk.socket.send_str("nonsense")
    await talk.answer("This is broken.")
    await talk.tell("play", source="https://app.test/missing.wav")
    await talk.answer("Still here.")
    await call.voice.hears(SPOKEN, 0.15)
    await talk.until("error", 3)
    told = zip(("no JSON", "lost its tongue", "missing.wav"), talk.of("error"), strict=True)
    assert all(part in each["description"] for part, each in told)
    assert call.journal.codes == [RELAY_MESSAGE, PLAYBACK_FAILED]


async def test_an_interrupted_sentence_whose_sound_never_comes_gives_way(
    call: RelayingCall, agent: RelayAgent
):
    call.voices.holds = True
    call.connect(agent.url(), keys=True)
    talk = await agent.talk()
    await talk.answer("This one is never made.")
    await eventually(lambda: len(call.voices.said) == 1, 5.0, "the sentence is being made")
    await call.voice.press("1")
    assert (await talk.until("interrupt"))["utteranceUntilInterrupt"] == ""
    call.voices.holds = False
    await talk.answer("This one is.")
    await call.voice.hears(SPOKEN, 0.15)


async def test_providers_that_are_not_here_are_replaced_and_told_of_once(
    call: RelayingCall, agent: RelayAgent
):
    elsewhere = RelayLanguage(voice_provider="ElevenLabs", own_voice="x7", recogniser="Deepgram")
    here = RelayLanguage(code="es-ES", voice_provider="Studio", own_voice="alba", recogniser="EARS")
    call.connect(agent.url(), spoken=elsewhere, heard=elsewhere, languages=(here,))
    talk = await agent.talk()
    await talk.answer("Hello")
    await talk.answer("Hola", lang="es-ES")
    await eventually(lambda: len(call.voices.said) == 2, 5.0, "both are said")
    assert [(each.provider, each.own_voice) for each in call.voices.said] == [(None, ""), ("studio", "alba")]
    assert call.journal.codes == [VOICE_FAILED, RECOGNITION_FAILED]
    assert "'ElevenLabs'" in call.journal.notes[0][2]


async def test_a_language_that_nobody_knows_is_told_of_once_and_is_silence(
    call: RelayingCall, agent: RelayAgent
):
    call.recognisers.words = None
    call.connect(agent.url(), interruptible=Input.NONE)
    talk = await agent.talk()
    for _ in range(2):
        await call.voice.say(speech_like(0.4))
        await call.voice.say(silence(1.0))
    # Once before the caller speaks, and for each utterance.
    await eventually(lambda: len(call.recognisers.asked) == 3, 5.0, "both utterances begin")
    assert talk.of("prompt") == []
    assert call.journal.codes == [RECOGNITION_FAILED]


async def test_a_conversation_that_is_over_needs_no_garbage_collection(call: RelayingCall, agent: RelayAgent):
    gc.disable()
    try:
        talking = call.connect(agent.url())
        talk = await agent.talk()
        await call.voice.say(speech_like(0.3))
        await talk.answer("Goodbye.")
        await talk.tell("end")
        assert (await asyncio.wait_for(talking, 10)).status is RelayStatus.ENDED
        del talking
        call.forget()
        await eventually(lambda: call.relay() is None, 5.0, "nobody holds it any more")
    finally:
        gc.enable()
