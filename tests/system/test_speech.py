"""What a caller says reaches the application, whoever listens and however badly."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.testkit.application import FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.fake_recogniser import FakeRecogniser
from tests.testkit.outside_sound import Samples, tone
from tests.testkit.phone import Call, Phones
from tests.testkit.ports import free_port
from tests.testkit.spoken import spoken

PORT = free_port()
BEHAVIOURS = ("answers", "stays", "refuses", "hangs", "breaks", "garbage", "error")
SETTINGS = {
    "recognisers": [
        {"name": name, "url": f"ws://127.0.0.1:{PORT}/{name}", "token": "s3cret", "timeout": 0.8}
        for name in BEHAVIOURS
    ]
}
HANG_UP = "<Response><Hangup/></Response>"
NOT_HEARD = "<Play>/850.wav</Play><Hangup/>"
FAILED = 13521


@pytest.fixture
async def recogniser() -> AsyncIterator[FakeRecogniser]:
    async with FakeRecogniser(port=PORT) as listening:
        yield listening


async def said_to(text: str) -> Samples:
    """Return words to a server that needs a moment, after its 200, until it listens."""
    return await spoken(text, silence=(0.4, 0.2))


async def dial(phones: Phones, application: FakeApplication, attributes: str, prompts: str = "") -> Call:
    gather = f'<Gather action="/said" {attributes}>{prompts}</Gather>'
    application.answer("/1111", f"<Response>{gather}{NOT_HEARD}</Response>")
    application.answer("/said", HANG_UP)
    application.answer("/partial", "")
    application.serve_sound("/450.wav", tone(450, 20.0))
    application.serve_sound("/850.wav", tone(850, 0.4))
    return await (await phones.dial("1111")).answered()


async def says_in_vain(words: str, call: Call, application: FakeApplication) -> None:
    """Say something that is taken for silence: the document goes on, and its application is told nothing."""
    await call.voice.say(await said_to(words))
    await call.voice.hears(850, 0.3)
    await call.ended_by_server()
    assert application.requests_to("/said") == []


async def test_a_phrase_of_the_hints_is_understood_and_stops_the_prompt(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    call = await dial(
        phones,
        application,
        'input="dtmf speech" hints="technical support, opening hours" speechTimeout="auto" '
        'partialResultCallback="/partial"',
        "<Play>/450.wav</Play>",
    )
    await call.voice.hears(450, 0.3)
    begun = asyncio.get_running_loop().time()
    await call.voice.say(await spoken("technical support"))
    request = await application.request_to("/said")
    await call.ended_by_server()
    assert (request["SpeechResult"], request["Digits"]) == ("technical support", "")
    assert float(request["Confidence"]) > 0.5
    # The prompt lasts 20 s; the unit tests hold it to two ticks, a busy machine cannot.
    assert call.voice.last_heard(450) - begun < 1.5
    assert (await application.request_to("/partial"))["UnstableSpeechResult"] == "technical support"
    assert daemon.notifications(call.call_sid) == []


async def test_keys_still_count_when_speech_does_too(phones: Phones, application: FakeApplication):
    call = await dial(phones, application, 'input="dtmf speech" hints="sales" numDigits="2"')
    await call.voice.press("42")
    request = await application.request_to("/said")
    await call.ended_by_server()
    assert (request["SpeechResult"], request["Digits"]) == ("", "42")
    assert "Confidence" not in dict(request.parameters)


async def test_other_words_than_the_hints_count_as_silence(phones: Phones, application: FakeApplication):
    call = await dial(
        phones,
        application,
        'input="speech" hints="technical support, opening hours" timeout="1" speechTimeout="auto"',
    )
    await says_in_vain("elephants are purple", call, application)


async def test_action_on_empty_result_tells_of_a_caller_who_says_nothing(
    phones: Phones, application: FakeApplication
):
    call = await dial(
        phones, application, 'input="speech" hints="sales" timeout="1" actionOnEmptyResult="true"'
    )
    request = await application.request_to("/said")
    await call.ended_by_server()
    assert (request["SpeechResult"], request["Digits"]) == ("", "")


@pytest.mark.parametrize("behaviour", ["answers", "stays"])
async def test_a_recogniser_hears_the_caller_and_its_words_reach_the_application(
    behaviour: str, phones: Phones, application: FakeApplication, recogniser: FakeRecogniser, daemon: Daemon
):
    call = await dial(
        phones,
        application,
        f'input="speech" provider="{behaviour}" language="de-DE" hints="zwei" speechTimeout="auto" '
        'partialResultCallback="/partial"',
    )
    said = await said_to("opening hours")
    await call.voice.say(said)
    request = await application.request_to("/said")
    await call.ended_by_server()
    assert (request["SpeechResult"], request["Confidence"]) == ("a table for two", "0.870")
    assert (await application.request_to("/partial"))["UnstableSpeechResult"] == "a"
    listening = recogniser.connections[0]
    assert listening.headers["Authorization"] == "Bearer s3cret"
    assert listening.start == {
        "type": "start",
        "language": "de-DE",
        "format": "raw",
        "encoding": "LINEAR16",
        "interimResults": True,
        "sampleRateHz": 8000,
        "options": {"hints": ["zwei"]},
    }
    assert len(listening.heard) > len(said) - 0.6 * 8000
    assert daemon.notifications(call.call_sid) == []


@pytest.mark.parametrize("behaviour", ["refuses", "hangs", "breaks", "garbage", "error"])
async def test_the_embedded_recogniser_steps_in_for_one_that_fails(
    behaviour: str, phones: Phones, application: FakeApplication, recogniser: FakeRecogniser, daemon: Daemon
):
    call = await dial(
        phones,
        application,
        f'input="speech" provider="{behaviour}" speechTimeout="auto" '
        'hints="technical support, opening hours"',
    )
    await call.voice.say(await said_to("opening hours"))
    request = await application.request_to("/said")
    await call.ended_by_server()
    assert request["SpeechResult"] == "opening hours"
    notes = daemon.notifications(call.call_sid)
    assert [int(note["error_code"]) for note in notes] == [FAILED]
    assert f"the recogniser {behaviour} failed" in str(notes)


async def test_a_recogniser_that_fails_for_a_language_only_it_knows_leaves_silence(
    phones: Phones, application: FakeApplication, recogniser: FakeRecogniser, daemon: Daemon
):
    call = await dial(
        phones,
        application,
        'input="speech" provider="error" language="fr-FR" timeout="1" speechTimeout="auto"',
    )
    await says_in_vain("opening hours", call, application)
    assert [int(note["error_code"]) for note in daemon.notifications(call.call_sid)] == [FAILED]
