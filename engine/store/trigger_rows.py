"""The table of usage triggers."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.row import Row, created
from rcml.api_version import API_VERSION


class UsageTriggerRow(Row):
    """Tells an application once what an account used reaches a value; again in each period if it recurs."""

    __tablename__ = "usage_triggers"
    __table_args__ = (
        Index("ix_usage_triggers_account_sid_date_created", "account_sid", "date_created", "sid"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    usage_category: Mapped[str]
    trigger_value: Mapped[int] = mapped_column(BigInteger)
    callback_url: Mapped[str]
    callback_method: Mapped[str] = mapped_column(default="POST")
    friendly_name: Mapped[str] = mapped_column(default="")
    trigger_by: Mapped[str] = mapped_column(default="usage")
    """``usage`` or ``count``."""
    recurring: Mapped[str] = mapped_column(default="")
    """``daily``, ``monthly``, ``yearly``, or empty for once."""
    current_value: Mapped[int] = mapped_column(BigInteger, default=0)
    """What was used when it was last looked at."""
    date_fired: Mapped[datetime | None] = mapped_column(default=None)
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)
