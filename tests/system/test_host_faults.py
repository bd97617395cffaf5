"""What the machine can do to us: no descriptors, no ports, no disk, no database, no processor for a while."""

import asyncio
import os
import resource
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.crowd import Crowd
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import read_wav, seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.sipp import SIPP
from tests.testkit.waiting import eventually

WAITING = '<Response><Play loop="0">/600.wav</Play></Response>'
FILES = 256
CALLS_FOR_FILES = 10
"""What engine.file_limit leaves for calls of so many descriptors."""
MakeDaemon = Callable[..., Daemon]


@pytest.fixture
def make_daemon(application_port: ApplicationPort, tmp_path: Path) -> Iterator[MakeDaemon]:
    """Makes the daemon of one test, since each breaks something of it."""
    with ExitStack() as stack:

        def make(**fields: object) -> Daemon:
            numbers = [{"number": "1111", "voice_url": application_port.url("/1111")}]
            daemon = Daemon(tmp_path, numbers=numbers, **fields)  # type: ignore[arg-type]
            stack.callback(lambda: daemon.kill() if daemon.is_running else None)
            return daemon.start()

        yield make


@pytest.fixture
async def phones_of(tmp_path: Path) -> AsyncIterator[Callable[[Daemon], Phones]]:
    if SIPP is None:
        pytest.skip("sipp is not installed")
    made: list[Phones] = []

    def make(daemon: Daemon) -> Phones:
        made.append(Phones(daemon.sip, tmp_path))
        return made[-1]

    yield make
    for phones in made:
        await phones.__aexit__(None, None, None)


@pytest.mark.hostile("F7", sent="256 descriptors, 200 idle connections, calls")
async def test_f7_calls_are_refused_before_descriptors_run_out(
    make_daemon: MakeDaemon, application: FakeApplication
):
    application.answer("/1111", WAITING)
    application.serve_sound("/600.wav", tone(600, 1.0))
    daemon = make_daemon(open_files=FILES)
    http = daemon.http.removeprefix("http://").split(":")
    idle = [
        socket.create_connection(where) for where in (daemon.sip, (http[0], int(http[1]))) for _ in range(100)
    ]
    crowd = await Crowd.open(daemon.sip, "1111")
    assert await crowd.call(CALLS_FOR_FILES + 5) == {200: CALLS_FOR_FILES, 503: 5}
    assert {int(value) > 0 for value in crowd.retry_after} == {True}
    assert len(os.listdir(f"/proc/{daemon.pid}/fd")) < FILES
    for connection in idle:
        connection.close()
    crowd.hang_up(3)
    await eventually(lambda: daemon.get("/readyz").status == 200, 5.0, "it answers", context=daemon.story)
    await eventually(
        lambda: daemon.metrics().get("dialplane_calls_active") == CALLS_FOR_FILES - 3, 5.0, "three have left"
    )
    assert (await crowd.call(3))[200] == CALLS_FOR_FILES + 3
    assert not daemon.faults()
    crowd.close()


@pytest.mark.hostile("F8", sent="more calls than RTP ports")
async def test_f8_calls_are_refused_when_the_ports_are_taken_and_taken_again_when_they_are_free(
    make_daemon: MakeDaemon, application: FakeApplication
):
    application.answer("/1111", WAITING)
    application.serve_sound("/600.wav", tone(600, 1.0))
    daemon = make_daemon(ports=8)
    crowd = await Crowd.open(daemon.sip, "1111")
    assert await crowd.call(10) == {200: 4, 503: 6}
    crowd.hang_up(4)
    await daemon.clean()
    assert (await crowd.call(4))[200] == 8
    crowd.close()


@pytest.mark.hostile("F2", sent="SIGTERM with 50 calls")
async def test_f2_a_drain_lets_fifty_calls_finish_and_ends_the_rest_at_the_deadline(
    make_daemon: MakeDaemon, application: FakeApplication
):
    application.answer("/1111", WAITING)
    application.serve_sound("/600.wav", tone(600, 1.0))
    daemon = make_daemon(settings={"limits": {"drain_timeout": 2}})
    crowd = await Crowd.open(daemon.sip, "1111")
    assert await crowd.call(50) == {200: 50}
    assert daemon.process
    daemon.process.send_signal(signal.SIGTERM)
    await eventually(lambda: daemon.get("/readyz").status == 503, 3.0, "readiness ends", context=daemon.story)
    assert (await crowd.call(1))[503] == 1
    assert crowd.talking == 50
    crowd.hang_up(20)
    await eventually(lambda: crowd.talking == 0, 6.0, "the others get a BYE", context=daemon.story)
    await eventually(lambda: not daemon.is_running, 6.0, "the process ends", context=daemon.story)
    assert daemon.process.returncode == 0
    crowd.close()
    with sqlite3.connect(daemon.directory / "dialplane.db") as database:
        statuses = database.execute("SELECT status, count(*) FROM calls GROUP BY status").fetchall()
    assert statuses == [("completed", 50)]


