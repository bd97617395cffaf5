"""A call, as the rooms see it in which parties come together: dialling, conferences, queues."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol, TypeVar

from engine.journal.call_journal import CallJournal
from engine.legs.sip_leg import SipLeg
from engine.store import CallRow
from rcml.fetching import FetchingCall

T = TypeVar("T")


class RunningCall(FetchingCall, Protocol):
    """A call that documents run on, with its leg and its record."""

    @property
    def journal(self) -> CallJournal:
        """Who tells what happens to it."""
        ...

    @property
    def row(self) -> CallRow:
        """Its record as it stands now."""
        ...

    @property
    def leg(self) -> SipLeg:
        """The leg that documents speak to."""
        ...

    @property
    def steerable(self) -> bool:
        """Whether it can be given something else to do: it is neither over nor about to be."""
        ...

    def headers(self, reason: str | None = None, status: int | None = None) -> list[tuple[str, str]]:
        """Return what its answers and its goodbye say about it."""
        ...

    async def while_up(self, work: Awaitable[T]) -> T:
        """Return what ``work`` returns, unless the leg ends first: then stop it and raise ``CallerGone``."""
        ...

    def stop(self) -> None:
        """Stop what runs and hang up, without asking the application for more."""
        ...
