"""Dialplane as a process: started on free loopback ports, watched from outside, ended as operators end it."""

import asyncio
import json
import os
import re
import resource
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from tests.testkit.descriptors import bound_udp_ports
from tests.testkit.ports import LOOPBACK, free_port, free_udp_range
from tests.testkit.ready_database import ready_database
from tests.testkit.waiting import eventually, eventually_blocking

ROOT = Path(__file__).parents[2]
ACCOUNT_SID = "AC" + "a1b2c3d4" * 4
AUTH_TOKEN = "a-token-for-tests"
_GIVEN_BACK = (
    *("dialplane_sip_sessions", "dialplane_media_legs", "dialplane_media_sounds_held"),
    *("dialplane_conferences", "dialplane_conference_participants"),
    *("dialplane_queue_members", "dialplane_queue_agents"),
)
_START_LIMIT = 100.0
"""Seconds; a first start compiles the kernels, if the set-up has not."""


@dataclass(frozen=True)
class Answer:
    """What the daemon's HTTP server answered."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Daemon:
    """One Dialplane process with its own folder, account and ports.

    `numbers` and `clients` are the entries of `[[numbers]]` and `[[clients]]`; `settings` adds keys to the
    configuration's sections, and tables such as `trunks`.
    """

    directory: Path
    numbers: Sequence[Mapping[str, str]] = ()
    clients: Sequence[Mapping[str, str]] = ()
    settings: Mapping[str, Mapping[str, Any] | Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    command: str = "serve"
    """`serve` or `dev`."""
    arguments: Sequence[str] = ()
    ports: int = 120
    """UDP ports for RTP; a leg takes two."""
    open_files: int = 0
    """Most descriptors the process may hold; 0 for the system's limit."""
    at_real_time_priority: ClassVar[bool] = False
    """Whether it goes before all else on the machine, where we may say so: figures are then its own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that it gets beside those of the tester."""

    def __post_init__(self) -> None:
        self.sip = (LOOPBACK, free_port())
        self.http = f"http://{LOOPBACK}:{free_port()}"
        self.rtp_ports = free_udp_range(self.ports)
        self.process: subprocess.Popen[bytes] | None = None
        self.recordings = self.directory / "recordings"
        self._log = self.directory / "log.jsonl"
        self._database = self.directory / "dialplane.db"

    def start(self) -> "Daemon":
        """Start the process and wait until it says it is ready."""
        self.write_configuration()
        if not self._database.exists():
            self._database.write_bytes(ready_database())
        command = [
            sys.executable,
            "-m",
            "engine",
            self.command,
            "--config",
            str(self.configuration),
            *self.arguments,
        ]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                preexec_fn=self._before_it_runs,
            )
        try:
            eventually_blocking(self._is_ready, _START_LIMIT, "the daemon is ready", context=self.story)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def _before_it_runs(self) -> None:
        if self.open_files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.open_files, self.open_files))
        if self.at_real_time_priority:
            with suppress(PermissionError):
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))

    def _is_ready(self) -> bool:
        assert self.process
        assert self.process.poll() is None, f"the daemon did not start\n{self.story()}"
        return self.get("/readyz").status == 200

    def stop(self) -> int:
        """Send SIGTERM, wait for the end and return the exit code."""
        return self.end(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9`."""
        self.end(signal.SIGKILL)

    def replace(self) -> None:
        """Put a new process in the place of one that cannot be trusted any more; calls and legs are gone."""
        if self.is_running:
            self.kill()
        self.start()

    def end(self, number: signal.Signals, within: float = 15.0) -> int:
        """Send a signal and wait for the end; a process that stays is killed and reported."""
        assert self.process
        self.process.send_signal(number)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the daemon did not end on {number.name}\n{self.story()}") from None

    def reload(self) -> None:
        """SIGHUP."""
        assert self.process
        self.process.send_signal(signal.SIGHUP)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    @property
    def configuration(self) -> Path:
        return self.directory / "dialplane.toml"

    def write_configuration(self) -> None:
        """Write the configuration file as the fields say now."""
        host, port = self.sip
        sections: dict[str, dict[str, Any]] = {
            "sip": {"listen": [f"udp:{host}:{port}", f"tcp:{host}:{port}"]},
            "media": {"rtp_ports": f"{self.rtp_ports[0]}-{self.rtp_ports[1]}"},
            "http": {"listen": self.http.removeprefix("http://")},
            "store": {
                "url": f"sqlite:///{self._database}",
                "recordings": str(self.recordings),
            },
            "account": {"sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN},
            "webhooks": {"allow_networks": ["127.0.0.0/8"], "connect_timeout": 2.0, "timeout": 4.0},
            "log": {"level": "debug", "format": "json"},
        }
        tables: dict[str, Sequence[Mapping[str, Any]]] = {"numbers": self.numbers, "clients": self.clients}
        for name, content in self.settings.items():
            if isinstance(content, Mapping):
                sections.setdefault(name, {}).update(content)
            else:
                tables[name] = content
        lines = []
        for name, keys in sections.items():
            lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in keys.items())]
        for name, entries in tables.items():
            for entry in entries:
                lines += [f"[[{name}]]", *(f"{key} = {_toml(value)}" for key, value in entry.items())]
        self.configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        # What the tester's own shell says about Dialplane must not reach the daemon under test.
        foreign = ("DIALPLANE_", "OTEL_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return inherited | dict(self.environment)

    def get(self, path: str, *, authenticated: bool = False, accept: str = "*/*") -> Answer:
        """GET a path of the daemon; status 0 when nobody answers."""
        request = urllib.request.Request(f"{self.http}{path}", headers={"Accept": accept})
        return self._ask(request, authenticated)

    async def ask(
        self, method: str, path: str, *parameters: tuple[str, str], traceparent: str = "", **more: str
    ) -> Answer:
        """Send a form to a resource of the account in the Restcomm dialect; `From_` is `From`."""
        form = [*parameters, *((name.rstrip("_"), value) for name, value in more.items())]
        request = urllib.request.Request(
            f"{self.http}/2012-04-24/Accounts/{ACCOUNT_SID}/{path}",
            data=urlencode(form).encode() if method != "DELETE" else None,
            headers={"Accept": "application/json"} | ({"traceparent": traceparent} if traceparent else {}),
            method=method,
        )
        # In a thread: the application under the test's control answers in the meantime.
        return await asyncio.to_thread(self._ask, request, True)

    async def place(self, to: str, **more: str) -> Any:
        """Make a call through the REST API and return it as it is answered."""
        answer = await self.ask("POST", "Calls.json", ("To", to), **{"From_": "+15126002188", **more})
        assert answer.status == 200, f"the call was refused with {answer.status}: {answer.body[:500]!r}"
        return answer.json

    async def change(self, call_sid: str, **more: str) -> Any:
        """Change a live call through the REST API and return it as it is answered."""
        answer = await self.ask("POST", f"Calls/{call_sid}.json", **more)
        assert answer.status == 200, f"the change was refused with {answer.status}: {answer.body[:500]!r}"
        return answer.json

    def _ask(self, request: urllib.request.Request, authenticated: bool) -> Answer:
        if authenticated:
            credentials = b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
            request.add_header("Authorization", f"Basic {credentials}")
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return Answer(response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read())
        except OSError:
            return Answer(0, b"")

    def resource(self, path: str) -> Any:
        """GET a resource of the account in the Restcomm dialect, as JSON."""
        url = f"/2012-04-24/Accounts/{ACCOUNT_SID}/{path}"
        answer = self.get(url, authenticated=True, accept="application/json")
        assert answer.status == 200, f"GET {path} answered {answer.status}: {answer.body[:500]!r}"
        return answer.json

    def call(self, call_sid: str) -> Any:
        """The call's record."""
        return self.resource(f"Calls/{call_sid}.json")

    def notifications(self, call_sid: str) -> list[dict[str, Any]]:
        """What was noted about a call."""
        listed: list[dict[str, Any]] = self.resource(f"Calls/{call_sid}/Notifications.json")
        return listed

    def recordings_of(self, call_sid: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.resource(f"Calls/{call_sid}/Recordings.json")
        return listed

    def metrics_text(self) -> str:
        """Return /metrics as it is."""
        return self.get("/metrics").body.decode()

    def metrics(self) -> dict[str, float]:
        """Return all samples of /metrics, label sets added up."""
        totals: dict[str, float] = {}
        for line in self.metrics_text().splitlines():
            if match := re.match(r"([a-z_:][\w:]*)(?:\{.*\})? (\S+)$", line):
                totals[match.group(1)] = totals.get(match.group(1), 0.0) + float(match.group(2))
        return totals

    def rtp_ports_in_use(self) -> set[int]:
        """Return the ports of the RTP range that the process is bound to, as the kernel lists them."""
        first, last = self.rtp_ports
        return {port for port in bound_udp_ports(self.pid) if first <= port <= last}

    def is_clean(self) -> bool:
        """Whether no call, conference, SIP session, media leg, held sound or RTP port is left."""
        metrics = self.metrics()
        if not metrics:
            return False
        # The gauge of calls has a label, and no sample before the first call.
        leftovers = [metrics.get("dialplane_calls_active", 0.0), *(metrics[name] for name in _GIVEN_BACK)]
        return not any(leftovers) and not self.rtp_ports_in_use()

    async def clean(self, within: float = 10.0) -> None:
        """Wait until everything that calls took has been given back."""
        await eventually(
            self.is_clean, within, "calls, conferences, legs and ports are given back", context=self.leftovers
        )

    def leftovers(self) -> str:
        metrics = {name: value for name, value in self.metrics().items() if value and "created" not in name}
        return f"ports {self.rtp_ports_in_use()}; metrics {metrics}\n{self.story()}"

    def log_lines(self) -> list[dict[str, Any]]:
        """Return the daemon's log so far; a line that is not JSON comes as `{"text": line}`."""
        lines = []
        for line in self._log.read_text(errors="replace").splitlines():
            try:
                value = json.loads(line)
            except ValueError:
                value = None
            lines.append(value if isinstance(value, dict) else {"text": line})
        return lines

    def faults(self) -> list[dict[str, Any]]:
        """Return the log lines that no test may cause: tracebacks, and text outside of the log's form."""
        return [
            line for line in self.log_lines() if "text" in line or "exception" in line or "exc_info" in line
        ]

    def story(self) -> str:
        """The end of the log, for the text of a failure."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return f"--- daemon log\n{text[-5000:]}"


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used, user and system together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """Return the memory that a process has, in megabytes of 2**20."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _toml(value: Any) -> str:
    # JSON's strings, numbers, booleans and lists are TOML's as well.
    return json.dumps(value)
