"""A TURN and STUN server on loopback: Debian's coturn, started for a test."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.testkit.ports import LOOPBACK, free_port, free_udp_range
from tests.testkit.waiting import eventually

TURNSERVER = shutil.which("turnserver")
USER, PASSWORD = "dialplane", "relayed7"


class Coturn:
    """One server. Use as `async with`; `address` is where it listens.

    It knows one user, or with a ``secret`` all whose credentials are made of it and have not ended.
    """

    def __init__(self, directory: Path, port: int = 0, secret: str = "") -> None:
        self.address = (LOOPBACK, port or free_port())
        self._secret = secret
        self._log = directory / "turn.log"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        first, last = free_udp_range(20)
        host, port = self.address
        assert TURNSERVER is not None
        self._process = await asyncio.create_subprocess_exec(
            *(
                TURNSERVER,
                "-n",
                "--no-cli",
                "--no-tls",
                "--no-dtls",
                "--allow-loopback-peers",
            ),
            *("--listening-ip", host, "--relay-ip", host, "--listening-port", str(port)),
            *("--min-port", str(first), "--max-port", str(last), *self._who()),
            *(
                "--realm",
                "test",
                "--log-file",
                str(self._log),
                "--simple-log",
                "--pidfile",
                str(self._log) + ".pid",
            ),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await eventually(lambda: self._is_open(port), 10.0, "coturn listens")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    def _who(self) -> tuple[str, ...]:
        if self._secret:
            return ("--use-auth-secret", "--static-auth-secret", self._secret)
        return ("--lt-cred-mech", "--user", f"{USER}:{PASSWORD}")

    def _is_open(self, port: int) -> bool:
        bound = Path("/proc/net/udp").read_text()
        return f"0100007F:{port:04X}" in bound
