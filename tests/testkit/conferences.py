"""Phones in a conference of the daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.testkit.daemon import Daemon
from tests.testkit.phone import Call, Phones
from tests.testkit.waiting import eventually


def room(name: str = "room", *, dial: str = "", after: str = "", **attributes: str) -> str:
    """Return a document that leads into a conference; ``dial`` are attributes of Dial, ``after`` verbs."""
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<Response><Dial {dial}><Conference{written}>{name}</Conference></Dial>{after}</Response>"


async def participants(daemon: Daemon, count: int, within: float = 5.0) -> None:
    """Wait until so many are in conferences."""

    def there() -> bool:
        return daemon.metrics().get("dialplane_conference_participants") == count

    await eventually(there, within, f"{count} participants", every=0.05, context=daemon.story)


async def join(phones: Phones, daemon: Daemon, *numbers: str) -> list[Call]:
    """Let phones call one after another, each once the one before is in its conference."""
    calls = []
    for number in numbers:
        calls.append(await (await phones.dial(number)).answered())
        await participants(daemon, len(calls))
    return calls


async def hang_up_all(calls: Sequence[Call]) -> None:
    await asyncio.gather(*(call.hang_up() for call in calls))
