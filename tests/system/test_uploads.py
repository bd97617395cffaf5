"""Recordings go to other storage, whatever becomes of the process meanwhile."""

from pathlib import Path

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import read_wav, seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.s3_server import Fault, S3Server
from tests.testkit.sipp import SIPP
from tests.testkit.waiting import eventually


async def test_a_recording_whose_upload_a_kill_9_cut_off_is_uploaded_by_the_next_process(
    application_port: ApplicationPort, application: FakeApplication, tmp_path: Path
):
    if SIPP is None:
        pytest.skip("sipp is not installed")
    application.answer("/1111", '<Response><Record playBeep="false" maxLength="1" action="/end"/></Response>')
    application.answer("/end", "<Response><Hangup/></Response>")
    async with S3Server() as storage:
        numbers = [{"number": "1111", "voice_url": application_port.url("/1111")}]
        daemon = Daemon(tmp_path, numbers=numbers, settings={"s3": storage.section}).start()
        try:
            async with Phones(daemon.sip, tmp_path) as phones:
                storage.faults = [Fault(hangs=True)]
                call = await (await phones.dial("1111")).answered()
                await call.voice.say(tone(450, 2.0))
                await eventually(lambda: bool(storage.asked), 20.0, "the upload begins")
                assert daemon.metrics()["dialplane_recording_uploads_waiting"] == 1
                daemon.kill()
                daemon.start()
                await eventually(lambda: bool(storage.objects), 20.0, "the next process uploads it")
        finally:
            if daemon.is_running:
                daemon.kill()
    ((key, stored),) = storage.objects.items()
    assert key.endswith(next(daemon.recordings.glob("RE*.wav")).name)
    assert seconds_of_tone(read_wav(stored.octets), 450) > 0.5
