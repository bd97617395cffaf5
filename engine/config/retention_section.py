"""The ``[retention]`` section: how long records are kept."""

from typing import Any

from pydantic import Field

from engine.config.section import Section


def _days(default: int, what: str) -> Any:
    meaning = f"Days that {what} are kept; 0: until they are deleted."
    return Field(default, description=meaning, ge=0, le=36_500)


class RetentionSection(Section):
    """How long what has ended is kept. Traces have a section of their own; told events are kept two days."""

    executions: int = _days(30, "the records of what verbs did (`Executions`)")
    notifications: int = _days(90, "notifications")
    calls: int = _days(0, "the records of calls, from which `Usage` is added up,")
    conferences: int = _days(0, "the records of conferences")
    messages: int = _days(0, "texts and mails")
    recordings: int = _days(0, "recordings, sound and record,")
    transcriptions: int = _days(0, "the texts of recordings")
