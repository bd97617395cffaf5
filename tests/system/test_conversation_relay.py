"""Conversations relayed as text through the whole daemon: a SIP caller, a document, and an application."""

from collections.abc import AsyncIterator

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.testkit.application import FakeApplication
from tests.testkit.daemon import AUTH_TOKEN, Daemon
from tests.testkit.fake_recogniser import FakeRecogniser
from tests.testkit.outside_sound import seconds_of_sound, seconds_of_tone, speech_like, tone
from tests.testkit.phone import Call, Phones
from tests.testkit.ports import free_port
from tests.testkit.relay_agent import RelayAgent
from tests.testkit.spoken import spoken
from tests.testkit.waiting import eventually
from tests.testkit.wide_peer import G722, WidePeer

PORT = free_port()
SETTINGS = {"recognisers": [{"name": "ears", "url": f"ws://127.0.0.1:{PORT}/answers", "timeout": 0.8}]}
LONG = "This is a very long story about a telephone that could talk, and nobody ever listened to it again."


@pytest.fixture
async def agent() -> AsyncIterator[RelayAgent]:
    async with RelayAgent() as opened:
        yield opened


async def dial(phones: Phones, application: FakeApplication, agent: RelayAgent, attributes: str) -> Call:
    noun = f'<ConversationRelay url="{agent.url("/talk?x=1")}" {attributes}><Parameter name="a" value="b"/>'
    application.answer(
        "/1111", f'<Response><Connect action="/after">{noun}</ConversationRelay></Connect></Response>'
    )
    application.answer("/after", "<Response><Play>/850.wav</Play><Hangup/></Response>")
    application.serve_sound("/850.wav", tone(850, 0.2))
    return await (await phones.dial("1111")).answered()


async def test_what_the_caller_says_is_told_answered_heard_and_interrupted(
    phones: Phones, application: FakeApplication, agent: RelayAgent, daemon: Daemon
):
    hints = 'hints="technical support, opening hours" dtmfDetection="true"'
    call = await dial(phones, application, agent, hints)
    talk = await agent.talk()
    setup = talk.of("setup")[0]
    assert (setup["callSid"], setup["customParameters"]) == (call.call_sid, {"a": "b"})
    assert setup["sessionId"].startswith("VX")
    validator = RequestValidator(AUTH_TOKEN)
    assert validator.validate(agent.url("/talk?x=1"), {}, talk.headers["X-Twilio-Signature"])
    await call.voice.say(await spoken("technical support", silence=(0.2, 0.1)))
    assert await talk.heard() == "technical support"
    assert talk.of("prompt")[0] == {
        "type": "prompt", "voicePrompt": "technical support", "lang": "en-US", "last": True
    }  # fmt: skip
    for token in LONG.split():
        await talk.tell("text", token=f"{token} ")
    await talk.tell("text", token="", last=True)
    await eventually(lambda: seconds_of_sound(call.voice.heard()) > 0.8, 10.0, "the caller hears the answer")
    call.voice.say_nowait(speech_like(0.4))
    interrupted = await talk.until("interrupt")
    assert LONG.startswith(interrupted["utteranceUntilInterrupt"])
    assert len(interrupted["utteranceUntilInterrupt"]) > 5
    assert interrupted["durationUntilInterruptMs"] > 500
    await call.voice.press("7")
    assert (await talk.until("dtmf"))["digit"] == "7"
    await talk.tell("end", handoffData='{"to": "sales"}')
    after = await application.request_to("/after")
    assert (after["SessionId"], after["SessionStatus"]) == (talk.sid, "ended")
    assert (after["HandoffData"], after["CallSid"]) == ('{"to": "sales"}', call.call_sid)
    await call.voice.hears(850, 0.15)
    await call.ended_by_server()
    assert daemon.notifications(call.call_sid) == []


async def test_an_agent_that_leaves_is_noted_and_the_action_knows_why(
    phones: Phones, application: FakeApplication, agent: RelayAgent, daemon: Daemon
):
    call = await dial(phones, application, agent, 'ttsProvider="ElevenLabs" voice="x7" hints="yes"')
    talk = await agent.talk()
    talk.drop()
    after = await application.request_to("/after")
    assert (after["SessionId"], after["SessionStatus"]) == (talk.sid, "failed")
    assert (after["ErrorCode"], after.get("HandoffData")) == ("64105", None)
    assert "broke" in after["ErrorMessage"]
    await call.voice.hears(850, 0.15)
    await call.ended_by_server()
    notes = await eventually(lambda: daemon.notifications(call.call_sid)[1:], 5.0, "both notes are kept")
    assert [int(note["error_code"]) for note in notes] == [64105]
    assert "'ElevenLabs'" in str(daemon.notifications(call.call_sid)[0])


async def test_a_recogniser_of_ones_own_hears_a_caller_who_hangs_up_then(
    phones: Phones, application: FakeApplication, agent: RelayAgent, daemon: Daemon
):
    async with FakeRecogniser(port=PORT):
        call = await dial(phones, application, agent, 'transcriptionProvider="Ears" partialPrompts="true"')
        talk = await agent.talk()
        await call.voice.say(await spoken("technical support", silence=(0.2, 0.1)))
        assert await talk.heard() == "a table for two"
        assert [each["last"] for each in talk.of("prompt")][:1] == [False]
        await call.hang_up()
        after = await application.request_to("/after")
        assert (after["SessionStatus"], after["CallStatus"]) == ("completed", "completed")
        await talk.until_ended()
    assert daemon.notifications(call.call_sid) == []


async def test_who_hears_wideband_hears_texts_and_a_telephones_sounds(
    phones: Phones, application: FakeApplication, agent: RelayAgent, daemon: Daemon
):
    noun = f'<ConversationRelay url="{agent.url()}" hints="yes" welcomeGreeting="Hello"/>'
    application.answer("/1111", f"<Response><Connect>{noun}</Connect></Response>")
    application.serve_sound("/850.wav", tone(850, 0.4))
    call = await (await phones.dial("1111", payload_types=(G722, 0))).answered()
    talk = await agent.talk()
    await talk.tell("play", source=application.url("/850.wav"))
    await talk.tell("end")
    await call.ended_by_server()
    assert isinstance(call.voice, WidePeer)
    heard = call.voice.heard_wide()
    played = seconds_of_tone(heard[::2], 850)
    assert played == pytest.approx(0.4, abs=0.06)
    assert seconds_of_sound(heard[::2]) - played > 0.2, "the greeting"
    assert daemon.notifications(call.call_sid) == []
