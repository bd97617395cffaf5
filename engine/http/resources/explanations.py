"""Which number takes a call, and why: ``…/IncomingPhoneNumbers/Explain?To=…``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from engine.http.forms import Form
from engine.http.resources.declaration import Shown
from engine.http.resources.views import View


def _dialled(given: Any) -> Any:
    # A plus sign that nobody escaped arrives as a blank.
    return given.replace(" ", "+") if isinstance(given, str) else given


class ExplanationQuery(Form):
    """What would be dialled."""

    to: Annotated[str, BeforeValidator(_dialled)] = Field(
        alias="To", description="The number that would be dialled."
    )


class ShownExplanation(Shown):
    """Where a call to a number would go now."""

    to: str
    looked_up: list[str]
    """The spellings under which exact numbers were looked for."""
    patterns_tried: list[str]
    matched_by: Literal["number", "pattern"] | None
    number: dict[str, Any] | None
    """The incoming phone number that takes the call."""
    callers: dict[str, str] | None = Field(None, exclude_if=lambda outcomes: outcomes is None)
    """What becomes of the call, by who makes it; the root account alone is told."""


EXPLANATION = View("IncomingPhoneNumbers/Explain", "Explanation", ShownExplanation, query=ExplanationQuery)
