import wave
from datetime import timedelta

import pytest

from engine.config import Settings
from engine.store import (
    CallRow,
    CallStatus,
    ConferenceRow,
    ConferenceStatus,
    RecordingFolder,
    RecordingRow,
    adopt,
    recover,
    utc_now,
)
from engine.store.beginnings import as_note, write_note

BEGUN = utc_now() - timedelta(minutes=10)


@pytest.fixture
def folder(tmp_path) -> RecordingFolder:
    made = RecordingFolder(tmp_path / "recordings")
    made.prepare()
    return made


def call(store, number: int, status: CallStatus, **more) -> CallRow:
    return CallRow(
        sid=f"CA{number:032x}", account_sid="AC", instance_sid=store.instance_sid, from_="a", to="b",
        direction="inbound", status=status, date_created=BEGUN, **more,
    )  # fmt: skip


def recording(store, number: int, status: str = "in-progress") -> RecordingRow:
    return RecordingRow(
        sid=f"RE{number:032x}",
        account_sid="AC",
        call_sid="CA",
        instance_sid=store.instance_sid,
        status=status,
    )


def write_sound(folder: RecordingFolder, row: RecordingRow, seconds: float) -> None:
    with wave.open(str(folder.file(row.sid)), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(int(16000 * seconds)))


async def test_calls_left_in_progress_are_failed_with_the_reason(store, folder):
    last_sign = BEGUN + timedelta(seconds=65)
    answered = call(
        store, 1, CallStatus.IN_PROGRESS, start_time=BEGUN + timedelta(seconds=5), date_updated=last_sign
    )
    await store.commit(answered, call(store, 2, CallStatus.RINGING), call(store, 3, CallStatus.QUEUED))
    found = await recover(store, folder)
    await store.commit(*found.calls)
    assert {row.sid for row in found.calls} == {call(store, n, CallStatus.QUEUED).sid for n in (1, 2, 3)}
    row = await store.get(CallRow, answered.sid)
    assert (row.status, row.reason) == ("failed", "engine_restart")
    assert (row.end_time, row.duration) == (last_sign, 60)


async def test_calls_that_ended_and_calls_of_other_servers_are_left_alone(store, folder):
    ended = call(store, 1, CallStatus.COMPLETED)
    elsewhere = call(store, 2, CallStatus.IN_PROGRESS)
    elsewhere.instance_sid = "ID-other"
    await store.commit(ended, elsewhere)
    assert (await recover(store, folder)).calls == ()
    assert (await store.get(CallRow, elsewhere.sid)).status == "in-progress"


async def test_recovering_twice_finds_nothing_the_second_time(store, folder):
    await store.commit(call(store, 1, CallStatus.IN_PROGRESS))
    await store.commit(*(await recover(store, folder)).calls)
    assert (await recover(store, folder)).calls == ()


async def test_a_recording_cut_off_is_completed_with_what_is_in_its_file(store, folder):
    row = recording(store, 1)
    write_sound(folder, row, 2.5)
    await store.commit(row)
    (kept,) = (await recover(store, folder)).recordings
    assert (kept.status, kept.duration) == ("completed", 2.5)
    assert (await store.get(RecordingRow, row.sid)).status == "in-progress", "stored beside its event, later"


async def test_conferences_left_open_are_failed_with_the_reason(store, folder):
    def conference(number: int, status: ConferenceStatus) -> ConferenceRow:
        return ConferenceRow(
            sid=f"CF{number:032x}", account_sid="AC", instance_sid=store.instance_sid, friendly_name="room",
            status=status,
        )  # fmt: skip

    left_open, ended = (
        conference(1, ConferenceStatus.MODERATOR_PRESENT),
        conference(2, ConferenceStatus.COMPLETED),
    )
    await store.commit(left_open, ended)
    found = await recover(store, folder)
    await store.commit(*found.conferences)
    assert [row.sid for row in found.conferences] == [left_open.sid]
    rows = [await store.get(ConferenceRow, each.sid) for each in (left_open, ended)]
    assert [(row.status, row.reason) for row in rows] == [("FAILED", "engine_restart"), ("COMPLETED", None)]


