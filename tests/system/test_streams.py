"""Streams through the whole daemon: a SIP caller, a document, and an application on a WebSocket."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.phone import Call, Phones
from tests.testkit.ports import free_port
from tests.testkit.stream_agent import StreamAgent
from tests.testkit.waiting import eventually

AFTER = "<Play>/850.wav</Play>"


@pytest.fixture
async def agent() -> AsyncIterator[StreamAgent]:
    async with StreamAgent() as opened:
        yield opened


async def dial(phones: Phones, application: FakeApplication, verbs: str) -> Call:
    application.answer("/1111", f"<Response>{verbs}</Response>")
    application.answer("/told", "")
    application.serve_sound("/850.wav", tone(850, 0.4))
    return await (await phones.dial("1111")).answered()


def events(application: FakeApplication) -> list[str]:
    return [request["StreamEvent"] for request in application.requests_to("/told")]


async def test_the_caller_hears_its_own_tone_back_and_the_document_goes_on_when_the_agent_closes(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    async with StreamAgent(echo=True) as agent:
        stream_noun = (
            f'<Stream name="agent" url="{agent.url("/call?x=1")}" statusCallback="/told">'
            '<Parameter name="language" value="en"/></Stream>'
        )
        call = await dial(phones, application, f"<Connect>{stream_noun}</Connect>{AFTER}")
        stream = await agent.stream()
        call.voice.say_nowait(tone(450, 0.8))
        await call.voice.hears(450, 0.7)
        await call.voice.press("7")
        assert (await stream.until("dtmf"))["dtmf"] == {"track": "inbound_track", "digit": "7"}
        start = stream.of("start")[0]["start"]
        assert (start["callSid"], start["customParameters"]) == (call.call_sid, {"language": "en"})
        await stream.close()
        await call.voice.hears(850, 0.3)
        await call.ended_by_server()
    told = await application.request_to("/told", 2)
    assert events(application) == ["stream-started", "stream-stopped"]
    assert (told["StreamSid"], told["StreamName"], told["CallSid"]) == (stream.sid, "agent", call.call_sid)
    assert told.headers["X-Twilio-Signature"]
    assert daemon.notifications(call.call_sid) == []


async def test_a_mark_comes_when_the_sound_before_it_was_heard_and_clear_silences(
    phones: Phones, application: FakeApplication, agent: StreamAgent
):
    call = await dial(phones, application, f'<Connect><Stream url="{agent.url()}"/></Connect>')
    stream = await agent.stream()
    await stream.say(tone(600, 0.6))
    await stream.mark("first")
    await stream.until("mark")
    # Not before the last packet; how soon after it, the benchmark measures.
    assert stream.times_of("mark")[0] > call.voice.last_heard(600) - 0.04
    assert seconds_of_tone(call.voice.heard(), 600) == pytest.approx(0.6, abs=0.04)
    await stream.say(tone(850, 60.0))
    await stream.mark("never played to its end")
    await call.voice.hears(850, 0.2)
    await stream.clear()
    await stream.until("mark", 2)
    await call.voice.no_longer_hears(850)
    await call.hang_up()
    await stream.until("stop")


async def test_a_started_stream_listens_beside_the_document_until_it_is_stopped(
    phones: Phones, application: FakeApplication, agent: StreamAgent
):
    start = f'<Start><Stream name="ear" url="{agent.url()}" track="both_tracks"/></Start>'
    verbs = f'{start}<Pause/>{AFTER}<Stop><Stream name="ear"/></Stop><Pause length="9"/>'
    call = await dial(phones, application, verbs)
    stream = await agent.stream()
    call.voice.say_nowait(tone(450, 0.6))
    await stream.until_ended(within=8.0)
    assert stream.events == ["connected", "start", "stop"]
    assert seconds_of_tone(stream.heard("inbound"), 450) > 0.5
    assert seconds_of_tone(stream.heard("outbound"), 850) == pytest.approx(0.4, abs=0.06)
    await call.hang_up()


async def test_a_drop_is_noted_told_and_the_action_knows(
    phones: Phones, application: FakeApplication, agent: StreamAgent, daemon: Daemon
):
    noun = f'<Stream url="{agent.url()}" statusCallback="/told"/>'
    application.answer("/after", f"<Response>{AFTER}</Response>")
    call = await dial(phones, application, f'<Connect action="/after">{noun}</Connect>')
    stream = await agent.stream()
    stream.drop()
    after = await application.request_to("/after")
    assert (after["StreamSid"], after["StreamEvent"]) == (stream.sid, "stream-error")
    assert "broke" in after["StreamError"]
    await call.voice.hears(850, 0.3)
    await call.ended_by_server()
    await application.request_to("/told", 2)
    assert events(application) == ["stream-started", "stream-error"]
    assert [note["error_code"] for note in daemon.notifications(call.call_sid)] == [31921]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (f"ws://127.0.0.1:{free_port()}/", 31902),
        ("ws://169.254.169.254/latest", 11100),
        ("REFUSED", 31920),
    ],
    ids=["closed port", "private network", "no WebSocket"],
)
async def test_a_url_that_leads_nowhere_is_noted_and_the_document_goes_on(
    phones: Phones, application: FakeApplication, agent: StreamAgent, daemon: Daemon, url: str, code: int
):
    where = agent.url("/refused") if url == "REFUSED" else url
    noun = f'<Stream url="{where}" statusCallback="/told"/>'
    call = await dial(phones, application, f"<Connect>{noun}</Connect>{AFTER}")
    await call.voice.hears(850, 0.3)
    await call.ended_by_server()
    await application.request_to("/told")
    assert events(application) == ["stream-error"]
    notes = await eventually(lambda: daemon.notifications(call.call_sid), 3.0, "the notification is kept")
    assert [note["error_code"] for note in notes] == [code]


async def test_a_caller_who_hangs_up_ends_the_stream_and_the_action_is_told(
    phones: Phones, application: FakeApplication, agent: StreamAgent
):
    application.answer("/after", "<Response/>")
    noun = f'<Stream url="{agent.url()}" encoding="l16" sampleRate="16000" bargeIn="true"/>'
    call = await dial(phones, application, f'<Connect action="/after">{noun}</Connect>')
    stream = await agent.stream()
    await stream.until("binary", 10)
    await call.hang_up()
    assert (await application.request_to("/after"))["StreamEvent"] == "stream-stopped"
    await stream.until_ended()
    assert stream.events[-1] == "stop"


async def test_a_call_that_is_redirected_leaves_its_agent_and_keeps_its_listener(
    phones: Phones, application: FakeApplication, agent: StreamAgent, daemon: Daemon
):
    start = f'<Start><Stream name="ear" url="{agent.url("/ear")}"/></Start>'
    call = await dial(phones, application, f'{start}<Connect><Stream url="{agent.url("/agent")}"/></Connect>')
    await agent.stream(2)
    talking = next(stream for stream in agent.streams if stream.path == "/agent")
    listening = next(stream for stream in agent.streams if stream.path == "/ear")
    await talking.say(tone(600, 30.0))
    await call.voice.hears(600, 0.2)
    await daemon.change(
        call.call_sid, Twiml=f"<Response><Play>{application.url('/850.wav')}</Play><Pause/></Response>"
    )
    await call.voice.hears(850, 0.3)
    await talking.until("stop")
    assert "stop" not in listening.events
    await call.ended_by_server()
    await listening.until("stop")


async def test_a_stream_is_started_and_stopped_over_http(
    phones: Phones, application: FakeApplication, daemon: Daemon, agent: StreamAgent, twilio: Client
):
    call = await dial(phones, application, f'{AFTER}<Pause length="30"/>')
    path = f"Calls/{call.call_sid}/Streams"
    started = await daemon.ask(
        "POST",
        f"{path}.json",
        ("Parameter1.Name", "language"),
        ("Parameter1.Value", "en"),
        Url=agent.url("/ear"),
        Name="ear",
        Track="both_tracks",
        StatusCallback=application.url("/told"),
    )
    assert (started.status, started.json["status"], started.json["name"]) == (200, "in-progress", "ear")
    stream = await agent.stream()
    start = (await stream.until("start"))["start"]
    assert (start["streamSid"], start["tracks"]) == (started.json["sid"], ["inbound", "outbound"])
    assert start["customParameters"] == {"language": "en"}
    for where in (f"{path}.json", f"{path}/ear.json"):
        seen = (await daemon.ask("GET", where)).json
        assert (seen[0] if isinstance(seen, list) else seen)["sid"] == started.json["sid"]
    again = await daemon.ask("POST", f"{path}.json", Url=agent.url("/ear"), Name="ear")
    assert again.status == 409
    wrong = await daemon.ask("POST", f"{path}.json", Url="http://app.test/ear")
    assert (wrong.status, "ws or wss" in wrong.json["message"]) == (400, True)
    stopped = await daemon.ask("POST", f"{path}/{started.json['sid']}.json", Status="stopped")
    assert (stopped.status, stopped.json["status"]) == (200, "stopped")
    await stream.until("stop")
    assert (await daemon.ask("POST", f"{path}/ear.json", Status="stopped")).status == 404
    assert (await daemon.ask("GET", f"{path}.json")).json == []
    by_sdk = twilio.calls(call.call_sid).streams
    other = await asyncio.to_thread(by_sdk.create, url=agent.url("/ear"), name="other")
    assert (other.status, other.call_sid) == ("in-progress", call.call_sid)
    other = await asyncio.to_thread(by_sdk("other").update, "stopped")
    assert (other.name, other.status) == ("other", "stopped")
    await application.request_to("/told", 2)
    assert events(application) == ["stream-started", "stream-stopped"]
    await call.hang_up()
    await daemon.clean()
    assert (await daemon.ask("POST", f"{path}.json", Url=agent.url("/ear"))).status == 410
