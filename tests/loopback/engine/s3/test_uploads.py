"""Recordings on their way into storage that fails in every way, and what is left after a restart."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.config.s3_section import S3Section
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog
from engine.s3 import uploads as uploads_module
from engine.s3.bucket import BucketError
from engine.s3.uploads import RecordingUploads
from engine.store import (
    NotificationRow,
    RecordingFolder,
    RecordingRow,
    Store,
    TranscriptionRow,
    UploadRow,
    utc_now,
)
from tests.testkit.s3_server import Fault, S3Server
from tests.testkit.waiting import eventually, eventually_async

ACCOUNT, CALL, SID = "AC" + "a" * 32, "CA" + "a" * 32, "RE" + "a" * 32
KEY = f"calls/{ACCOUNT}/{SID}.wav"
SOUND = bytes(range(256)) * 100


@pytest.fixture
async def s3() -> AsyncIterator[S3Server]:
    async with S3Server() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> RecordingFolder:
    made = RecordingFolder(tmp_path / "recordings")
    made.prepare()
    made.file(SID).write_bytes(SOUND)
    return made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads_module, "FIRST_RETRY", 0.02)
    monkeypatch.setattr(uploads_module, "LOCAL_STAYS", timedelta(milliseconds=20))


@dataclass
class Site:
    """A daemon's spool, which may be started again and again on what it left."""

    store: Store
    folder: RecordingFolder
    server: S3Server
    options: dict[str, Any] = field(default_factory=dict)
    clock: Callable[[], datetime] = utc_now
    metrics: Metrics = field(default_factory=Metrics)

    def section(self) -> S3Section:
        return S3Section.model_validate({**self.server.section, "prefix": "calls/", **self.options})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[RecordingUploads]:
        notifications = NotificationLog(self.store, self.metrics)
        uploads = RecordingUploads(
            self.store, self.folder, notifications, self.metrics, self.section, self.clock
        )
        uploads.start()
        try:
            yield uploads
        finally:
            await uploads.stop()

    def recording(self) -> RecordingRow:
        return RecordingRow(
            sid=SID, account_sid=ACCOUNT, call_sid=CALL, instance_sid=self.store.instance_sid,
            status="completed", duration=1.0,
        )  # fmt: skip

    async def row(self) -> UploadRow:
        row = await self.store.get(UploadRow, SID)
        assert row is not None
        return row

    async def reached(self, state: str) -> None:
        """Wait until the spool says so."""

        async def is_there() -> bool:
            row = await self.store.get(UploadRow, SID)
            return row is not None and row.state == state

        await eventually_async(is_there, 20.0, f"the upload is {state}", every=0.02)

    async def noted(self) -> list[str]:
        return [row.message_text for row in await self.store.find(NotificationRow)]


@pytest.fixture
def site(store: Store, folder: RecordingFolder, s3: S3Server) -> Site:
    return Site(store, folder, s3)


async def done(site: Site) -> None:
    await eventually(lambda: KEY in site.server.objects, 20.0, "the object is there")
    await site.reached("done")


async def test_a_recording_that_ended_is_in_the_bucket_and_stays_here(site: Site):
    async with site.running() as uploads:
        uploads.order(site.recording())
        await done(site)
        stored = site.server.objects[KEY]
        assert (stored.octets, stored.content_type) == (SOUND, "audio/x-wav")
        assert site.folder.file(SID).exists()
        assert b'dialplane_recording_uploads_total{outcome="uploaded"} 1.0' in site.metrics.text()


async def test_nothing_is_ordered_where_no_storage_is_configured(site: Site):
    site.options = {"endpoint": ""}
    async with site.running() as uploads:
        uploads.order(site.recording())
        assert await site.store.count(UploadRow) == 0


async def test_the_local_sound_goes_when_it_is_uploaded_and_is_fetched_from_then_on(site: Site):
    site.options = {"delete_local": True}
    async with site.running() as uploads:
        uploads.order(site.recording())
        await done(site)
        assert not site.folder.file(SID).exists()
        async with uploads.fetched(SID) as path:
            assert path is not None
            assert path.read_bytes() == SOUND
        assert not path.exists()
        async with uploads.opened("RE" + "b" * 32) as nothing:
            assert nothing is None


