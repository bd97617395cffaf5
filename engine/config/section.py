"""What every table of the configuration file has in common."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from engine.config.values import Upper

MASK = "********"
"""What is shown of a secret."""

HttpMethod = Annotated[Literal["GET", "POST"], Upper]


class Section(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @field_validator("*")
    @classmethod
    def _no_mask(cls, value: Any) -> Any:
        # Everybody knows that password: it came with the output of `dialplane config`, kept as a file.
        if isinstance(value, SecretStr) and value.get_secret_value() == MASK:
            raise ValueError(
                "this is how `dialplane config` masks a secret; write the secret itself, or nothing"
            )
        return value
