"""The table of recordings as text."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.row import Row, created
from rcml.api_version import API_VERSION


class TranscriptionRow(Row):
    """A recording as text."""

    __tablename__ = "transcriptions"
    __table_args__ = (
        Index("ix_transcriptions_account_sid_date_created", "account_sid", "date_created"),
        Index("ix_transcriptions_recording_sid", "recording_sid"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    recording_sid: Mapped[str]
    call_sid: Mapped[str]
    instance_sid: Mapped[str]
    duration: Mapped[float] = mapped_column(default=0.0)
    """Seconds of the recording."""
    language: Mapped[str] = mapped_column(default="en-US")
    status: Mapped[str] = mapped_column(default="in-progress")
    """``in-progress``, ``completed`` or ``failed``."""
    transcription_text: Mapped[str] = mapped_column(default="")
    callback: Mapped[str] = mapped_column(default="")
    """URL of the application that is to hear of it; empty: of none."""
    callback_method: Mapped[str] = mapped_column(default="POST")
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)
