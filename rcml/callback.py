"""A request that an application asked to be told by."""

from __future__ import annotations

from dataclasses import dataclass

from rcml.values import HttpMethod, Url


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A request that tells an application something; its answer is not used."""

    url: str
    method: HttpMethod = HttpMethod.POST
    events: tuple[str, ...] = ()
    """Which happenings are told; empty leaves it to the happening's own default."""

    @classmethod
    def at(
        cls, url: Url | None, method: HttpMethod = HttpMethod.POST, events: tuple[str, ...] = ()
    ) -> Callback | None:
        """Return the callback a document asks for, if it does; raises ``InvalidUrl``."""
        return None if url is None else cls(url=url.absolute(), method=method, events=events)
