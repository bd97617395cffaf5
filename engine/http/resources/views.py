"""What is worked out when it is asked for and only read: declared once, as resources are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.http import dialect
from engine.http.dialect import TWILIO, Dialect
from engine.http.forms import Form
from engine.http.resources.declaration import Resource, Shown
from engine.http.xml_writer import BARE, Called


@dataclass(frozen=True, eq=False)
class View:
    """One path, or several that answer alike; the parameters of its query, its JSON and OpenAPI follow."""

    name: str
    """Such as ``Ladder``: the path is ``…/Calls/CA…/Ladder``."""
    schema: str
    """What it is called in the description, after the dialect's name."""
    shown: type[Shown]
    query: type[Form] = Form
    of: Resource[Any] | None = None
    """Below which resource it lies; None: below the account."""
    key: str = ""
    """Name of the array in Twilio's dialect, where Restcomm's has a bare one; empty: it is one object."""
    below: tuple[str, ...] = ()
    """Names below its path that are asked for in the same way."""
    dialects: tuple[Dialect, ...] = dialect.ALL
    """Those that have it."""
    wrapped: bool = True
    """Whether an element lies around it in XML; else its fields stand right below the root."""
    refusals: Mapping[str, str] = field(default_factory=dict)
    """Why it may be refused, by status, besides what every path may answer."""

    @property
    def called(self) -> Called:
        """What it is called in XML."""
        return Called(self.schema, f"{self.schema}s") if self.wrapped else BARE

    def path(self, spoken: Dialect, prefix: str = "", sid: str = "{sid}") -> str:
        """Return the path, as a route or the description writes it; ``sid`` is what stands for one."""
        above = f"/{self.of.name}/{sid}" if self.of is not None else ""
        return f"{spoken.accounts(prefix)}{above}/{self.name}"

    def paged_in(self, spoken: Dialect) -> bool:
        """Say whether it comes in pages."""
        return bool(self.key) and spoken is TWILIO
