"""`dialplane call` as an operator runs it, beside a running daemon."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from engine import cli
from tests.testkit.callee import Callees
from tests.testkit.daemon import ROOT, Daemon
from tests.testkit.ports import free_port


class Command:
    """One run of the command."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ended(self) -> tuple[int, str, str]:
        """Return the exit code, standard output and standard error."""
        out, err = await asyncio.wait_for(self._process.communicate(), 30)
        assert self._process.returncode is not None
        return self._process.returncode, out.decode(), err.decode()

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)


async def call(*arguments: str) -> Command:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIALPLANE_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engine", "call", *arguments),
        cwd=ROOT,
        env=kept,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=_heed_interrupts,
    )
    return Command(process)


def _heed_interrupts() -> None:
    # Where a shell runs the tests in its background, they ignore SIGINT, and so would what they start.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def told(*arguments: str) -> int:
    """Run the command in this process, which is quicker, and return its exit code."""
    return await asyncio.to_thread(cli.run, ["call", *arguments])


async def test_a_completed_call_is_followed_to_its_end(daemon: Daemon, callees: Callees, tmp_path: Path):
    bob = await callees.add()
    document = tmp_path / "hello.xml"
    document.write_text("<Response><Pause length='1'/></Response>")
    command = await call(
        bob.uri, "--rcml", str(document), "--config", str(daemon.configuration), "--from", "42"
    )
    invite = await bob.invited()
    assert "sip:42@" in invite.header("From")
    code, out, err = await command.ended()
    assert (code, err) == (0, "")
    statuses = [line.split()[1] for line in out.splitlines()]
    assert (statuses[0], statuses[-2:]) == ("queued", ["in-progress", "completed"])


async def test_a_busy_callee_is_exit_code_1(
    daemon: Daemon, callees: Callees, capsys: pytest.CaptureFixture[str]
):
    bob = await callees.add("486 Busy Here")
    code = await told(bob.uri, "--app", "http://127.0.0.1/x", "--config", str(daemon.configuration))
    assert (code, capsys.readouterr().out.splitlines()[-1].split()[1]) == (1, "busy")


async def test_stopping_the_command_hangs_up(daemon: Daemon, callees: Callees, tmp_path: Path):
    bob = await callees.add(waits=True)
    command = await call(bob.uri, "--app", "http://127.0.0.1/x", "--config", str(daemon.configuration))
    await bob.sip.reached("ringing")
    command.interrupt()
    await bob.sip.reached("cancelled")
    code, _, err = await command.ended()
    assert (code, "Traceback" in err) == (1, False)


async def test_what_is_wrong_is_one_line(
    daemon: Daemon,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    application = ("--app", "http://127.0.0.1/x", "-c", str(daemon.configuration))
    nowhere = ("--server", f"http://127.0.0.1:{free_port()}")
    no_file = ("--rcml", str(tmp_path / "none.xml"), "-c", str(daemon.configuration))

    async def complains(text: str, *arguments: str) -> None:
        code = await told(*arguments)
        complaint = capsys.readouterr().err
        assert (code, len(complaint.splitlines())) == (1, 1), complaint
        assert text in complaint

    await complains("no Dialplane answers at", "+1", *application, *nowhere)
    await complains("client 'x' is not registered", "client:x", *application)
    await complains("No such file", "+1", *no_file)
    monkeypatch.setenv("DIALPLANE_ACCOUNT__AUTH_TOKEN", "wrong")
    await complains("does not accept account", "+1", *application)


class AccountlessDaemon(Daemon):
    """A daemon whose configuration names no account, so that it makes one."""

    def write_configuration(self) -> None:
        super().write_configuration()
        before, _, rest = self.configuration.read_text().partition("[account]")
        self.configuration.write_text(f"{before}[webhooks]{rest.partition('[webhooks]')[2]}")


async def test_the_account_that_a_daemon_made_for_itself_is_found_in_its_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    daemon = AccountlessDaemon(tmp_path, command="dev").start()
    try:
        code = await told("client:x", "--app", "http://a/", "-c", str(daemon.configuration))
        assert (code, "client 'x' is not registered" in capsys.readouterr().err) == (1, True)
    finally:
        assert daemon.stop() == 0