async def test_the_local_sound_stays_while_it_is_transcribed(site: Site):
    site.options = {"delete_local": True}
    text = TranscriptionRow(
        sid="TR1", account_sid=ACCOUNT, recording_sid=SID, call_sid=CALL, instance_sid="ID"
    )
    await site.store.commit(text)
    async with site.running() as uploads:
        uploads.order(site.recording())
        await site.reached("uploaded")
        assert site.folder.file(SID).exists()
        text.status = "completed"
        await site.store.commit(text)
        uploads.look()
        await site.reached("done")
        assert not site.folder.file(SID).exists()


@pytest.mark.parametrize("fault", [Fault(503), Fault(resets=True), Fault(hangs=True), Fault(429)], ids=str)
async def test_what_fails_is_tried_again_with_the_same_key(site: Site, fault: Fault):
    site.options = {"timeout": 1}
    site.server.faults = [fault] if fault.hangs else [fault, fault]
    async with site.running() as uploads:
        uploads.order(site.recording())
        await done(site)
    assert {(asked.method, asked.key) for asked in site.server.asked} == {("PUT", KEY)}
    # Of an attempt that is reset the client makes two by itself, and a busy machine may need one more.
    assert (await site.row()).attempts >= 2
    assert site.server.objects[KEY].octets == SOUND
    assert await site.noted() == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"secret_key": "wrong"}, "SignatureDoesNotMatch"),
        ({"access_key": "nobody"}, "InvalidAccessKeyId"),
        ({"region": "elsewhere"}, "SignatureDoesNotMatch"),
        ({"bucket": "none"}, "NoSuchBucket"),
    ],
)
async def test_a_refusal_is_noted_once_and_the_right_key_ends_it(
    site: Site, options: dict[str, str], said: str
):
    site.options = options
    async with site.running() as uploads:
        uploads.order(site.recording())
        await eventually(lambda: len(site.server.asked) >= 3, 20.0, "it is tried again")
        (text,) = await site.noted()
        assert said in text
        assert "stays here" in text
        site.options = {}
        uploads.look()
        await done(site)


async def test_storage_that_fails_for_long_is_noted(site: Site):
    ahead = timedelta()
    site.clock = lambda: utc_now() + ahead
    site.server.faults = [Fault(503)] * 1000
    async with site.running() as uploads:
        uploads.order(site.recording())
        await eventually(lambda: len(site.server.asked) >= 2, 20.0, "it is tried again")
        ahead = timedelta(minutes=11)
        uploads.look()
        await eventually_async(site.noted, 20.0, "it is noted")
        site.server.faults.clear()
        await done(site)
    (text,) = await site.noted()
    assert "503" in text


async def test_what_an_earlier_run_left_is_uploaded_by_the_next(site: Site):
    site.server.faults = [Fault(hangs=True)]
    async with site.running() as uploads:
        uploads.order(site.recording())
        await eventually(lambda: bool(site.server.asked), 20.0, "the first attempt begins")
    assert (await site.row()).state == "waiting"
    async with site.running():
        await done(site)
    assert site.server.objects[KEY].octets == SOUND


async def test_a_recording_that_is_removed_is_in_neither_bucket_nor_spool(site: Site):
    async with site.running() as uploads:
        uploads.order(site.recording())
        await done(site)
        await uploads.forget(SID)
        assert site.server.objects == {}
        assert await site.store.count(UploadRow) == 0


async def test_a_recording_that_is_removed_while_it_is_uploaded_does_not_come_back(site: Site):
    site.server.faults = [Fault(hangs=True)]
    async with site.running() as uploads:
        uploads.order(site.recording())
        await eventually(lambda: bool(site.server.asked), 20.0, "the attempt begins")
        await uploads.forget(SID)
        assert await site.store.count(UploadRow) == 0
    assert site.server.objects == {}


async def test_a_recording_stays_as_long_as_the_bucket_does_not_let_go_of_it(site: Site):
    async with site.running() as uploads:
        uploads.order(site.recording())
        await done(site)
        site.server.faults = [Fault(503)]
        with pytest.raises(BucketError, match="503"):
            await uploads.forget(SID)
        assert (await site.row()).state == "done"


async def test_sound_that_somebody_removed_is_given_up_with_a_notification(site: Site):
    site.folder.file(SID).unlink()
    async with site.running() as uploads:
        uploads.order(site.recording())
        await site.reached("lost")
    (text,) = await site.noted()
    assert "not in" in text
    assert site.server.asked == []


async def test_sound_that_breaks_off_is_no_sound(site: Site):
    async with site.running() as uploads:
        uploads.order(site.recording())
        await done(site)
        site.server.faults = [Fault(resets=True)]
        with pytest.raises(BucketError):
            async with uploads.fetched(SID):
                pytest.fail("half of it is not enough")
