"""What parsing yields: a document ready to run, and the remarks made on the way."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rcml.schema import Verb


class Severity(enum.Enum):
    """How `dialplane check` counts a remark; a live call logs either as a warning and goes on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """One remark about a document, with the line it is about (None when it is about the whole)."""

    code: int
    message: str
    line: int | None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}: "
        return f"{place}{self.severity.value} {self.code}: {self.message}"


@dataclass(frozen=True)
class Document:
    """Verbs in the order they run, and the URL the document was requested from."""

    verbs: tuple[Verb, ...]
    warnings: tuple[Problem, ...] = ()
    url: str = ""
