"""``PageToken``: the place in a list where the next page begins, as Twilio's lists have it.

It holds the values by which the list is ordered at the last row that was shown. So calls that come
meanwhile move nobody's pages, and a row that is deleted meanwhile is not missed. Its inside is no contract.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from engine.http.problems import Problem
from engine.store.ordering import Cursor, Order

_AFTER, _BEFORE = "PA", "PB"
_LONGEST = 2_000


def write_token(cursor: Cursor) -> str:
    """Return the token of a cursor."""
    text = json.dumps([_plain(value) for value in cursor.values], ensure_ascii=False, separators=(",", ":"))
    encoded = base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")
    return (_BEFORE if cursor.backwards else _AFTER) + encoded


def read_token(token: str, order: Order) -> Cursor:
    """Return the cursor of a token of this order; raise :exc:`Problem` for anything else."""
    side, encoded = token[:2], token[2:]
    values: Any = None
    if side in (_AFTER, _BEFORE) and len(encoded) < _LONGEST:
        try:
            values = json.loads(base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True))
        except (binascii.Error, ValueError, RecursionError):
            values = None
    columns = order.columns
    if order.has_cursors and isinstance(values, list) and len(values) == len(columns):
        read = [_value(value, column.type.python_type) for value, column in zip(values, columns, strict=True)]
        if None not in read:
            return Cursor(tuple(read), backwards=side == _BEFORE)
    raise Problem(400, "PageToken is none of this list: follow its next_page_uri, or ask for its first page.")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _value(value: Any, wanted: type) -> Any:
    """Return the value as its column has it, None for one that no row can have."""
    if wanted is not datetime:
        # Not isinstance: True is no number here.
        return value if type(value) is wanted and _fits(value) else None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _fits(value: Any) -> bool:
    """Say whether a column can have the value: whole numbers have 32 bits."""
    return abs(value) < 2**31 if isinstance(value, int) else True
