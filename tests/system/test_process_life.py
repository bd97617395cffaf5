"""The process ends, well or badly, and comes back: nothing that was promised is lost."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication, Recorded
from tests.testkit.callee import Callees
from tests.testkit.conferences import room
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import read_wav, seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.recordings import download
from tests.testkit.sipp import SIPP
from tests.testkit.systemd import NoticeBoard
from tests.testkit.waiting import eventually, eventually_async

ENDLESS = '<Response><Play loop="0">/600.wav</Play></Response>'


@pytest.fixture
def systemd() -> Iterator[NoticeBoard]:
    """Who started the daemon and hears how it fares."""
    with closing(NoticeBoard()) as board:
        yield board


@pytest.fixture
def daemon(application_port: ApplicationPort, systemd: NoticeBoard, tmp_path: Path) -> Iterator[Daemon]:
    """A daemon of this test alone, since the test ends it."""
    numbers = [
        {
            "number": "1111",
            "voice_url": application_port.url("/1111"),
            "status_callback": application_port.url("/status"),
        }
    ]
    daemon = Daemon(
        tmp_path,
        numbers=numbers,
        settings={"limits": {"drain_timeout": 20}},
        environment={"NOTIFY_SOCKET": systemd.address},
    ).start()
    yield daemon
    if daemon.is_running:
        daemon.kill()


@pytest.fixture
async def phones(daemon: Daemon, application: FakeApplication, tmp_path: Path) -> AsyncIterator[Phones]:
    if SIPP is None:
        pytest.skip("sipp is not installed")
    application.serve_sound("/600.wav", tone(600, 1.0))
    application.answer("/status", "")
    async with Phones(daemon.sip, tmp_path) as phones:
        yield phones


@pytest.mark.hostile("F1", sent="kill -9 during a recording")
async def test_kill_9_leaves_a_playable_recording_a_failed_call_and_no_lost_event(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(
        "/1111",
        '<Response><Record action="/recorded" playBeep="false" recordingStatusCallback="/recording"/>'
        "</Response>",
    )
    application.answer("/recording", "")
    call = await (await phones.dial("1111")).answered()
    await application.request_to("/status", number=2)
    call.voice.say_nowait(tone(450, 20.0))
    await eventually(lambda: any(daemon.recordings.glob("*.wav")), 5.0, "a recording begins")
    (file,) = daemon.recordings.glob("*.wav")

    def written() -> float:
        """Seconds of the caller's tone that whoever opens the file now would hear."""
        return seconds_of_tone(read_wav(file.read_bytes()), 450)

    await eventually(lambda: written() > 1.0, 10.0, "a second of it is written")
    daemon.kill()
    kept = written()
    told_before = len(application.requests_to("/status"))
    daemon.start()
    record = daemon.call(call.call_sid)
    assert (record["status"], record["end_time"] is not None) == ("failed", True)
    final = await application.request_to("/status", number=told_before + 1)
    assert (final["CallSid"], final["CallStatus"]) == (call.call_sid, "failed")
    recordings = daemon.recordings_of(call.call_sid)
    assert [each["sid"] for each in recordings] == [file.stem]
    assert float(recordings[0]["duration"]) >= kept - 0.1
    told = await application.request_to("/recording")
    assert (told["RecordingSid"], told["RecordingStatus"], told["CallSid"]) == (
        file.stem,
        "completed",
        call.call_sid,
    )
    assert len(await download(told["RecordingUrl"])) == round(float(recordings[0]["duration"]) * 8000)
    await daemon.clean()


