"""The dates by which the two dialects are called: in paths, and in what is told of a call."""

from __future__ import annotations

from typing import Final, Literal

ApiVersion = Literal["2012-04-24", "2010-04-01"]

API_VERSION: Final = "2012-04-24"
"""Restcomm's."""
TWILIOS_API_VERSION: Final = "2010-04-01"
