"""SIPp as the outside SIP peer: one process per call, steered step by step by the test.

SIPp's third-party call control socket (`-3pcc`) is made for a second SIPp; here the test is the other end.
Each step of the scenario is reported over it with the SIP message that caused it, and each action waits for
its name.
"""

import asyncio
import itertools
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.testkit.ports import free_port
from tests.testkit.sip_scenario import CANCEL, HANG_UP
from tests.testkit.sip_text import SipMessage
from tests.testkit.sip_xml import ok, send
from tests.testkit.waiting import NeverHappened, eventually

SIPP = shutil.which("sipp")
_END_OF_COMMAND = b"\x1b"
_PEER_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Report:
    """One step that SIPp reached, with the SIP message that took it there."""

    step: str
    message: SipMessage
    at: float
    """The event loop's clock when the report came."""


class SippPeer:
    """One SIPp process with one call. Use as `async with`; leaving ends the process in any case.

    `scenario` prints as the XML of a SIPp scenario.
    """

    def __init__(self, scenario: object, directory: Path, *, transport: str = "UDP") -> None:
        self.reports: list[Report] = []
        self.port = free_port()
        self.host = "127.0.0.1"
        """The address it signals from."""
        self.call_id = ""
        """Known from the first report on."""
        self.lifetime = 90.0
        """Seconds after which it ends by itself, as a failure: nothing may outlive a test that hangs."""
        self._scenario = scenario
        self._transport = transport
        self._files = directory / f"sipp-{next(_PEER_NUMBERS)}-{os.getpid()}"
        self._process: asyncio.subprocess.Process | None = None
        self._control: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        assert SIPP, "sipp is not installed"
        scenario_file = self._file("xml")
        scenario_file.write_text(str(self._scenario), encoding="utf-8")
        self._server = await asyncio.start_server(self._read_reports, "127.0.0.1", 0)
        control_port = self._server.sockets[0].getsockname()[1]
        with self._file("out").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command(scenario_file, control_port), stdout=output, stderr=output
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        assert self._process
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._control:
            self._control.close()
        self._server.close()

    @property
    def steps(self) -> list[str]:
        """The names of the steps reached so far, in order."""
        return [report.step for report in self.reports]

    async def reached(self, *steps: str, within: float = 10.0, after: int = 0) -> Report:
        """Wait until SIPp reports one of `steps` among its reports from number `after` on."""

        def found() -> Report | None:
            return next((report for report in self.reports[after:] if report.step in steps), None)

        await eventually(
            lambda: found() or self._has_ended(), within, f"SIPp reaches {steps}", context=self.story
        )
        report = found()
        if report is None:
            raise NeverHappened(f"SIPp ended before {steps}\n{self.story()}")
        return report

    async def do(self, action: str, within: float = 20.0) -> Report:
        """Carry an action of the scenario out and return the report of its response."""
        before = len(self.reports)
        await self.start(action)
        return await self.reached(action, within=within, after=before)

    async def start(self, action: str) -> None:
        """Tell SIPp to carry an action out, without waiting for the response."""
        assert self._control, f"SIPp has not connected\n{self.story()}"
        self._control.write(f"Call-ID: {self.call_id}\r\nDo: {action};\r\n".encode() + _END_OF_COMMAND)
        await self._control.drain()

    async def hang_up(self) -> Report:
        report = await self.do(HANG_UP)
        await self.finished()
        return report

    async def finished(self, within: float = 10.0) -> None:
        """Wait for the end of the process and insist that SIPp counts the call as successful."""
        await eventually(self._has_ended, within, "SIPp ends", context=self.story)
        assert self._process
        assert self._process.returncode == 0, f"SIPp failed with {self._process.returncode}\n{self.story()}"

    def story(self) -> str:
        """What passed, for the text of a failure: steps, SIPp's errors and the end of the message trace."""
        parts = [f"steps: {self.steps}"]
        for kind in ("err", "msg", "out"):
            file = self._file(kind)
            if file.exists() and (text := file.read_text(errors="replace")[-6000:]):
                parts.append(f"--- SIPp {kind}\n{text}")
        return "\n".join(parts)

    def answering_options(self, status: str) -> list[str]:
        """The arguments with which a SIPp that calls answers OPTIONS outside its call."""
        answers = self._files.with_suffix(".options.xml")
        answers.write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="pinged">\n<recv request="OPTIONS"/>\n'
            + send(ok().replace("200 OK", status))
            + "\n</scenario>\n",
            encoding="utf-8",
        )
        return ["-oocsf", str(answers)]

    def _file(self, kind: str) -> Path:
        return self._files.with_suffix(f".{kind}")

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    def _command(self, scenario: Path, control_port: int) -> list[str]:
        assert SIPP
        return [
            *(SIPP, "-sf", str(scenario), "-nostdin", "-m", "1", "-i", self.host, "-p", str(self.port)),
            *("-t", "t1" if self._transport == "TCP" else "u1", "-3pcc", f"127.0.0.1:{control_port}"),
            *("-timeout", f"{self.lifetime:.0f}s", "-timeout_error", "-max_socket", "64", "-skip_rlimit"),
            *("-trace_err", "-error_file", str(self._file("err"))),
            *("-trace_msg", "-message_file", str(self._file("msg"))),
            *self._addresses(),
        ]

    def _addresses(self) -> list[str]:
        """The arguments that name the other side: none for a peer that is called."""
        return []

    async def _read_reports(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._control = writer
        try:
            while True:
                text = (await reader.readuntil(_END_OF_COMMAND))[:-1].decode("utf-8", "replace")
                self.reports.append(_read_report(text, asyncio.get_running_loop().time()))
                self.call_id = self.call_id or _value(text, "Call-ID")
        except (asyncio.IncompleteReadError, ConnectionError):
            return


class SippBeginner(SippPeer):
    """A peer that sends the first request to `target` as soon as it starts.

    `options_answer` is the status and reason phrase of its answer to OPTIONS; empty for no answer. They come
    outside the call that SIPp is steered through, so a scenario of their own answers them.
    """

    def __init__(
        self,
        scenario: object,
        target: tuple[str, int],
        directory: Path,
        *,
        transport: str = "UDP",
        options_answer: str = "200 OK",
    ) -> None:
        super().__init__(scenario, directory, transport=transport)
        self._target = target
        self._options_answer = options_answer

    def _addresses(self) -> list[str]:
        where = f"{self._target[0]}:{self._target[1]}"
        if not self._options_answer:
            return [where]
        return [*self.answering_options(self._options_answer), where]


class SippCaller(SippBeginner):
    """A caller: its first request is an INVITE."""

    async def answered(self, within: float = 10.0) -> Report:
        report = await self.reached("answered", "refused", within=within)
        assert report.step == "answered", f"the call was refused\n{self.story()}"
        return report

    async def refused(self, within: float = 10.0) -> Report:
        report = await self.reached("answered", "refused", within=within)
        assert report.step == "refused", f"the call was answered\n{self.story()}"
        return report

    async def ended_by_server(self, within: float = 10.0) -> Report:
        """Wait for the server's BYE and the end of the scenario."""
        report = await self.reached("byed", within=within)
        await self.finished()
        return report

    async def cancel(self) -> Report:
        """Send CANCEL and return the report of the INVITE's final response."""
        await self.start(CANCEL)
        await self.reached("cancel-answered")
        report = await self.refused()
        await self.finished()
        return report


class SippCallee(SippPeer):
    """A peer that waits for one call on its `port`; ready when the context is entered."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        # SIPp opens its control connection after its SIP sockets.
        await eventually(lambda: self._control is not None, 5.0, "SIPp listens", context=self.story)
        return self

    async def pick_up(self) -> Report:
        """Answer once it rings: before, SIPp understands no word of ours."""
        await self.reached("ringing")
        await self.start("pick-up")
        return await self.reached("answered")


def _value(text: str, name: str) -> str:
    match = re.search(rf"^{name}: *(.*?)\r?$", text, re.M)
    assert match, f"SIPp's report has no {name}: {text!r}"
    return match.group(1)


def _read_report(text: str, at: float) -> Report:
    head, _, message = text.replace("\r\n", "\n").partition("\n\n")
    return Report(_value(head, "Step"), SipMessage.parse(message.lstrip("\n")), at)
