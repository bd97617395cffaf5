"""What every table of the configuration file has in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict

from engine.config.values import Upper

HttpMethod = Annotated[Literal["GET", "POST"], Upper]


class Section(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
