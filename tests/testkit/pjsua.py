"""pjsua2 as an outside softphone: a process in an environment of its own, steered with lines of JSON.

The other common softphone stack beside baresip's; it speaks from a WAV file and writes what it hears.
"""

import asyncio
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from tests.testkit.daemon import ROOT
from tests.testkit.outside_sound import Samples, silence, wav
from tests.testkit.ports import free_port, free_udp_range
from tests.testkit.waiting import eventually

_PEERS = ROOT / ".peers"
PJSUA = _PEERS / "bin" / "python" if (_PEERS / ".installed").exists() else None
"""The interpreter that has pjsua2, or None where `make peers` could not install it."""
Event = dict[str, Any]


class Pjsua:
    """One phone with one account at `registrar`.

    Use as `async with`: entering registers it, leaving unregisters it and ends the process.
    """

    def __init__(
        self, directory: Path, speech: Samples, *, registrar: tuple[str, int], user: str, password: str
    ) -> None:
        self.events: list[Event] = []
        self.user = user
        self._directory = directory
        self._speech = speech
        self._registrar = registrar
        self._password = password
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        assert PJSUA, "pjsua2 is not installed"
        self._directory.mkdir(parents=True, exist_ok=True)
        (self._directory / "speech.wav").write_bytes(wav(self._speech))
        with (self._directory / "errors.txt").open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *(str(PJSUA), str(Path(__file__).with_name("pjsua_phone.py")), json.dumps(self._settings())),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        self._reading = asyncio.create_task(self._read_events())
        await self.registered()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process
        assert self._process.stdin
        assert self._reading
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5.0)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def registered(self) -> None:
        event = await self.event("registration")
        assert event["status"] == 200, self.story()

    async def dial(self, target: str) -> None:
        """Call a SIP URI; returns at once."""
        await self._do("call", target=target)

    async def rings(self) -> Event:
        """Wait for a call to this phone."""
        return await self.event("incoming")

    async def answer(self) -> None:
        await self._do("answer")

    async def talking(self) -> None:
        """Wait until the call is up and has sound."""
        await self.event("call", state="CONFIRMED")
        await self.event("media", status="active")

    async def hang_up(self) -> None:
        await self._do("hang up")
        await self.ended()

    async def refuse(self, status: int) -> None:
        """Refuse the call that rings."""
        await self._do("hang up", status=status)
        await self.ended()

    async def ended(self) -> Event:
        return await self.event("call", state="DISCONNECTED")

    async def hold(self) -> None:
        """Put the other side on hold with a re-INVITE, and wait until that is agreed."""
        await self._agree("hold", "local hold")

    async def resume(self) -> None:
        await self._agree("resume", "active")

    async def press(self, keys: str) -> None:
        """Press keys as RFC 4733 events; returns at once."""
        await self._do("press", keys=keys)

    @property
    def digits(self) -> str:
        """The keys the other side has pressed."""
        return "".join(event["digit"] for event in self.events if event["event"] == "digit")

    async def event(self, kind: str, *, after: int = 0, **values: Any) -> Event:
        """Wait for an event with these values, among the events from number `after` on."""

        def found() -> Event | None:
            for event in self.events[after:]:
                if event["event"] == kind and values.items() <= event.items():
                    return event
            return None

        event = await eventually(
            lambda: found() or self._has_ended(), 10.0, f"pjsua2 tells {kind} {values}", context=self.story
        )
        assert isinstance(event, dict), f"the phone ended\n{self.story()}"
        return event

    def heard(self) -> Samples:
        """Return what the phone has written of the other side's sound so far."""
        file = self._directory / "ear.wav"
        # The header's length is written at the end only; the samples follow its 44 bytes.
        content = file.read_bytes()[44:] if file.exists() else b""
        return np.frombuffer(content[: len(content) // 2 * 2], np.int16) if content else silence(0)

    def story(self) -> str:
        """What passed, for the text of a failure."""
        parts = [f"{self.user}'s events: {self.events}"]
        for name in ("errors.txt", "pjsip.log"):
            file = self._directory / name
            if file.exists():
                parts.append(f"--- {name}\n{file.read_text(errors='replace')[-4000:]}")
        return "\n".join(parts)

    def _settings(self) -> dict[str, Any]:
        host, port = self._registrar
        return {
            "port": free_port(),
            "rtp_port": free_udp_range(20)[0],
            "registrar": f"{host}:{port}",
            "user": self.user,
            "password": self._password,
            "speech": str(self._directory / "speech.wav"),
            "ear": str(self._directory / "ear.wav"),
            "log": str(self._directory / "pjsip.log"),
        }

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    async def _agree(self, command: str, status: str) -> None:
        before = len(self.events)
        await self._do(command)
        await self.event("media", after=before, status=status)

    async def _do(self, command: str, **values: Any) -> None:
        assert self._process
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": command, **values}).encode() + b"\n")
        await self._process.stdin.drain()

    async def _read_events(self) -> None:
        assert self._process
        assert self._process.stdout
        async for line in self._process.stdout:
            self.events.append(json.loads(line))
