"""What a wideband leg has beside its row, lent by the event loop before it first speaks such a codec."""

from __future__ import annotations

from media.plane.compiled import hot, records_at
from media.plane.legs import WIDE, Integer, LegRow

_wide_at = records_at(WIDE)


@hot
def wide_of(leg: LegRow) -> Integer:
    """Return the record of :data:`WIDE` of a wideband leg; no other has one."""
    return _wide_at(leg.wide_address)
