"""The ``[store]`` section: where records and recordings are."""

import re

from pydantic import Field, field_validator

from engine.config.section import Section


class StoreSection(Section):
    """Where calls, recordings and events are kept."""

    url: str = Field(
        "sqlite:///var/dialplane.db",
        description="Database: `sqlite:///PATH` (three slashes: relative, four: absolute) or "
        "`postgresql://USER:PASSWORD@HOST/DATABASE`.",
    )
    recordings: str = Field("var/recordings", description="Folder of the recordings.", min_length=1)

    @field_validator("url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not re.match(r"(sqlite:///.|postgresql(\+asyncpg)?://.)", value):
            raise ValueError("write sqlite:///PATH, such as sqlite:///var/dialplane.db, or postgresql://...")
        return value
