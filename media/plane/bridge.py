"""Two legs that hear each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from media.plane.room import Room


class Bridge:
    """A room of two, made by :meth:`MediaPlane.bridge`; lasts until it is closed, or a leg leaves it.

    A prompt or streamed sound of a leg takes the place of what it hears of the other.
    """

    def __init__(self, room: Room) -> None:
        self._room = room

    def close(self) -> None:
        """Part the legs within a phase; closing twice is nothing."""
        self._room.close()