async def test_kill_9_takes_at_most_200_ms_from_the_tail_of_a_recording(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", '<Response><Record playBeep="false"/></Response>')
    call = await (await phones.dial("1111")).answered()
    call.voice.say_nowait(tone(450, 20.0))
    await eventually(lambda: any(daemon.recordings.glob("*.wav")), 5.0, "a recording begins")
    (file,) = daemon.recordings.glob("*.wav")

    def written() -> float:
        """Seconds of sound that whoever opens the file now would hear."""
        return len(read_wav(file.read_bytes())) / 8000

    await eventually(lambda: written() > 0.5, 5.0, "it grows")
    before = written()
    await eventually(lambda: written() > before, 2.0, "it grows again", every=0.002)
    reached, at = written(), monotonic()
    await asyncio.sleep(0.57)
    spoken = reached + monotonic() - at
    daemon.kill()
    assert 0 <= spoken - written() <= 0.2


async def test_a_call_that_the_api_made_is_told_of_its_end_after_kill_9(
    application: FakeApplication, daemon: Daemon, callees: Callees
):
    bob = await callees.add()
    placed = await daemon.place(
        bob.uri,
        Twiml="<Response><Pause length='60'/></Response>",
        StatusCallback=application.url("/status"),
    )
    await application.request_to("/status", number=3)
    daemon.kill()
    daemon.start()
    assert daemon.call(placed["sid"])["status"] == "failed"
    final = await eventually(
        lambda: next(
            (each for each in application.requests_to("/status") if each["CallStatus"] == "completed"), None
        ),
        10.0,
        "the end is told",
        context=application.story,
    )
    assert final
    assert (final["CallSid"], final["SequenceNumber"]) == (placed["sid"], "3")
    await daemon.clean()


async def test_kill_9_fails_a_conference_and_tells_who_followed_it(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", room("lost", statusCallback="/room"))
    application.answer("/room", "")
    await (await phones.dial("1111")).answered()
    await application.request_to("/room", number=2)
    daemon.kill()
    daemon.start()

    def ended() -> Recorded | None:
        # What was told just before may come again.
        told = application.requests_to("/room")
        return next((each for each in told if each["StatusCallbackEvent"] == "conference-end"), None)

    told = await eventually(ended, 10.0, "the end is told", context=application.story)
    assert told is not None
    assert (told["ReasonConferenceEnded"], told["SequenceNumber"]) == ("engine_restart", "3")
    (conference,) = daemon.resource("Conferences.json")["conferences"]
    assert (conference["sid"], conference["status"]) == (told["ConferenceSid"], "FAILED")


async def test_a_forced_stop_ends_a_conference_and_its_recording_is_kept(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", room(beep="false", record="record-from-start", statusCallback="/room"))
    application.answer("/room", "")
    calls = [await (await phones.dial("1111")).answered() for _ in range(2)]
    await application.request_to("/room", number=3)
    await calls[0].voice.say(tone(450, 1.0))
    ended = asyncio.create_task(asyncio.to_thread(daemon.end, signal.SIGINT))
    await asyncio.gather(*(call.ended_by_server() for call in calls))
    assert await ended == 0
    last = await application.request_to("/room", number=6)
    assert last["StatusCallbackEvent"] == "conference-end"
    (file,) = daemon.recordings.glob("*.wav")
    assert seconds_of_tone(read_wav(file.read_bytes()), 450) > 0.8


async def test_events_that_could_not_be_delivered_are_delivered_by_the_next_process(
    daemon: Daemon, application_port: ApplicationPort, tmp_path: Path
):
    if SIPP is None:
        pytest.skip("sipp is not installed")
    async with FakeApplication(application_port.number) as application:
        application.answer("/1111", '<Response><Pause length="1"/><Reject/></Response>')
        async with Phones(daemon.sip, tmp_path) as phones:
            call = await phones.dial("1111")
            await application.request_to("/1111")
            await application.__aexit__(None, None, None)
            await call.refused()
            await eventually(
                lambda: daemon.call(call.call_sid)["status"] == "busy", 5.0, "the record says busy"
            )
    daemon.kill()
    async with FakeApplication(application_port.number) as application:
        application.answer("/status", "")
        daemon.start()
        last = await eventually(
            lambda: next((each for each in application.requests if each["CallStatus"] == "busy"), None),
            15.0,
            "the last state is told",
            context=application.story,
        )
        assert last
        assert last["CallSid"] == call.call_sid


async def test_sigterm_lets_calls_finish_and_takes_no_new_ones(
    phones: Phones, application: FakeApplication, daemon: Daemon, systemd: NoticeBoard
):
    application.answer("/1111", ENDLESS)
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(600)
    assert daemon.process
    daemon.process.send_signal(signal.SIGTERM)
    await eventually(lambda: daemon.get("/readyz").status == 503, 3.0, "readiness ends", context=daemon.story)
    assert daemon.get("/healthz").status == 200
    refusal = await (await phones.dial("1111")).refused()
    assert refusal.status == 503
    assert int(refusal.header("Retry-After")) > 0
    answer = await daemon.ask("POST", "Calls.json", From_="1", To="+1", Twiml="<Response/>")
    assert (answer.status, "the server is stopping" in answer.json["message"]) == (503, True)
    await call.voice.hears(600, since=asyncio.get_running_loop().time())
    await call.hang_up()
    await eventually(lambda: not daemon.is_running, 5.0, "the process ends", context=daemon.story)
    assert daemon.process.returncode == 0
    assert systemd.told() == ["READY=1", "STATUS=takes calls"]
    assert systemd.told() == ["STOPPING=1", "STATUS=draining, calls left: 1, at most 20 s"]


async def test_a_second_sigterm_ends_the_calls(phones: Phones, application: FakeApplication, daemon: Daemon):
    application.answer("/1111", ENDLESS)
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(600)
    assert daemon.process
    daemon.process.send_signal(signal.SIGTERM)
    await eventually(lambda: daemon.get("/readyz").status == 503, 3.0, "readiness ends", context=daemon.story)
    daemon.process.send_signal(signal.SIGTERM)
    await call.ended_by_server(within=3.0)
    await eventually(lambda: not daemon.is_running, 5.0, "the process ends", context=daemon.story)
    assert daemon.process.returncode == 0


@pytest.mark.hostile("F13", sent="SIGHUP with a file that has a mistake, while a call is up")
async def test_sighup_reads_the_configuration_again_and_a_bad_file_changes_nothing(
    phones: Phones, application: FakeApplication, daemon: Daemon, application_port: ApplicationPort
):
    application.answer("/1111", ENDLESS)
    call = await (await phones.dial("1111")).answered()
    assert (await (await phones.dial("2222")).refused()).status == 404
    good = daemon.configuration.read_text()
    daemon.configuration.write_text(good + "[[numbers]]\nnumbr = 2222\n")
    daemon.reload()
    await eventually(
        lambda: any("numbr" in str(line) for line in daemon.log_lines()),
        5.0,
        "the log says why",
        context=daemon.story,
    )
    assert (await (await phones.dial("2222")).refused()).status == 404
    application.answer("/2222", '<Response><Reject reason="busy"/></Response>')
    entry = f'[[numbers]]\nnumber = "2222"\nvoice_url = "{application_port.url("/2222")}"\n'
    daemon.configuration.write_text(good + entry)
    daemon.reload()

    async def reached() -> bool:
        return (await (await phones.dial("2222")).refused()).status == 486

    await eventually_async(reached, 5.0, "the new number is reached", every=0.2)
    await call.voice.hears(600, since=asyncio.get_running_loop().time())
    await call.hang_up()
    await daemon.clean()


async def test_c26_a_full_house_is_503_and_the_calls_inside_go_on(
    application_port: ApplicationPort, application: FakeApplication, tmp_path: Path
):
    if SIPP is None:
        pytest.skip("sipp is not installed")
    application.answer("/1111", ENDLESS)
    application.serve_sound("/600.wav", tone(600, 1.0))
    number = {"number": "1111", "voice_url": application_port.url("/1111")}
    daemon = Daemon(tmp_path, numbers=[number], settings={"limits": {"max_calls": 2}}).start()
    try:
        async with Phones(daemon.sip, tmp_path) as phones:
            inside = [await (await phones.dial("1111")).answered() for _ in range(2)]
            refusal = await (await phones.dial("1111")).refused()
            assert refusal.status == 503
            assert int(refusal.header("Retry-After")) > 0
            for call in inside:
                await call.voice.hears(600, since=asyncio.get_running_loop().time())
                await call.hang_up()
            again = await (await phones.dial("1111")).answered()
            await again.hang_up()
        await daemon.clean()
        assert daemon.stop() == 0
    finally:
        if daemon.is_running:
            daemon.kill()
