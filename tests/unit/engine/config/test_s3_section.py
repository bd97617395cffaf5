"""What may be written into `[s3]`."""

import pytest
from pydantic import ValidationError

from engine.config import Settings

WHOLE = {"endpoint": "http://10.0.0.7:9000", "bucket": "b", "access_key": "k", "secret_key": "s"}


@pytest.mark.parametrize("endpoint", ["http://10.0.0.7:9000", "https://s3.example.com/", ""])
def test_an_endpoint_is_a_url_with_a_host_and_may_be_private(endpoint: str):
    assert Settings.embedded(s3={**WHOLE, "endpoint": endpoint}).s3.endpoint == endpoint.rstrip("/")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"endpoint": "s3.example.com"}, "write http:// or https://"),
        ({"endpoint": "http://s3.example.com/bucket"}, "write http:// or https://"),
        ({"endpoint": "http://user@s3.example.com"}, "write http:// or https://"),
        ({"bucket": "", "secret_key": ""}, "bucket, secret_key must be set too"),
        ({"prefix": "/x"}, "without one at the beginning"),
        ({"prefix": "a/../b/"}, "without one at the beginning"),
        ({"addressing": "host"}, "path"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_cure(wrong: dict[str, str], said: str):
    with pytest.raises(ValidationError, match=said):
        Settings.embedded(s3={**WHOLE, **wrong})
