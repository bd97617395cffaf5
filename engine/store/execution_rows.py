"""The table of what verbs did (rest-api.md section 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.row import Row, created
from rcml.api_version import API_VERSION


class ExecutionRow(Row):
    """One verb that ran. What only some verbs have is in ``details``, by the name that the API shows."""

    __tablename__ = "executions"
    __table_args__ = (
        Index("ix_executions_account_sid_verb_date_created", "account_sid", "verb", "date_created"),
        Index("ix_executions_account_sid_date_created", "account_sid", "date_created", "sid"),
        Index("ix_executions_call_sid", "call_sid"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    call_sid: Mapped[str]
    verb: Mapped[str]
    """Its name in documents; of Gather, what it gathered follows: ``Gather Dtmf``, ``Gather Speech``."""
    status: Mapped[str]
    reason: Mapped[str | None] = mapped_column(default=None)
    """Why it did not come to its end."""
    error_code: Mapped[int | None] = mapped_column(default=None)
    duration: Mapped[float] = mapped_column(default=0.0)
    """Seconds."""
    details: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    date_created: Mapped[datetime] = created()
    """When it began."""
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


EXECUTION_TABLES: tuple[type[Row], ...] = (ExecutionRow,)
