"""`dialplane call` as an operator runs it, beside a running daemon."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

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


async def call(*arguments: str, **environment: str) -> Command:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIALPLANE_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engine", "call", *arguments),
        cwd=ROOT,
        env={**kept, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return Command(process)


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


async def test_a_busy_callee_is_exit_code_1(daemon: Daemon, callees: Callees):
    bob = await callees.add("486 Busy Here")
    command = await call(bob.uri, "--app", "http://127.0.0.1/x", "--config", str(daemon.configuration))
    code, out, _ = await command.ended()
    assert (code, out.splitlines()[-1].split()[1]) == (1, "busy")


async def test_stopping_the_command_hangs_up(daemon: Daemon, callees: Callees, tmp_path: Path):
    bob = await callees.add(waits=True)
    command = await call(bob.uri, "--app", "http://127.0.0.1/x", "--config", str(daemon.configuration))
    await bob.sip.reached("ringing")
    command.interrupt()
    await bob.sip.reached("cancelled")
    code, _, err = await command.ended()
    assert (code, "Traceback" in err) == (1, False)


async def test_what_is_wrong_is_one_line(daemon: Daemon, tmp_path: Path):
    configuration = str(daemon.configuration)
    nobody = f"http://127.0.0.1:{free_port()}"
    runs = {
        "no Dialplane answers at": await call(
            "+1", "--app", "http://a/", "-c", configuration, "--server", nobody
        ),
        "does not accept account": await call(
            "+1", "--app", "http://a/", "-c", configuration, DIALPLANE_ACCOUNT__AUTH_TOKEN="wrong"
        ),
        "client 'x' is not registered": await call("client:x", "--app", "http://a/", "-c", configuration),
        "No such file": await call("+1", "--rcml", str(tmp_path / "none.xml"), "-c", configuration),
    }
    for text, command in runs.items():
        code, _, err = await command.ended()
        assert (code, len(err.splitlines())) == (1, 1), err
        assert text in err


class AccountlessDaemon(Daemon):
    """A daemon whose configuration names no account, so that it makes one."""

    def write_configuration(self) -> None:
        super().write_configuration()
        before, _, rest = self.configuration.read_text().partition("[account]")
        self.configuration.write_text(f"{before}[webhooks]{rest.partition('[webhooks]')[2]}")


async def test_the_account_that_a_daemon_made_for_itself_is_found_in_its_store(tmp_path: Path):
    daemon = AccountlessDaemon(tmp_path, command="dev").start()
    try:
        command = await call("client:x", "--app", "http://a/", "-c", str(daemon.configuration))
        code, _, err = await command.ended()
        assert (code, "client 'x' is not registered" in err) == (1, True), err
    finally:
        assert daemon.stop() == 0
