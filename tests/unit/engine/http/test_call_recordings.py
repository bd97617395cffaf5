"""Recordings that are paused through the REST API, in both dialects."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.config import Settings
from engine.http.call_recordings import OwnRecordings
from engine.http.dialect import RESTCOMM, TWILIO, Dialect
from engine.http.forms import checked
from engine.http.operations import Asked
from engine.http.permissions import Principal, Role
from engine.http.resources.call_forms import RecordingChange
from engine.store import AccountRow

OWNER = AccountRow(sid="AC" + "2" * 32, auth_token="t")


@pytest.mark.parametrize(
    ("spoken", "given", "filled"),
    [
        (TWILIO, {}, True),
        (RESTCOMM, {}, False),
        (TWILIO, {"PauseBehavior": "skip"}, False),
        (RESTCOMM, {"PauseBehavior": "silence"}, True),
    ],
)
def test_a_pause_is_silence_by_default_in_twilios_dialect_and_left_out_in_the_other(
    spoken: Dialect, given: dict[str, str], filled: bool
):
    asked = Asked(OWNER, spoken, Principal(OWNER, Role.ADMINISTRATOR))
    paused: list[dict[str, bool]] = []
    running = SimpleNamespace(row=None, pause=lambda **how: paused.append(how))
    desk = SimpleNamespace(recording=lambda owner, name: running)
    work = OwnRecordings(cast(Any, None), lambda: cast(Any, desk), Settings.embedded, cast(Any, None))
    form = checked({name: [value] for name, value in ({"Status": "paused"} | given).items()}, RecordingChange)
    part: Any = SimpleNamespace(sid="RE1")
    asyncio.run(work.change(asked, cast(Any, SimpleNamespace(sid="CA1")), part, form))
    assert paused == [{"paused": True, "filled": filled}]
