"""baresip as the softphone of the system tests: headless, steered over its control socket.

It speaks from a WAV file and writes what it hears to another, so that no sound card is needed.
"""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import numpy as np

from tests.testkit.outside_sound import Samples, silence, wav
from tests.testkit.ports import free_port, free_udp_range
from tests.testkit.waiting import eventually, eventually_async

BARESIP = shutil.which("baresip")
_MODULES = next(iter(Path("/usr").glob("lib*/**/baresip/modules")), None)
Event = dict[str, Any]


class Baresip:
    """One baresip process with one account. Use as `async with`; leaving ends the process.

    `account` is a line of baresip's accounts file; without one it calls as bob and registers nowhere.
    `authority` is the PEM file of whom it trusts over TLS.
    `contact` is the address that :meth:`write` writes to.
    """

    def __init__(
        self,
        directory: Path,
        speech: Samples,
        *,
        transport: str = "udp",
        account: str = "",
        authority: str = "",
        contact: str = "",
        codecs: str = "PCMU,PCMA",
    ) -> None:
        self.events: list[Event] = []
        # SIP over TLS goes to the port above, whether it is wanted or not.
        self.port = free_port(with_next=True)
        self._control_port = free_port()
        self._directory = directory
        usual = f"<sip:bob@127.0.0.1;transport={transport}>;regint=0"
        self._account = f"{account or usual};audio_codecs={codecs}"
        self._speech = speech
        self._authority = authority
        self._contact = contact
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        assert BARESIP, "baresip is not installed"
        self._write_files()
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(BARESIP, "-4", "-s", "-f", str(self._directory)),
                # Its screen module watches the input, which must stay open and silent.
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process
        if self._reading:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._writer:
            self._writer.close()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def registered(self, within: float = 10.0) -> None:
        """Wait until the account is registered; that may be before anybody listens to events."""

        def accepted() -> bool:
            return b" 200 OK " in self._log.read_bytes()

        await eventually(accepted, within, "baresip is registered", context=self.story)

    async def dial(self, target: str, within: float = 10.0) -> None:
        """Call a SIP URI and wait until the call is up."""
        await self.command("dial", target)
        await self.event("CALL_ESTABLISHED", within)

    async def hang_up(self, within: float = 5.0) -> Event:
        await self.command("hangup")
        return await self.event("CALL_CLOSED", within)

    async def write(self, text: str) -> None:
        """Send a text to the contact."""
        await self.command("message", text)

    @property
    def shown(self) -> str:
        """What baresip shows on its screen, texts that came included."""
        return self._log.read_text(errors="replace")

    async def press(self, keys: str) -> None:
        """Press keys one after another, as RFC 4733 events."""
        for key in keys:
            await self.command("sndcode", key)

    async def transfer(self, target: str) -> None:
        """Refer who we talk to elsewhere."""
        await self.command("transfer", target)

    def replaces(self, call_id: str) -> str:
        """Return the Replaces that names a dialog of the phone, escaped for a URI; newer ones write it."""
        log = self._log.read_text(errors="replace")
        answers = re.findall(r":(\d+) -> \S+\s+SIP/2\.0 200 [^\n]*\n(.*?)\r?\n\r?\n", log, re.DOTALL)
        for port, message in answers:
            if f"Call-ID: {call_id}" in message and re.search(r"CSeq: \d+ INVITE", message):
                found = (re.search(rf"{name}: .*?;tag=([^;\s]+)", message) for name in ("To", "From"))
                callee, caller = (each.group(1) for each in found if each)
                to_tag, from_tag = (caller, callee) if int(port) == self.port else (callee, caller)
                return quote(f"{call_id};to-tag={to_tag};from-tag={from_tag}", safe="")
        raise AssertionError(f"no answered call {call_id}\n{self.story()}")

    async def established(self, count: int, within: float = 10.0) -> str:
        """Wait for the answer of this call, counted from 1, and return its Call-ID."""

        def found() -> list[Event]:
            return [event for event in self.events if event.get("type") == "CALL_ESTABLISHED"][count - 1 :]

        what = f"baresip reports {count} answered calls"
        events = await eventually(found, within, what, context=self.story)
        return str(events[0]["id"])

    async def event(self, kind: str, within: float = 10.0) -> Event:
        """Wait for an event of this type and return it."""

        def found() -> Event | None:
            return next((event for event in self.events if event.get("type") == kind), None)

        event = await eventually(found, within, f"baresip reports {kind}", context=self.story)
        assert event
        return event

    async def command(self, name: str, parameters: str = "") -> Event:
        """Run one of baresip's commands and return its answer."""
        assert self._writer
        token = f"{name}-{len(self.events)}"
        text = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))
        await self._writer.drain()

        def answer() -> Event | None:
            return next((event for event in self.events if event.get("token") == token), None)

        answered = await eventually(answer, 5.0, f"baresip answers {name}", context=self.story)
        assert answered
        return answered

    def heard(self) -> Samples:
        """Return what baresip has written of the other side's sound so far."""
        files = sorted(self._directory.glob("dump-*-dec.wav"))
        if not files:
            return silence(0)
        # The header's length is written at the end of the call only; the samples follow its 44 bytes.
        content = files[-1].read_bytes()[44:]
        return np.frombuffer(content[: len(content) // 2 * 2], np.int16)

    def story(self) -> str:
        """What passed, for the text of a failure."""
        kinds = [event.get("type", event.get("response")) for event in self.events]
        return f"events: {kinds}\n--- baresip\n{self._log.read_text(errors='replace')[-4000:]}"

    @property
    def _log(self) -> Path:
        return self._directory / "baresip.log"

    async def _connect(self) -> None:
        async def attempt() -> bool:
            assert self._process
            assert self._process.returncode is None, f"baresip did not start\n{self.story()}"
            try:
                reader, self._writer = await asyncio.open_connection("127.0.0.1", self._control_port)
            except OSError:
                return False
            self._reading = asyncio.create_task(self._read_events(reader))
            return True

        await eventually_async(attempt, 10.0, "baresip opens its control socket")

    async def _read_events(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                text = await reader.readexactly(length + 1)
                self.events.append(json.loads(text[:-1]))
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    def _write_files(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        speech_file = self._directory / "speech.wav"
        speech_file.write_bytes(wav(self._speech))
        first, last = free_udp_range(20)
        # The account's line is read with its module: codecs and encryption must be there before it.
        others = ("aubridge", "aufile", "contact", "ctrl_tcp", "menu", "sndfile", "stdio")
        modules = (*others, "g711", "g722", "srtp", "account")
        lines = [
            f"sip_listen 127.0.0.1:{self.port}",
            f"rtp_ports {first}-{last}",
            "net_interface 127.0.0.1",
            f"audio_source aufile,{speech_file}",
            "audio_player aubridge,ear",
            "audio_alert aubridge,bell",
            "ausrc_srate 8000",
            "auplay_srate 8000",
            "audio_channels 1-1",
            f"ctrl_tcp_listen 127.0.0.1:{self._control_port}",
            f"snd_path {self._directory}",
            f"module_path {_MODULES}",
            *(f"module {name}.so" for name in modules),
        ]
        if self._authority:
            lines += [f"sip_cafile {self._authority}", "sip_verify_server yes"]
        (self._directory / "config").write_text("\n".join(lines) + "\n")
        (self._directory / "accounts").write_text(self._account + "\n")
        (self._directory / "contacts").write_text(f'"Contact" <{self._contact}>\n' if self._contact else "")
        os.chmod(self._directory, 0o700)
