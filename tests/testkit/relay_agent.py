"""An application at the other end of a relayed conversation: it records, and says what a test tells it."""

import json
from typing import Any, ClassVar, cast

from tests.testkit.stream_agent import AgentStream, StreamAgent


class RelayedTalk(AgentStream):
    """One conversation."""

    KIND: ClassVar[str] = "type"
    FIRST: ClassVar[str] = "setup"

    @property
    def sid(self) -> str:
        return str(self.of("setup")[0]["sessionId"])

    async def until(self, event: str, number: int = 1, within: float = 10.0) -> dict[str, Any]:
        """Wait for the `number`-th message of a kind, for which somebody may have to speak first."""
        return await super().until(event, number, within)

    async def tell(self, kind: str, **content: Any) -> None:
        """Send a message."""
        await self.socket.send_str(json.dumps({"type": kind, **content}))

    async def answer(self, text: str, **content: Any) -> None:
        """Send an answer at once."""
        await self.tell("text", token=text, last=True, **content)

    async def heard(self, number: int = 1, within: float = 10.0) -> str:  # type: ignore[override]
        """Wait for the `number`-th thing that the caller said to its end."""
        finished = [message for message in self.of("prompt") if message["last"]]
        if len(finished) < number:
            await self.until("prompt", len(self.of("prompt")) + 1, within)
            return await self.heard(number, within)
        return str(finished[number - 1]["voicePrompt"])


class RelayAgent(StreamAgent):
    """A server of agents on loopback, for any path. Use as `async with`."""

    CONNECTION: ClassVar[type[AgentStream]] = RelayedTalk

    async def talk(self, number: int = 1) -> RelayedTalk:
        """Wait for the `number`-th conversation to have begun."""
        return cast(RelayedTalk, await self.stream(number, within=10.0))
