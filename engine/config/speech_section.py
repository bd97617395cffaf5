"""The keys of speech: who says the texts of documents; who listens is in ``recognition``."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from engine.config.providers import other_than
from engine.config.recognition import RecognitionKeys
from engine.config.section import Section
from engine.config.values import ApplicationUrl

EMBEDDED = "espeak"
"""The name of the server's own voice, espeak-ng."""


class SpeechSection(RecognitionKeys):
    """Who says the texts of documents, and who listens to callers."""

    provider: str = Field(
        EMBEDDED,
        description="Who speaks when Say has no `provider`: `espeak`, which is built in, or the name of a "
        "`[[voices]]` table.",
        min_length=1,
    )
    processes: int = Field(
        0,
        description="Processes in which espeak-ng speaks; 0: one for every two processors. Read at start.",
        ge=0,
        le=64,
    )


class VoiceEntry(Section):
    """A voice that is asked over HTTP; espeak-ng speaks when it fails."""

    name: Annotated[str, other_than(EMBEDDED, "voice")] = Field(
        description='What `<Say provider="...">` calls it.', min_length=1
    )
    kind: Literal["jambonz", "openai"] = Field(
        description="How it is asked: `jambonz` is the custom text-to-speech API of jambonz, `openai` is "
        "`/v1/audio/speech` of OpenAI and of those who copy it."
    )
    url: ApplicationUrl = Field(description="Whole URL that texts are POSTed to.", min_length=1)
    token: SecretStr = Field(SecretStr(""), description="Sent as `Authorization: Bearer`; empty: not sent.")
    model: str = Field("", description="Model, for `openai`.")
    man: str = Field("", description="Name of the voice that is its man.")
    woman: str = Field("", description="Name of the voice that is its woman.")
    languages: tuple[str, ...] = Field(
        (),
        description="Language tags that it is asked for, such as `en-US`: a Say in `en` is sent as the first "
        "that begins so. Another language is sent as the document has it.",
    )
    timeout: float = Field(
        3.0,
        description="Seconds within which its sound must begin; after them espeak-ng speaks instead.",
        gt=0,
        le=60,
    )

    @field_validator("url")
    @classmethod
    def _whole(cls, value: str) -> str:
        if value.startswith("/"):
            raise ValueError("write a whole URL, such as https://tts.example.com/speak")
        return value