@pytest.mark.hostile("F9", sent="SIGSTOP for 2 s")
async def test_f9_sound_goes_on_at_once_after_the_process_stood_still(
    make_daemon: MakeDaemon, application: FakeApplication, phones_of: Callable[[Daemon], Phones]
):
    daemon = make_daemon()
    application.answer("/1111", '<Response><Play loop="0">/600.wav</Play></Response>')
    application.serve_sound("/600.wav", tone(600, 1.0))
    call = await (await phones_of(daemon).dial("1111")).answered()
    await call.voice.hears(600)
    assert daemon.process
    daemon.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(2.0)
    loop = asyncio.get_running_loop()
    before = len(call.voice.received)
    daemon.process.send_signal(signal.SIGCONT)
    went_on = loop.time()
    await eventually(lambda: len(call.voice.received) > before + 10, 2.0, "sound goes on", every=0.002)
    after = call.voice.received[before:]
    assert after[0].at - went_on < 0.1
    # Nothing is sent after the fact: what was not said in its tick is not said.
    assert sum(packet.at < after[0].at + 0.01 for packet in after) <= 5
    await call.voice.hears(600, seconds=0.3, since=loop.time())
    await call.hang_up()


@pytest.mark.hostile("F6", sent="a full disk")
async def test_f6_a_full_disk_ends_the_recording_with_an_event_and_not_the_call(
    make_daemon: MakeDaemon, application: FakeApplication, phones_of: Callable[[Daemon], Phones]
):
    daemon = make_daemon(settings={"log": {"level": "error", "format": "json"}})
    application.answer(
        "/1111",
        '<Response><Record action="/recorded" playBeep="false" recordingStatusCallback="/told"/></Response>',
    )
    application.answer("/told", "")
    application.answer("/recorded", '<Response><Play loop="0">/600.wav</Play></Response>')
    application.serve_sound("/600.wav", tone(600, 1.0))
    call = await (await phones_of(daemon).dial("1111")).answered()
    await call.voice.say(tone(450, 0.5))
    (file,) = daemon.recordings.glob("*.wav")
    full = file.stat().st_size + 8000
    before = resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
    await call.voice.say(tone(450, 1.0))
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, before)
    await call.voice.hears(600, seconds=0.3)
    told = await application.request_to("/told")
    assert told["RecordingStatus"] == "failed"
    noted = await eventually(
        lambda: daemon.notifications(call.call_sid), 5.0, "it is noted", context=daemon.story
    )
    assert "look at the disk of [store] recordings" in noted[0]["message_text"]
    assert seconds_of_tone(read_wav(file.read_bytes()), 450) > 0.4
    await call.hang_up()
    await daemon.clean()


@pytest.mark.hostile("F5", sent="a locked database")
async def test_f5_a_locked_database_ends_no_call_and_its_records_are_written_later(
    make_daemon: MakeDaemon, application: FakeApplication, phones_of: Callable[[Daemon], Phones]
):
    daemon = make_daemon()
    application.answer(
        "/1111", '<Response><Record action="/recorded" playBeep="false" finishOnKey="#"/></Response>'
    )
    application.answer("/recorded", '<Response><Play loop="0">/600.wav</Play></Response>')
    application.serve_sound("/600.wav", tone(600, 1.0))
    call = await (await phones_of(daemon).dial("1111")).answered()
    database = sqlite3.connect(daemon.directory / "dialplane.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    await call.voice.say(tone(450, 0.5))
    await call.voice.press("#")
    recorded = await application.request_to("/recorded", within=8.0)
    await call.voice.hears(600, seconds=0.3)
    database.execute("ROLLBACK")
    database.close()
    await call.hang_up()
    await daemon.clean()
    await eventually(
        lambda: daemon.call(call.call_sid)["status"] == "completed", 8.0, "the record is complete"
    )
    (row,) = daemon.recordings_of(call.call_sid)
    assert row["sid"] in recorded["RecordingUrl"]
