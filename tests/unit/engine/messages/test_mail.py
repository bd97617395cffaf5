"""Mails as they go out: no text of an application can add a header or a recipient."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.messages.mail import compose, recipients, sender_of
from engine.store import EmailRow
from rcml.values import NotAllowed
from tests.testkit.post_office import ACCOUNT


def row(**changes: str) -> EmailRow:
    fields: dict[str, Any] = {
        "sid": "EM" + "1" * 32, "account_sid": ACCOUNT, "from_": "PBX <pbx@example.com>",
        "to": "a@example.com, Bob B <b@example.com>", "subject": "News", "body": "Hello",
    }  # fmt: skip
    return EmailRow(**{**fields, **changes})


def test_the_headers_name_whom_everybody_may_see():
    mail = message_from_bytes(
        compose(row(cc="c@example.com", bcc="d@example.com")).as_bytes(), policy=policy.default
    )
    assert (mail["From"], mail["To"]) == ("PBX <pbx@example.com>", "a@example.com, Bob B <b@example.com>")
    assert (mail["Cc"], mail["Bcc"], mail["Subject"]) == ("c@example.com", None, "News")
    assert mail["Message-ID"] == f"<{'EM' + '1' * 32}@example.com>"
    assert mail["Date"] is not None


def test_the_envelope_has_everybody_once():
    made = row(cc="c@example.com", bcc="d@example.com, a@example.com")
    assert recipients(made) == ["a@example.com", "b@example.com", "c@example.com", "d@example.com"]
    assert sender_of(made) == "pbx@example.com"


@pytest.mark.parametrize("body", ["Καλημέρα " * 200, "a\n.\nb", "From me", "x" * 2000])
def test_the_text_arrives_as_it_was_written_in_seven_bits_and_short_lines(body: str):
    sent = compose(row(body=body)).as_bytes()
    assert sent.isascii()
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    read = message_from_bytes(sent, policy=policy.default)
    assert read.get_content().replace("\r\n", "\n").rstrip("\n") == body


# What XML and UTF-8 can hold.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(deadline=None)
@given(TEXT, TEXT)
def test_no_subject_and_no_text_adds_a_header(subject: str, body: str):
    sent = compose(row(subject=subject + "\r\nBcc: x@example.com", body=body)).as_bytes()
    read = message_from_bytes(sent, policy=policy.default)
    assert set(read.keys()) == set(compose(row()).keys())
    assert read["Bcc"] is None


@pytest.mark.parametrize("address", ["a@example.com\r\nBcc: x@y", "a\n@example.com", "a <b>", "x"])
def test_an_address_that_is_none_is_refused(address: str):
    with pytest.raises(NotAllowed):
        compose(row(to=address))
