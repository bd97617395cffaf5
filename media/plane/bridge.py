"""Two legs that hear each other."""

from __future__ import annotations

from collections.abc import Callable


class Bridge:
    """Made by :meth:`MediaPlane.bridge`; lasts until it is closed, or one of its legs is.

    A prompt or streamed sound of a leg takes the place of what it hears of the other.
    """

    def __init__(self, part: Callable[[], None]) -> None:
        self._part: Callable[[], None] | None = part

    def close(self) -> None:
        """Part the legs within a phase; closing twice is nothing."""
        part, self._part = self._part, None
        if part is not None:
            part()
