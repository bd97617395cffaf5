from __future__ import annotations

import pytest

from sip.status import REASON_PHRASES, reason_phrase


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (100, "Trying"),
        (200, "OK"),
        (487, "Request Terminated"),
        (188, "Session Progress"),
        (499, "Bad Request"),
    ],
)
def test_code_without_a_phrase_has_that_of_its_class(status, phrase):
    assert reason_phrase(status) == phrase


def test_every_code_of_the_table_is_a_sip_status():
    assert all(100 <= status <= 699 and phrase for status, phrase in REASON_PHRASES.items())
    assert reason_phrase(999) == "Unknown"
