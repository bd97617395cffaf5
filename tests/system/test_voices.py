"""Texts are said by the voice that is asked for, or by the server's own when that fails."""

import pytest

from tests.testkit.application import FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.fake_voice import FakeVoice, Manner
from tests.testkit.outside_sound import seconds_of_sound, seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.waiting import eventually

VOICE_PORT = free_port()
SETTINGS = {
    "speech": {"processes": 1},
    "voices": [
        {
            "name": "acme",
            "kind": "jambonz",
            "url": f"http://127.0.0.1:{VOICE_PORT}/speak",
            "woman": "Eve",
            "timeout": 0.5,
        }
    ],
}
HANG_UP = "<Response><Hangup/></Response>"
WORDS = "The quick brown fox jumps over the lazy dog near the bank of the old river. " * 32


@pytest.fixture
async def voice():
    async with FakeVoice(VOICE_PORT) as voice:
        yield voice


async def test_a_callers_text_is_said_by_the_provider_with_its_markup(
    phones: Phones, application: FakeApplication, voice: FakeVoice, daemon: Daemon
):
    voice.manner = Manner(tone(700, 0.5))
    application.answer(
        "/1111", '<Response><Say provider="acme" voice="woman" loop="2">Hi<break time="1s"/></Say></Response>'
    )
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    assert seconds_of_tone(call.voice.heard(), 700) == pytest.approx(1.0, abs=0.06)
    assert call.voice.gaps().missing == 0
    assert voice.asked == [
        {"language": "en", "voice": "Eve", "type": "ssml", "text": '<speak>Hi<break time="1s"/></speak>'}
    ]
    assert daemon.notifications(call.call_sid) == []


@pytest.mark.parametrize(
    "manner",
    [
        Manner(tone(700, 0.5), hangs=True),
        Manner(tone(700, 0.5), content_type="audio/wav", body=b"<html>busy</html>"),
    ],
    ids=["hangs", "garbage"],
)
async def test_the_servers_own_voice_speaks_for_a_provider_that(
    phones: Phones, application: FakeApplication, voice: FakeVoice, daemon: Daemon, manner: Manner
):
    voice.manner = manner
    application.answer("/1111", '<Response><Say provider="acme">One two three</Say></Response>')
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    assert seconds_of_sound(call.voice.heard()) > 0.4
    (noted,) = daemon.notifications(call.call_sid)
    assert (noted["error_code"], "acme failed" in noted["message_text"]) == (13520, True)


async def test_a_provider_that_breaks_off_ends_its_text_and_not_the_call(
    phones: Phones, application: FakeApplication, voice: FakeVoice, daemon: Daemon
):
    voice.manner = Manner(tone(700, 1.0), breaks_after=8000)
    application.answer("/1111", '<Response><Say provider="acme">long</Say><Play>/850.wav</Play></Response>')
    application.serve_sound("/850.wav", tone(850, 0.4))
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    sound = call.voice.heard()
    assert seconds_of_tone(sound, 700) == pytest.approx(0.5, abs=0.06)
    assert seconds_of_tone(sound, 850) == pytest.approx(0.4, abs=0.04)
    assert [noted["error_code"] for noted in daemon.notifications(call.call_sid)] == [13520]


async def test_a_key_silences_a_long_text_that_is_still_being_said(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(
        "/1111", f'<Response><Gather action="/keys" numDigits="1"><Say>{WORDS}</Say></Gather></Response>'
    )
    application.answer("/keys", "<Response><Pause/></Response>")
    call = await (await phones.dial("1111")).answered()
    await eventually(lambda: seconds_of_sound(call.voice.heard()) > 0.3, 3.0, "the text begins")
    await call.voice.press("5")
    assert (await application.request_to("/keys"))["Digits"] == "5"
    before = len(call.voice.heard())
    await call.ended_by_server()
    # A second of <Pause>, in which the text is not heard any more.
    assert seconds_of_sound(call.voice.heard()[before:]) < 0.1
