"""What can go wrong with a sound that a leg was asked to play; part of the tree in ``media.errors``."""

from __future__ import annotations

from media.errors import MediaError


class SoundInterrupted(MediaError):
    """A sound that did not reach its end: another one replaced it, or its leg was closed."""
