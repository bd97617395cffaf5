"""Recordings as testcases.md N14 has them: found, heard, and deleted with their sound."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.config import Settings
from engine.store import RecordingFolder, RecordingRow, Store
from tests.testkit.http_visitor import CHILD, ROOT, Visitor

AT = f"/2012-04-24/Accounts/{ROOT}/Recordings"
TWILIO = f"/2010-04-01/Accounts/{ROOT}/Recordings"


def sid(number: int) -> str:
    return f"RE{number:032x}"


@pytest.fixture
async def folder(visitor: Visitor, store: Store, settings: Settings) -> Path:
    """34 recordings a day apart; nine are of one call, number 33 is still being made."""
    folder = RecordingFolder(settings.store.recordings)
    folder.prepare()
    for number in range(35):
        folder.file(sid(number)).write_bytes(b"sound")
    first = datetime(2013, 8, 1, 12, tzinfo=UTC)
    await store.commit(
        *(
            RecordingRow(
                sid=sid(number), account_sid=ROOT, call_sid="CA" + ("1" if number < 9 else "2") * 32,
                instance_sid="ID", duration=float(number), date_created=first + timedelta(days=number),
                status="completed" if number != 34 else "in-progress",
            )
            for number in range(35)
        )
    )  # fmt: skip
    return folder.path


@pytest.mark.parametrize(
    ("query", "total"),
    [("", 34), ("?StartTime=2013-08-03", 32), ("?EndTime=2013-08-14", 14), (f"?CallSid=CA{'1' * 32}", 9)],
)
async def test_n14_recordings_are_filtered(folder: Path, visitor: Visitor, query: str, total: int):
    assert (await visitor.json(f"{AT}.json{query}"))["total"] == total


async def test_n14_recordings_are_paged_and_sorted(folder: Path, visitor: Visitor):
    last = await visitor.json(f"{AT}.json?PageSize=10&Page=3&SortBy=Duration:asc")
    assert (last["start"], last["end"]) == ("30", "34")
    assert [each["duration"] for each in last["recordings"]] == ["30.0", "31.0", "32.0", "33.0"]
    assert (await visitor.get(f"{AT}.json?SortBy=Duration:upwards"))[0].status == 400


@pytest.mark.parametrize(("base", "status"), [(AT, 200), (TWILIO, 204)])
async def test_n14_a_deleted_recording_is_gone_with_its_sound(
    folder: Path, visitor: Visitor, base: str, status: int
):
    path = f"{base}/{sid(7)}"
    assert (await visitor.get(f"{path}.json", method="DELETE"))[0].status == status
    assert not (folder / f"{sid(7)}.wav").exists()
    assert (await visitor.get(f"{path}.json"))[0].status == 404
    assert (await visitor.get(f"{path}.wav", user=None))[0].status == 404
    assert (await visitor.get(f"{path}.json", method="DELETE"))[0].status == 404
    assert (await visitor.json(f"{AT}.json"))["total"] == 33


async def test_a_recording_that_is_being_made_is_not_deleted(folder: Path, visitor: Visitor):
    response, body = await visitor.get(f"{AT}/{sid(34)}", method="DELETE")
    assert (response.status, b"still being made" in body) == (409, True)
    assert (folder / f"{sid(34)}.wav").exists()


async def test_another_account_deletes_nothing(folder: Path, visitor: Visitor):
    response, _ = await visitor.get(f"{AT}/{sid(7)}", user=CHILD, method="DELETE")
    assert (response.status, (folder / f"{sid(7)}.wav").exists()) == (403, True)


async def test_o02_only_the_sound_is_open_to_everybody(folder: Path, visitor: Visitor):
    assert (await visitor.get(f"{AT}/{sid(7)}", user=None))[0].status == 401
    assert (await visitor.get(f"{AT}/{sid(7)}.wav", user=None))[1] == b"sound"
    assert (await visitor.get(f"{AT}/{sid(999)}.wav", user=None))[0].status == 404
