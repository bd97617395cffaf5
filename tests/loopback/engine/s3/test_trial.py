"""What `dialplane doctor` says of a bucket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.config.s3_section import S3Section
from engine.doctor import Verdict
from engine.s3.trial import try_bucket
from tests.loopback.engine.test_doctor import about, settings
from tests.testkit.s3_server import Fault, S3Server


@pytest.fixture
async def storage() -> AsyncIterator[S3Server]:
    async with S3Server() as running:
        yield running


def section(storage: S3Server, **changed: str) -> S3Section:
    return S3Section.model_validate({**storage.section, "timeout": 2.0, **changed})


@pytest.mark.parametrize(
    ("changed", "answer", "cure"),
    [
        ({"bucket": "other"}, "404 Not Found: Code NoSuchBucket", "[s3] bucket"),
        ({"access_key": "AKIDOTHER"}, "403 Forbidden: Code InvalidAccessKeyId", "[s3] access_key"),
        ({"secret_key": "guess"}, "403 Forbidden: Code SignatureDoesNotMatch", "[s3] secret_key"),
        ({"endpoint": "http://127.0.0.1:1"}, "Cannot connect", "[s3] endpoint"),
    ],
)
async def test_what_is_wrong_with_a_bucket_is_told_with_the_cure(
    storage: S3Server, changed: dict[str, str], answer: str, cure: str
):
    told = await try_bucket(section(storage, **changed))
    assert answer in told.answer
    assert cure in told.cure
    assert told.certain


async def test_a_bucket_that_takes_the_key_is_well_and_nothing_is_put_there(storage: S3Server):
    told = await try_bucket(section(storage, prefix="calls/"))
    assert told.cure == ""
    assert [(asked.method, asked.key) for asked in storage.asked] == [("GET", "calls/dialplane-doctor")]
    assert storage.objects == {}


async def test_another_region_is_named(storage: S3Server):
    storage.faults = [Fault(400, "AuthorizationHeaderMalformed", "eu-central-1")]
    assert (await try_bucket(section(storage))).cure == 'set [s3] region = "eu-central-1"'


async def test_a_key_that_may_not_look_may_still_put(storage: S3Server):
    storage.faults = [Fault(403, "AccessDenied")]
    told = await try_bucket(section(storage))
    assert not told.certain
    assert "s3:PutObject" in told.cure


async def test_storage_that_is_silent_is_told(storage: S3Server):
    storage.faults = [Fault(hangs=True)]
    told = await try_bucket(section(storage).model_copy(update={"timeout": 0.1}))
    assert "did not answer in time" in told.answer


@pytest.mark.parametrize(
    ("changed", "fault", "verdict"),
    [
        ({}, None, Verdict.OK),
        ({"secret_key": "guess"}, None, Verdict.FAULT),
        ({}, Fault(403, "AccessDenied"), Verdict.WARNING),
    ],
)
async def test_the_doctor_examines_the_bucket(
    storage: S3Server, tmp_path: Path, changed: dict[str, str], fault: Fault | None, verdict: Verdict
):
    storage.faults = [fault] if fault else []
    found = settings(tmp_path, s3={**storage.section, **changed})
    finding = await asyncio.to_thread(about, found, "s3 bucket sounds")
    assert finding.verdict is verdict
    assert bool(finding.cure) == (verdict is not Verdict.OK)
