"""What lies below one resource: who is in a conference or waits in a queue, the recordings of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.http.dialect import TWILIO, Dialect
from engine.http.forms import Form
from engine.http.resources.declaration import Place, Resource, Shown
from engine.http.xml_writer import Called


@dataclass(frozen=True, eq=False)
class Part:
    """One kind of part, declared once: paths, lists, forms, JSON of both dialects and OpenAPI follow."""

    of: Resource[Any]
    name: str
    """Such as ``Participants``: the path is ``…/Conferences/CF…/Participants``."""
    key: str
    """Name of the array in a list."""
    shown: type[Shown]
    schema: str
    """What one is called in the description, such as ``Participant``; the dialect's name comes before it."""
    twilio_key: str = ""
    """Name of the array in Twilio's dialect, where it is not the same."""
    paged: bool = True
    """As a resource's."""
    filters: Mapping[str, type] = field(default_factory=dict)
    """Parameters of a list, and whether each is a text or yes or no."""
    creation: type[Form] | None = None
    change: type[Form] | None = None
    deletable: bool = False
    deleted: int | None = None
    """Status of the answer to a deletion, where it is not the dialect's."""

    @property
    def called(self) -> Called:
        """What it is called in XML."""
        return Called.by(self.name)

    def key_in(self, spoken: Dialect) -> str:
        """Return the name of the array in a list."""
        return self.twilio_key if spoken is TWILIO and self.twilio_key else self.key


def written(shown: Shown, place: Place) -> dict[str, Any]:
    """Return the JSON object of what is shown, as the dialect has it."""
    hidden = set(shown.hidden_in(place.dialect))
    return shown.model_dump(mode="json", by_alias=True, exclude=hidden, context=place.dialect.name)
