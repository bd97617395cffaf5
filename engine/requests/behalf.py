"""For which account and call something is done now: requests to applications are signed and traced by it.

A context variable, as the fields of the log are: what a call's task starts, inherits it, and a sound that
is fetched four layers below the call need not be told by each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behalf:
    """An account, and the call of it; empty where nobody said."""

    account_sid: str = ""
    call_sid: str = ""


_CURRENT: ContextVar[Behalf] = ContextVar("behalf")
_NOBODY = Behalf()


def current() -> Behalf:
    """Return on whose behalf this runs."""
    return _CURRENT.get(_NOBODY)


@contextmanager
def acting_for(account_sid: str, call_sid: str | None) -> Iterator[None]:
    """Run what is inside, and the tasks that it starts, for this account and call."""
    token = _CURRENT.set(Behalf(account_sid, call_sid or ""))
    try:
        yield
    finally:
        _CURRENT.reset(token)
