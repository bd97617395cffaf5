"""What Record, Dial and Conference have in common: how a recording is cut, and who is told of it."""

from __future__ import annotations

import enum

from rcml.call import Callback
from rcml.schema import Element, attr, part
from rcml.values import HttpMethod, Url


class Trim(enum.Enum):
    """What is done to silence at both ends."""

    DO_NOT_TRIM = "do-not-trim"
    TRIM_SILENCE = "trim-silence"


class RecordingEvent(enum.Enum):
    """What a recording's status callback may tell."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    ABSENT = "absent"


@part
class MakesRecording(Element):
    """An element by which something is recorded."""

    trim: Trim = attr("Whether silence at both ends of the recording is cut off.", default=Trim.DO_NOT_TRIM)
    recording_status_callback: Url | None = attr("Told that the recording exists.", default=None)
    recording_status_callback_method: HttpMethod = attr("How it is told.", default=HttpMethod.POST)
    recording_status_callback_event: tuple[RecordingEvent, ...] = attr(
        "What is told.", default=(RecordingEvent.COMPLETED,)
    )

    @property
    def trims_silence(self) -> bool:
        """Whether silence is cut off."""
        return self.trim is Trim.TRIM_SILENCE

    def recording_told(self) -> Callback | None:
        """Return the recording's status callback; raises ``InvalidUrl``."""
        events = tuple(event.value for event in self.recording_status_callback_event)
        return Callback.at(self.recording_status_callback, self.recording_status_callback_method, events)
