"""What verbs did: records of each that a call executed (rest-api.md section 6)."""

from __future__ import annotations

from pydantic import Field

from engine.http.filters import BelongsTo, Equals, Since, Sorting, Until
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown, described_as
from engine.store import ExecutionRow


class ShownExecution(Shown):
    """One verb that was executed."""

    sid: str
    date_created: Rfc2822
    account_sid: str
    org_sid: str | None = None
    """Always null: there are no organisations."""
    call_sid: str
    verb: str
    """As documents have it, and what Gather gathered."""
    status: str
    reason: str | None
    """Why it did not come to its end."""
    error_code: int | None
    duration: float
    """Seconds."""
    api_version: ApiVersion
    uri: str


class ShownSay(ShownExecution):
    """One text that was spoken; the text itself is not kept."""

    character_count: int | None = None
    provider: str | None = None
    language: str | None = None
    voice: str | None = None
    loop: int | None = None


class ShownPlay(ShownExecution):
    """One sound that was played."""

    play_uri: str | None = None
    loop: int | None = None


class ShownGatherDtmf(ShownExecution):
    """One input by keys; the keys themselves are not kept."""

    finish_on_key: str | None = None
    num_digits: int | None = None
    timeout: int | None = None
    action_on_empty_result: bool = False
    digits_count: int | None = None


class ShownGatherSpeech(ShownExecution):
    """One input by speech; the words themselves are not kept."""

    provider: str | None = None
    language: str | None = None
    pre_timeout: int | None = Field(None, alias="preTimeout")
    post_timeout: int | None = Field(None, alias="postTimeout")
    hints: str | None = None
    action_on_empty_result: bool = False


class ShownRecord(ShownExecution):
    """One Record; what it recorded is a recording of the call."""

    recording_url: str | None = None
    recording_duration: float | None = None
    ended_by: str | None = None


class ShownRedirect(ShownExecution):
    """One Redirect."""

    url: str | None = None
    method: str | None = None


class ShownHold(ShownExecution):
    """One Hold: ``held``, ``failed`` or ``no-answer``. A Resume is shown so too, as ``resumed``."""

    sip_response_code: str | None = None


class ShownRefer(ShownExecution):
    """One Refer."""

    from_: str | None = Field(None, alias="from")
    to: str | None = None
    call_status: str | None = None
    refer_sip_response_code: str | None = None
    notify_sip_response_code: str | None = None


def _resource(name: str, key: str, kind: type[ShownExecution], verb: str = "") -> Resource[ExecutionRow]:
    def show(row: ExecutionRow, place: Place) -> ShownExecution:
        return kind.model_validate({**row.values(), **row.details, "uri": place.uri(name, row.sid)})

    return Resource(
        name,
        key,
        ExecutionRow,
        described_as(kind, show),
        where=(ExecutionRow.verb == verb,) if verb else (),
        filters=(
            BelongsTo("CallSid", ExecutionRow.call_sid),
            Equals("Status", ExecutionRow.status),
            Since("StartTime", ExecutionRow.date_created),
            Until("EndTime", ExecutionRow.date_created),
        ),
        sorting=Sorting(
            {
                "DateCreated": ExecutionRow.date_created,
                "CallSid": ExecutionRow.call_sid,
                "Status": ExecutionRow.status,
                "Duration": ExecutionRow.duration,
            }
        ),
    )


EXECUTIONS = _resource("Executions", "executions", ShownExecution)
"""All verbs, in the order of their execution below a call."""

OF_VERBS = (
    _resource("Says", "says", ShownSay, "Say"),
    _resource("Plays", "plays", ShownPlay, "Play"),
    _resource("Gathers/Dtmf", "gathers", ShownGatherDtmf, "Gather Dtmf"),
    _resource("Gathers/Speech", "gathers", ShownGatherSpeech, "Gather Speech"),
    _resource("Records", "records", ShownRecord, "Record"),
    _resource("Redirects", "redirects", ShownRedirect, "Redirect"),
    _resource("Holds", "holds", ShownHold, "Hold"),
    _resource("Resumes", "resumes", ShownHold, "Resume"),
    _resource("Refers", "refers", ShownRefer, "Refer"),
)
