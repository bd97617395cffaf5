"""Sound goes both ways: prompts are heard by the caller, the caller is heard in the recording."""

import asyncio
from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.testkit.application import FakeApplication, Reply
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import (
    RATE,
    seconds_of_sound,
    seconds_of_tone,
    silence,
    speech_like,
    tone,
)
from tests.testkit.phone import Phones
from tests.testkit.recordings import download
from tests.testkit.sound import wav_bytes
from tests.testkit.waiting import eventually
from tests.testkit.wide_peer import G722, WIDE_RATE, WidePeer, level, wide_tone

HANG_UP = "<Response><Hangup/></Response>"


@pytest.mark.parametrize("payload_types", [(0,), (8,)], ids=["PCMU", "PCMA"])
async def test_the_caller_hears_the_prompt_whole_and_without_a_gap(
    phones: Phones, application: FakeApplication, payload_types
):
    application.answer("/1111", "<Response><Play>/600.wav</Play></Response>")
    application.serve_sound("/600.wav", tone(600, 1.0))
    call = await (await phones.dial("1111", payload_types=payload_types)).answered()
    await call.ended_by_server()
    assert seconds_of_tone(call.voice.heard(), 600) == pytest.approx(1.0, abs=0.04), call.voice.description()
    assert call.voice.gaps().missing == 0
    assert {packet.payload_type for packet in call.voice.received} == set(payload_types)


