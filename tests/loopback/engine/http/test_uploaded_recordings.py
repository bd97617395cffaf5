"""Recordings whose sound is in other storage: their URLs answer as before."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from engine.config import Settings
from engine.config.s3_section import S3Section
from engine.http import HttpServer
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog
from engine.s3.uploads import RecordingUploads
from engine.store import RecordingFolder, RecordingRow, Store, UploadRow
from tests.testkit.http_visitor import ROOT, Visitor
from tests.testkit.outside_sound import wav
from tests.testkit.s3_server import Fault, Put, S3Server
from tests.testkit.sound import voice_of

SID = "RE" + "1" * 32
KEY = f"{ROOT}/{SID}.wav"
AT = f"/2010-04-01/Accounts/{ROOT}/Recordings/{SID}"


@pytest.fixture
async def s3() -> AsyncIterator[S3Server]:
    async with S3Server() as made:
        yield made


@pytest.fixture
def sound() -> bytes:
    return wav(voice_of(1))


@pytest.fixture
async def folder(
    server: HttpServer, s3: S3Server, store: Store, settings: Settings, sound: bytes
) -> AsyncIterator[Path]:
    """A recording that is in the bucket alone."""
    folder = RecordingFolder(settings.store.recordings)
    folder.prepare()
    metrics = Metrics()
    section = S3Section.model_validate(s3.section)
    uploads = RecordingUploads(store, folder, NotificationLog(store, metrics), metrics, lambda: section)
    recording = RecordingRow(
        sid=SID,
        account_sid=ROOT,
        call_sid="CA" + "1" * 32,
        instance_sid="ID",
        status="completed",
        duration=1.0,
    )
    upload = UploadRow(
        sid=SID, account_sid=ROOT, call_sid="", instance_sid="ID", key=KEY, state="done", attempts=1
    )
    await store.commit(recording, upload)
    s3.objects[KEY] = Put(sound, "audio/x-wav")
    uploads.start()
    server.live.uploads = uploads
    yield folder.path
    await uploads.stop()


@pytest.mark.usefixtures("folder")
async def test_the_wav_answers_without_credentials_whole_or_in_part(visitor: Visitor, sound: bytes):
    response, body = await visitor.get(f"{AT}.wav", user=None)
    assert (response.status, response.content_type, body) == (200, "audio/x-wav", sound)
    response, body = await visitor.get(f"{AT}.wav", user=None, headers={"Range": "bytes=44-143"})
    assert (response.status, body) == (206, sound[44:144])
    assert response.headers["Content-Range"] == f"bytes 44-143/{len(sound)}"
    response, _ = await visitor.get(f"{AT}.wav", user=None, headers={"Range": "bytes=99999999-99999999"})
    assert response.status == 416
    response, body = await visitor.get(f"{AT}.wav", user=None, method="HEAD")
    assert (response.status, response.headers["Content-Length"], body) == (200, str(len(sound)), b"")


async def test_the_mp3_is_made_of_what_is_fetched_once(folder: Path, visitor: Visitor, s3: S3Server):
    for _ in range(2):
        response, body = await visitor.get(f"{AT}.mp3", user=None)
        assert (response.status, response.content_type, len(body) > 1000) == (200, "audio/mpeg", True)
    assert len(s3.asked) == 1
    assert list((folder / "fetched").iterdir()) == []


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", ["wav", "mp3"])
async def test_storage_that_does_not_answer_is_told_as_a_fault_of_now(
    visitor: Visitor, s3: S3Server, kind: str
):
    s3.faults = [Fault(503)]
    response, body = await visitor.get(f"{AT}.{kind}", user=None)
    assert (response.status, response.headers["Retry-After"]) == (503, "30")
    assert b"storage of recordings" in body
    assert b"127.0.0.1" not in body, "where it is concerns nobody"


@pytest.mark.usefixtures("folder")
async def test_sound_that_breaks_off_is_not_taken_for_whole(visitor: Visitor, s3: S3Server):
    s3.faults = [Fault(resets=True)]
    with pytest.raises(aiohttp.ClientError):
        await visitor.get(f"{AT}.wav", user=None)


@pytest.mark.usefixtures("folder")
async def test_a_deleted_recording_is_gone_from_the_bucket_or_stays_whole(
    visitor: Visitor, s3: S3Server, store: Store
):
    s3.faults = [Fault(503)]
    assert (await visitor.get(f"{AT}.json", method="DELETE"))[0].status == 503
    assert (await visitor.get(f"{AT}.json"))[0].status == 200
    assert (await visitor.get(f"{AT}.json", method="DELETE"))[0].status == 204
    assert s3.objects == {}
    assert (await visitor.get(f"{AT}.wav", user=None))[0].status == 404
    assert await store.count(UploadRow) == 0
