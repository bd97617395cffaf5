"""Tells whether a bucket would take recordings, without putting anything there.

It is asked for an object that it does not have: a key that may read gets 404 NoSuchKey, and any other answer
says what is wrong. HEAD would not do, whose answers have no words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aiohttp

from engine.config.s3_section import S3Section
from engine.s3.bucket import Bucket, BucketError

ASKED_FOR: Final = "dialplane-doctor"
"""Name of an object, behind the prefix, that nobody puts there."""

_CURES: Final = {
    "NoSuchBucket": "make the bucket, or correct [s3] bucket or addressing",
    "InvalidBucketName": "correct [s3] bucket",
    "InvalidAccessKeyId": "correct [s3] access_key",
    "SignatureDoesNotMatch": "correct [s3] secret_key, or region",
    "AuthorizationHeaderMalformed": "correct [s3] region",
    "PermanentRedirect": "correct [s3] endpoint and region: the bucket lies elsewhere",
    "TemporaryRedirect": "correct [s3] endpoint and region: the bucket lies elsewhere",
    "RequestTimeTooSkewed": "set the clock of this machine right: run an NTP client",
    "AccessDenied": "allow the key s3:PutObject, s3:GetObject and s3:DeleteObject below the prefix; "
    "with s3:ListBucket too this can be told for sure",
}
"""What to do about an answer, by the code that is in it."""


@dataclass(frozen=True)
class Trial:
    """What a bucket answered."""

    answer: str
    cure: str = ""
    """Empty when all is well."""
    certain: bool = True
    """False for a key that may well put but not look."""


async def try_bucket(section: S3Section) -> Trial:
    """Ask the bucket of ``[s3]`` for an object that it does not have."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        try:
            async with Bucket(section, session).opened(section.prefix + ASKED_FOR):
                return Trial("it takes the key")
        except BucketError as error:
            return _judged(error)


def _judged(error: BucketError) -> Trial:
    code = error.told.get("Code", "")
    if code == "NoSuchKey":
        return Trial("it takes the key")
    if error.status is None:
        return Trial(str(error), "correct [s3] endpoint, or let us through to it")
    cure = _CURES.get(code, "correct [s3]: this may be no storage that speaks S3")
    if region := error.told.get("Region"):
        cure = f'set [s3] region = "{region}"'
    return Trial(str(error), cure, certain=code != "AccessDenied")
