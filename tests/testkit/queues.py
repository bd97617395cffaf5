"""Phones in a queue of the daemon."""

from __future__ import annotations

from tests.testkit.daemon import Daemon
from tests.testkit.waiting import eventually


def enqueue(queue: str = "support", *, after: str = "", **attributes: str) -> str:
    """Return a document that lets the caller wait; ``after`` are verbs."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<Response><Enqueue{written}>{queue}</Enqueue>{after}</Response>"


def take(queue: str = "support", *, dial: str = "", after: str = "", **attributes: str) -> str:
    """Return a document that takes somebody; ``dial`` are attributes of Dial, ``after`` verbs."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<Response><Dial {dial}><Queue{written}>{queue}</Queue></Dial>{after}</Response>"


async def waiting(daemon: Daemon, *, members: int = 0, agents: int = 0) -> None:
    """Wait until so many wait to be taken and to take."""

    def there() -> bool:
        shown = daemon.metrics()
        return (shown["dialplane_queue_members"], shown["dialplane_queue_agents"]) == (members, agents)

    await eventually(there, 5.0, f"{members} members and {agents} agents", every=0.05, context=daemon.story)