async def test_a_recording_without_sound_is_absent_and_leaves_neither_row_nor_file(store, folder):
    silent, missing = recording(store, 1), recording(store, 2)
    write_sound(folder, silent, 0)
    await store.commit(silent, missing)
    found = (await recover(store, folder)).recordings
    assert [row.status for row in found] == ["absent", "absent"]
    await store.commit(*found)
    assert (await recover(store, folder)).recordings == ()
    assert await store.count(RecordingRow) == 0
    assert not folder.file(silent.sid).exists()


async def test_a_file_with_neither_row_nor_note_is_adopted_by_the_root_account(store, folder):
    await adopt(store, Settings.embedded())
    await store.commit(call(store, 1, CallStatus.IN_PROGRESS))
    long, short, kept = (recording(store, number) for number in (1, 2, 3))
    for row, seconds in ((long, 2.5), (short, 0.05), (kept, 1.0)):
        write_sound(folder, row, seconds)
    kept.status = "completed"
    await store.commit(kept)
    (row,) = (await recover(store, folder)).recordings
    assert (row.sid, row.duration, row.account_sid) == (long.sid, 2.5, store.account.sid)
    assert not folder.file(short.sid).exists()


async def test_after_a_stop_in_order_no_file_is_looked_at(store, folder):
    write_sound(folder, recording(store, 1), 2.5)
    assert (await recover(store, folder)).recordings == ()
    assert folder.file(recording(store, 1).sid).exists()


@pytest.mark.hostile("W13", sent="paths out of the folder as identifiers of recordings")
@pytest.mark.parametrize(
    "sid", ["../../etc/passwd", "RE" + "0" * 31, "/etc/passwd", "RE" + "0" * 32 + "\0", ""]
)
def test_no_path_outside_the_folder_can_be_named(folder, sid):
    assert folder.existing_file(sid) is None
    with pytest.raises(ValueError, match="not a recording's identifier"):
        folder.file(sid)


def test_a_symbolic_link_is_no_recording(folder, tmp_path):
    (tmp_path / "secret").write_text("x")
    sid = "RE" + "0" * 32
    folder.file(sid).symlink_to(tmp_path / "secret")
    assert folder.existing_file(sid) is None


def test_a_broken_file_has_no_duration(folder):
    sid = "RE" + "0" * 32
    folder.file(sid).write_bytes(b"RIFF....WAVE")
    assert folder.duration(sid) is None
    assert folder.duration("RE" + "1" * 32) is None


async def test_a_recording_whose_row_was_not_yet_written_is_restored_from_its_note(store, folder):
    await store.commit(call(store, 1, CallStatus.IN_PROGRESS))
    begun = recording(store, 1)
    begun.channels, begun.source, begun.conference_sid = 2, "RecordVerb", "CF1"
    begun.status_callback, begun.status_callback_events = "http://app/recorded", ["absent", "completed"]
    write_note(folder.note(begun.sid), as_note(begun))
    write_sound(folder, begun, 0.05)
    (row,) = (await recover(store, folder)).recordings
    assert (row.status, row.duration) == ("completed", 0.05)
    expected = begun.values() | {"status": row.status, "duration": row.duration}
    assert row.values() == expected | {"date_updated": row.date_updated}


async def test_a_recording_that_was_noted_and_never_heard_anything_is_absent(store, folder):
    begun = recording(store, 1)
    write_note(folder.note(begun.sid), as_note(begun))
    assert [row.status for row in (await recover(store, folder)).recordings] == ["absent"]


async def test_the_note_of_a_recording_that_has_its_row_counts_no_more(store, folder):
    row = recording(store, 1)
    write_note(folder.note(row.sid), as_note(row))
    row.status = "completed"
    await store.commit(row)
    assert (await recover(store, folder)).recordings == ()
    assert not folder.note(row.sid).exists()


async def test_the_notes_of_another_server_are_left_alone(store, folder):
    row = recording(store, 1)
    row.instance_sid = "ID-other"
    write_note(folder.note(row.sid), as_note(row))
    assert (await recover(store, folder)).recordings == ()
    assert folder.note(row.sid).exists()


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"sid": "RE1"}', b"\xff"])
async def test_a_note_that_was_cut_off_is_removed(store, folder, note):
    path = folder.note(recording(store, 1).sid)
    write_note(path, note)
    assert (await recover(store, folder)).recordings == ()
    assert not path.exists()


def test_a_removed_recording_leaves_no_note(store, folder):
    row = recording(store, 1)
    write_note(folder.note(row.sid), as_note(row))
    folder.remove(row.sid)
    assert not folder.note(row.sid).exists()
