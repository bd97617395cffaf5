"""The ``[traces]`` section: what is kept of what was exchanged."""

from pydantic import Field

from engine.config.section import Section


class TracesSection(Section):
    """What is kept of HTTP exchanges with applications and of SIP messages, to be looked at over the API."""

    http_hours: int = Field(
        48, description="Hours that HTTP exchanges are kept; 0: none are noted.", ge=0, le=720
    )
    sip_hours: int = Field(
        48, description="Hours that the SIP messages of calls are kept; 0: none are.", ge=0, le=720
    )
    most_rows: int = Field(
        100_000,
        description="Exchanges kept at most, and calls whose SIP messages are; the oldest go first.",
        ge=100,
        le=10_000_000,
    )
