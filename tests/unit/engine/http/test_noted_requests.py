from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from engine.http.answers import SHOWN
from engine.http.noted_requests import _call_of
from engine.reporting.masking import masked_body

CALL = "CA" + "1" * 32


@pytest.mark.parametrize(
    ("named", "shown", "about"),
    [
        (CALL, None, CALL),
        ("", {"sid": CALL}, CALL),
        ("", {"sid": "AP" + "1" * 32}, None),
        ("", [{"sid": CALL}], None),
        ("", None, None),
    ],
)
def test_a_request_is_about_the_call_that_it_names_or_made(named: str, shown: Any, about: str | None):
    request = make_mocked_request("POST", "/", match_info={"sid": named})
    if shown is not None:
        request[SHOWN] = shown
    assert _call_of(request) == about


def test_secrets_in_an_answer_in_xml_are_not_kept():
    answer = b"<RestcommResponse><Key><Sid>SK1</Sid><Secret>s3</Secret><AuthToken>t</AuthToken></Key>"
    kept = masked_body(answer, "application/xml")
    assert kept == (
        "<RestcommResponse><Key><Sid>SK1</Sid><Secret>***</Secret><AuthToken>***</AuthToken></Key>"
    )
