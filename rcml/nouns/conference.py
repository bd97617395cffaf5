"""The noun Conference."""

from __future__ import annotations

import enum
from collections.abc import Iterator

from rcml.call import Callback, Sound
from rcml.dialling import Beep, RoomEvent, Waiting
from rcml.flow import Fetch
from rcml.makes_recording import MakesRecording
from rcml.schema import attr, noun, text
from rcml.values import HttpMethod, Kind, NotAllowed, Place, Url
from rcml.wait_url import WAIT_URL, heard

MAX_PARTICIPANTS, USUAL_PARTICIPANTS = 100, 40


class RoomRecord(enum.Enum):
    """Whether a room is recorded."""

    DO_NOT_RECORD = "do-not-record"
    RECORD_FROM_START = "record-from-start"


_ROOM_RECORD = {
    **{choice.value: choice for choice in RoomRecord},
    **{"true": RoomRecord.RECORD_FROM_START, "false": RoomRecord.DO_NOT_RECORD},
}


def _read_record(written: str, place: Place) -> RoomRecord:
    found = _ROOM_RECORD.get(written.lower())
    if found is None:
        raise NotAllowed
    return found


def _read_max_participants(written: str, place: Place) -> int:
    if not (written.isascii() and written.isdigit()) or len(written) > 9 or int(written) < 1:
        raise NotAllowed
    if int(written) > MAX_PARTICIPANTS:
        raise NotAllowed(instead=MAX_PARTICIPANTS)
    return int(written)


@noun()
class Conference(MakesRecording):
    """A room in which any number of callers talk, found by its name in the account.

    The room starts when somebody enters with `startConferenceOnEnter`; until then everybody is muted and
    hears `waitUrl`: a sound when its path ends in `wav`, else a document of `Say`, `Play`, `Pause` and
    `Redirect`, which starts again at its end.

    Example:
        <Dial><Conference beep="onEnter" startConferenceOnEnter="false" waitUrl="">room 7</Conference></Dial>

    TwiML: `maxParticipants` reaches 250 there. `trim` and `recordingStatusCallback` may stand at `Dial` too,
    and without `statusCallbackEvent` the callback is told start, end, join and leave.
    """

    muted: bool = attr("Whether the caller only listens.", default=False, code=13230)
    beep: Beep = attr(
        "When the room hears a beep: at coming and going, never, or one of them.",
        default=Beep.BOTH,
        when_invalid=Beep.NEVER,
        code=13235,
    )
    start_conference_on_enter: bool = attr("Whether the room starts now.", default=True, code=13232)
    end_conference_on_exit: bool = attr(
        "Whether the room ends for everybody when the caller leaves.", default=False, code=13231
    )
    wait_url: Url | Waiting = attr(
        "What is heard before the room starts; the server's music when absent.",
        default=Waiting.MUSIC,
        kind=WAIT_URL,
    )
    wait_method: HttpMethod = attr("How `waitUrl` is requested.", default=HttpMethod.POST, code=13234)
    max_participants: int = attr(
        "How many the room holds; who comes later is not let in.",
        default=USUAL_PARTICIPANTS,
        kind=Kind(f"whole number from 1 to {MAX_PARTICIPANTS}", _read_max_participants),
    )
    record: RoomRecord = attr(
        "Whether the room is recorded; `record` of `Dial` asks for it too.",
        default=RoomRecord.DO_NOT_RECORD,
        kind=Kind(
            "`do-not-record` or `false`, `record-from-start` or `true`", _read_record, empty_is_absent=False
        ),
    )
    participant_label: str | None = attr("The caller's name in callbacks and in the API.", default=None)
    coach: str | None = attr("CallSid of the only participant who hears the caller.", default=None)
    agc: bool = attr(
        "Whether the others hear the caller at a steady loudness: automatic gain, -12 to +18 dB.",
        default=False,
    )
    noise_gate: bool = attr(
        "Whether the others are spared the noise of the caller's pauses, which becomes 30 dB quieter.",
        default=False,
    )
    status_callback: Url | None = attr("Told how the room fares.", default=None)
    status_callback_method: HttpMethod = attr("How it is told.", default=HttpMethod.POST)
    status_callback_event: tuple[RoomEvent, ...] = attr(
        "What is told.",
        default=(RoomEvent.START, RoomEvent.END, RoomEvent.JOIN, RoomEvent.LEAVE),
    )
    event_callback_url: Url | None = attr(
        "Another name of `statusCallback`, which is followed when both are there.", default=None
    )
    room: str = text("The room's name.", default="")

    def remarks(self) -> Iterator[str]:
        if not self.room:
            yield "<Conference> names no room and is skipped"

    @property
    def recorded(self) -> bool:
        """Whether the room is recorded."""
        return self.record is RoomRecord.RECORD_FROM_START

    def wait(self) -> Sound | Fetch | Waiting:
        """Return what is heard before the room starts; raises ``InvalidUrl``."""
        return heard(self.wait_url, self.wait_method)

    def told(self) -> Callback | None:
        """Return the status callback; raises ``InvalidUrl``."""
        events = tuple(event.value for event in self.status_callback_event)
        return Callback.at(
            self.status_callback or self.event_callback_url, self.status_callback_method, events
        )