async def test_a_caller_of_g722_hears_files_and_texts_above_4_khz(
    phones: Phones, application: FakeApplication
):
    application.answer("/1111", "<Response><Play>/6000.wav</Play><Say>Six sisters.</Say></Response>")
    sound = wav_bytes(wide_tone(1000, 0.5) + wide_tone(6000, 0.5), WIDE_RATE)
    application.answer("/6000.wav", Reply(sound, content_type="audio/wav"))
    call = await (await phones.dial("1111", payload_types=(G722,))).answered()
    await call.ended_by_server()
    assert isinstance(call.voice, WidePeer)
    heard = call.voice.heard_wide().astype(float)
    frames = heard[: len(heard) // 320 * 320].reshape(-1, 320)
    first = int(np.argmax(np.abs(frames).max(axis=1) > 4000))
    file, text = frames[first + 3 : first + 22].ravel(), frames[first + 30 :].ravel()
    assert [level(file, pitch, WIDE_RATE) for pitch in (1000, 6000)] == pytest.approx([-12.2] * 2, abs=1.5)
    # Between 5 and 7 kHz, where only hisses are: of a telephone's sound nothing is left there.
    spectrum = np.abs(np.fft.rfft(text)) ** 2
    hertz = np.fft.rfftfreq(len(text), 1 / WIDE_RATE)
    hiss = spectrum[(hertz > 5000) & (hertz < 7000)].sum() / spectrum.sum()
    assert hiss > 0.005


async def test_prompts_follow_each_other_and_loop(phones: Phones, application: FakeApplication):
    application.answer(
        "/1111", '<Response><Play loop="3">/600.wav</Play><Pause/><Play>/850.wav</Play></Response>'
    )
    application.serve_sound("/600.wav", tone(600, 0.4))
    application.serve_sound("/850.wav", tone(850, 0.4))
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    sound = call.voice.heard()
    assert seconds_of_tone(sound, 600) == pytest.approx(1.2, abs=0.06)
    assert seconds_of_tone(sound, 850) == pytest.approx(0.4, abs=0.04)
    assert call.voice.last_heard(850) - call.voice.last_heard(600) == pytest.approx(1.4, abs=0.15)


async def test_a_caller_who_sends_no_sound_hears_the_prompt_and_is_understood(
    phones: Phones, application: FakeApplication
):
    application.answer(
        "/1111", '<Response><Gather action="/keys" numDigits="1"><Play>/600.wav</Play></Gather></Response>'
    )
    application.serve_sound("/600.wav", tone(600, 5.0))
    application.answer("/keys", HANG_UP)
    call = await phones.dial("1111")
    call.voice.sends_silence = False
    await call.answered()
    await call.voice.hears(600)
    await call.voice.press("6")
    assert (await application.request_to("/keys"))["Digits"] == "6"
    await call.ended_by_server()


async def test_the_caller_hears_speech(phones: Phones, application: FakeApplication):
    application.answer("/1111", "<Response><Say>Good morning, and welcome to Dialplane.</Say></Response>")
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    assert seconds_of_sound(call.voice.heard()) > 1.0, call.voice.description()


async def test_what_the_caller_says_is_in_the_recording_and_the_prompt_is_not(
    phones: Phones, application: FakeApplication
):
    application.answer(
        "/1111",
        '<Response><Play>/600.wav</Play><Record action="/recorded" finishOnKey="#" timeout="10"/></Response>',
    )
    application.serve_sound("/600.wav", tone(600, 0.5))
    application.answer("/recorded", HANG_UP)
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(600, 0.4)
    # The beep comes before the recording begins, and is no 600 Hz.
    await asyncio.wait_for(call.voice.say(silence(1.0)), 5)
    await call.voice.say(tone(450, 1.5))
    await call.voice.press("#")
    request = await application.request_to("/recorded")
    recorded = await download(request["RecordingUrl"])
    await call.ended_by_server()
    assert seconds_of_tone(recorded, 450) == pytest.approx(1.5, abs=0.08)
    assert seconds_of_tone(recorded, 600) == 0
    assert float(request["RecordingDuration"]) == pytest.approx(len(recorded) / RATE, abs=0.1)
    assert request["PublicRecordingUrl"] == request["RecordingUrl"]
    assert request["Digits"] == "#"


async def test_a_recording_is_played_back(phones: Phones, application: FakeApplication, daemon: Daemon):
    application.answer(
        "/1111", '<Response><Record action="/recorded" playBeep="false" finishOnKey="1"/></Response>'
    )
    call = await (await phones.dial("1111")).answered()
    await call.voice.say(tone(450, 1.0))
    application.answer("/recorded", HANG_UP)
    await call.voice.press("1")
    url = (await application.request_to("/recorded"))["RecordingUrl"]
    await call.ended_by_server()
    assert url.startswith(daemon.http)
    application.answer("/1111", f"<Response><Play>{url}</Play></Response>")
    later = await (await phones.dial("1111")).answered()
    await later.ended_by_server()
    assert seconds_of_tone(later.voice.heard(), 450) == pytest.approx(1.0, abs=0.1)


async def test_silence_ends_a_recording(phones: Phones, application: FakeApplication):
    application.answer("/1111", '<Response><Record action="/recorded" timeout="1"/></Response>')
    application.answer("/recorded", HANG_UP)
    call = await (await phones.dial("1111")).answered()
    await call.voice.say(silence(0.6))
    await call.voice.say(speech_like(1.0))
    request = await application.request_to("/recorded", within=5.0)
    await call.ended_by_server()
    assert 1.0 < float(request["RecordingDuration"]) < 3.5
    assert request.get("Digits") in (None, "")


async def test_the_longest_length_ends_a_recording(phones: Phones, application: FakeApplication):
    application.answer(
        "/1111", '<Response><Record action="/recorded" maxLength="2" playBeep="false"/></Response>'
    )
    application.answer("/recorded", HANG_UP)
    call = await (await phones.dial("1111")).answered()
    call.voice.say_nowait(speech_like(4.0))
    request = await application.request_to("/recorded", within=5.0)
    await call.ended_by_server()
    assert float(request["RecordingDuration"]) == pytest.approx(2.0, abs=0.1)


async def test_a_key_stops_the_prompt_at_once(phones: Phones, application: FakeApplication):
    application.answer(
        "/1111",
        '<Response><Gather action="/keys" numDigits="2"><Play>/600.wav</Play></Gather></Response>',
    )
    application.serve_sound("/600.wav", tone(600, 10.0))
    application.answer("/keys", HANG_UP)
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(600, 0.4)
    pressed_at = asyncio.get_running_loop().time()
    await call.voice.press("4")
    await call.voice.say(silence(0.4))
    assert 0 < call.voice.last_heard(600) - pressed_at < 0.2
    await call.voice.press("2")
    assert (await application.request_to("/keys"))["Digits"] == "42"
    await call.ended_by_server()


async def test_prompts_inside_a_gather_come_in_order_and_before_the_wait(
    phones: Phones, application: FakeApplication
):
    application.answer(
        "/1111",
        '<Response><Gather action="/keys" timeout="1"><Play>/600.wav</Play><Pause length="1"/>'
        "<Play>/850.wav</Play></Gather><Redirect>/nothing</Redirect></Response>",
    )
    application.serve_sound("/600.wav", tone(600, 0.3))
    application.serve_sound("/850.wav", tone(850, 0.3))
    application.answer("/nothing", HANG_UP)
    call = await (await phones.dial("1111")).answered()
    nothing = await application.request_to("/nothing")
    await call.ended_by_server()
    first, second = call.voice.last_heard(600), call.voice.last_heard(850)
    assert second - first == pytest.approx(1.3, abs=0.15)
    assert nothing.at - second == pytest.approx(1.0, abs=0.3)
    assert application.requests_to("/keys") == []


async def test_the_record_says_how_the_call_sounded(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", "<Response><Play>/600.wav</Play></Response>")
    application.serve_sound("/600.wav", tone(600, 10.0))
    call = await (await phones.dial("1111")).answered()
    assert daemon.call(call.call_sid)["quality"] is None
    # Fifty packets each way, however late a busy machine sends and hears them.
    await call.voice.say(silence(1.0))
    await call.voice.hears(600, 1.0)
    await call.hang_up()
    ended = partial(_quality_of, daemon, call.call_sid)
    quality = await eventually(ended, 3.0, "the ended call is written down")
    assert quality["codec"] == "PCMU"
    assert quality["packets_received"] >= 40
    assert quality["packets_sent"] >= 49
    assert 1.0 <= quality["mos_heard"] <= 4.5
    assert 20 <= quality["added_delay_ms"] <= 220
    # This telephone sends no RTCP.
    assert (quality["mos_sent"], quality["round_trip_ms"]) == ("unknown", "unknown")


def _quality_of(daemon: Daemon, call_sid: str) -> Any:
    return daemon.call(call_sid)["quality"]
