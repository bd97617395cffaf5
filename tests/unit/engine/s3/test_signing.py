"""Signatures as the examples of Amazon's description of Signature Version 4 for S3 have them."""

import hashlib
from datetime import UTC, datetime

import pytest

from engine.s3.signing import Credentials, quoted_path, signed_headers

AT = datetime(2013, 5, 24, tzinfo=UTC)
EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
HOST = "examplebucket.s3.amazonaws.com"
WELCOME = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()


@pytest.mark.parametrize(
    ("method", "path", "more", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {"headers": {"Range": "bytes=0-9"}},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test$file.text",
            {
                "headers": {
                    "Date": "Fri, 24 May 2013 00:00:00 GMT",
                    "x-amz-storage-class": "REDUCED_REDUNDANCY",
                },
                "payload_hash": WELCOME,
            },
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/",
            {"query": "lifecycle="},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            "/",
            {"query": "max-keys=2&prefix=J"},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_examples_of_the_description_are_signed_as_they_say(method, path, more, signature):
    sent = signed_headers(EXAMPLE, method, HOST, quoted_path(path), AT, **more)
    assert sent["Authorization"].endswith(f"Signature={signature}")


def test_a_secret_is_not_shown():
    assert EXAMPLE.secret_key not in repr(EXAMPLE)
