"""Streams between a leg that a real plane moves and an application on a real WebSocket."""

import asyncio

import numpy as np
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from rcml.call import Level
from rcml.errors import STREAM_BROKEN, STREAM_MESSAGE, STREAM_NAME
from rcml.streaming import StreamEncoding, StreamEvent, StreamTrack
from tests.testkit.outside_sound import FRAME, RATE, seconds_of_tone, tone
from tests.testkit.stream_agent import StreamAgent
from tests.testkit.streaming_call import ACCOUNT_SID, AUTH_TOKEN, CALL_SID, StreamingCall
from tests.testkit.waiting import eventually


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_the_application_hears_the_caller_20_ms_at_a_time(call: StreamingCall, agent: StreamAgent):
    call.connect(agent.url("/listen?id=7"), name="ear", parameters=(("language", "en"),))
    stream = await agent.stream()
    await call.voice.say(tone(450, 0.6))
    await stream.until("media", 40)
    assert stream.path == "/listen?id=7"
    assert stream.of("start")[0]["start"] == {
        "accountSid": ACCOUNT_SID,
        "streamSid": stream.sid,
        "callSid": CALL_SID,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"language": "en"},
    }
    numbers = [int(message["media"]["chunk"]) for message in stream.of("media")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert seconds_of_tone(stream.heard(), 450) == pytest.approx(0.6, abs=0.04)


async def test_the_caller_hears_its_own_tone_back_from_an_echo(call: StreamingCall):
    async with StreamAgent(echo=True) as agent:
        call.connect(agent.url())
        await agent.stream()
        call.voice.say_nowait(tone(450, 1.0))
        await call.voice.hears(450, 0.9)
        assert call.journal.notes == []


async def test_sound_sent_at_once_is_played_at_the_pace_of_time_and_the_mark_waits_for_its_end(
    call: StreamingCall, agent: StreamAgent
):
    call.connect(agent.url())
    stream = await agent.stream()
    begun = now()
    await stream.say(tone(600, 1.0))
    await stream.mark("end")
    await stream.until("mark")
    assert stream.of("mark")[0]["mark"] == {"name": "end"}
    assert stream.times_of("mark")[0] - begun >= 0.95
    assert seconds_of_tone(call.voice.heard(), 600) == pytest.approx(1.0, abs=0.04)
    # Not before the last packet; how soon after it, the benchmark measures.
    assert stream.times_of("mark")[0] > call.voice.last_heard(600) - 0.03


async def test_clear_silences_at_once_and_answers_the_marks_that_wait(
    call: StreamingCall, agent: StreamAgent
):
    call.connect(agent.url())
    stream = await agent.stream()
    for name in ("one", "two"):
        await stream.say(tone(600, 30.0))
        await stream.mark(name)
    await call.voice.hears(600, 0.2)
    cleared = now()
    await stream.clear()
    await stream.until("mark", 2)
    assert [message["mark"]["name"] for message in stream.of("mark")] == ["one", "two"]
    await call.voice.no_longer_hears(600)
    await stream.say(tone(850, 0.3))
    await call.voice.hears(850, 0.26, since=cleared)


async def test_keys_are_told_on_a_stream_in_both_directions(call: StreamingCall, agent: StreamAgent):
    call.connect(agent.url())
    stream = await agent.stream()
    await call.voice.press("4#")
    await stream.until("dtmf", 2)
    told = [message["dtmf"] for message in stream.of("dtmf")]
    assert told == [{"track": "inbound_track", "digit": "4"}, {"track": "inbound_track", "digit": "#"}]


async def test_both_tracks_carry_what_the_caller_says_and_hears(call: StreamingCall, agent: StreamAgent):
    call.connect(agent.url("/talks"))
    talking = await agent.stream()
    call.start(agent.url("/listens"), track=StreamTrack.BOTH)
    listening = await agent.stream(2)
    await talking.say(tone(600, 0.5))
    await call.voice.say(tone(450, 0.5))
    await listening.until("media", 80)
    assert listening.of("start")[0]["start"]["tracks"] == ["inbound", "outbound"]
    assert seconds_of_tone(listening.heard("inbound"), 450) > 0.4
    assert seconds_of_tone(listening.heard("outbound"), 600) > 0.4
    assert seconds_of_tone(listening.heard("inbound"), 600) == 0


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
async def test_l16_travels_in_binary_frames_of_20_ms_at_its_rate(call: StreamingCall, rate: int):
    async with StreamAgent(echo=True) as agent:
        call.connect(agent.url(), encoding=StreamEncoding.L16, rate=rate)
        stream = await agent.stream()
        call.voice.say_nowait(tone(450, 0.8))
        await call.voice.hears(450, 0.6)
        octets = {len(each.content) for each in stream.arrived if isinstance(each.content, bytes)}
        assert octets == {2 * rate // 50}
        heard = stream.heard_binary().astype(float)
        lines = np.abs(np.fft.rfft(heard))
        assert np.argmax(lines) * rate / len(heard) == pytest.approx(450, abs=10)
        assert call.journal.notes == []


async def test_two_tracks_of_l16_take_turns(call: StreamingCall, agent: StreamAgent):
    call.start(agent.url(), track=StreamTrack.BOTH, encoding=StreamEncoding.L16)
    stream = await agent.stream()
    await call.voice.say(tone(450, 0.5))
    await stream.until("binary", 25)
    caller, heard_by_caller = stream.heard_binary().reshape(-1, 2).T
    assert seconds_of_tone(np.ascontiguousarray(caller), 450) > 0.3
    assert not heard_by_caller.any()
    assert stream.of("start")[0]["start"]["mediaFormat"]["channels"] == 2


async def test_the_upgrade_is_signed_as_twilio_signs(call: StreamingCall, agent: StreamAgent):
    url = agent.url("/signed?a=1")
    call.connect(url)
    stream = await agent.stream()
    assert RequestValidator(AUTH_TOKEN).validate(url, {}, stream.headers["X-Twilio-Signature"])
    assert stream.headers["Dialplane-Signature"].startswith("t=")


async def test_an_application_that_closes_ends_the_stream_in_order(call: StreamingCall, agent: StreamAgent):
    connected = call.connect(agent.url(), name="agent")
    stream = await agent.stream()
    await stream.close()
    ended = await asyncio.wait_for(connected, 2)
    assert (ended.event, ended.name, ended.sid) == (StreamEvent.STOPPED, "agent", stream.sid)
    assert call.journal.events == ["stream-started", "stream-stopped"]
    assert call.journal.notes == []
    assert call.journal.told[0]["StreamName"] == "agent"


@pytest.mark.parametrize("how", ["drops", "closes with 1011"])
async def test_a_connection_that_breaks_is_noted_and_told(call: StreamingCall, agent: StreamAgent, how: str):
    connected = call.connect(agent.url())
    stream = await agent.stream()
    if how == "drops":
        stream.drop()
    else:
        await stream.close(1011, b"out of memory")
    ended = await asyncio.wait_for(connected, 2)
    assert ended.event is StreamEvent.ERROR
    assert call.journal.events == ["stream-started", "stream-error"]
    assert call.journal.told[1]["StreamError"] == ended.error
    assert call.journal.codes == [STREAM_BROKEN]
    assert how == "drops" or "1011 out of memory" in ended.error


async def test_a_caller_who_hangs_up_ends_the_stream_with_its_last_message(
    call: StreamingCall, agent: StreamAgent
):
    connected = call.connect(agent.url())
    stream = await agent.stream()
    call.hang_up()
    ended = await asyncio.wait_for(connected, 3)
    await stream.until_ended()
    assert ended.error == ""
    assert stream.events[-1] == "stop"
    assert stream.of("stop")[0]["stop"] == {"accountSid": ACCOUNT_SID, "callSid": CALL_SID}
    assert stream.close_code == 1000
    assert call.journal.events == ["stream-started", "stream-stopped"]


async def test_a_stream_is_stopped_by_its_name(call: StreamingCall, agent: StreamAgent):
    call.start(agent.url(), name="ear")
    stream = await agent.stream()
    assert call.streams.stop("ear")
    assert not call.streams.stop("ear")
    await stream.until("stop")
    await stream.until_ended()
    await eventually(lambda: call.journal.events[1:] == ["stream-stopped"], 2.0, "the stop is told")


async def test_two_streams_cannot_have_one_name(call: StreamingCall, agent: StreamAgent):
    call.start(agent.url(), name="ear")
    await agent.stream()
    ended = await call.connect(agent.url(), name="ear")
    assert "runs already" in ended.error
    assert call.journal.codes == [STREAM_NAME]
    assert len(agent.streams) == 1


async def test_cancelling_the_document_silences_what_was_played(call: StreamingCall, agent: StreamAgent):
    connected = call.connect(agent.url())
    stream = await agent.stream()
    await stream.say(tone(600, 20.0))
    await call.voice.hears(600, 0.2)
    connected.cancel()
    await stream.until("stop")
    await call.voice.no_longer_hears(600)


async def test_speech_pauses_what_is_played_and_resume_goes_on_where_it_stopped(
    call: StreamingCall, agent: StreamAgent
):
    call.connect(agent.url(), barge_in=True)
    stream = await agent.stream()
    await stream.say(tone(600, 3.0))
    await stream.mark("end")
    await call.voice.hears(600, 0.3)
    await call.voice.say(tone(450, 0.5))
    told = (await stream.until("speech"))["speech"]
    assert (told["state"], told["paused"], told["marks"]) == ("started", True, ["end"])
    await call.voice.no_longer_hears(600)
    stopped = await stream.until("speech", 2)
    assert (stopped["speech"]["state"], stopped["speech"]["paused"]) == ("stopped", True)
    assert stream.of("mark") == []
    await stream.send("resume")
    await stream.until("mark")
    assert seconds_of_tone(call.voice.heard(), 600) == pytest.approx(3.0, abs=0.06)


async def test_speech_pauses_and_clear_drops_what_was_said(call: StreamingCall, agent: StreamAgent):
    call.connect(agent.url(), barge_in=True)
    stream = await agent.stream()
    await stream.say(tone(600, 20.0))
    await call.voice.hears(600, 0.2)
    await call.voice.say(tone(450, 0.2))
    await stream.until("speech")
    cleared = now()
    await stream.clear()
    await stream.say(tone(850, 0.4))
    await call.voice.hears(850, 0.36)
    assert call.voice.last_heard(600) < cleared


async def test_a_message_that_cannot_be_used_is_noted_once_and_the_stream_goes_on(
    call: StreamingCall, agent: StreamAgent
):
    call.connect(agent.url())
    stream = await agent.stream()
    for _ in range(3):
        await stream.send("dance")
    await stream.say(tone(600, 0.3))
    await call.voice.hears(600, 0.26)
    assert [(code, level) for code, level, _ in call.journal.notes] == [(STREAM_MESSAGE, Level.WARNING)]


@pytest.mark.hostile("W15", sent="a message too large for a stream")
async def test_a_message_that_is_too_large_ends_the_stream_and_nothing_else(
    call: StreamingCall, agent: StreamAgent
):
    connected = call.connect(agent.url())
    stream = await agent.stream()
    await stream.socket.send_str("x" * 3_000_000)
    ended = await asyncio.wait_for(connected, 5)
    assert "exceed" in ended.error or "1009" in ended.error
    assert call.journal.events == ["stream-started", "stream-error"]


@pytest.mark.hostile("W15", sent="an application that never reads")
async def test_an_application_that_never_reads_its_answers_is_given_up(
    call: StreamingCall, agent: StreamAgent
):
    connected = call.connect(agent.url())
    stream = await agent.stream()
    stream.stop_reading()
    for number in range(100_000):
        await stream.mark(f"{number} {'x' * 400}")
        if connected.done():
            break
    assert "does not read" in (await asyncio.wait_for(connected, 10)).error
    assert call.journal.events == ["stream-started", "stream-error"]


async def test_silence_is_sent_too_so_that_sound_has_the_length_of_its_time(
    call: StreamingCall, agent: StreamAgent
):
    call.connect(agent.url())
    stream = await agent.stream()
    await stream.until("media", 50)
    first, last = stream.times_of("media")[0], stream.times_of("media")[49]
    assert last - first == pytest.approx(49 * FRAME / RATE, abs=0.08)
