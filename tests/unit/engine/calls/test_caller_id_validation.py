"""What somebody hears who is rung to prove a number, and what comes of the keys they press."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.calls.caller_id_validation import ATTEMPTS, CallerIdValidation, new_code
from engine.store import CallerIdRow
from rcml.call import CallerGone, Collected, CollectRequest
from tests.testkit.virtual_loop import run_virtual


class Answerer:
    """Presses these keys, one text for each time that the code is asked for; None: hangs up instead."""

    row = SimpleNamespace(sid="CA1")

    def __init__(self, *keys: str | None) -> None:
        self.heard: list[str] = []
        self._keys = list(keys)

    async def collect(self, request: CollectRequest) -> Collected:
        self.heard += (prompt.text for prompt in request.prompts)  # type: ignore[union-attr]
        keys = self._keys.pop(0)
        if keys is None:
            raise CallerGone
        return Collected(digits=keys)

    async def say(self, speech: Any) -> None:
        self.heard.append(speech.text)


class Rows:
    """A store of caller ids."""

    def __init__(self, *known: CallerIdRow) -> None:
        self.rows = list(known)

    async def find(self, kind: type, *conditions: Any, limit: int) -> list[CallerIdRow]:
        return self.rows[:limit]

    async def commit(self, row: CallerIdRow) -> None:
        self.rows.append(row)


def caller_id(sid: str) -> CallerIdRow:
    return CallerIdRow(sid=sid, account_sid="AC1", phone_number="+15551230001", friendly_name="Desk")


def validated(answerer: Answerer, rows: Rows, *, code: str = "123456") -> CallerIdValidation:
    store: Any = rows
    call: Any = answerer
    validation = CallerIdValidation(caller_id("PN1"), store)
    validation.code = code
    run_virtual(validation.ask(call))
    return validation


def test_a_code_has_six_digits_and_does_not_begin_with_zero():
    codes = {new_code() for _ in range(200)}
    assert len(codes) > 150
    assert all(len(code) == 6 and code.isdigit() and code[0] != "0" for code in codes)


@pytest.mark.parametrize("before", [(), ("654321",), ("", "12345")])
def test_the_right_code_keeps_the_number_within_three_tries(before):
    rows, answerer = Rows(), Answerer(*before, "123456")
    validation = validated(answerer, rows)
    assert validation.told == {"VerificationStatus": "success", "OutgoingCallerIdSid": "PN1"}
    assert [row.sid for row in rows.rows] == ["PN1"]
    assert "is validated" in answerer.heard[-1]


def test_three_wrong_codes_are_enough():
    rows, answerer = Rows(), Answerer(*["654321"] * ATTEMPTS)
    assert validated(answerer, rows).told == {"VerificationStatus": "failed"}
    assert rows.rows == []
    assert "not validated" in answerer.heard[-1]


def test_who_hangs_up_validates_nothing():
    rows = Rows()
    with pytest.raises(CallerGone):
        validated(Answerer("1", None), rows)
    assert rows.rows == []


def test_a_number_that_was_validated_meanwhile_is_kept_once():
    rows = Rows(caller_id("PN0"))
    assert validated(Answerer("123456"), rows).told["OutgoingCallerIdSid"] == "PN0"
    assert len(rows.rows) == 1
