"""Kills a busy daemon and looks at what it left: its records, its events and its recordings."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from tests.testkit.application import FakeApplication, Recorded
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import read_wav
from tests.testkit.ports import LOOPBACK, free_port
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_load import calling
from tests.testkit.sip_text import Offer
from tests.testkit.sipp import SIPP
from tests.testkit.waiting import eventually

RECORDED, SHORT = "1111", "2222"
"""Numbers: the first records its caller until the end, the second hangs up after a second."""
RATE = 12
"""Calls a second to each number."""
EVENTS_BEFORE_KILL = 40
FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


def program(application: FakeApplication) -> None:
    """Answer the calls of both numbers."""
    record = '<Record playBeep="false" timeout="60" recordingStatusCallback="/recorded"/>'
    application.answer(f"/{RECORDED}", f"<Response>{record}</Response>")
    application.answer(f"/{SHORT}", '<Response><Pause length="1"/></Response>')
    for path in ("/status", "/recorded"):
        application.answer(path, "")


async def kill_under_load(daemon: Daemon, application: FakeApplication, folder: Path, seed: int) -> None:
    """Bring calls, kill the daemon amid them, and return when the next one has told all it had to tell."""
    before = len(application.requests_to("/status"))
    async with AsyncExitStack() as stack:
        for user in (RECORDED, SHORT):
            await _load(stack, daemon, user, folder)
        busy = lambda: len(application.requests_to("/status")) >= before + EVENTS_BEFORE_KILL  # noqa: E731
        await eventually(busy, 30.0, "calls are told of", context=application.story)
        await asyncio.sleep(random.Random(seed).random() * 0.3)
        await asyncio.to_thread(daemon.kill)
    await asyncio.to_thread(daemon.start)
    await eventually(lambda: _is_quiet(daemon), 30.0, "all is told", every=0.1, context=daemon.leftovers)


async def _load(stack: AsyncExitStack, daemon: Daemon, user: str, folder: Path) -> None:
    sink = await RtpPeer.open()
    stack.callback(sink.close)
    scenario = folder / f"calling-{user}.xml"
    scenario.write_text(calling(user, str(Offer(sink.port))))
    nowhere = asyncio.subprocess.DEVNULL
    assert SIPP, "who asks for load has looked for sipp"
    process = await asyncio.create_subprocess_exec(
        *(SIPP, "-nostdin", "-i", LOOPBACK, "-sf", str(scenario), "-p", str(free_port()), "-r", str(RATE)),
        *("-timeout", "60s", f"{daemon.sip[0]}:{daemon.sip[1]}"),
        stdout=nowhere,
        stderr=nowhere,
    )

    async def end() -> None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    stack.push_async_callback(end)


def _is_quiet(daemon: Daemon) -> bool:
    metrics = daemon.metrics()
    if not metrics or any(
        metrics.get(name, 0.0) for name in ("dialplane_store_rows_waiting", "dialplane_calls_active")
    ):
        return False
    # The gauge of webhooks knows only what is in memory; what the killed process left is read a little later.
    return bool(daemon.resource("Events.json?State=waiting&PageSize=1")["total"] == 0)


def faults(daemon: Daemon, application: FakeApplication) -> list[str]:
    """Return in words whatever was lost, told twice, or cannot be read."""
    records = {record["sid"]: record for record in _all(daemon, "Calls")}
    recordings = {recording["sid"]: recording for recording in _all(daemon, "Recordings")}
    found = [f"{sid} has no end" for sid, record in records.items() if record["status"] not in FINAL]
    asked = {request["CallSid"] for request in application.requests if request.get("CallSid")}
    found += [f"{sid} was told of and has no record" for sid in asked - records.keys()]
    found += _of_states(records, application.requests_to("/status"))
    found += _of_recordings(recordings, application.requests_to("/recorded"))
    files = {file.stem: file for file in daemon.recordings.glob("*.wav")}
    found += [f"{sid} has a record and no file" for sid in recordings.keys() - files.keys()]
    found += [f"{sid} has a file and no record" for sid in files.keys() - recordings.keys()]
    for sid, file in files.items():
        try:
            read_wav(file.read_bytes())
        except Exception as error:
            found.append(f"{sid} cannot be read: {error!r}")
    return found


def figures(daemon: Daemon, application: FakeApplication) -> str:
    """Return in words what was at stake, and how often the killing met which moment."""
    calls, recordings = _all(daemon, "Calls"), _all(daemon, "Recordings")
    cut_off = sum(record["reason"] == "engine_restart" for record in calls)
    requests = [*application.requests_to("/status"), *application.requests_to("/recorded")]
    told = [request.headers["Dialplane-Event-Id"] for request in requests]
    unstored = sum(line.get("event") == "recording.without_row" for line in daemon.log_lines())
    again = len(told) - len(set(told))
    return (
        f"{len(calls)} calls, {cut_off} of them cut off; {len(recordings)} recordings; {unstored} recordings "
        f"begun whose row the database had not; {len(set(told))} events, {again} of them told again"
    )


def _of_states(records: dict[str, dict[str, str]], told: list[Recorded]) -> list[str]:
    found = []
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for request in told:
        ids[request["CallSid"], request["CallStatus"]].add(request.headers["Dialplane-Event-Id"])
    found += [f"{what} was told under {len(each)} ids" for what, each in ids.items() if len(each) > 1]
    for sid, record in records.items():
        ends = sorted(status for call, status in ids if call == sid and status in FINAL)
        if ends != [record["status"]]:
            found.append(f"{sid} ended as {record['status']} and was told to have ended as {ends}")
        if record["start_time"] and (sid, "in-progress") not in ids:
            found.append(f"{sid} was answered, and nobody was told")
        if record["status"] == "failed" and record["reason"] != "engine_restart":
            found.append(f"{sid} failed with {record['reason']}")
    return found


def _of_recordings(recordings: dict[str, dict[str, str]], told: list[Recorded]) -> list[str]:
    ids: dict[str, set[str]] = defaultdict(set)
    for request in told:
        ids[request["RecordingSid"]].add(request.headers["Dialplane-Event-Id"])
    found = [f"the end of {sid} was told under {len(each)} ids" for sid, each in ids.items() if len(each) > 1]
    found += [f"{sid} has no call" for sid, recording in recordings.items() if not recording["call_sid"]]
    found += [f"nobody was told of the end of {sid}" for sid in recordings.keys() - ids.keys()]
    return found


def _all(daemon: Daemon, name: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    page = 0
    while True:
        listed = daemon.resource(f"{name}.json?PageSize=1000&Page={page}")
        rows += listed[name.lower()]
        if listed["next_page_uri"] == "null":
            return rows
        page += 1
