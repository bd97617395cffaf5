"""The table of recordings that are, or are to be, in S3-compatible storage."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.row import Row, created


class UploadRow(Row):
    """Where the sound of a recording is in the storage, or how far on its way; ``sid`` is the recording's."""

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_state_next_attempt", "state", "next_attempt"),)

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    call_sid: Mapped[str]
    instance_sid: Mapped[str]
    key: Mapped[str]
    """The object's name in the bucket."""
    state: Mapped[str] = mapped_column(default="waiting")
    """``waiting``, ``uploaded`` while the local sound is yet to be removed, ``done``, or ``lost``."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt: Mapped[datetime] = created()
    last_error: Mapped[str] = mapped_column(default="")
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
