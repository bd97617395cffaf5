"""Ends and the events that tell of them, written by the process after a crash."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.exchange.routing import Application
from engine.restart import close_books
from engine.store import CallRow, RecordingFolder, RecordingRow, Store
from engine.store.recovery import Recovered

CALL, RECORDING = "CA" + "1" * 32, "RE" + "1" * 32


@dataclass
class Told:
    """Stands for the outbox: remembers what was posted."""

    events: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def post(self, url: str, parameters: dict[str, str], **_: Any) -> None:
        self.events.append((url, parameters))


@pytest.fixture
def folder(tmp_path) -> RecordingFolder:
    made = RecordingFolder(tmp_path / "recordings")
    made.prepare()
    return made


def call(direction: str, status_callback: str = "") -> CallRow:
    return CallRow(
        sid=CALL, account_sid="AC", instance_sid="ID", from_="a", to="2000", direction=direction,
        status="failed", status_callback=status_callback,
    )  # fmt: skip


def recording(store: Store, status: str) -> RecordingRow:
    return RecordingRow(
        sid=RECORDING, account_sid="AC", call_sid=CALL, instance_sid=store.instance_sid, status=status,
        duration=2.5 if status == "completed" else 0.0, source="RecordVerb", status_callback="http://app/recorded",
        status_callback_events=["completed", "absent"],
    )  # fmt: skip


def application_of(number: str) -> Application:
    return Application(voice_url=f"http://app/{number}", status_callback="http://app/status")


async def closed(store: Store, folder: RecordingFolder, *rows: Any) -> list[tuple[str, dict[str, str]]]:
    outbox: Any = Told()
    calls = tuple(row for row in rows if isinstance(row, CallRow))
    recordings = tuple(row for row in rows if isinstance(row, RecordingRow))
    uploads: list[RecordingRow] = []
    recovered = Recovered(calls, (), recordings)
    await close_books(recovered, store, folder, outbox, application_of, "http://us", uploads.append)
    assert uploads == [row for row in recordings if row.duration], (
        "what has sound is uploaded, if anything is"
    )
    told: list[tuple[str, dict[str, str]]] = outbox.events
    return told


async def test_the_application_that_a_caller_reached_is_told_of_the_end(store, folder):
    ((url, told),) = await closed(store, folder, call("inbound"))
    assert (url, told["CallSid"], told["CallStatus"]) == ("http://app/status", CALL, "failed")
    assert (await store.get(CallRow, CALL)).status == "failed"


async def test_who_followed_a_leg_of_ours_is_told_and_nobody_else(store, folder):
    ((url, _),) = await closed(store, folder, call("outbound-api", status_callback="http://app/leg"))
    assert url == "http://app/leg"
    assert await closed(store, folder, call("outbound-api")) == []


async def test_a_recording_is_told_of_with_its_call_and_its_sound(store, folder):
    await store.commit(call("outbound-api"))
    ((url, told),) = await closed(store, folder, recording(store, "completed"))
    assert (url, told["CallSid"], told["RecordingStatus"]) == ("http://app/recorded", CALL, "completed")
    assert (told["RecordingDuration"], told["RecordingUrl"].startswith("http://us/")) == ("2.5", True)


async def test_a_recording_without_sound_is_told_to_be_absent_and_removed(store, folder):
    folder.file(RECORDING).write_bytes(b"")
    ((_, told),) = await closed(store, folder, recording(store, "absent"))
    assert (told["RecordingStatus"], "RecordingUrl" in told) == ("absent", False)
    assert not folder.file(RECORDING).exists()
    assert await store.count(RecordingRow) == 0
